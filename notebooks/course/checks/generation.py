"""The checks of notebook 04."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from shakespeare.sampling import probabilities

from ..novelty import repetition
from . import Wrong, call, compare, parts, to_numbers

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


def check_keep_top_k(theirs: Callable) -> str:
    p = (2 * torch.randn(6)).softmax(0)  # (vocab_size,)
    for k in (3, 1, 9):
        right = after_cut(p, top_k=k)
        is_kept = right > 0
        kept = p * is_kept
        last_ones = p.argsort()[:k]  # (at most k,): the unlikeliest characters
        unlikeliest = torch.zeros_like(p)
        unlikeliest[last_ones] = p[last_ones]
        mistakes = {
            SUM: kept,
            "a softmax flattens probabilities: divide by their sum.": (
                p.where(is_kept, -torch.inf).softmax(0)
            ),
            "a softmax brings the zeros back: divide by the sum.": kept.softmax(0),
            "you kept the k unlikeliest characters.": unlikeliest / unlikeliest.sum(),
            SORTED: right.sort(descending=True).values[:k],
        }
        compare(call(theirs, p, k), right, mistakes)
    return "k characters keep their places and add up to 1; a k beyond the vocabulary keeps all."


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


def check_repeated_share(theirs: Callable) -> str:
    text = "to be, or not to be, that is to be what is not to be"
    length = 5
    substrings = [text[k : k + length] for k in range(len(text) - length + 1)]
    repeated = [substring for substring in substrings if substrings.count(substring) > 1]
    adjacent = substrings[::length]
    right = repetition(text, length)
    repetitions = len(substrings) - len(set(substrings))
    without_last = substrings[:-1]
    mistakes = {
        "the first time a substring occurs is not a repetition.": len(repeated) / len(substrings),
        "divide by the number of substrings: there are fewer than characters.": (
            right * len(substrings) / len(text)
        ),
        "this is the share of new substrings.": 1 - right,
        "substrings overlap: one begins at every character.": (
            1 - len(set(adjacent)) / len(adjacent)
        ),
        "the last substring is missing: there are len(text) - length + 1.": (
            1 - len(set(without_last)) / len(without_last)
        ),
        "the last substring is too short: there are len(text) - length + 1.": (
            repetitions / (len(substrings) + 1)
        ),
        "you divide by one less than the number of substrings, len(text) - length + 1.": (
            repetitions / (len(substrings) - 1)
        ),
    }
    compare(call(theirs, text, length), right, mistakes)
    compare(call(theirs, "too short", 20), 0, {})
    return f"{right:.0%} of the substrings of the example occur earlier in it."


def check_beam_search(theirs: Callable) -> str:
    # This seed tells the greedy text, the text of either kind of beam, and the best of all apart.
    torch.manual_seed(2009)
    length = 4
    all_texts = 3**length  # a width with which nothing is dropped
    # There are three characters. A table for each number k of characters so far: its first k
    # dimensions are for these, and the last one is for the character that follows.
    tables = []
    for k in range(length):
        logits = 2 * torch.randn([3] * (k + 1))  # (3, ..., 3)
        tables.append(logits.log_softmax(-1))

    def next_log_probs(ids: list[int]) -> Tensor:  # (3,)
        table = tables[len(ids)]
        return table[tuple(ids)].clone()  # theirs to change

    greedy, _ = search(next_log_probs, length, 1)
    best_of_all, _ = search(next_log_probs, length, all_texts)
    shown = []
    for width in (1, 2, all_texts):
        right, log_p = search(next_log_probs, length, width)
        own_best, _ = search(next_log_probs, length, width, compete=False)
        their_ids, their_log_p = parts(
            call(theirs, next_log_probs, length, width), "ids", "log-probability"
        )
        compare(
            their_ids,
            right,
            {
                "the width has no effect: this is the greedy choice.": greedy,
                "each beam keeps its own best: let the continuations of all beams compete.": (
                    own_best
                ),
                "you searched all texts: keep no more than `width` after each step.": best_of_all,
            },
        )
        *before, last = right
        last_log_p = float(next_log_probs(before)[last])
        compare(
            their_log_p,
            log_p,
            {
                "this is a probability: add up the log-probabilities of all characters.": (
                    math.exp(log_p)
                ),
                "this is the last character's alone: "
                "add up the log-probabilities of all characters.": last_log_p,
            },
        )
        shown.append(f"{log_p:.2f} with a width of {width}")
    return f"the best text found has the log-probability {', '.join(shown)}."


def search(
    next_log_probs: Callable[[list[int]], Tensor], length: int, width: int, compete: bool = True
) -> tuple[list[int], float]:
    """The best text that beam search finds, and its log-probability.

    Without `compete`, which is a mistake, only the best continuation of each beam is kept; the
    first step still keeps `width`.
    """
    beams: list[tuple[list[int], float]] = [([], 0.0)]
    for step in range(length):
        candidates = []
        for ids, total in beams:
            continuations = [
                ([*ids, k], total + log_p) for k, log_p in enumerate(next_log_probs(ids).tolist())
            ]
            if step > 0 and not compete:
                continuations = [max(continuations, key=log_probability)]
            candidates += continuations
        beams = sorted(candidates, key=log_probability, reverse=True)[:width]
    return beams[0]


def log_probability(beam: tuple[list[int], float]) -> float:
    return beam[1]
