"""The checks of notebook 04."""

import math
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from shakespeare.sampling import probabilities

from ..novelty import repetition
from . import Wrong, call, compare, parts, to_numbers

SUM = "the probabilities do not add up to 1: divide by the sum of those that you keep."
SORTED = "the probabilities come back sorted: leave each character in its place."


def check_with_temperature(theirs: Callable) -> str:
    logits = 2 * torch.randn(3, 5)
    for tau in (0.5, 2.0, 1e-3):
        p, times = logits.softmax(-1), logits * tau
        found = call(theirs, logits, tau)
        if tau == 1e-3 and not np.isfinite(to_numbers(found)).all():
            raise Wrong(
                "this fails at a temperature near 0, where exp overflows or gives a row of zeros: "
                "subtract the largest logit of each row first."
            )
        mistakes = {
            "you divided by the temperature after the softmax: divide the logits.": p / tau,
            "you divided after the softmax, and the sum undid it: divide the logits.": p,
            "you multiply by the temperature: a high one then sharpens.": times.softmax(-1),
            "the softmax runs along the wrong axis: use the last one.": (logits / tau).softmax(0),
        }
        compare(found, probabilities(logits, tau), mistakes)
    shown = (f"{to_numbers(theirs(logits, tau))[0].max():.0%} at {tau}" for tau in (0.5, 1.0, 2.0))
    return f"in an example, the likeliest character gets {', '.join(shown)}."


def check_keep_top_k(theirs: Callable) -> str:
    p = (2 * torch.randn(6)).softmax(0)
    for k in (3, 1, 9):
        right, low = probabilities(p.log(), top_k=k), p * (p <= p.sort().values[:k].max())
        kept, among_kept = p * (right > 0), p.where(right > 0, -torch.inf)
        mistakes = {
            SUM: kept,
            "a softmax flattens probabilities: divide by their sum.": among_kept.softmax(0),
            "a softmax brings the zeros back: divide by the sum.": kept.softmax(0),
            "you kept the k unlikeliest characters.": low / low.sum(),
            SORTED: right.sort(descending=True).values[:k],
        }
        compare(call(theirs, p, k), right, mistakes)
    return "k characters keep their places and add up to 1; a k beyond the vocabulary keeps all."


def check_keep_nucleus(theirs: Callable) -> str:
    p = (2 * torch.randn(6)).softmax(0)
    for top_p in (0.9, 0.1):
        right = probabilities(p.log(), top_p=top_p)
        ordered, count = right.sort(descending=True).values, int((right > 0).sum())
        fewer, high = (q / q.sum() for q in (p * (right > ordered[count - 1]), p * (p >= top_p)))
        more = probabilities(p.log(), top_k=count + 1)
        mistakes = {
            SUM: p * (right > 0),
            "the set must reach top_p: it includes the character with which the sum does.": fewer,
            "top_p is not for one character: the set reaches it together.": high,
            "the set is not the smallest: it keeps one character too many.": more,
            SORTED: ordered,
        }
        compare(call(theirs, p, top_p), right, mistakes)
    return "the set is the smallest that reaches top_p, and never empty."


def check_repeated_share(theirs: Callable) -> str:
    text, size = "to be, or not to be, that is to be what is not to be", 5
    pieces = [text[k : k + size] for k in range(len(text) - size + 1)]
    right, apart = repetition(text, size), pieces[::size]
    twice = np.mean([pieces.count(piece) > 1 for piece in pieces])
    by_character = right * len(pieces) / len(text)
    mistakes = {
        "the first time a substring occurs is not a repetition.": twice,
        "divide by the number of substrings: there are fewer than characters.": by_character,
        "this is the share of new substrings.": 1 - right,
        "substrings overlap: one begins at every character.": 1 - len(set(apart)) / len(apart),
    }
    compare(call(theirs, text, size), right, mistakes)
    compare(call(theirs, "too short", 20), 0, {})
    return f"{right:.0%} of the substrings of the example occur earlier in it."


def check_beam_search(theirs: Callable) -> str:
    torch.manual_seed(2009)  # tells greedy choice, both kinds of beam and the best of all apart
    length, tables = 4, [(2 * torch.randn([3] * (k + 1))).log_softmax(-1) for k in range(4)]

    def next_log_probs(ids: list[int]) -> Tensor:  # (3,)
        return tables[len(ids)][tuple(ids)].clone()  # theirs to change

    def search(width: int, each: int = 3) -> tuple[list[int], float]:
        beams: list[tuple[list[int], float]] = [([], 0.0)]
        for step in range(length):
            longer = []
            for ids, total in beams:
                values, order = next_log_probs(ids).topk(each if step else 3)
                best = zip(values.tolist(), order.tolist(), strict=True)
                longer += [([*ids, k], total + value) for value, k in best]
            beams = sorted(longer, key=lambda beam: -beam[1])[:width]
        return beams[0]

    for width in (1, 2, 81):
        found = call(theirs, next_log_probs, length, width)
        ids, total = parts(found, "ids", "log-probability")
        (right, log_p), own_best = search(width), search(width, each=1)[0]
        mistakes = {
            "the width has no effect: this is the greedy choice.": search(1)[0],
            "each beam keeps its own best: let the continuations of all beams compete.": own_best,
            "you searched all texts: keep no more than `width` after each step.": search(81)[0],
        }
        compare(ids, right, mistakes)
        last = float(next_log_probs(right[:-1])[right[-1]])
        mistaken = {"a probability": math.exp(log_p), "the last character's alone": last}
        add = "this is {}: add up the log-probabilities of all characters."
        compare(total, log_p, {add.format(what): value for what, value in mistaken.items()})
    shown = ", ".join(f"{search(width)[1]:.2f} with a width of {width}" for width in (1, 2, 81))
    return f"the best text found has the log-probability {shown}."
