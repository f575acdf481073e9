"""The checks of notebook 06."""

import functools
from collections.abc import Callable, Iterable

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from . import call, compare, to_numbers


def check_expected_calibration_error(theirs: Callable) -> str:
    confidence = torch.cat([torch.rand(90) * 0.6, torch.rand(5) / 20 + 0.9, torch.ones(5)])
    right = torch.randint(2, (100,)).float()
    bins = (confidence * 10).long().clamp(max=9)  # (places,); three bins are empty
    gaps, count = torch.bincount(bins, confidence - right, minlength=10), torch.bincount(bins)
    error, filled = gaps.abs().sum() / 100, count > 0
    lost = torch.bincount(bins[confidence < 1], (confidence - right)[confidence < 1])
    mistakes = {
        "this is the mean over the bins: weight each by its places.": (
            (gaps / count)[filled].abs().mean()
        ),
        "places with a confidence of 1 are missing: put them in the last bin.": (
            lost.abs().sum() / 100
        ),
        "this is the mean gap of single places.": (confidence - right).abs().mean(),
        "gaps of both signs cancel: take each bin's absolute value.": gaps.sum() / 100,
        "this is the largest gap: take the mean.": (gaps / count)[filled].abs().max(),
    }
    compare(call(theirs, confidence, right), error, mistakes)
    return f"confidence that means nothing has an error of {error:.2f} here."


def check_nearest_rows(theirs: Callable) -> str:
    vectors = torch.randn(12, 4) * torch.rand(12, 1) + torch.eye(4)[0]
    centred = vectors - vectors.mean(0)  # (rows, size)

    def nearest(rows: Tensor, sign: int = 1, length: int = 1) -> Tensor:
        unit = F.normalize(rows, dim=1) if length else rows  # (rows, size)
        return (sign * unit @ unit.T).fill_diagonal_(-torch.inf).argmax(1)

    mistakes = {
        "each row is nearest to itself: rule it out.": torch.arange(12),
        "subtract the mean row first.": nearest(vectors),
        "divide each row by its length, or long rows are near to all.": nearest(centred, length=0),
        "this is the least similar row.": nearest(centred, sign=-1),
    }
    compare(call(theirs, vectors), nearest(centred), mistakes)
    return "the angle counts, not the length."


def states_of(w: Tensor, steps: int) -> Tensor:
    """h_0 ... h_steps, (steps + 1, hidden_size), of a plain RNN over random input."""
    states = [torch.rand(len(w)) - 0.5]
    for _ in range(steps):
        states.append(torch.tanh(w @ states[-1] + torch.randn(len(w)) / 4))
    return torch.stack(states)


def check_state_jacobian(theirs: Callable) -> str:
    def product(factors: Iterable[Tensor]) -> Tensor:  # the last step on the left
        return functools.reduce(lambda before, step: step @ before, factors)

    for steps in (4, 1):
        w = torch.randn(3, 3)
        h = states_of(w, steps)
        slopes = 1 - h**2  # (steps + 1, 3), of tanh where its value is h; the first is no step's
        rows = slopes[:, :, None] * w  # (steps + 1, 3, 3)
        right, backwards = product(rows[1:]), product(rows[1:].flip(0))
        early, on_columns = product(rows[:-1]), product(slopes[1:, None] * w)
        mistakes = {
            "the factors are in the wrong order: the last step is on the left.": backwards,
            "the slope is that of the state before the step: take the one after.": early,
            "the slopes multiply columns of W: tanh comes after W, so multiply rows.": on_columns,
            "the slope of tanh is missing: for a = tanh(z) it is 1 - a ** 2.": product([w] * steps),
            "* multiplies number by number: the chain rule multiplies with @.": rows[1:].prod(0),
        }
        compare(call(theirs, w, h), right, mistakes)
    w = 0.95 * nn.init.orthogonal_(torch.empty(16, 16))
    norms = {k: np.linalg.norm(to_numbers(theirs(w, states_of(w, k)))) for k in (1, 10, 50)}
    shown = ", ".join(f"{norm:.1g} after {k}" for k, norm in norms.items())
    return f"for a matrix that shortens every vector by 5 % its norm is {shown} steps."
