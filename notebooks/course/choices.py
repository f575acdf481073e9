"""How to draw from a network: the rule by which temperature and min-p are chosen for it."""

from collections.abc import Callable
from typing import Any

from .novelty import Study, distance

TEMPERATURES = (0.8, 0.9, 0.95, 1.0, 1.1)
MIN_PS = (0.0, 0.005, 0.02, 0.05)
NEAR = 0.01  # a share of real words is near the author's if they differ by no more than this

Pair = tuple[float, float]  # temperature, min_p


def choose_sampling(
    write: Callable[[dict[str, Any]], list[str]], study: Study, goal: dict[str, Any]
) -> tuple[dict[Pair, dict[str, Any]], Pair]:
    """Try all pairs of temperature and min-p: what each gave, and the pair that the rule takes.

    `write({"temperature": ..., "min_p": ...})` returns texts, without their prompt. `study` counts
    what they are made of, and `goal` are its counts for the author's validation half, in pieces of
    the same length. Each pair gets the counts of its texts and their "distance" from the goal.
    """
    tried = {}
    for temperature in TEMPERATURES:
        for min_p in MIN_PS:
            texts = write({"temperature": temperature, "min_p": min_p})
            counts = study(texts)
            counts["distance"] = distance(counts, goal)
            tried[temperature, min_p] = counts
    return tried, best_pair(tried, goal)


def best_pair(tried: dict[Pair, dict[str, Any]], goal: dict[str, Any]) -> Pair:
    """The closest pair of those with about as many real words as the author.

    That is the smallest distance; if no pair is near enough, the nearest share of real words.
    """
    gaps = {}
    for pair, counts in tried.items():
        gaps[pair] = abs(real_words(counts) - real_words(goal))
    near = [pair for pair in tried if gaps[pair] <= NEAR]
    if near:
        return min(near, key=lambda pair: tried[pair]["distance"])
    return min(tried, key=lambda pair: gaps[pair])


def real_words(counts: dict[str, Any]) -> float:
    """The share of real words, 0 where there are no words."""
    return 0.0 if counts["words"] is None else counts["words"]
