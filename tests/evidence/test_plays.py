"""Losses on plays that nobody trained on: each play by itself, alone or as a team."""

import pytest
import torch

from report.evidence import plays
from report.evidence.plays import Team, losses_on_plays, plays_kept_back, plays_to_measure
from report.evidence.predictor import Predictor
from shakespeare.beyond.mixture import mix
from shakespeare.beyond.ngrams import WittenBell
from shakespeare.evaluation import carried_predictions, cold_predictions, losses_of
from study.learning import CHUNK
from study.losses import predict_with_ngrams

LENGTH = 600


@pytest.fixture
def two_plays(monkeypatch, excerpt):
    """Two plays in place of the fourteen; the second has a character that no network knows."""
    text = excerpt.text()
    measured = {"One": text[:1_000], "Two": "ß" + text[2_000:3_000]}
    monkeypatch.setattr(plays, "other_plays", lambda: ({"Three": text[:900]}, measured))
    return [excerpt.slice(0, LENGTH, "One"), excerpt.slice(2_000, 2_000 + LENGTH, "Two")]


@pytest.fixture
def networks(make_network):
    first = make_network().float()
    second = make_network().float()
    with torch.no_grad():
        second.linear.weight.mul_(0.5)
    return [first, second]


def test_a_team_begins_each_play_with_an_empty_state(two_plays, networks, excerpt, tmp_path):
    alone = dict.fromkeys(("cold", "carried", "learning"), (1.0,))
    with_ngrams = dict.fromkeys(("cold_mixed", "carried_mixed", "learning_mixed"), (0.8, 0.2))
    both = dict.fromkeys(alone, (0.5, 0.6)) | dict.fromkeys(with_ngrams, (0.3, 0.4, 0.5))
    counts = WittenBell(excerpt.split().train.ids, excerpt.vocab_size, 3)
    first = Predictor(networks[0], tmp_path / "a")
    second = Predictor(networks[1], tmp_path / "b")
    teams = {
        "one": Team([first], 1e-3, alone | with_ngrams),
        "both": Team([first, second], 1e-3, both),
    }
    found = losses_on_plays(teams, counts, plays_to_measure(excerpt, LENGTH))
    assert [play.name for play in plays_kept_back(excerpt, LENGTH)] == ["Three"]

    carried = [losses_of(carried_predictions(networks[0], play), play) for play in two_plays]
    torch.testing.assert_close(found["one"]["carried"], torch.cat(carried))
    cold = []
    mixed = []
    for play in two_plays:
        predictions = [cold_predictions(network, play) for network in networks]
        of_ngrams = predict_with_ngrams(counts, play, "cold")
        cold.append(losses_of(mix(predictions, (0.5, 0.6)), play))
        mixed.append(losses_of(mix([*predictions, of_ngrams], (0.3, 0.4, 0.5)), play))
    torch.testing.assert_close(found["both"]["cold"], torch.cat(cold))
    torch.testing.assert_close(found["both"]["cold_mixed"], torch.cat(mixed))
    # Learning while reading changes what follows its first step, and nothing before it.
    learning = found["one"]["learning"]
    torch.testing.assert_close(learning[:CHUNK], carried[0][:CHUNK])
    assert not torch.allclose(learning[CHUNK:599], carried[0][CHUNK:])
    torch.testing.assert_close(learning[599 : 599 + CHUNK], carried[1][:CHUNK])
