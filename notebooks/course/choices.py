"""What we choose for a network after its training: its memory, its exponents, how to draw from it.

All choices use the validation half alone. The network then holds them in its `facts`.
"""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from shakespeare.beyond.copying import choose_memory
from shakespeare.beyond.mixture import Mixture, evaluate
from shakespeare.beyond.ngrams import WittenBell
from shakespeare.data import Corpus

from .novelty import Study, distance
from .results import cold_and_carried

TEMPERATURES = (0.8, 0.9, 0.95, 1.0, 1.1)
MIN_PS = (0.0, 0.005, 0.02, 0.05)
NEAR = 0.01  # a share of real words is near the author's if it differs by no more than this

Pair = tuple[float, float]  # temperature, min_p
Losses = dict[str, dict[str, float]]  # by protocol and part, as `evaluate` returns them


def choose_facts(
    network: Any,
    run: Path,
    corpus: Corpus,
    memories: Iterable[int],
    counts: WittenBell,
    choose: Callable[[Any], dict[str, float]],
) -> Losses:
    """Make all choices for the network that was trained in `run`, and return its losses.

    `memories` are those to try; `counts` are the n-grams of the training text; `choose` returns
    temperature and min-p for a network or a mixture, as `generate` takes them.
    """
    split = corpus.split()
    choose_memory(network, split.validation, memories)
    losses = evaluate(cold_and_carried(run, network, split.held_out), corpus)
    set_exponents(network, losses)
    set_sampling(network, Mixture(network, counts), choose)
    return losses


def set_exponents(network: Any, losses: Losses) -> None:
    """Let the network's mixture with n-grams have the exponents of the carried protocol."""
    mixed = losses["carried_mixed"]
    network.facts["mixture"] = {"network": mixed["network"], "ngram": mixed["ngram"]}


def set_sampling(network: Any, mixture: Mixture, choose: Callable[[Any], dict[str, float]]) -> None:
    """Choose how to draw from the network alone, and from its mixture with n-grams."""
    network.facts["sampling"] = choose(network)
    network.facts["mixture"]["sampling"] = choose(mixture)


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
    """Of the pairs with about as many real words as the author, the one with the smallest distance.

    If no pair is near enough, it is the one with the nearest share of real words.
    """
    gaps = {}
    for pair, counts in tried.items():
        gaps[pair] = abs(share_of_real_words(counts) - share_of_real_words(goal))
    near = [pair for pair in tried if gaps[pair] <= NEAR]
    if near:
        return min(near, key=lambda pair: tried[pair]["distance"])
    return min(tried, key=lambda pair: gaps[pair])


def share_of_real_words(counts: dict[str, Any]) -> float:
    """The share of real words, 0 where there are no words."""
    if counts["words"] is None:
        return 0.0
    return counts["words"]
