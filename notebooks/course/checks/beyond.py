"""The checks of notebook 05."""

import copy
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from shakespeare.beyond.copying import CopyHead, CopyLSTM
from shakespeare.model import Batch, CharLSTM

from . import Wrong, compare, returned
from .training import must_be_detached, tiny_model


def backward_in_chunks(model: CharLSTM, chunks: list[Batch]) -> list[float]:
    """Losses of the chunks, (x, y) each; their gradients are left in `model`."""
    state = None
    losses = []
    for chunk in chunks:
        loss, state = model.loss(chunk, state)
        loss.backward()
        losses.append(loss.item())
        state = [(h.detach(), c.detach()) for h, c in state]
    return losses


def check_backward_in_chunks(theirs: Callable) -> str:
    model = tiny_model(num_layers=2)
    ids = torch.randint(7, (2, 13))  # (batch, time)
    # Three chunks of four characters, each with the next one as the last target.
    chunks = [(ids[:, k : k + 4], ids[:, k + 1 : k + 5]) for k in (0, 4, 8)]

    losses, right = read_chunks(model, chunks)
    cold, _ = read_chunks(model, chunks, lambda h, c: (0 * h, 0 * c))
    only_h, _ = read_chunks(model, chunks, lambda h, c: (h.detach(), 0 * c))
    _, not_detached = read_chunks(model, chunks, lambda h, c: (h, c))
    _, through_h = read_chunks(model, chunks, lambda h, c: (h, c.detach()))
    _, through_c = read_chunks(model, chunks, lambda h, c: (h.detach(), c))
    _, of_last = read_chunks(model, chunks, only_last=True)
    before = copy.deepcopy(model)
    gradients: list[bool] = []  # whether there are some when a chunk is read
    model.register_forward_pre_hook(
        lambda module, x: gradients.append(module.linear.weight.grad is not None)
    )
    try:
        # Not by `call`, which would compare a copy's gradients.
        answer = returned(theirs(model, chunks))
    except RuntimeError as error:
        if "second time" not in str(error):  # as PyTorch says of a graph that it has freed
            raise
        raise Wrong(
            "the state still has the graph of the previous chunk: detach h and c of each layer."
        ) from None
    if not has_same_weights(model, before):
        raise Wrong("it changes the weights: leave the optimiser's step to the next cell.")
    mistakes = {
        "each chunk starts with an empty state: pass the state on.": cold,
        "only h is passed on: the state is h and c.": only_h,
        "return the loss of each chunk, not their sum.": sum(losses),
        "return the loss of each chunk, not their mean.": sum(losses) / len(losses),
    }
    compare(answer, losses, mistakes)
    must_be_detached(answer)
    if any(weight.grad is None for weight in model.parameters()):
        raise Wrong(
            "the losses are right, but no gradient is left in the given model: call backward() on "
            "its losses, and don't clear the gradients."
        )
    compare(
        gradient_of(model),
        right,
        {
            "the gradient crosses the borders: detach the state there.": not_detached,
            "the gradient crosses the borders through c: detach it, too.": through_c,
            "the gradient crosses the borders through h: detach it, too.": through_h,
            "only the last chunk's gradient is left: do not reset it in between.": of_last,
            "the gradient is divided by the number of chunks: add up, don't average.": (
                right / len(chunks)
            ),
        },
        "the losses are right, but in the gradient, ",
    )
    if gradients and not gradients[-1]:
        raise Wrong(
            "right, but the graphs of all chunks are kept until the end: call backward() on each "
            "loss, before you read the next chunk."
        )
    return "the state crosses the borders, the gradient does not."


def read_chunks(
    model: CharLSTM,
    chunks: list[Batch],
    pass_on: Callable = lambda h, c: (h.detach(), c.detach()),
    only_last: bool = False,
) -> tuple[list[float], Tensor]:
    """Losses of the chunks, and the gradient of their sum; the model's own gradient stays.

    With another `pass_on`, or with `only_last`, this makes a mistake.
    """
    network = copy.deepcopy(model)
    state = None
    losses = []
    for chunk in chunks:
        loss, state = network.loss(chunk, state)
        losses.append(loss)
        state = [pass_on(h, c) for h, c in state]
    total = losses[-1] if only_last else torch.stack(losses).sum()
    total.backward()
    return [loss.item() for loss in losses], gradient_of(network)


def gradient_of(network: CharLSTM) -> Tensor:
    """The gradient of all parameters, (parameters,)."""
    gradients = [weight.grad for weight in network.parameters() if weight.grad is not None]
    return torch.cat([gradient.flatten() for gradient in gradients])


