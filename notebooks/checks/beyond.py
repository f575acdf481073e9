"""The checks of notebook 05."""

import copy
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from shakespeare.beyond.copying import CopyHead, CopyLSTM
from shakespeare.model import Batch, CharLSTM

from . import Mistakes, Wrong, compare, returned, then
from .training import must_be_detached, tiny_model

# --- truncated backpropagation ---


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


def read_chunks(
    pass_on: Callable = lambda h, c: (h.detach(), c.detach()),
    total_of: Callable = lambda losses: torch.stack(losses).sum(),
) -> Callable:
    """Reads the chunks, passes on another state, or takes the gradient of something else."""

    def wrong(model: CharLSTM, chunks: list[Batch]) -> list[float]:
        state = None
        losses = []
        for chunk in chunks:
            loss, state = model.loss(chunk, state)
            losses.append(loss)
            state = [pass_on(h, c) for h, c in state]
        total_of(losses).backward()
        return [loss.item() for loss in losses]

    return wrong


BACKWARD_IN_CHUNKS: Mistakes = {
    "each chunk starts with an empty state: pass the state on.": (
        read_chunks(lambda h, c: (0 * h, 0 * c))
    ),
    "only h is passed on: the state is h and c.": read_chunks(lambda h, c: (h.detach(), 0 * c)),
    "only c is passed on: the state is h and c.": read_chunks(lambda h, c: (0 * h, c.detach())),
    "return the loss of each chunk, not their sum.": then(backward_in_chunks, sum),
    "return the loss of each chunk, not their mean.": (
        then(backward_in_chunks, lambda losses: sum(losses) / len(losses))
    ),
    "return the loss of each chunk, not the last one.": (
        then(backward_in_chunks, lambda losses: losses[-1])
    ),
    "the gradient crosses the borders: detach the state there.": read_chunks(lambda h, c: (h, c)),
    "the gradient crosses the borders through c: detach it, too.": (
        read_chunks(lambda h, c: (h.detach(), c))
    ),
    "the gradient crosses the borders through h: detach it, too.": (
        read_chunks(lambda h, c: (h, c.detach()))
    ),
    "only the last chunk's gradient is left: do not reset it in between.": (
        read_chunks(total_of=lambda losses: losses[-1])
    ),
    "the gradient is divided by the number of chunks: add up, don't average.": (
        read_chunks(total_of=lambda losses: torch.stack(losses).mean())
    ),
}


def check_backward_in_chunks(theirs: Callable) -> str:
    model = tiny_model(num_layers=2)
    ids = torch.randint(7, (2, 13))  # (batch, time)
    # Three chunks of four characters, each with the next one as the last target.
    chunks = [(ids[:, k : k + 4], ids[:, k + 1 : k + 5]) for k in (0, 4, 8)]
    used: list[CharLSTM] = []
    is_first_read: list[bool] = []  # at each chunk, whether there is no gradient yet

    def losses_of(function: Callable) -> Any:
        # Not by `call`, which would give the gradient to a copy.
        used.append(copy.deepcopy(model))
        used[-1].register_forward_pre_hook(
            lambda module, x: is_first_read.append(module.linear.weight.grad is None)
        )
        return returned(function(used[-1], chunks))

    def gradient_of(function: Callable) -> Tensor:
        losses_of(function)
        gradients = [weight.grad for weight in used[-1].parameters() if weight.grad is not None]
        if len(gradients) < len(list(model.parameters())):
            raise Wrong(
                "the losses are right, but no gradient is left in the given model: call backward() "
                "on its losses, and don't clear the gradients."
            )
        return torch.cat([gradient.flatten() for gradient in gradients])

    try:
        answer = losses_of(theirs)
    except RuntimeError as error:
        if "second time" not in str(error):  # as PyTorch says of a graph that it has freed
            raise
        raise Wrong(
            "the state still has the graph of the previous chunk: detach h and c of each layer."
        ) from None
    if not has_same_weights(used[0], model):
        raise Wrong("it changes the weights: leave the optimiser's step to the next cell.")
    waits = is_first_read[-1:] == [True]
    compare(theirs, backward_in_chunks, BACKWARD_IN_CHUNKS, see=losses_of)
    must_be_detached(answer)
    where = "the losses are right, but in the gradient, "
    compare(theirs, backward_in_chunks, BACKWARD_IN_CHUNKS, see=gradient_of, where=where)
    if waits:
        raise Wrong(
            "right, but the graphs of all chunks are kept until the end: call backward() on each "
            "loss, before you read the next chunk."
        )
    return "the state crosses the borders, the gradient does not."


