"""The checks of notebook 06."""

from collections.abc import Callable, Iterable

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from . import call, compare, to_numbers


def check_copy_probabilities(theirs: Callable) -> str:
    query = torch.randn(6)
    keys = torch.randn(5, 6)
    ids = torch.tensor([2, 0, 2, 3, 0])  # (read,)
    write = torch.tensor([0.5])
    products = keys @ query  # (read,)
    scores = products / 6**0.5  # (read,)
    shares = shares_with(write, scores)  # (1 + read,)
    shares_if_not_divided = shares_with(write, products)  # (1 + read,)
    shares_if_divided_by_size = shares_with(write, products / 6)  # (1 + read,)
    last_of_each = torch.zeros(4)
    for character, share in zip(ids, shares[1:], strict=True):
        last_of_each[character] = share

    mistakes = {
        "these are the shares of positions: add up those with the same character.": shares[1:],
        "a character was read more than once: add up its shares.": last_of_each,
        "writing has a share, too: put its score into the softmax, before the others.": (
            by_character(ids, scores.softmax(0))
        ),
        "divide each product by the root of the size of a key.": (
            by_character(ids, shares_if_not_divided[1:])
        ),
        "divide by the *root* of the size of a key.": (
            by_character(ids, shares_if_divided_by_size[1:])
        ),
        "the first share is for writing: the copies begin with the second.": (
            by_character(ids, shares[:-1])
        ),
    }
    compare(call(theirs, query, keys, ids, write, 4), by_character(ids, shares[1:]), mistakes)

    # The example of the exercise: "aba", with scores that are logarithms of 4, 1 and 2.
    odds = torch.tensor([4.0, 1.0, 2.0])
    keys = torch.stack([odds.log(), torch.zeros(3)], dim=1)  # (3, 2)
    query = torch.tensor([2**0.5, 0.0])
    p = to_numbers(theirs(query, keys, torch.tensor([0, 1, 0]), torch.tensor([3.0]).log(), 2))
    return f"after aba, the probability of copying a is {p[0]:.0%}, that of copying b {p[1]:.0%}."


def shares_with(write: Tensor, scores: Tensor) -> Tensor:
    """The attention (1 + read,), from the score for writing (1,) and those for copying (read,)."""
    return torch.cat([write, scores]).softmax(0)


def by_character(ids: Tensor, shares: Tensor) -> Tensor:
    """The sum of the shares (read,) of each of four characters, (4,)."""
    return torch.zeros(4).index_add(0, ids, shares)


def check_expected_calibration_error(theirs: Callable) -> str:
    low = torch.rand(90) * 0.6
    high = torch.rand(5) / 20 + 0.9
    certain = torch.ones(5)
    confidence = torch.cat([low, high, certain])  # (positions,); three bins are empty
    right = torch.randint(2, (100,)).float()
    gap = confidence - right  # (positions,)
    bins = (confidence * 10).long().clamp(max=9)  # (positions,)
    sums = torch.bincount(bins, gap, minlength=10)  # (bins,) of the gaps
    counts = torch.bincount(bins, minlength=10)  # (bins,)
    filled = counts > 0
    gap_of_bin = (sums[filled] / counts[filled]).abs()  # (filled bins,)
    uncertain = confidence < 1
    sums_of_uncertain = torch.bincount(bins[uncertain], gap[uncertain])

    # The mean gap of a bin times its positions is the sum of its gaps.
    error = sums.abs().sum() / 100
    mistakes = {
        "this is the mean over the bins: weight each by its positions.": gap_of_bin.mean(),
        "positions with a confidence of 1 are missing: put them in the last bin.": (
            sums_of_uncertain.abs().sum() / 100
        ),
        "this is the mean gap of single positions.": gap.abs().mean(),
        "gaps of both signs cancel: take each bin's absolute value.": sums.sum() / 100,
        "this is the largest gap: take the mean.": gap_of_bin.max(),
    }
    compare(call(theirs, confidence, right), error, mistakes)
    return f"confidence that means nothing has an error of {error:.2f} here."


def check_nearest_rows(theirs: Callable) -> str:
    first_axis = torch.tensor([1.0, 0.0, 0.0, 0.0])
    vectors = torch.randn(12, 4) * torch.rand(12, 1) + first_axis  # (rows, size)
    centred = vectors - vectors.mean(0)  # (rows, size)
    unit = F.normalize(centred, dim=1)  # (rows, size)
    not_centred = F.normalize(vectors, dim=1)  # (rows, size)
    right = most_similar(unit @ unit.T)
    mistakes = {
        "each row is nearest to itself: rule it out.": torch.arange(12),
        "subtract the mean row first.": most_similar(not_centred @ not_centred.T),
        "divide each row by its length, or long rows are near to all.": (
            most_similar(centred @ centred.T)
        ),
        "this is the least similar row.": most_similar(-unit @ unit.T),
    }
    compare(call(theirs, vectors), right, mistakes)
    return "the angle counts, not the length."


def most_similar(similarity: Tensor) -> Tensor:
    """The most similar other row for each row (rows,), from similarities (rows, rows)."""
    itself = torch.eye(len(similarity), dtype=torch.bool)  # (rows, rows)
    return similarity.masked_fill(itself, -torch.inf).argmax(1)


def check_state_jacobian(theirs: Callable) -> str:
    for steps in (4, 1):
        u = torch.randn(3, 3)
        h = states_of(u, steps)  # (steps + 1, 3)
        slopes = 1 - h**2  # (steps + 1, 3), of tanh where its value is h
        factors = slopes[1:, :, None] * u  # (steps, 3, 3); h_0 is the result of no step
        of_states_before = slopes[:-1, :, None] * u  # (steps, 3, 3)
        on_columns = slopes[1:, None, :] * u  # (steps, 3, 3)
        mistakes = {
            "the factors are in the wrong order: the last step is on the left.": (
                product(factors.flip(0))
            ),
            "the slope is that of the state before the step: take the one after.": (
                product(of_states_before)
            ),
            "the slopes multiply columns of U: tanh comes after U, so multiply rows.": (
                product(on_columns)
            ),
            "the slope of tanh is missing: for h = tanh(z) it is 1 - h ** 2.": product([u] * steps),
            "* multiplies elementwise: the chain rule multiplies with @.": factors.prod(0),
        }
        compare(call(theirs, u, h), product(factors), mistakes)

    shortening = 0.95 * nn.init.orthogonal_(torch.empty(16, 16))
    shown = []
    for steps in (1, 10, 50):
        jacobian = theirs(shortening, states_of(shortening, steps))
        shown.append(f"{np.linalg.norm(to_numbers(jacobian)):.1g} after {steps}")
    return f"for a matrix that shortens every vector by 5 % its norm is {', '.join(shown)} steps."


def product(factors: Iterable[Tensor]) -> Tensor:
    """The product of 3 x 3 matrices, the last one on the left."""
    result = torch.eye(3)
    for factor in factors:
        result = factor @ result
    return result


def states_of(u: Tensor, steps: int) -> Tensor:
    """h_0 ... h_steps, (steps + 1, hidden_size), of a plain RNN over random input."""
    states = [torch.rand(len(u)) - 0.5]
    for _ in range(steps):
        states.append(torch.tanh(u @ states[-1] + torch.randn(len(u)) / 4))
    return torch.stack(states)
