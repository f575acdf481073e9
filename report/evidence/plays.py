"""Losses on plays that train none of the networks measured here, and are used for no choice."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from shakespeare.beyond.mixture import mix
from shakespeare.beyond.ngrams import WittenBell
from shakespeare.data import Corpus
from shakespeare.evaluation import PROTOCOLS, losses_of
from study.losses import predict_with_ngrams

from .play_texts import in_vocabulary, other_plays
from .pool import side_by_side
from .predictor import Predictor, protocols

PLAY_PROTOCOLS = (*PROTOCOLS, "learning")


class Team(NamedTuple):
    """Networks that predict together (one or more), and what was chosen for them.

    `exponents` are those of the mixture, by protocol; in "carried_mixed" and so on, that of the
    n-grams is the last.
    """

    networks: Sequence[Predictor]
    reading_rate: float
    exponents: Mapping[str, Sequence[float]]


def plays_to_measure(corpus: Corpus, length: int) -> list[Corpus]:
    """The first `length` characters of each of fourteen plays, in the order of their titles.

    Raises InputError where pip can't download them.
    """
    _, texts = other_plays()
    return beginnings(texts, corpus, length)


def plays_kept_back(corpus: Corpus, length: int) -> list[Corpus]:
    """The same of the other fourteen, on which no network of the evidence is trained, either."""
    texts, _ = other_plays()
    return beginnings(texts, corpus, length)


def beginnings(texts: Mapping[str, str], corpus: Corpus, length: int) -> list[Corpus]:
    found = []
    for title, text in texts.items():
        play = in_vocabulary(text, corpus)
        found.append(Corpus(play.ids[:length], corpus.chars, title))
    return found


def losses_on_plays(
    teams: Mapping[str, Team], ngrams: WittenBell, plays: Sequence[Corpus]
) -> dict[str, dict[str, Tensor]]:
    """Losses in nats on the plays, one play after the other.

    By team and protocol, and "carried_mixed" and so on for the mixtures: each (characters,). Each
    play is read from an empty state, by networks with the weights from their training.
    """
    jobs = {}
    for play in plays:
        of_ngrams = {name: predict_with_ngrams(ngrams, play, name) for name in PLAY_PROTOCOLS}
        jobs[play.name] = partial(losses_on_play, teams, of_ngrams, play)
    by_play = side_by_side(jobs)
    results: dict[str, dict[str, Tensor]] = {}
    names = [*PLAY_PROTOCOLS, *[f"{protocol}_mixed" for protocol in PLAY_PROTOCOLS]]
    for team in teams:
        results[team] = {}
        for name in names:
            losses = [by_play[play.name][team][name] for play in plays]
            results[team][name] = torch.from_numpy(np.concatenate(losses))
    return results


def losses_on_play(
    teams: Mapping[str, Team], of_ngrams: Mapping[str, Tensor], play: Corpus
) -> dict[str, dict[str, np.ndarray]]:
    """As `losses_on_plays`, for one play."""
    results: dict[str, dict[str, np.ndarray]] = {}
    for name, team in teams.items():
        results[name] = {}
        for protocol, function in protocols(team.reading_rate).items():
            predictions = [network.predict(function, play) for network in team.networks]
            of_team = mix(predictions, team.exponents[protocol])
            with_ngrams = [*predictions, of_ngrams[protocol]]
            mixed = mix(with_ngrams, team.exponents[f"{protocol}_mixed"])
            results[name][protocol] = losses_of(of_team, play).numpy()
            results[name][f"{protocol}_mixed"] = losses_of(mixed, play).numpy()
    return results
