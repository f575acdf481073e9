"""The checks of notebook 01."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from . import Wrong, call, compare, compare_functions, mistakes_of_mean, to_numbers


def loss_in_nats(p: Tensor, ids: Tensor) -> Tensor:
    """The mean surprise at ids (characters,), to which a model gave p (characters, vocab_size)."""
    return F.nll_loss(p.log(), ids)


def true(p: Tensor, ids: Tensor) -> Tensor:
    """The probability of each character that followed, (characters,)."""
    return p[torch.arange(len(ids)), ids]


LOSSES: dict[str, Callable] = {  # by what to say of it, a wrong loss
    "take the logarithm first and the mean afterwards.": lambda p, ids: -true(p, ids).mean().log(),
    "these are the likeliest characters: look up those that really followed.": (
        lambda p, ids: -p.max(1).values.log().mean()
    ),
    "this is the mean over all characters: look up those that really followed.": (
        lambda p, ids: -p.log().mean()
    ),
    "this is the entropy of the model: look up the characters that really followed.": (
        lambda p, ids: -(p * p.log()).sum(1).mean()
    ),
    "p[:, ids] has a column for each character: look up one number in each row.": (
        lambda p, ids: -p[:, ids].log().mean()
    ),
    "these are the surprises: a loss is their mean.": lambda p, ids: -true(p, ids).log(),
    "p[ids] takes whole rows: take one number from each row, p[rows, ids].": (
        lambda p, ids: -p[ids].log().mean()
    ),
    "this is the mean over the whole table: divide by the number of characters.": (
        lambda p, ids: loss_in_nats(p, ids) / p.shape[1]
    ),
    "divide by the number of characters, not by the size of the vocabulary.": (
        lambda p, ids: loss_in_nats(p, ids) * len(ids) / p.shape[1]
    ),
    "row t belongs to character t already: don't shift the characters.": (
        lambda p, ids: loss_in_nats(p[:-1], ids[1:])
    ),
    "this logarithm has the base 10: take the natural one, .log().": (
        lambda p, ids: loss_in_nats(p, ids) / math.log(10)
    ),
    "F.cross_entropy takes logits, and applies a softmax to p once more: take the logarithm.": (
        F.cross_entropy
    ),
    "F.nll_loss takes logarithms: this is minus the mean probability.": F.nll_loss,
    "this is the perplexity: the loss is its logarithm.": (
        lambda p, ids: loss_in_nats(p, ids).exp()
    ),
    "the logarithm is missing: this is the mean probability.": lambda p, ids: true(p, ids).mean(),
}


def check_loss_in_nats(theirs: Callable) -> str:
    p = torch.rand(7, 5).softmax(1)  # (characters, vocab_size)
    ids = torch.tensor([2, 0, 3, 1, 1, 3, 2])  # never the last, as one_hot(ids) would count on
    right = float(loss_in_nats(p, ids))
    wrong = {words: mistake(p, ids) for words, mistake in LOSSES.items()}
    compare(call(theirs, p, ids), right, mistakes_of_mean(right, len(ids)) | wrong)

    impossible = p.clone()
    impossible[torch.arange(3), ids[:3]] = 0.0
    try:
        loss = to_numbers(call(theirs, impossible, ids)).max()
    except (ArithmeticError, ValueError):  # as math.log(0) raises
        loss = math.inf
    if loss < 5:
        raise Wrong(
            "you leave out the characters that had the probability 0: they are those that surprise "
            "most, without end."
        )

    unlikely = p.clone()
    unlikely[torch.arange(len(ids)), ids] = 3e-7  # not less, because torch.distributions clamps
    unlikely /= unlikely.sum(1, keepdim=True)
    answer = call(theirs, unlikely, ids)
    if to_numbers(answer).max() < float(loss_in_nats(unlikely, ids)) - 0.001:
        raise Wrong(
            "unlikely characters are too cheap: add no small number to p, don't clamp, and don't "
            "multiply probabilities, whose product rounds to 0: add up their logarithms."
        )
    compare(answer, loss_in_nats(unlikely, ids), {})
    return f"{right:.3f} nats in the example, {right / np.log(2):.3f} bits."


def witten_bell(n: Tensor, lower: Tensor, different: Any = None) -> Tensor:
    """P_k (vocab_size,), from counts n and P_{k-1}; another N is a mistake."""
    if different is None:
        different = (n > 0).sum()
    return (n + different * lower) / (n.sum() + different)


def weights_of(n: Tensor) -> tuple[Tensor, Tensor]:
    """The weights of the counts' shares and of the shorter context; their sum is 1."""
    times = n.sum()
    different = (n > 0).sum()
    return times / (times + different), different / (times + different)


