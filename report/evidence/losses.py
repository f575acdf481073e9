"""How low is the loss of the student's recipe, of the final network and of a committee?"""

import io
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from course import ladder
from course.choices import set_memory
from course.display import signed
from course.ladder import Trained
from course.predictions import cache_side_by_side
from shakespeare.beyond.learning import learning_predictions
from shakespeare.beyond.mixture import evaluate
from shakespeare.evaluation import carried_predictions, cold_predictions
from shakespeare.files import write

from . import tables
from .measures import mean_with_interval, mixed_losses
from .plays import Team, beginnings, losses_on_plays
from .setup import Evidence
from .trainings import MEMBERS

LABELS = {  # by their names in the numbers, what tables call them
    "cold": "cold",
    "cold_mixed": "cold + n-grams",
    "carried": "carried",
    "carried_mixed": "carried + n-grams",
    "learning": "learning",
    "learning_mixed": "learning + n-grams",
}
TEAMS = {  # by their names in the numbers
    "baseline": "the baseline",
    "final": "the final network",
    "committee": "the committee",
}
RATE_OF = {"baseline": "baseline", "final": "final", "committee": "final"}  # whose step size
# What `shakespeare score` compares others with: by team, protocols and their names there.
SCORED = {
    "baseline": {"cold": "baseline|cold", "carried": "baseline|carried"},
    "final": {
        "cold": "final|cold",
        "carried": "final|carried",
        "carried_mixed": "final, with n-grams|carried",
        "learning_mixed": "final, with n-grams|learning",
    },
    "committee": {
        "cold": "committee|cold",
        "carried": "committee|carried",
        "learning_mixed": "committee, with n-grams|learning",
    },
}
Predictions = dict[str, Tensor]  # by protocol, log-probabilities (characters, vocab_size)


def members(e: Evidence) -> dict[str, Trained]:
    """The networks of the committee; equal ones are there once."""
    final = e.chosen("final")
    by_memory = e.load("networks")["final"]["memories"]
    found = {MEMBERS[0]: final}
    for name in MEMBERS[1:]:
        member, run = e.trained(name)
        if run not in [known for _, known in found.values()]:
            set_memory(member, {int(memory): loss for memory, loss in by_memory.items()})
            found[name] = (member, run)
    return found


def predictions_of(e: Evidence, networks: Sequence[Trained], rate: float) -> list[Predictions]:
    """What each network predicts of the held-out text, in each protocol."""
    missing = ladder.to_predict(networks, learning_predictions, e.held_out, learning_rate=rate)
    missing += ladder.to_predict(networks, carried_predictions, e.held_out)
    missing += ladder.to_predict(networks, cold_predictions, e.held_out)
    cache_side_by_side(missing)
    cold = ladder.predict(networks, cold_predictions, e.held_out)
    carried = ladder.predict(networks, carried_predictions, e.held_out)
    learning = ladder.predict(networks, learning_predictions, e.held_out, learning_rate=rate)
    by_network = []
    for k in range(len(networks)):
        by_network.append({"cold": cold[k], "carried": carried[k], "learning": learning[k]})
    return by_network


def of_teams(e: Evidence) -> dict[str, list[Predictions]]:
    """The predictions of each team's networks."""
    chosen = e.load("networks")
    [baseline] = predictions_of(e, [e.chosen("baseline")], chosen["baseline"]["reading_rate"])
    committee = predictions_of(e, list(members(e).values()), chosen["final"]["reading_rate"])
    return {"baseline": [baseline], "final": committee[:1], "committee": committee}


def losses(e: Evidence) -> dict[str, Any]:
    """By team and protocol: losses by part, an interval, the exponents of the mixture."""
    teams = of_teams(e)
    found = {}
    for team, predictions in teams.items():
        found[team] = evaluate(predictions, e.corpus)
    write_each_loss(e, teams, found)
    return found


def write_each_loss(
    e: Evidence, teams: Mapping[str, list[Predictions]], found: Mapping[str, Any]
) -> None:
    """The losses of each character, in half precision, from which others can compute intervals."""
    order = e.load("counting")["ngram_best"]["kneser_ney"]
    losses = {"counting|carried": e.kneser_ney[order][1:]}  # networks predict no first character
    for team, names in SCORED.items():
        for protocol, name in names.items():
            exponents = found[team][protocol]["exponents"]
            losses[name] = mixed_losses(teams[team], protocol, exponents, e.corpus)
    in_half: dict[str, Any] = {name: each.half().numpy() for name, each in losses.items()}
    file = io.BytesIO()
    np.savez_compressed(file, **in_half)
    write(e.folder / "last_tenth" / "losses.npz", file.getvalue())


