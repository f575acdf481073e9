"""What is trained to ask who copies, and what is said of it."""

import pytest
import torch

from report.evidence import answers, who_copies
from report.evidence.setup import Evidence
from report.evidence.snapshots import Snapshots
from report.evidence.train import Training, before, last_step, parameters_of
from report.evidence.trainings import chosen_rate, groups
from shakespeare.settings import load_recipe
from shakespeare.training import make_network
from shakespeare.training_folder import load_weights
from study.copying import Returning
from study.repetition import RepeatedCharacters
from study.who_copies import NETWORKS


def test_all_networks_read_equally_much_and_have_about_equally_many_parameters():
    e = Evidence("full")
    trainings = groups(e)
    read = set()
    for network in NETWORKS:
        for seed, training in trainings[network].items():
            assert training.recipe.training.seed == seed
            settings = training.recipe.training
            read.add(
                settings.epochs * settings.limit_batches * settings.batch_size * settings.seq_len
            )
            parameters = parameters_of(training.recipe, e.corpus.chars)
            assert parameters == pytest.approx(525_000, rel=0.08)
    assert read == {2_048_000}


def test_the_rate_that_is_chosen_lies_between_two_others():
    for profile in ("smoke", "full"):
        e = Evidence(profile)
        for network in NETWORKS:
            rates = e.sizes.copies_rates[network]
            assert rates == sorted(rates) and len(rates) in (1, 3)
            assert chosen_rate(e, network) == rates[len(rates) // 2]


def test_the_published_loss_of_the_middle_rate_is_the_lowest():
    rates = answers.published()["who_copies"]["rates"]
    assert list(rates) == list(NETWORKS)
    for network, losses in rates.items():
        low, middle, high = sorted(losses, key=float)
        assert losses[middle] < min(losses[low], losses[high]), network
        assert float(middle) == chosen_rate(Evidence("full"), network)


def test_a_training_begins_with_the_last_weights_of_the_one_before(excerpt, tmp_path):
    changes = {"training.epochs": 2, "training.limit_batches": 2, "training.precision": "32-true"}
    recipe = load_recipe("smoke", "baseline", changes)
    split = excerpt.split()
    warm_up = Training(recipe, split, data=RepeatedCharacters, callbacks=[Snapshots((0,))])
    training = Training(recipe, split, callbacks=[Snapshots((0,))], before=warm_up)
    folder = tmp_path / "run"
    training.train(folder)
    assert last_step(before(folder)).name == "step-4"
    learned, begun = (make_network(recipe, excerpt.chars) for _ in range(2))
    load_weights(learned, last_step(before(folder)))
    load_weights(begun, folder / "step-0")
    for weight, expected in zip(begun.parameters(), learned.parameters(), strict=True):
        assert torch.equal(weight, expected)


def test_a_name_that_returns_often_counts_once():
    returning = [Returning("ROMEO", "")] * 3 + [Returning("JULIET", ""), Returning("PARIS", "")]
    bits = {"same": [1.0, 2.0, 3.0, 5.0, 1.0], "backwards": [11.0, 32.0, 23.0, 5.0, 5.0]}
    assert who_copies.median_gain(bits, returning) == 4.0  # of 20, 0 and 4


def test_a_network_copies_if_the_median_name_costs_ten_bits_more():
    def seed(gain):
        return {
            "parameters": 9,
            "characters": 8,
            "cold": 1.5,
            "carried": 1.4 + gain / 100,
            "known": {"medians": {"same": 3.0 + gain}},
            "unknown": {"medians": {"same": None}},  # there may be no such name
            "gain": gain,
            "letters": (3.0, gain),
        }

    found = who_copies.summary([seed(9.0), seed(10.0), seed(45.0)])
    assert found["copies"] == 2 and found["gains"] == [9.0, 10.0, 45.0]
    assert found["names"] == {"known": {"same": 13.0}, "unknown": {"same": None}}
    assert found["letters"] == [3.0, 10.0]
    assert (found["parameters"], found["characters"], found["cold"]) == (9, 8, 1.5)
    assert found["carried"] == pytest.approx(1.4 + 64 / 300)
