"""The checks of notebook 03."""

import copy
import math
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from shakespeare.model import CharLSTM

from . import NothingReturned, Wrong, call, compare, mistakes_of_mean, parts, to_numbers


def tiny_model() -> CharLSTM:
    """Untrained, with weights so large that its predictions depend on the state."""
    model = CharLSTM(list("abcdefg"), 4, 6, 1).eval()
    for weight in model.parameters():
        weight.data.mul_(4)
    return model


def check_bits_and_perplexity(theirs: Callable) -> str:
    for nats in (1.5, 0.4):
        bits, perplexity = parts(call(theirs, nats), "bits", "perplexity")
        right, times = (nats / math.log(2), math.exp(nats)), nats * math.log(2)
        mistakes = {
            "you multiply by log 2: a bit is less than a nat, so there are more of them.": times,
            "bits and perplexity are in the wrong order.": right[1],
        }
        compare(bits, right[0], mistakes)
        compare(
            perplexity, right[1], {"the exponent is in nats, so the base is e, not 2.": 2**nats}
        )
    return "e to the power of the nats is 2 to the power of the bits."


def check_cross_entropy(theirs: Callable) -> str:
    logits, y = 2 * torch.randn(2, 3, 5), torch.randint(5, (2, 3))  # (batch, time, vocab_size)

    def loss(log_p: Tensor) -> float:
        return float(-log_p.gather(2, y[..., None]).mean())

    log_p = logits.log_softmax(2)
    right = loss(log_p)
    mean_first = -math.log(-loss(log_p.exp()))
    mistakes = mistakes_of_mean(right, 6) | {
        "you add up over time: the loss is the mean over batch and time.": 3 * right,
        "the softmax goes along time: it goes along the last axis.": loss(logits.log_softmax(1)),
        "logits are not logarithms of probabilities: the softmax is missing.": loss(logits),
        "you take the logarithm of the mean: take the mean of the logarithms.": mean_first,
        "you take the likeliest character: take the one that came, in y.": -log_p.amax(2).mean(),
    }
    compare(call(theirs, logits, y), right, mistakes)
    large = call(theirs, logits + 1000, y)
    if not np.isfinite(to_numbers(large)).all():
        raise Wrong("right for small logits, but exp(1000) overflows: subtract the largest first.")
    compare(large, right, {})
    return "it agrees with PyTorch's, even for logits near 1,000."


def check_early_stopping(theirs: Callable) -> str:
    validation, test = [2, 1.8, 1.9, 1.85, 1.7, 1.75, 1.65], [2, 1.9, 1.82, 2, 1.95, 2.1, 1.97]
    cases = [  # validation, test, patience, the epoch to keep, the last one trained
        ([2.0, 1.7, 1.6, 1.65, 1.63, 1.5], [2.1, 1.7, 1.75, 1.8, 1.77, 1.9], 2, 2, 4),
        ([*validation, 1.76, 1.9, 1.7, 1.6], [*test, 2.1, 2.1, 2.0, 1.9], 3, 6, 9),
        ([2.0, 1.8, 1.7], [2.2, 2.0, 2.1], 5, 2, 2),
    ]
    for validation, test, patience, best, last in cases:
        epoch, loss = parts(call(theirs, validation, test, patience), "epoch", "test loss")
        lowest, lucky = np.argmin(validation), np.argmin(test)
        mistakes = {
            f"training had stopped by then: {patience} epochs had no new lowest loss.": lowest,
            "you choose the epoch on the test half, so its loss is no longer a test.": lucky,
            "this is where training stops: keep the epoch with the lowest loss so far.": last,
            "epochs are numbered from 0.": best + 1,
            "you stop too early: wait for `patience` epochs without a new lowest loss.": 1,
            "after a new lowest loss the count of epochs without one starts again at 0.": 4,
        }
        compare(epoch, best, mistakes)
        mistakes = {
            "this is the validation loss, which chose the epoch and flatters it.": validation[best],
            "this is the lowest test loss: report that of the epoch you keep.": min(test),
        }
        compare(loss, test[best], mistakes)
    return "the test half was used once, after the choice."


def check_losses_in_windows(theirs: Callable) -> str:
    model, ids, size = tiny_model(), torch.randint(7, (41,)), 5

    def losses(x: Tensor, y: Tensor) -> Tensor:  # (windows, window)
        return F.cross_entropy(model(x)[0].mT, y, reduction="none").view(-1, size)

    x, y = ids[:-1].view(-1, size), ids[1:].view(-1, size)  # (windows, window) each
    cold, carried = losses(x, y), losses(x.view(1, -1), y.view(1, -1))
    for carry, right, other in ((False, cold, carried), (True, carried, cold)):
        done, seen = ("dropped", x.view(1, -1)) if carry else ("carried over", x)
        mistakes = {
            f"with carry={carry} the state is {done} at a border.": other,
            "you ask the model for the character it reads: y is the next one.": losses(seen, seen),
            "this is the mean of each window: give the loss of each place.": right.mean(1),
            "this is the mean over the windows: give each window's losses.": right.mean(0),
        }
        compare(call(theirs, model, ids, size, carry), right, mistakes)
    return "cold, each window starts with an empty state; carried, only the first one does."


def check_backward_in_pieces(theirs: Callable) -> str:
    model, ids = tiny_model(), torch.randint(7, (2, 13))
    pieces = [(ids[:, k : k + 4], ids[:, k + 1 : k + 5]) for k in (0, 4, 8)]

    def gradient_of(network: CharLSTM) -> Tensor:
        return torch.cat([w.grad.flatten() for w in network.parameters() if w.grad is not None])

    def run(carry: bool = True, detach: bool = True, last: int = 3) -> tuple[list[Tensor], Tensor]:
        network, state, losses = copy.deepcopy(model), None, []
        for piece in pieces:
            loss, state = network.loss(piece, state if carry else None)
            state = state.map(Tensor.detach) if detach else state
            losses.append(loss)
        torch.stack(losses[-last:]).sum().backward()
        return losses, gradient_of(network)

    losses, right = run()
    mistakes = {
        "the gradient crosses the borders: detach the state there.": run(detach=False)[1],
        "only the last piece's gradient is left: do not reset it in between.": run(last=1)[1],
        "the gradient is divided by the number of pieces: add up, don't average.": right / 3,
    }
    try:
        found = theirs(model, pieces)
    except RuntimeError as error:
        if "second time" not in str(error):
            raise
        raise Wrong("the state still has the graph of the previous piece: detach it.") from None
    if found is None:
        raise NothingReturned
    cold = "each piece starts with an empty state: pass the state on."
    compare(found, losses, {cold: run(carry=False)[0]})
    if any(weight.grad is None for weight in model.parameters()):
        raise Wrong("the losses are right, but there is no gradient: call backward().")
    compare(gradient_of(model), right, mistakes)
    return "the state crosses the borders, the gradient does not."
