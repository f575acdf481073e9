"""Gains with their intervals, losses of mixtures, step sizes of learning while reading."""

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor

from shakespeare.beyond.mixture import mix
from shakespeare.data import Corpus, Split
from shakespeare.evaluation import losses_of, t_interval
from study.losses import exponents_for, mean_by_part, ngram_predictions

from .predictor import Predictor, learning, losses_of_each, predict_all

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


def held_out_losses(
    of_networks: Sequence[Mapping[str, Tensor]], corpus: Corpus
) -> dict[str, dict[str, Any]]:
    """Mean losses in nats, {protocol: {"validation"|"test"|"held_out": loss}}, of held-out text.

    `of_networks` has the predictions of each network, by protocol. Each loss also has the
    "exponents" of the mixture, one for each network, which are fitted on the validation half. Each
    protocol, such as "cold", gets a second entry, "cold_mixed", with n-grams, whose exponent is the
    last.
    """
    split = corpus.split()
    results = {}
    for protocol in of_networks[0]:
        predictions = [of_network[protocol] for of_network in of_networks]
        of_ngrams = ngram_predictions(corpus, protocol)  # (characters, vocab_size)
        results[protocol] = loss_of_mixture(predictions, split)
        results[f"{protocol}_mixed"] = loss_of_mixture([*predictions, of_ngrams], split)
    return results


def loss_of_mixture(predictions: Sequence[Tensor], split: Split) -> dict[str, Any]:
    """The losses of predictions (characters, vocab_size) of the held-out text, and the exponents.

    A single one is not changed.
    """
    exponents = [1.0] if len(predictions) == 1 else exponents_for(predictions, split)
    losses = losses_of(mix(predictions, exponents), split.held_out)
    return mean_by_part(losses, split) | {"exponents": exponents}


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


def losses_by_rate(
    predictor: Predictor, rates: Sequence[float], split: Split
) -> dict[float, float]:
    """The loss on the validation half with each step size, while the network learns."""
    predict_all([predictor], map(learning, rates), [split.validation])
    by_rate = {}
    for rate in rates:
        [losses] = losses_of_each([predictor], learning(rate), split.validation)
        by_rate[rate] = losses.mean().item()
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
