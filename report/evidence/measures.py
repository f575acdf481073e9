"""Gains with their intervals, and losses of mixtures with n-grams."""

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor

from shakespeare.beyond.mixture import mix
from shakespeare.data import Corpus, Split
from shakespeare.evaluation import losses_of, t_interval
from study.losses import exponents_for, mean_by_part, ngram_predictions

PARTS = ("validation", "test", "held_out")


def paired(above: Sequence[float], below: Sequence[float]) -> dict[str, Any]:
    """The mean of the differences `above` - `below`, of tenths or seeds, with its t interval."""
    differences = [high - low for high, low in zip(above, below, strict=True)]
    return {"mean": statistics.mean(differences), "interval": list(t_interval(differences))}


def held_out_losses(predictions: Mapping[str, Tensor], corpus: Corpus) -> dict[str, dict[str, Any]]:
    """Mean losses in nats, {protocol: {"validation"|"test"|"held_out": loss}}, of held-out text.

    `predictions` are a network's, by protocol. Each protocol, such as "cold", gets a second entry,
    "cold_mixed", with n-grams; its "exponents" are fitted on the validation half.
    """
    split = corpus.split()
    results = {}
    for protocol, of_network in predictions.items():
        of_ngrams = ngram_predictions(corpus, protocol)  # (characters, vocab_size)
        results[protocol] = mean_by_part(losses_of(of_network, split.held_out), split)
        results[f"{protocol}_mixed"] = loss_of_mixture([of_network, of_ngrams], split)
    return results


def loss_of_mixture(predictions: Sequence[Tensor], split: Split) -> dict[str, Any]:
    """The losses of mixed predictions (characters, vocab_size), and the exponents."""
    exponents = exponents_for(predictions, split)
    losses = losses_of(mix(predictions, exponents), split.held_out)
    return mean_by_part(losses, split) | {"exponents": exponents}
