"""What does each rung of the ladder gain, with several seeds?"""

import math
import statistics
from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, full_like

from shakespeare.beyond.mixture import mix
from shakespeare.data import Split
from shakespeare.evaluation import (
    PROTOCOLS,
    carried_predictions,
    cold_predictions,
    interval_over_blocks,
    losses_of,
    t_interval,
)
from study.losses import exponents_for, mean_by_part, ngram_predictions
from study.trained import count_parameters, training_seconds

from .losses import predictions_of
from .measures import best_rate, losses_by_rate
from .networks import best_memory, losses_by_memory, ranges_up_to
from .predictor import Predictor, losses_of_each, predict_all
from .rungs import LAST, ladder_recipes
from .setup import Evidence
from .trainings import with_seed


class Rung(NamedTuple):
    """Losses in nats of each held-out character, a tensor for each seed."""

    name: str
    in_one_pass: Sequence[Tensor]  # carried, and on the last rung learning
    cold: Sequence[Tensor] | None = None
    network: Any = None
    minutes: float | None = None  # of training


def ladder(e: Evidence) -> dict[str, Any]:
    """Losses and gains of each rung, and what is chosen for the network at the top."""
    measured = [Rung(name, [losses]) for name, losses in counts(e).items()]
    names = list(ladder_recipes(e.recipes["rungs"], e.recipes["baseline"]))
    networks = {name: of_seeds(e, name) for name in names}
    every = [predictor for of_rung in networks.values() for predictor in of_rung]
    predict_all(every, PROTOCOLS.values(), [e.held_out])
    for name, of_rung in networks.items():
        network, folder = of_rung[0]
        carried = losses_of_each(of_rung, carried_predictions, e.held_out)
        cold = losses_of_each(of_rung, cold_predictions, e.held_out)
        measured.append(Rung(name, carried, cold, network, training_seconds(folder) / 60))

    # The last rungs train nothing: what is chosen for them is chosen for the first seed.
    top = networks[names[-1]]
    network, _ = top[0]
    ranges = ranges_up_to(e.sizes.longest_range)
    memories = losses_by_memory(network, e.split.validation, ranges)
    for each, _ in top:
        each.memory = best_memory(memories)
    rate = best_rate(losses_by_rate(top[0], e.sizes.rates, e.split))
    of_top: dict[str, list[Tensor]] = {"cold": [], "carried": [], "learning": []}
    for predictions in predictions_of(e, top, rate):
        for protocol, of_protocol in predictions.items():
            of_top[protocol].append(of_protocol)
    carried = [losses_of(each, e.held_out) for each in of_top["carried"]]
    cold = [losses_of(each, e.held_out) for each in of_top["cold"]]
    measured.append(Rung("longer copying range", carried, cold, network))
    carried = with_ngrams(e, "carried", of_top["carried"])
    cold = with_ngrams(e, "cold", of_top["cold"])
    measured.append(Rung("mixture with n-grams", carried, cold, network))
    measured.append(Rung(LAST, with_ngrams(e, "learning", of_top["learning"]), network=network))

    found = {}
    below: Sequence[Tensor] | None = None
    for rung in measured:
        gain = gain_over(below, rung.in_one_pass, e.split) if below else None
        found[rung.name] = {
            "name": rung.name,
            "seeds": len(rung.in_one_pass),
            "parameters": count_parameters(rung.network) if rung.network else None,
            "minutes": rung.minutes,
            "in_one_pass": mean_by_part(mean_of(rung.in_one_pass), e.split),
            "cold": mean_by_part(mean_of(rung.cold), e.split) if rung.cold else None,
            "gain": gain,
        }
        below = rung.in_one_pass
    return {
        "rungs": found,
        "seeds": e.sizes.seeds,
        "epochs": e.recipes["rungs"].training.epochs,
        "hidden_size": e.recipes["rungs"].network["hidden_size"],
        "num_layers": e.recipes["rungs"].network["num_layers"],
        "memories": memories,
        "reading_rate": rate,
    }


def of_seeds(e: Evidence, name: str) -> list[Predictor]:
    """The trained networks of a rung, one for each seed."""
    return [e.as_trained(with_seed(name, seed)) for seed in e.sizes.seeds]


def counts(e: Evidence) -> dict[str, Tensor]:
    """The losses (characters,) of what comes below all networks."""
    best = e.load("counting")["ngram_best"]["kneser_ney"]
    by_order = e.kneser_ney[:, 1:]  # networks don't predict the first character
    return {
        "uniform guess": full_like(by_order[0], math.log(e.corpus.vocab_size)),
        "unigram": by_order[0],
        "n-grams, Kneser-Ney": by_order[best],
    }


def with_ngrams(e: Evidence, protocol: str, predictions: Sequence[Tensor]) -> list[Tensor]:
    """Losses (characters,) of each network's predictions of the held-out text, with n-grams."""
    of_ngrams = ngram_predictions(e.corpus, protocol)
    mixed = []
    for of_network in predictions:
        both = [of_network, of_ngrams]
        mixed.append(losses_of(mix(both, exponents_for(both, e.split)), e.held_out))
    return mixed


def gain_over(
    below: Sequence[Tensor], above: Sequence[Tensor], split: Split
) -> dict[str, dict[str, Any]]:
    """What is gained from `below` to `above`, both (characters,) for each seed.

    By part of the held-out text, as `judge` returns it.
    """
    if len(below) < len(above):
        below = list(below) * len(above)  # n-grams have no seeds
    by_seed = []
    for before, after in zip(below, above, strict=True):  # (characters,) each
        by_seed.append(before - after)
    halves = [split.halves(gain) for gain in by_seed]
    return {
        "validation": judge([validation for validation, _ in halves]),
        "test": judge([test for _, test in halves]),
        "held_out": judge(by_seed),
    }


def judge(gains: Sequence[Tensor]) -> dict[str, Any]:
    """The mean gain, and its 95 % interval: over seeds, or over blocks where there is one seed."""
    by_seed = [gain.mean().item() for gain in gains]
    if len(gains) > 1:
        interval = t_interval(by_seed)
    else:
        interval = interval_over_blocks(gains[0])
    return {"gain": statistics.mean(by_seed), "interval": list(interval), "by_seed": by_seed}


def mean_of(losses: Sequence[Tensor]) -> Tensor:
    """The mean over seeds of the loss of each character, (characters,)."""
    return torch.stack(list(losses)).mean(0)
