"""What does each rung of the ladder gain, with several seeds?"""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

from torch import Tensor, full_like

from course import choices, ladder
from course.display import signed
from course.figures import beyond
from course.ladder import Trained, mean_of
from course.predictions import Prediction, cache_side_by_side
from course.results import count_parameters
from shakespeare.beyond.mixture import exponents_for, mix, ngram_predictions
from shakespeare.evaluation import (
    carried_predictions,
    cold_predictions,
    losses_of,
    mean_by_part,
)
from shakespeare.runs import training_seconds

from . import tables
from .losses import predictions_of
from .measures import best_rate, losses_by_rate
from .rungs import BOTTOM, ladder_settings
from .setup import Evidence
from .trainings import with_seed

LAST = "learning while reading, with n-grams"  # is another protocol


class Rung(NamedTuple):
    """Losses in nats of each held-out character, a tensor for each seed."""

    name: str
    carried: Sequence[Tensor]
    cold: Sequence[Tensor] | None = None
    network: Any = None
    minutes: float | None = None  # of training


def rungs(e: Evidence) -> dict[str, Any]:
    """Losses and gains of each rung, and what is chosen for the network at the top."""
    measured = [Rung(name, [losses]) for name, losses in counts(e).items()]
    names = list(ladder_settings(e.rungs, e.student))
    networks = {name: of_seeds(e, name) for name in names}
    missing: list[Prediction] = []
    for of_rung in networks.values():
        missing += ladder.to_predict(of_rung, carried_predictions, e.held_out)
        missing += ladder.to_predict(of_rung, cold_predictions, e.held_out)
    cache_side_by_side(missing)
    for name, of_rung in networks.items():
        network, run = of_rung[0]
        carried = ladder.losses(of_rung, carried_predictions, e.held_out)
        cold = ladder.losses(of_rung, cold_predictions, e.held_out)
        measured.append(Rung(name, carried, cold, network, training_seconds(run) / 60))

    # The last rungs train nothing: what is chosen for them is chosen for the first seed.
    top = networks[names[-1]]
    network, _ = top[0]
    ranges = ladder.ranges_up_to(e.sizes.longest_range)
    memories = choices.losses_by_memory(network, e.split.validation, ranges)
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
        gain = ladder.gain_over(below, rung.carried, e.split) if below else None
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
    show(e, found)
    return {
        "rungs": found,
        "seeds": e.sizes.seeds,
        "epochs": e.rungs.epochs,
        "hidden_size": e.rungs.hidden_size,
        "memories": memories,
        "reading_rate": rate,
    }


def of_seeds(e: Evidence, name: str) -> list[Trained]:
    """The trained networks of a rung, one for each seed."""
    return [e.trained(with_seed(name, seed)) for seed in e.sizes.seeds]


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


def show(e: Evidence, found: dict[str, dict[str, Any]]) -> None:
    names = list(found)
    bottom = found[BOTTOM]  # what comes before it are counts
    above = [found[name] for name in names[names.index(BOTTOM) + 1 :]]
    steps = [rung for rung in above if rung["name"] != LAST]
    shown = {}  # how many gains are shown, by part
    for part in ("held_out", "test"):
        shown[part] = sum(rung["gain"][part]["verdict"] == "gain" for rung in steps)
    largest = max(steps, key=lambda rung: rung["gain"]["held_out"]["gain"])
    e.figure(
        "gains",
        beyond.gains(above, other_protocol=LAST),
        "What each rung gains over the one before, and on the right the loss that it reaches, "
        "carried, mean over the seeds. The first one gains over the small baseline, which has "
        f"{bottom['carried']['held_out']:.3f}. A gain is shown if both intervals are right of "
        f"zero, as for {shown['held_out']} of the {len(steps)} rungs above the line, and for "
        f"{shown['test']} on the test half alone. The largest is that of *{largest['name']}*, "
        f"{signed(largest['gain']['held_out']['gain'])}. Below the line, the network learns while "
        "it reads, which is a different protocol.",
        "A row for each rung, with a bar, a vertical line and a dot for each seed; a dashed line "
        "marks zero.",
    )
    e.table(
        "ladder",
        [
            "rung",
            "cold",
            "validation",
            "test",
            "last 10 %",
            "gain",
            "over passages",
            "over seeds",
        ],
        [tables.rung_row(rung) for rung in found.values()],
        "The ladder: losses in nats per character, carried except in the first column (cold, last "
        "10 %), mean over "
        f"the seeds ({len(e.sizes.seeds)}), without the first character, which a network can't "
        "predict, and what each rung gains in the carried loss, with two 95 % intervals: over "
        f"passages and over seeds. All networks have {e.rungs.num_layers} layers of "
        f"{e.rungs.hidden_size} cells. In *learning while reading*, the network learns from the "
        "text while it is measured. From the small baseline to the mixture, the loss goes from "
        f"{bottom['carried']['held_out']:.3f} to {steps[-1]['carried']['held_out']:.3f}.",
    )
