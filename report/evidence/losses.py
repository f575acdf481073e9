"""How low is the loss of the student's recipe, of the final network and of a committee?"""

import io
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from torch import Tensor

from shakespeare.evaluation import PROTOCOLS as WITHOUT_LEARNING
from shakespeare.files import write
from shakespeare.score import FOLDER as SCORE

from .measures import held_out_losses, mixed_losses, paired
from .plays import Team, losses_on_plays, plays_to_measure
from .predictor import Predictor, losses_of_each, predict_all, protocols
from .setup import Evidence
from .teams import PROTOCOLS, TEAMS, scored_name
from .trainings import OTHER_MEMBERS

PUBLISHED = SCORE / "losses.npz"
Predictions = dict[str, Tensor]  # by protocol, log-probabilities (characters, vocab_size)


def members(e: Evidence) -> dict[str, Predictor]:
    """The networks of the committee: the final and the small one, which are shipped, and two that
    are trained only for it.
    """
    found = {
        "the final network": e.with_choices("final"),
        "the small network": e.with_choices("small"),
    }
    for name in OTHER_MEMBERS:
        found[name] = e.with_memory(name)
    return found


def teams_of(baseline: Any, of_committee: Sequence[Any]) -> dict[str, list[Any]]:
    """What belongs to each team's networks, from what belongs to each network."""
    final, small, *_ = of_committee
    return {
        "baseline": [baseline],
        "final": [final],
        "pair": [final, small],
        "committee": list(of_committee),
    }


def predictions_of(e: Evidence, predictors: Sequence[Predictor], rate: float) -> list[Predictions]:
    """What each network predicts of the held-out text, in each protocol."""
    by_name = protocols(rate)
    predict_all(predictors, by_name.values(), [e.held_out])
    found = []
    for predictor in predictors:
        found.append({name: predictor.predict(each, e.held_out) for name, each in by_name.items()})
    return found


def of_teams(e: Evidence) -> dict[str, list[Predictions]]:
    """The predictions of each team's networks."""
    chosen = e.load("networks")
    baseline = e.with_choices("baseline")
    [of_baseline] = predictions_of(e, [baseline], chosen["baseline"]["reading_rate"])
    committee = predictions_of(e, list(members(e).values()), chosen["final"]["reading_rate"])
    return teams_of(of_baseline, committee)


def losses(e: Evidence) -> dict[str, Any]:
    """By team and protocol: losses by part, the exponents of the mixture."""
    teams = of_teams(e)
    found = {}
    for team, predictions in teams.items():
        found[team] = held_out_losses(predictions, e.corpus)
    write_losses(e, losses_to_score(e, teams, found))
    return found


def losses_to_score(
    e: Evidence, teams: Mapping[str, list[Predictions]], found: Mapping[str, Any]
) -> dict[str, Tensor]:
    """What `shakespeare score` compares others with: losses (characters,) by its name for them."""
    order = e.load("counting")["ngram_best"]["kneser_ney"]
    losses = {"counting|carried": e.kneser_ney[order][1:]}  # networks predict no first character
    small = [e.with_choices("small")]
    for name, function in WITHOUT_LEARNING.items():
        [losses[f"small|{name}"]] = losses_of_each(small, function, e.held_out)
    for team, about in TEAMS.items():
        for protocol in about.scored:
            exponents = found[team][protocol]["exponents"]
            each = mixed_losses(teams[team], protocol, exponents, e.corpus)
            losses[scored_name(team, protocol)] = each
    return losses


def write_losses(e: Evidence, losses: Mapping[str, Tensor]) -> None:
    """Put losses in half precision among those of other questions: here, or else published."""
    path = e.folder / "score" / "losses.npz"
    with np.load(path if path.exists() else PUBLISHED) as file:
        in_half: dict[str, Any] = dict(file)
    for name, each in losses.items():
        in_half[name] = each.half().numpy()
    content = io.BytesIO()
    np.savez_compressed(content, **in_half)
    write(path, content.getvalue())


def plays(e: Evidence) -> dict[str, Any]:
    """Losses on fourteen plays that train no network, and what the final network gains there."""
    chosen = e.load("networks")
    at_home = e.load("losses")
    networks = teams_of(e.with_choices("baseline"), list(members(e).values()))
    teams = {}
    for team, about in TEAMS.items():
        rate = chosen[about.rate_of]["reading_rate"]
        exponents = {name: loss["exponents"] for name, loss in at_home[team].items()}
        teams[team] = Team(networks[team], rate, exponents)
    texts = plays_to_measure(e.corpus, e.sizes.play)
    by_team = losses_on_plays(teams, e.ngrams(), texts)

    found: dict[str, Any] = {}
    for team, by_protocol in by_team.items():
        found[team] = {}
        for protocol, each in by_protocol.items():
            by_play = each.view(len(texts), -1).mean(1)  # (plays,)
            mean = by_play.mean().item()
            found[team][protocol] = {"mean": mean, "by_play": by_play.tolist()}
    gains: dict[str, Any] = {}
    for protocol in PROTOCOLS:
        of_baseline = found["baseline"][protocol]["by_play"]
        of_final = found["final"][protocol]["by_play"]
        at_home_losses = {team: at_home[team][protocol]["held_out"] for team in TEAMS}
        gains[protocol] = {
            "plays": paired(of_baseline, of_final),
            "held_out": {"mean": at_home_losses["baseline"] - at_home_losses["final"]},
        }
    return {"titles": [play.name for play in texts], "losses": found, "gains": gains}