# --- a network whose head never copies ---


def with_write_score(score: float) -> Callable:
    """A copy in which writing has this score, whatever the state is."""

    def change(network: CopyLSTM) -> CopyLSTM:
        return with_value(score, bias=True)(with_value(0, weight=True)(network))

    return change


def with_value(value: float, weight: bool = False, bias: bool = False) -> Callable:
    """A copy with this value in the weight or in the bias of the score for writing."""

    def change(network: CopyLSTM) -> CopyLSTM:
        changed = copy.deepcopy(network)
        if weight:
            nn.init.constant_(changed.copy_head.write.weight, value)
        if bias:
            nn.init.constant_(changed.copy_head.write.bias, value)
        return changed

    return change


def with_memory_of_one(network: CopyLSTM) -> CopyLSTM:
    changed = copy.deepcopy(network)
    changed.memory = 1
    return changed


without_copying = with_value(1e4, bias=True)


def with_zero_head(network: CopyLSTM) -> CopyLSTM:
    broken = copy.deepcopy(network)
    for weight in broken.copy_head.parameters():
        nn.init.zeros_(weight)
    return broken


WITHOUT_COPYING: Mistakes = {
    "it copies as before: the weight of writing has to be 1.": copy.deepcopy,
    "it does the opposite: it copies and never writes.": with_value(-1e4, bias=True),
    "it still copies the last character: a memory of 1 is not none.": with_memory_of_one,
    "a score of 0 for writing is no more than that of a copy: it has to be large.": (
        with_write_score(0)
    ),
    "with equal scores, it copies all characters alike: the score of writing has to be large.": (
        with_zero_head
    ),
    "you change the weight w, but w times h may be negative: change the bias b.": (
        with_value(1e4, weight=True)
    ),
}
for _bias in range(11):
    _words = f"a bias of {_bias} is too small, so there are still copies: take 1e4."
    WITHOUT_COPYING[_words] = with_value(_bias, bias=True)


def check_without_copying(theirs: Callable) -> str:
    network = tiny_copier()
    ids = torch.randint(7, (1, 24))

    def predictions(function: Callable) -> Tensor:
        return log_p_of(broken_by(function, network), ids)

    compare(theirs, without_copying, WITHOUT_COPYING, see=predictions)
    return "all of the weight goes to writing, and the given network still copies."


def tiny_copier() -> CopyLSTM:
    """Untrained, with a head that copies about as often as it writes."""
    network = CopyLSTM(
        list("abcdefg"), embedding_size=4, hidden_size=6, num_layers=1, copy_size=4, memory=16
    ).eval()
    for weight in network.parameters():
        weight.data.mul_(2)
    nn.init.constant_(network.copy_head.write.bias, 0.5)
    return network


def broken_by(theirs: Callable, network: CopyLSTM) -> Any:
    """The network that their function returns; Wrong if it is none, or if the given one changes."""
    given = copy.deepcopy(network)
    try:
        broken = returned(theirs(given))
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
    if not has_same_weights(given, network) or given.memory != network.memory:
        raise Wrong("it changes the network that it is given: work on a copy, by copy.deepcopy.")
    return broken


def has_same_weights(network: nn.Module, before: nn.Module) -> bool:
    pairs = zip(network.parameters(), before.parameters(), strict=True)
    return all(torch.equal(weight, old) for weight, old in pairs)


@torch.no_grad()
def log_p_of(network: Any, ids: Tensor) -> Tensor:
    """Log-probabilities (1, characters, vocab_size), with the state carried to a second chunk."""
    first, second = ids.chunk(2, dim=1)
    try:
        of_first, state = network(first)
        of_second, _ = network(second, state)
    except AttributeError:
        if hasattr(getattr(network, "copy_head", None), "key"):
            raise
        raise Wrong(
            "the network needs its copy head for reading: leave it, and change the bias of its "
            "score for writing."
        ) from None
    except RuntimeError:
        if getattr(network, "memory", None) != 0:
            raise
        raise Wrong(
            "with a memory of 0 it cannot read a second chunk: its state needs the last character. "
            "Leave the memory, and let the head write."
        ) from None
    answer = torch.cat([of_first, of_second], dim=1)
    if not torch.isfinite(answer).all():
        raise Wrong("infinity minus infinity is not a number: a large, finite bias is enough.")
    return answer.log_softmax(-1)  # a network without a head returns logits
