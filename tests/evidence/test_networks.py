"""What is chosen for a network is kept with it."""

from types import SimpleNamespace

import pytest

from report.evidence import networks
from shakespeare.beyond.copying import CopyLSTM
from shakespeare.evaluation import carried_predictions, losses_of
from study.choices import write_pairs
from study.novelty import pieces


@pytest.fixture(autouse=True)
def one_by_one(monkeypatch):
    """Jobs run here, one after the other."""
    monkeypatch.setattr(
        networks, "side_by_side", lambda jobs: {name: job() for name, job in jobs.items()}
    )


def test_the_range_with_the_lowest_carried_loss_is_chosen(make_network, excerpt):
    network = make_network(CopyLSTM, memory=8).float()
    part = excerpt.split().validation
    found = networks.losses_by_range(network, part, [1, 8, 100])
    assert network.memory == 8  # it was only tried
    network.memory = networks.best_range(found)
    assert found[network.memory] == min(found.values())
    losses = losses_of(carried_predictions(network, part), part)
    assert found[network.memory] == pytest.approx(float(losses.mean()))


def test_all_choices_are_made_and_kept_with_the_network(make_network, excerpt, monkeypatch):
    monkeypatch.setattr(networks, "ranges_up_to", lambda longest: [8, 32])
    monkeypatch.setattr(networks, "PROMPT", "First")
    asked = []

    def choose(written, study, author):
        """As if the rule took this pair."""
        assert author == study(pieces(split.validation.text(), 9))
        asked.append(written)
        return {}, (0.9, 0.02)

    monkeypatch.setattr(networks.choices, "choose_sampling", choose)
    split = excerpt.split()
    e = SimpleNamespace(
        corpus=excerpt,
        split=split,
        held_out=split.held_out,
        sizes=SimpleNamespace(text=9, texts=2),
        seed=1,
    )
    network = make_network(CopyLSTM).float()
    by_range = networks.losses_by_range(network, split.validation, [8, 32])
    networks.choose_for_copying(e, network, 32)
    assert network.memory == min(by_range, key=by_range.get)
    assert asked == [write_pairs(network, prompt="First", length=9, num_samples=2, seed=1)]
    assert network.facts == {"sampling": {"temperature": 0.9, "min_p": 0.02}}


def test_ranges_are_doubled_up_to_the_longest():
    assert networks.ranges_up_to(256) == [256]
    assert networks.ranges_up_to(2_048) == [256, 512, 1_024, 2_048]
