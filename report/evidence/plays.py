"""Losses on plays that train no network here and are used for no choice."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import torch

from course.learning import learning_predictions
from course.losses import predict_with_ngrams
from course.texts import in_vocabulary, other_plays
from shakespeare.beyond.mixture import mix
from shakespeare.beyond.ngrams import WittenBell
from shakespeare.data import Corpus
from shakespeare.evaluation import PROTOCOLS, losses_of

from .pool import side_by_side

PLAY_PROTOCOLS = (*PROTOCOLS, "learning")


class Team(NamedTuple):
    """Networks that predict together (one or more), and what was chosen for them.

    `exponents` are those of the mixture, by protocol; in "carried_mixed" and so on, that of the
    n-grams is the last.
    """

    networks: Sequence[Any]
    reading_rate: float
    exponents: Mapping[str, Sequence[float]]


def beginnings(corpus: Corpus, length: int) -> list[Corpus]:
    """The first `length` characters of each of the plays to measure on, in the order of titles.

    Raises InputError where pip can't download them.
    """
    _, texts = other_plays()  # {title: text}
    return [in_vocabulary(text, corpus).slice(0, length, title) for title, text in texts.items()]


def losses_on_plays(
    teams: Mapping[str, Team], ngrams: WittenBell, plays: Sequence[Corpus]
) -> dict[str, dict[str, torch.Tensor]]:
    """Losses in nats on the plays, one play after the other.

    By team and protocol, and "carried_mixed" and so on for the mixtures: each (characters,). Each
    play is read from an empty state, by networks with the weights from their training.
    """
    jobs = {}
    for play in plays:
        of_ngrams = {name: predict_with_ngrams(ngrams, play, name) for name in PLAY_PROTOCOLS}
        jobs[play.name] = partial(losses_on_play, teams, of_ngrams, play)
    by_play = side_by_side(jobs)
    results: dict[str, dict[str, torch.Tensor]] = {}
    names = [*PLAY_PROTOCOLS, *[f"{protocol}_mixed" for protocol in PLAY_PROTOCOLS]]
    for team in teams:
        results[team] = {}
        for name in names:
            losses = [by_play[play.name][team][name] for play in plays]
            results[team][name] = torch.from_numpy(np.concatenate(losses))
    return results


def losses_on_play(
    teams: Mapping[str, Team], of_ngrams: Mapping[str, torch.Tensor], play: Corpus
) -> dict[str, dict[str, np.ndarray]]:
    """As `losses_on_plays`, for one play."""
    results: dict[str, dict[str, np.ndarray]] = {}
    known: dict[tuple, torch.Tensor] = {}  # a network may be in two teams
    for name, team in teams.items():
        results[name] = {}
        for protocol in PLAY_PROTOCOLS:
            predictions = []
            for network in team.networks:
                key = id(network), protocol, team.reading_rate
                if key not in known:
                    known[key] = predict(network, play, protocol, team.reading_rate)
                predictions.append(known[key])
            of_team = mix(predictions, team.exponents[protocol])
            with_ngrams = [*predictions, of_ngrams[protocol]]
            mixed = mix(with_ngrams, team.exponents[f"{protocol}_mixed"])
            results[name][protocol] = losses_of(of_team, play).numpy()
            results[name][f"{protocol}_mixed"] = losses_of(mixed, play).numpy()
    return results


def predict(network: Any, play: Corpus, protocol: str, reading_rate: float) -> torch.Tensor:
    """Log-probabilities (characters, vocab_size) in one of PLAY_PROTOCOLS."""
    if protocol == "learning":
        return learning_predictions(network, play, reading_rate)
    return PROTOCOLS[protocol](network, play)
