"""Are networks with counts in many contexts ahead of the best compression program?"""

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from shakespeare.beyond.mixture import mix
from shakespeare.beyond.ngrams import WittenBell
from shakespeare.data import Corpus
from shakespeare.evaluation import losses_of
from study.losses import mean_by_part, predict_with_ngrams

from .contexts import NAMES, ContextCounts, LogRatios
from .losses import members, write_losses
from .measures import PARTS, paired
from .online import OnlineMixture, features_of
from .plays import plays_kept_back, plays_to_measure
from .predictor import Predictor, learning, predict_all
from .quoted import name_of, programs
from .setup import Evidence

ALONE = "contexts"  # a team without any network
TEAMS = {  # and what `shakespeare score` calls their losses
    ALONE: "contexts",
    "pair": "pair, with contexts",
    "committee": "committee, with contexts",
}


@dataclass
class Team:
    """Networks, their mixture with contexts, and the exponents of their mixture with n-grams."""

    networks: Sequence[Predictor]
    rate: float  # of their learning
    mixture: OnlineMixture
    exponents: Sequence[float]

    def predictions(self, part: Corpus) -> list[Tensor]:
        """Log-probabilities (characters, vocab_size) of each network, while it learns."""
        return [network.predict(learning(self.rate), part) for network in self.networks]


def ahead(e: Evidence) -> dict[str, Any]:
    """Contexts alone, and with the two shipped networks: anybody can check this in minutes."""
    networks = [e.with_choices("final"), e.with_choices("small")]
    return measure(e, {ALONE: [], "pair": networks})


def committee_ahead(e: Evidence) -> dict[str, Any]:
    """Contexts with the four networks of the committee."""
    return measure(e, {"committee": list(members(e).values())})


def measure(e: Evidence, networks: Mapping[str, Sequence[Predictor]]) -> dict[str, Any]:
    """Losses while learning: on the last tenth, on fourteen plays, and on fourteen kept back.

    On the last tenth, the weights of the mixture begin as OnlineMixture sets them; on each play, as
    they are after the validation half.
    """
    counts = ContextCounts(e.split.train, e.ngrams())
    teams = {name: make_team(e, name, of_team) for name, of_team in networks.items()}
    plays = {
        "plays": plays_to_measure(e.corpus, e.sizes.play),
        "kept_back": plays_kept_back(e.corpus, e.sizes.play),
    }
    parts = [e.held_out, *plays["plays"], *plays["kept_back"]]
    for team in teams.values():
        predict_all(team.networks, [learning(team.rate)], parts)

    of_contexts = counts.log_ratios(e.held_out)
    losses = {name: on_last_tenth(team, of_contexts, e) for name, team in teams.items()}
    write_losses(e, {f"{TEAMS[name]}|learning": each for name, each in losses.items()})
    found: dict[str, Any] = {name: mean_by_part(each, e.split) for name, each in losses.items()}
    for group, of_group in plays.items():
        by_play = [on_play(teams, counts, e.ngrams(), play) for play in of_group]
        for name in teams:
            found[name][group] = of_plays([each[name] for each in by_play])
    return {
        "contexts": len(NAMES),
        "teams": found,
        "over_program": over_program(e, found),
        "kept_back": [play.name for play in plays["kept_back"]],
    }


def make_team(e: Evidence, name: str, networks: Sequence[Predictor]) -> Team:
    rate = e.load("networks")["final"]["reading_rate"]
    exponents = [1.0]  # of the n-grams alone
    if networks:
        exponents = e.load("losses")[name]["learning_mixed"]["exponents"]
    return Team(networks, rate, OnlineMixture(len(networks)), exponents)


def on_last_tenth(team: Team, of_contexts: LogRatios, e: Evidence) -> Tensor:
    """Losses (characters,). The team keeps its weights as they are after the validation half."""
    part = e.held_out
    features, kinds = features_of(team.predictions(part), of_contexts, part)
    true = part.ids[1:].long()
    halves = [e.split.halves(values) for values in (features, kinds, true)]
    validation = team.mixture.read(*(half for half, _ in halves))
    to_the_end = copy.deepcopy(team.mixture)
    test = to_the_end.read(*(half for _, half in halves))
    return losses_of(torch.cat([validation, test]), part)


def on_play(
    teams: Mapping[str, Team], counts: ContextCounts, ngrams: WittenBell, play: Corpus
) -> dict[str, dict[str, float]]:
    """The losses of each team with contexts, and with n-grams and fixed exponents."""
    of_contexts = counts.log_ratios(play)
    of_ngrams = predict_with_ngrams(ngrams, play, "learning")
    found = {}
    for name, team in teams.items():
        predictions = team.predictions(play)
        features, kinds = features_of(predictions, of_contexts, play)
        with_contexts = copy.deepcopy(team.mixture).read(features, kinds, play.ids[1:].long())
        with_ngrams = mix([*predictions, of_ngrams], team.exponents)
        found[name] = {
            "with_contexts": losses_of(with_contexts, play).mean().item(),
            "with_ngrams": losses_of(with_ngrams, play).mean().item(),
        }
    return found


def of_plays(rows: Sequence[Mapping[str, float]]) -> dict[str, Any]:
    with_contexts = [row["with_contexts"] for row in rows]
    with_ngrams = [row["with_ngrams"] for row in rows]
    return {
        "mean": sum(with_contexts) / len(rows),
        "by_play": with_contexts,
        "with_ngrams": {"mean": sum(with_ngrams) / len(rows), "by_play": with_ngrams},
        "gain_over_ngrams": paired(with_ngrams, with_contexts),
    }


def over_program(e: Evidence, found: Mapping[str, Any]) -> dict[str, Any]:
    """How much higher the losses of the best quoted program are: by part, and over the plays."""
    best = min(programs(), key=lambda program: program["held_out"])
    differences: dict[str, Any] = {
        "program": name_of(best),
        "losses": {part: best[part] for part in (*PARTS, "plays")},
    }
    for name, losses in found.items():
        differences[name] = {part: best[part] - losses[part] for part in PARTS}
        differences[name]["plays"] = paired(best["by_play"], losses["plays"]["by_play"])
    return differences
