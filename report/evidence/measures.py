"""Means with their intervals, and losses of mixtures."""

from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor

from shakespeare.beyond.mixture import mix, ngram_predictions
from shakespeare.data import Corpus
from shakespeare.evaluation import interval, losses_of


def mean_with_interval(values: Tensor, block: int | None = None) -> dict[str, Any]:
    """The mean of losses (characters,), or of differences, and its 95 % interval."""
    return {"mean": values.mean().item(), "interval": list(interval(values, block))}


def mixed_losses(
    of_networks: Sequence[Mapping[str, Tensor]],
    protocol: str,
    exponents: Sequence[float],
    corpus: Corpus,
) -> Tensor:
    """Losses (characters,) of networks on the held-out text; in "cold_mixed" etc. with n-grams."""
    name = protocol.removesuffix("_mixed")
    predictions = [of_network[name] for of_network in of_networks]
    if protocol != name:
        predictions.append(ngram_predictions(corpus, name))
    return losses_of(mix(predictions, exponents), corpus.split().held_out)
