"""How low is the loss of the student's recipe, of the final network and of a committee?"""

import io
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from course import ladder
from course.choices import set_memory
from course.learning import learning_predictions
from course.losses import held_out_losses
from course.predictions import cache_all
from course.results import Trained
from shakespeare.evaluation import carried_predictions, cold_predictions
from shakespeare.files import write

from .measures import mean_with_interval, mixed_losses
from .plays import Team, beginnings, losses_on_plays
from .pool import side_by_side
from .setup import Evidence
from .teams import PROTOCOLS, TEAMS, scored_name
from .trainings import MEMBERS

Predictions = dict[str, Tensor]  # by protocol, log-probabilities (characters, vocab_size)


def members(e: Evidence) -> dict[str, Trained]:
    """The networks of the committee."""
    memories = e.load("networks")["final"]["memories"]
    by_memory = {int(memory): loss for memory, loss in memories.items()}
    found = {MEMBERS[0]: e.with_choices("final")}
    for name in MEMBERS[1:]:
        member, folder = e.as_trained(name)
        set_memory(member, by_memory)
        found[name] = (member, folder)
    return found


def predictions_of(e: Evidence, networks: Sequence[Trained], rate: float) -> list[Predictions]:
    """What each network predicts of the held-out text, in each protocol."""
    missing = ladder.to_predict(networks, learning_predictions, e.held_out, learning_rate=rate)
    missing += ladder.to_predict(networks, carried_predictions, e.held_out)
    missing += ladder.to_predict(networks, cold_predictions, e.held_out)
    cache_all(missing, side_by_side)
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
    baseline = e.with_choices("baseline")
    [of_baseline] = predictions_of(e, [baseline], chosen["baseline"]["reading_rate"])
    committee = predictions_of(e, list(members(e).values()), chosen["final"]["reading_rate"])
    return {"baseline": [of_baseline], "final": committee[:1], "committee": committee}


def losses(e: Evidence) -> dict[str, Any]:
    """By team and protocol: losses by part, an interval, the exponents of the mixture."""
    teams = of_teams(e)
    found = {}
    for team, predictions in teams.items():
        found[team] = held_out_losses(predictions, e.corpus)
    write_each_loss(e, teams, found)
    return found


def write_each_loss(
    e: Evidence, teams: Mapping[str, list[Predictions]], found: Mapping[str, Any]
) -> None:
    """The losses of each character, in half precision, from which others can compute intervals."""
    order = e.load("counting")["ngram_best"]["kneser_ney"]
    losses = {"counting|carried": e.kneser_ney[order][1:]}  # networks predict no first character
    for team, about in TEAMS.items():
        for protocol in about.scored:
            exponents = found[team][protocol]["exponents"]
            each = mixed_losses(teams[team], protocol, exponents, e.corpus)
            losses[scored_name(team, protocol)] = each
    in_half: dict[str, Any] = {name: each.half().numpy() for name, each in losses.items()}
    file = io.BytesIO()
    np.savez_compressed(file, **in_half)
    write(e.folder / "score" / "losses.npz", file.getvalue())


def committee(e: Evidence) -> dict[str, Any]:
    """The losses of each member by itself."""
    its_members = members(e)
    rate = e.load("networks")["final"]["reading_rate"]
    found = {}
    for name, predictions in zip(
        its_members, predictions_of(e, list(its_members.values()), rate), strict=True
    ):
        found[name] = held_out_losses([predictions], e.corpus)
    return found


def plays(e: Evidence) -> dict[str, Any]:
    """Losses on fourteen plays that train no network, and what the final network gains there."""
    chosen = e.load("networks")
    at_home = e.load("losses")
    networks = {
        "baseline": [e.with_choices("baseline")[0]],
        "committee": [network for network, _ in members(e).values()],
    }
    networks["final"] = networks["committee"][:1]  # the same object, which then reads once
    teams = {}
    for team, about in TEAMS.items():
        rate = chosen[about.rate_of]["reading_rate"]
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
    for protocol in PROTOCOLS:
        of_baseline = torch.tensor(found["baseline"][protocol]["by_play"])
        of_final = torch.tensor(found["final"][protocol]["by_play"])
        at_home_gain = gain_at_home(e, predictions, protocol, at_home)
        gains[protocol] = {
            "plays": mean_with_interval(of_baseline - of_final, 1),
            "held_out": mean_with_interval(at_home_gain),
        }
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
