"""What does each rung of the ladder gain, with several seeds?"""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

from torch import Tensor, full_like

from course import choices
from course.ladder import gain_over, mean_of, ranges_up_to, to_predict
from course.ladder import losses as losses_of_networks
from course.losses import exponents_for, mean_by_part, ngram_predictions
from course.predictions import Prediction, cache_all
from course.results import Trained, count_parameters, training_seconds
from shakespeare.beyond.mixture import mix
from shakespeare.evaluation import carried_predictions, cold_predictions, losses_of

from .losses import predictions_of
from .measures import best_rate, losses_by_rate
from .pool import side_by_side
from .rungs import LAST, ladder_recipes
from .setup import Evidence
from .trainings import with_seed


class Rung(NamedTuple):
    """Losses in nats of each held-out character, a tensor for each seed."""

    name: str
    carried: Sequence[Tensor]
    cold: Sequence[Tensor] | None = None
    network: Any = None
    minutes: float | None = None  # of training


def ladder(e: Evidence) -> dict[str, Any]:
    """Losses and gains of each rung, and what is chosen for the network at the top."""
    measured = [Rung(name, [losses]) for name, losses in counts(e).items()]
    names = list(ladder_recipes(e.recipes["rungs"], e.recipes["baseline"]))
    networks = {name: of_seeds(e, name) for name in names}
    missing: list[Prediction] = []
    for of_rung in networks.values():
        missing += to_predict(of_rung, carried_predictions, e.held_out)
        missing += to_predict(of_rung, cold_predictions, e.held_out)
    cache_all(missing, side_by_side)
    for name, of_rung in networks.items():
        network, folder = of_rung[0]
        carried = losses_of_networks(of_rung, carried_predictions, e.held_out)
        cold = losses_of_networks(of_rung, cold_predictions, e.held_out)
        measured.append(Rung(name, carried, cold, network, training_seconds(folder) / 60))

    # The last rungs train nothing: what is chosen for them is chosen for the first seed.
    top = networks[names[-1]]
    network, _ = top[0]
    ranges = ranges_up_to(e.sizes.longest_range)
    memories = choices.losses_by_memory(network, e.split.validation, ranges, side_by_side)
    for each, _ in top:
        choices.set_memory(each, memories)
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
        gain = gain_over(below, rung.carried, e.split) if below else None
        found[rung.name] = {
            "name": rung.name,
            "seeds": len(rung.carried),
            "parameters": count_parameters(rung.network) if rung.network else None,
            "minutes": rung.minutes,
            "carried": mean_by_part(mean_of(rung.carried), e.split),
            "cold": mean_by_part(mean_of(rung.cold), e.split) if rung.cold else None,
            "gain": gain,
        }
        below = rung.carried
    return {
        "rungs": found,
        "seeds": e.sizes.seeds,
        "epochs": e.recipes["rungs"].training.epochs,
        "hidden_size": e.recipes["rungs"].network["hidden_size"],
        "num_layers": e.recipes["rungs"].network["num_layers"],
        "memories": memories,
        "reading_rate": rate,
    }


def of_seeds(e: Evidence, name: str) -> list[Trained]:
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