def committee(e: Evidence) -> dict[str, Any]:
    """The losses of each member by itself."""
    its_members = members(e)
    rate = e.load("networks")["final"]["reading_rate"]
    found = {}
    for name, predictions in zip(
        its_members, predictions_of(e, list(its_members.values()), rate), strict=True
    ):
        found[name] = evaluate([predictions], e.corpus)
    return found


def plays(e: Evidence) -> dict[str, Any]:
    """Losses on fourteen plays that train no network, and what the final network gains there."""
    chosen = e.load("networks")
    at_home = e.load("losses")
    networks = {
        "baseline": [e.chosen("baseline")[0]],
        "committee": [network for network, _ in members(e).values()],
    }
    networks["final"] = networks["committee"][:1]  # the same object, which then reads once
    teams = {}
    for team in TEAMS:
        rate = chosen[RATE_OF[team]]["reading_rate"]
        exponents = {name: loss["exponents"] for name, loss in at_home[team].items()}
        teams[team] = Team(networks[team], rate, exponents)
    texts = beginnings(e.corpus, e.sizes.play)
    by_team = losses_on_plays(teams, e.ngrams(), texts)

    found: dict[str, Any] = {}
    for team, by_protocol in by_team.items():
        found[team] = {}
        for protocol, each in by_protocol.items():
            by_play = each.view(len(texts), -1).mean(1)  # (plays,)
            mean = mean_with_interval(by_play, 1)  # the bootstrap draws whole plays
            found[team][protocol] = mean | {"by_play": by_play.tolist()}
    gains: dict[str, Any] = {}
    predictions = of_teams(e)
    for protocol in LABELS:
        of_baseline = torch.tensor(found["baseline"][protocol]["by_play"])
        of_final = torch.tensor(found["final"][protocol]["by_play"])
        at_home_gain = gain_at_home(e, predictions, protocol, at_home)
        gains[protocol] = {
            "plays": mean_with_interval(of_baseline - of_final, 1),
            "held_out": mean_with_interval(at_home_gain),
        }
    show_losses(e, at_home, found)
    show_gains(e, gains)
    return {"losses": found, "gains": gains}


def gain_at_home(
    e: Evidence, predictions: dict[str, list[Predictions]], protocol: str, at_home: dict[str, Any]
) -> Tensor:
    """What the final network gains over the baseline at each held-out character."""
    each = {}
    for team in ("baseline", "final"):
        exponents = at_home[team][protocol]["exponents"]
        each[team] = mixed_losses(predictions[team], protocol, exponents, e.corpus)
    return each["baseline"] - each["final"]


def show_losses(e: Evidence, at_home: dict[str, Any], on_plays: dict[str, Any]) -> None:
    rows = []
    for protocol, label in LABELS.items():
        for team, name in TEAMS.items():
            loss = at_home[team][protocol]
            of_parts = [f"{loss[part]:.3f}" for part in tables.PARTS]
            bits = f"{loss['held_out'] / math.log(2):.3f}"
            of_plays = f"{on_plays[team][protocol]['mean']:.3f}"
            interval = tables.between(loss["interval"])
            rows.append([label, name, *of_parts, interval, bits, of_plays])
    sizes = e.load("networks")
    carried = [f"{at_home[team]['carried']['held_out']:.3f}" for team in ("baseline", "final")]
    e.table(
        "full-size",
        ["protocol", "model", "validation", "test", "last 10 %", "interval", "bits", "other plays"],
        rows,
        "Losses in nats per character: the baseline "
        f"({sizes['baseline']['parameters'] / 1e6:.2f} million parameters), the final network "
        f"({sizes['final']['parameters'] / 1e6:.2f} million) and its committee, by protocol; "
        "compare within a protocol only. The 95 % interval and the bits per character are those of "
        f"the last 10 %. The carried loss on the last 10 % goes from {carried[0]} to {carried[1]}, "
        f"and with n-grams to {at_home['final']['carried_mixed']['held_out']:.3f}.",
    )


def show_gains(e: Evidence, gains: dict[str, Any]) -> None:
    rows = []
    for protocol, label in LABELS.items():
        row = [label]
        for where in ("plays", "held_out"):
            found = gains[protocol][where]
            row += [signed(found["mean"]), tables.from_to(found["interval"])]
        rows.append(row)
    e.table(
        "carry-over",
        ["protocol", "gain, other plays", "interval", "gain, last 10 %", "interval"],
        rows,
        "What the final network gains over the baseline on fourteen plays that the text lacks and "
        "that neither is trained on, and on the last 10 % of our text, in nats per character and "
        "with paired 95 % intervals. Each network has one seed. For the plays, the bootstrap draws "
        f"whole plays: on them, the gain is {signed(gains['carried']['plays']['mean'])} carried "
        f"and {signed(gains['cold']['plays']['mean'])} cold.",
    )
