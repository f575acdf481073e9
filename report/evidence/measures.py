"""Gains with their intervals, losses of mixtures, step sizes of learning while reading."""

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor

from course import ladder
from course.learning import learning_predictions
from course.losses import ngram_predictions
from course.predictions import Prediction, cache_all
from course.results import Trained
from shakespeare.beyond.mixture import mix
from shakespeare.data import Corpus, Split
from shakespeare.evaluation import losses_of, t_interval

from .pool import side_by_side

PARTS = ("validation", "test", "held_out")


def paired(above: Sequence[float], below: Sequence[float]) -> dict[str, Any]:
    """The mean of the differences `above` - `below`, of plays or tenths, with its t interval."""
    differences = [high - low for high, low in zip(above, below, strict=True)]
    return {
        "mean": statistics.mean(differences),
        "interval": list(t_interval(differences)),
        "positive": sum(difference > 0 for difference in differences),
        "of": len(differences),
    }


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


def losses_by_rate(network: Trained, rates: Sequence[float], split: Split) -> dict[float, float]:
    """The loss on the validation half with each step size, while the network learns."""
    missing: list[Prediction] = []
    for rate in rates:
        missing += ladder.to_predict(
            [network], learning_predictions, split.validation, learning_rate=rate
        )
    cache_all(missing, side_by_side)
    by_rate = {}
    for rate in rates:
        [of_network] = ladder.losses(
            [network], learning_predictions, split.validation, learning_rate=rate
        )
        by_rate[rate] = of_network.mean().item()
    return by_rate


def best_rate(by_rate: Mapping[float, float]) -> float:
    """The step size with the lowest loss."""
    best = min(by_rate, key=by_rate.__getitem__)
    if len(by_rate) > 1 and best in (min(by_rate), max(by_rate)):
        print(f"the best step size, {best}, is at the edge of those tried")
    return best


def rounded(values: Tensor) -> list[float]:
    """Values that become colours in a picture, which needs no more decimals."""
    return [round(value, 3) for value in values.tolist()]