def check_without_copying(theirs: Callable) -> str:
    network = tiny_copier()
    ids = torch.randint(7, (1, 24))
    before = copy.deepcopy(network)
    try:
        broken = returned(theirs(network))
    except RuntimeError as error:
        if "in-place" not in str(error):
            raise
        raise Wrong(
            "PyTorch records gradients here: torch.nn.init.constant_ changes a parameter, or do it "
            "inside `with torch.no_grad():`."
        ) from None
    if isinstance(broken, CopyHead):
        raise Wrong("it returns the head: return the network.")
    if not isinstance(broken, nn.Module):
        raise Wrong("it should return a network.")
    if is_changed(network, before):
        raise Wrong("it changes the network that it is given: work on a copy, by copy.deepcopy.")
    try:
        answer = predict_in_two_chunks(broken, ids)
    except AttributeError:
        if hasattr(getattr(broken, "copy_head", None), "key"):
            raise
        raise Wrong(
            "the network needs its copy head for reading: leave it, and change the bias of its "
            "score for writing."
        ) from None
    except RuntimeError:
        if getattr(broken, "memory", None) != 0:
            raise
        raise Wrong(
            "with a memory of 0 it cannot read a second chunk: its state needs the last character. "
            "Leave the memory, and let the head write."
        ) from None
    if not torch.isfinite(answer).all():
        raise Wrong("infinity minus infinity is not a number: a large, finite bias is enough.")
    answer = answer.log_softmax(-1)  # a network without a head returns logits
    small = {}
    head: Any = getattr(broken, "copy_head", None)
    if head is not None:
        bias = head.write.bias.item()
        if bias != 1 and -100 < bias < 100:
            words = f"a bias of {bias:g} is too small, so there are still copies: take 1e4."
            small[words] = predict_in_two_chunks(with_bias(network, bias), ids)
    compare(
        answer,
        only_writing(network, ids),
        {
            "it copies as before: the weight of writing has to be 1.": (
                predict_in_two_chunks(network, ids)
            ),
            "it does the opposite: it copies and never writes.": (
                predict_in_two_chunks(with_write_score(network, -1e4), ids)
            ),
            "it still copies the last character: a memory of 1 is not none.": (
                predict_in_two_chunks(with_memory(network, 1), ids)
            ),
            "a score of 0 for writing is no more than that of a copy: it has to be large.": (
                predict_in_two_chunks(with_write_score(network, 0.0), ids)
            ),
            "with equal scores, it copies all characters alike: the score of writing counts.": (
                predict_in_two_chunks(with_equal_scores(network), ids)
            ),
            "you change the weight w, but w times h may be negative: change the bias b.": (
                predict_in_two_chunks(with_weight(network, 1e4), ids)
            ),
        }
        | small,
    )
    return "all of the weight goes to writing, and the given network still copies."


def tiny_copier() -> CopyLSTM:
    """Untrained, with a head that copies about as often as it writes."""
    network = CopyLSTM(
        list("abcdefg"), embedding_size=4, hidden_size=6, num_layers=1, copy_size=4, memory=16
    ).eval()
    for weight in network.parameters():
        weight.data.mul_(2)
    nn.init.constant_(network.copy_head.write.bias, 1.0)
    return network


def has_same_weights(network: nn.Module, before: nn.Module) -> bool:
    pairs = zip(network.parameters(), before.parameters(), strict=True)
    return all(torch.equal(weight, old) for weight, old in pairs)


def is_changed(network: CopyLSTM, before: CopyLSTM) -> bool:
    return not has_same_weights(network, before) or network.memory != before.memory


@torch.no_grad()
def predict_in_two_chunks(network: nn.Module, ids: Tensor) -> Tensor:
    """Log-probabilities (1, characters, vocab_size), with the state carried to the second chunk."""
    first, second = ids.chunk(2, dim=1)
    of_first, state = network(first)
    of_second, _ = network(second, state)
    return torch.cat([of_first, of_second], dim=1)


@torch.no_grad()
def only_writing(network: CopyLSTM, ids: Tensor) -> Tensor:
    """What the network would predict without a copy head, (1, characters, vocab_size)."""
    h, _ = network.hidden(ids)
    return network.linear(h).log_softmax(-1)


def with_write_score(network: CopyLSTM, score: float) -> CopyLSTM:
    """A copy in which writing has this score, whatever the state is."""
    changed = copy.deepcopy(network)
    nn.init.zeros_(changed.copy_head.write.weight)
    nn.init.constant_(changed.copy_head.write.bias, score)
    return changed


def with_bias(network: CopyLSTM, bias: float) -> CopyLSTM:
    changed = copy.deepcopy(network)
    nn.init.constant_(changed.copy_head.write.bias, bias)
    return changed


def with_weight(network: CopyLSTM, weight: float) -> CopyLSTM:
    changed = copy.deepcopy(network)
    nn.init.constant_(changed.copy_head.write.weight, weight)
    return changed


def with_memory(network: CopyLSTM, memory: int) -> CopyLSTM:
    changed = copy.deepcopy(network)
    changed.memory = memory
    return changed


def with_equal_scores(network: CopyLSTM) -> CopyLSTM:
    """A copy in which all characters have the same score for being copied."""
    changed = copy.deepcopy(network)
    for weight in (*changed.copy_head.query.parameters(), *changed.copy_head.key.parameters()):
        nn.init.zeros_(weight)
    return changed
