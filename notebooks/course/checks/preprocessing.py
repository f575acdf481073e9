"""The checks of notebook 01."""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from . import Wrong, call, compare, mistakes_of_mean, to_numbers


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
    ids = torch.tensor([2, 0, 4, 4, 1, 3, 2])
    right = float(loss_in_nats(p, ids))
    wrong = {words: mistake(p, ids) for words, mistake in LOSSES.items()}
    compare(call(theirs, p, ids), right, mistakes_of_mean(right, len(ids)) | wrong)
    return f"{right:.3f} nats in the example, {right / np.log(2):.3f} bits."


def check_witten_bell(theirs: Callable) -> str:
    lower = torch.tensor([0.1, 0.3, 0.2, 0.25, 0.15])
    n = torch.tensor([3.0, 1.0, 0.0, 3.0, 3.0])  # some are equal
    times = n.sum()
    different = (n > 0).sum()
    right = (n + different * lower) / (times + different)
    mistakes = {
        "without smoothing, what never followed has probability 0.": n / times,
        "the shorter context gets all the weight.": lower,
        "N counts *different* characters: here four, though they followed ten times.": (
            (n + times * lower) / (times + times)
        ),
        "N counts the characters that followed, not the whole vocabulary.": (
            (n + len(n) * lower) / (times + len(n))
        ),
        "N counts different characters, not different counts.": (
            (n + n.unique().numel() * lower) / (times + n.unique().numel())
        ),
        "the probabilities add up to more than 1: divide by n(u) + N.": (
            (n + different * lower) / times
        ),
        "multiply the shorter context's probabilities by N.": (n + lower) / (times + different),
        "divide all of the numerator, not only one of its terms.": (
            n + different * lower / (times + different)
        ),
        "mix both for each character, not only for those that never followed.": (
            torch.where(n > 0, n / times, lower)
        ),
        "divide n by n(u) + N, too.": n / times + different * lower / (times + different),
        "return the probabilities of all characters, not their sum.": 1.0,
    }
    compare(call(theirs, n, lower), right, mistakes)

    unseen = call(theirs, torch.zeros(5), lower)
    if np.isnan(to_numbers(unseen)).any():
        raise Wrong("after a context that never occurred it divides 0 by 0: return `lower` there.")
    compare(unseen, lower, {"after a context that never occurred, return `lower`.": torch.zeros(5)})
    return "the probabilities add up to 1, after contexts that never occurred, too."
