"""The checks of notebook 01."""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from . import Mistakes, call, compare, is_same, mistakes_of_mean, to_numbers

# --- the loss ---


def loss_in_nats(p: Tensor, ids: Tensor) -> Tensor:
    """The mean surprise at ids (characters,), to which a model gave p (characters, vocab_size)."""
    return -true(p, ids).log().mean()


def true(p: Tensor, ids: Tensor) -> Tensor:
    """The probability of each character that followed, (characters,)."""
    return p[torch.arange(len(ids)), ids]


LOSS_IN_NATS: Mistakes = mistakes_of_mean(loss_in_nats) | {
    "take the logarithm first and the mean afterwards.": lambda p, ids: -true(p, ids).mean().log(),
    "p[:, ids] has a column for each character: look up one number in each row.": (
        lambda p, ids: -p[:, ids].log().mean()
    ),
    "F.cross_entropy takes logits, and applies a softmax to p once more: take the logarithm.": (
        F.cross_entropy
    ),
}
TOO_CHEAP = (
    "unlikely characters are too cheap: add no small number to p, don't clamp it, and leave no "
    "character out."
)


def check_loss_in_nats(theirs: Callable) -> str:
    p = torch.rand(7, 5).softmax(1)  # (characters, vocab_size)
    ids = torch.tensor([2, 0, 3, 1, 1, 3, 2])  # never the last, as one_hot(ids) would count on
    cases = [(p, ids)]
    compare(theirs, loss_in_nats, LOSS_IN_NATS, cases)
    for count, small in ((7, 3e-7), (3, 0.0)):
        unlikely = p.clone()
        unlikely[torch.arange(count), ids[:count]] = small
        unlikely /= unlikely.sum(1, keepdim=True)
        cases.append((unlikely, ids))
    compare(theirs, loss_in_nats, LOSS_IN_NATS, cases, see=or_infinite, otherwise=TOO_CHEAP)
    right = float(loss_in_nats(p, ids))
    return f"{right:.3f} nats in the example, {right / math.log(2):.3f} bits."


def or_infinite(function: Callable, p: Tensor, ids: Tensor) -> Any:
    """What a loss returns, but infinity where log(0) is an error or torch.distributions clamps."""
    try:
        loss = call(function, p, ids)
    except (ArithmeticError, ValueError):  # as math.log(0) raises
        return math.inf
    clamped = -torch.distributions.Categorical(p).log_prob(ids).mean()
    is_clamped = (p == 0).any() and is_same(to_numbers(loss), to_numbers(clamped))
    return math.inf if is_clamped else loss


# --- Witten-Bell smoothing ---


def witten_bell(n: Tensor, lower: Tensor) -> Tensor:
    """P_k (vocab_size,), from counts n and P_{k-1}."""
    return mixed(n, lower, (n > 0).sum()) if n.any() else lower


def mixed(n: Tensor, lower: Tensor, different: Any) -> Tensor:
    """The equation, with any N; after a context that never occurred it may divide 0 by 0."""
    return (n + different * lower) / (n.sum() + different)


def back_off(n: Tensor, lower: Tensor) -> Tensor:
    """Only what never followed gets something from the shorter context."""
    return torch.where(n > 0, n, (n > 0).sum() * lower) / (n.sum() + (n > 0).sum())


WITTEN_BELL: Mistakes = {
    "without smoothing, what never followed has probability 0.": lambda n, lower: n / n.sum(),
    "N counts *different* characters: here nine, though they followed 24 times.": (
        lambda n, lower: mixed(n, lower, n.sum())
    ),
    "N counts the characters that followed, not the whole vocabulary.": (
        lambda n, lower: mixed(n, lower, len(n))
    ),
    "multiply the shorter context's probabilities by N.": (
        lambda n, lower: (n + lower) / (n.sum() + (n > 0).sum())
    ),
    "this is back-off: add N * `lower` for *all* characters, also for those that followed.": (
        back_off
    ),
    "after a context that never occurred it divides 0 by 0: return `lower` there.": (
        lambda n, lower: mixed(n, lower, (n > 0).sum())
    ),
}


def check_witten_bell(theirs: Callable) -> str:
    # Nine followed, two of them once; with other counts, some mistakes would have the same N.
    n = torch.tensor([3.0, 1.0, 0.0, 3.0, 6.0, 2.0, 0.0, 1.0, 3.0, 2.0, 0.0, 3.0])
    lower = torch.rand(12) + 0.1
    lower /= lower.sum()
    compare(theirs, witten_bell, WITTEN_BELL, [(n, lower), (torch.zeros(12), lower)])
    return "the probabilities add up to 1, after contexts that never occurred, too."
