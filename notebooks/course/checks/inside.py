"""The checks of notebook 06."""

from collections.abc import Callable, Iterable

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from . import call, compare, to_numbers


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
        w = torch.randn(3, 3)
        h = states_of(w, steps)  # (steps + 1, 3)
        slopes = 1 - h**2  # (steps + 1, 3), of tanh where its value is h
        factors = slopes[1:, :, None] * w  # (steps, 3, 3); h_0 is the result of no step
        of_states_before = slopes[:-1, :, None] * w  # (steps, 3, 3)
        on_columns = slopes[1:, None, :] * w  # (steps, 3, 3)
        mistakes = {
            "the factors are in the wrong order: the last step is on the left.": (
                product(factors.flip(0))
            ),
            "the slope is that of the state before the step: take the one after.": (
                product(of_states_before)
            ),
            "the slopes multiply columns of W: tanh comes after W, so multiply rows.": (
                product(on_columns)
            ),
            "the slope of tanh is missing: for a = tanh(z) it is 1 - a ** 2.": product([w] * steps),
            "* multiplies elementwise: the chain rule multiplies with @.": factors.prod(0),
        }
        compare(call(theirs, w, h), product(factors), mistakes)

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


def states_of(w: Tensor, steps: int) -> Tensor:
    """h_0 ... h_steps, (steps + 1, hidden_size), of a plain RNN over random input."""
    states = [torch.rand(len(w)) - 0.5]
    for _ in range(steps):
        states.append(torch.tanh(w @ states[-1] + torch.randn(len(w)) / 4))
    return torch.stack(states)
