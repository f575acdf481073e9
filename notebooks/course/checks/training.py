"""The checks of notebook 03, and the solutions that take the place of what isn't written yet."""

import math
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from shakespeare.model import CharLSTM

from . import Wrong, call, compare, mistakes_of_mean, to_numbers


def cross_entropy(logits: Tensor, y: Tensor) -> Tensor:
    """Mean loss in nats, from logits (batch, time, vocab_size) and y (batch, time)."""
    return F.cross_entropy(logits.flatten(0, 1), y.flatten())


@torch.no_grad()
def losses_in_windows(
    model: CharLSTM, ids: Tensor, window: int, carry: bool, ahead: int = 1
) -> Tensor:
    """Losses (windows, window) in nats, from ids (windows * window + 1,).

    With another `ahead` than 1, which is a mistake, not the next character is scored.
    """
    losses = []
    state = None
    for start in range(0, len(ids) - 1, window):
        x = ids[start : start + window]  # (window,)
        y = ids[start + ahead : start + ahead + window]  # (window,)
        logits, state = model(x[None], state if carry else None)  # (1, window, vocab_size)
        losses.append(F.cross_entropy(logits[0], y, reduction="none"))
    return torch.stack(losses)


def tiny_model() -> CharLSTM:
    """Untrained, with weights so large that its predictions depend on the state."""
    model = CharLSTM(list("abcdefg"), 4, 6, 1).eval()
    for weight in model.parameters():
        weight.data.mul_(4)
    return model


def check_cross_entropy(theirs: Callable) -> str:
    logits = 2 * torch.randn(2, 3, 5)  # (batch, time, vocab_size)
    y = torch.randint(5, (2, 3))  # (batch, time)

    def mean_at_y(values: Tensor) -> float:
        """The mean over all positions of the value (batch, time, vocab_size) at the true one."""
        return float(values.gather(2, y[..., None]).mean())

    log_p = logits.log_softmax(2)
    right = -mean_at_y(log_p)
    mean_p = mean_at_y(log_p.exp())
    along_time = -mean_at_y(logits.log_softmax(1))
    mistakes = mistakes_of_mean(right, y.numel()) | {
        "you add up over time: the loss is the mean over batch and time.": right * y.shape[1],
        "the softmax goes along time: it goes along the last axis.": along_time,
        "logits are not logarithms of probabilities: the softmax is missing.": -mean_at_y(logits),
        "you take the logarithm of the mean: take the mean of the logarithms.": -math.log(mean_p),
        "you take the likeliest character: take the one that came, in y.": -log_p.amax(2).mean(),
    }
    compare(call(theirs, logits, y), right, mistakes)
    large = call(theirs, logits + 1000, y)
    if not np.isfinite(to_numbers(large)).all():
        raise Wrong("right for small logits, but exp(1000) overflows: subtract the largest first.")
    compare(large, right, {})
    # Neighbours in a window, or of the same time, are 1,000 apart: (batch, time, 1).
    far_apart = torch.tensor([[1000.0, 0.0, 1000.0], [0.0, 1000.0, 0.0]])[..., None]
    apart = call(theirs, logits + far_apart, y)
    if not np.isfinite(to_numbers(apart)).all():
        raise Wrong(
            "you subtract the largest logit of several positions, and exp makes the others 0: "
            "subtract the largest of each position."
        )
    compare(apart, right, {})
    logits.requires_grad_()
    loss = theirs(logits, y)
    if isinstance(loss, Tensor) and loss.requires_grad:
        loss.backward()
    if logits.grad is None:
        raise Wrong(
            "the number is right, but no gradient leads back to the logits: compute it with "
            "PyTorch's functions, without .item(), float() or NumPy."
        )
    return "it agrees with PyTorch's, even for logits near 1,000."


def check_losses_in_windows(theirs: Callable) -> str:
    model = tiny_model()
    window = 5
    ids = torch.randint(7, (41,))
    for carry, done in ((False, "carried over"), (True, "dropped")):
        right = losses_in_windows(model, ids, window, carry)
        other = losses_in_windows(model, ids, window, not carry)
        of_x = losses_in_windows(model, ids, window, carry, ahead=0)
        mistakes = {
            f"with carry={carry} the state is {done} at a border.": other,
            "you score the character that the model reads: y is the next one.": of_x,
            "this is the mean of each window: give the loss of each position.": right.mean(1),
            "this is the mean over the windows: give each window's losses.": right.mean(0),
        }
        compare(call(theirs, model, ids, window, carry), right, mistakes)
    return "cold, each window starts with an empty state; carried, only the first one does."
