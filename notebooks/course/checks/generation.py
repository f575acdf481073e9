"""The checks of notebook 04."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from shakespeare.sampling import probabilities

from . import Wrong, call, compare, to_numbers

SUM = "the probabilities do not add up to 1: divide by the sum of those that you keep."
SORTED = "the probabilities come back sorted: leave each character in its place."


def check_with_temperature(theirs: Callable) -> str:
    logits = 2 * torch.randn(3, 5)  # (batch, vocab_size)
    p = logits.softmax(-1)
    for temperature in (0.5, 2.0):
        mistakes = {
            "you divided by the temperature after the softmax: divide the logits.": p / temperature,
            "you divided after the softmax, and the sum undid it: divide the logits.": p,
            "you multiply by the temperature: a high one then sharpens.": (
                (logits * temperature).softmax(-1)
            ),
            "the softmax runs along the wrong axis: use the last one.": (
                (logits / temperature).softmax(0)
            ),
        }
        compare(call(theirs, logits, temperature), probabilities(logits, temperature), mistakes)
    almost_0 = 1e-3
    answer = call(theirs, logits, almost_0)
    if not np.isfinite(to_numbers(answer)).all():
        raise Wrong(
            "this fails at a temperature near 0, where exp overflows or gives a row of zeros: "
            "subtract the largest logit of each row first."
        )
    compare(answer, probabilities(logits, almost_0), {})
    shown = []
    for temperature in (0.5, 1.0, 2.0):
        first_row = to_numbers(theirs(logits, temperature))[0]  # (vocab_size,)
        shown.append(f"{first_row.max():.0%} at {temperature}")
    return f"in an example, the likeliest character gets {', '.join(shown)}."


def after_cut(p: Tensor, **cut: Any) -> Tensor:
    """What the course's own function makes of p (vocab_size,).

    It takes logits; the logarithms will do, because their softmax is p again.
    """
    return probabilities(p.log(), **cut)


def check_keep_nucleus(theirs: Callable) -> str:
    p = (2 * torch.randn(6)).softmax(0)  # (vocab_size,)
    for top_p in (0.9, 0.1):
        right = after_cut(p, top_p=top_p)
        is_kept = right > 0
        kept = p * is_kept
        count = int(is_kept.sum())
        last = p.argsort(descending=True)[count - 1]  # the unlikeliest character that is kept
        without_last = kept.clone()
        without_last[last] = 0
        likely_alone = p * (p >= top_p)
        mistakes = {
            SUM: kept,
            "the set must reach top_p: it includes the character with which the sum does.": (
                without_last / without_last.sum()
            ),
            "top_p is not for one character: the set reaches it together.": (
                likely_alone / likely_alone.sum()
            ),
            "the set is not the smallest: it keeps one character too many.": (
                after_cut(p, top_k=count + 1)
            ),
            SORTED: right.sort(descending=True).values,
        }
        compare(call(theirs, p, top_p), right, mistakes)

    p = torch.tensor([0.125, 0.5, 0.25, 0.125])  # sums of these are exact
    right = torch.tensor([0.0, 1.0, 0.0, 0.0])
    with_next = torch.tensor([0.0, 2 / 3, 1 / 3, 0.0])
    equal = "a sum that equals top_p reaches it: compare those before with <, not <=."
    compare(call(theirs, p, 0.5), right, {equal: with_next})
    return "the set is the smallest that reaches top_p, and never empty."
