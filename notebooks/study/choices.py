"""How we choose temperature and min-p for a network: by what its texts are made of."""

from typing import Any

import torch

from shakespeare.data import decode, encode
from shakespeare.sampling import continue_text, draw, probabilities

from .novelty import Study, distance

TEMPERATURES = (0.7, 0.8, 0.9, 1.0, 1.1)
MIN_PS = (0.0, 0.05, 0.1, 0.2)
STUCK = 0.05  # texts are stuck in loops if their repetition is this far above the author's
MOST_ROWS = 320  # texts in a batch: with more, a step takes longer in proportion

Pair = tuple[float, float]  # temperature, min_p


def choose_sampling(
    texts: dict[Pair, list[str]], study: Study, goal: dict[str, Any]
) -> tuple[dict[Pair, dict[str, Any]], Pair]:
    """Count what the texts of each pair are made of, and choose a pair by the rule.

    `texts` are those of `write_pairs`. `study` counts what they are made of, and `goal` are its
    counts for the author's validation half, in pieces of the same length. Each pair gets the counts
    of its texts and their "distance" from the goal.
    """
    tried = {}
    for pair, texts_of_pair in texts.items():
        counts = study(texts_of_pair)
        counts["distance"] = distance(counts, goal)
        tried[pair] = counts
    return tried, best_pair(tried, goal)


def best_pair(tried: dict[Pair, dict[str, Any]], goal: dict[str, Any]) -> Pair:
    """The pair with the smallest distance, if possible of those whose texts aren't stuck."""
    most = goal["repetition"] + STUCK
    not_stuck = [pair for pair, counts in tried.items() if counts["repetition"] <= most]
    return min(not_stuck or tried, key=lambda pair: tried[pair]["distance"])


# Texts by all pairs


def write_pairs(
    network: Any, prompt: str, length: int, num_samples: int, seed: int
) -> dict[Pair, list[str]]:
    """For each pair `num_samples` texts of `length` characters, without their prompt.

    `network` is what `generate` takes, and the texts are those that `generate` would write with the
    pair's temperature and min-p and this seed. Writing them in large batches is faster.
    """
    pairs = [(temperature, min_p) for temperature in TEMPERATURES for min_p in MIN_PS]
    pairs_at_once = max(1, MOST_ROWS // num_samples)
    texts: dict[Pair, list[str]] = {}
    for first in range(0, len(pairs), pairs_at_once):
        group = pairs[first : first + pairs_at_once]
        texts |= write_at_once(network, group, prompt, length, num_samples, seed)
    return texts


def write_at_once(
    network: Any, pairs: list[Pair], prompt: str, length: int, num_samples: int, seed: int
) -> dict[Pair, list[str]]:
    """As `write_pairs`, in one batch: the network reads a character of every text in one step.

    The first `num_samples` rows belong to the first pair, the next ones to the second, and so on.
    Each pair has the same random numbers, so its texts differ from another's only because of its
    temperature and min-p.
    """
    generators = [torch.Generator(network.device).manual_seed(seed) for _ in pairs]
    rows = len(pairs) * num_samples
    ids = encode(prompt, network.chars).long()  # (prompt length,)

    def pick(logits: torch.Tensor) -> tuple[None, torch.Tensor]:
        drawn = []
        logits_of_each = logits.split(num_samples)
        for pair, own_logits, generator in zip(pairs, logits_of_each, generators, strict=True):
            temperature, min_p = pair
            p = probabilities(own_logits, temperature, min_p=min_p)  # (num_samples, vocab_size)
            drawn.append(draw(p, generator))  # (num_samples,)
        return None, torch.cat(drawn)  # (rows,)

    characters = [drawn for _, drawn in continue_text(network, ids.expand(rows, -1), length, pick)]
    rows_of_each = torch.stack(characters, dim=1).split(num_samples)  # (num_samples, length) each
    texts = {}
    for pair, own_rows in zip(pairs, rows_of_each, strict=True):
        texts[pair] = [decode(row, network.chars) for row in own_rows]
    return texts