def back_off(n: Tensor, lower: Tensor) -> Tensor:
    """Only what never followed gets something from the shorter context."""
    of_counts, of_lower = weights_of(n)
    return torch.where(n > 0, of_counts * n / n.sum(), of_lower * lower)


def scaled_back_off(n: Tensor, lower: Tensor) -> Tensor:
    p = back_off(n, lower)
    return p / p.sum()


SMOOTHED: dict[str, Callable] = {  # by what to say of it, a wrong prediction
    "without smoothing, what never followed has probability 0.": lambda n, lower: n / n.sum(),
    "the shorter context gets all the weight.": lambda n, lower: lower,
    "N counts *different* characters: here nine, though they followed 24 times.": (
        lambda n, lower: witten_bell(n, lower, n.sum())
    ),
    "N counts the characters that followed, not the whole vocabulary.": (
        lambda n, lower: witten_bell(n, lower, len(n))
    ),
    "N counts the characters that followed, not those that never did.": (
        lambda n, lower: witten_bell(n, lower, (n == 0).sum())
    ),
    "N counts all characters that followed, not only those that followed once.": (
        lambda n, lower: witten_bell(n, lower, (n == 1).sum())
    ),
    "N counts different characters, not different counts.": (
        lambda n, lower: witten_bell(n, lower, len(n.unique()))
    ),
    "N counts different characters, not different counts above 0.": (
        lambda n, lower: witten_bell(n, lower, len(n[n > 0].unique()))
    ),
    "the probabilities add up to more than 1: divide by n(u) + N.": (
        lambda n, lower: witten_bell(n, lower) / weights_of(n)[0]
    ),
    "multiply the shorter context's probabilities by N.": (
        lambda n, lower: (n + lower) / (n.sum() + (n > 0).sum())
    ),
    "the two weights are exchanged: `lower` has N / (n(u) + N), and n / n(u) the rest.": (
        lambda n, lower: weights_of(n)[1] * n / n.sum() + weights_of(n)[0] * lower
    ),
    "each character gets the same share of N: multiply N by `lower`.": (
        lambda n, lower: witten_bell(n, torch.full_like(lower, 1 / len(n)))
    ),
    "divide all of the numerator, not only one of its terms.": (
        lambda n, lower: n + weights_of(n)[1] * lower
    ),
    "mix both for each character, not only for those that never followed.": (
        lambda n, lower: torch.where(n > 0, n / n.sum(), lower)
    ),
    "this is back-off: add N * `lower` for *all* characters, also for those that followed.": (
        back_off
    ),
    "this is back-off, scaled to add up to 1: add N * `lower` for *all* characters.": (
        scaled_back_off
    ),
    "divide n by n(u) + N, too.": lambda n, lower: n / n.sum() + weights_of(n)[1] * lower,
    "N counts all characters that followed, not only those that followed more than once.": (
        lambda n, lower: witten_bell(n, lower, (n > 1).sum())
    ),
    "N is missing before `lower`, though the weights add up to 1.": (
        lambda n, lower: (n + lower) / (n.sum() + 1)
    ),
    "`lower` is missing: multiply N by it.": (
        lambda n, lower: (n + (n > 0).sum()) / (n.sum() + (n > 0).sum())
    ),
    "the shorter context is missing: add N * `lower`.": (
        lambda n, lower: n / (n.sum() + (n > 0).sum())
    ),
    "the counts are missing: add n to N * `lower`.": lambda n, lower: weights_of(n)[1] * lower,
    "put the denominator into parentheses: (n(u) + N).": (
        lambda n, lower: witten_bell(n, lower) / weights_of(n)[0] + (n > 0).sum()
    ),
    "return the probabilities of all characters, not their sum.": lambda n, lower: 1.0,
}


def check_witten_bell(theirs: Callable) -> str:
    # Nine followed, two of them once; with other counts, some mistakes would have the same N.
    n = torch.tensor([3.0, 1.0, 0.0, 3.0, 6.0, 2.0, 0.0, 1.0, 3.0, 2.0, 0.0, 3.0])
    lower = torch.rand(12) + 0.1
    lower /= lower.sum()
    compare_functions(theirs, witten_bell, SMOOTHED, n, lower)

    unseen = call(theirs, torch.zeros(12), lower)
    if np.isnan(to_numbers(unseen)).any():
        raise Wrong("after a context that never occurred it divides 0 by 0: return `lower` there.")
    wrong = {
        "after a context that never occurred, return `lower`.": torch.zeros(12),
        "after a context that never occurred, return `lower`, not the same for all characters.": (
            torch.full((12,), 1 / 12)
        ),
    }
    compare(unseen, lower, wrong, "after a context that never occurred, ")
    return "the probabilities add up to 1, after contexts that never occurred, too."
