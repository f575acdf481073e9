"""What is trained to ask who copies, and what is said of it."""

import pytest
import torch

from report.evidence import who_copies
from report.evidence.setup import Evidence
from report.evidence.snapshots import Snapshots
from report.evidence.train import Training, before, last_step, parameters_of
from shakespeare.settings import load_recipe
from shakespeare.training import make_network
from shakespeare.training_folder import load_weights
from study.copying import Returning
from study.repetition import RepeatedCharacters
from study.who_copies import NETWORKS


def test_all_networks_read_equally_much_and_have_about_equally_many_parameters():
    e = Evidence("full")
    trainings = who_copies.groups(e)
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


def test_the_rate_that_is_chosen_lies_between_two_that_are_worse():
    for profile in ("smoke", "full"):
        e = Evidence(profile)
        for network in NETWORKS:
            rates = e.sizes.copies_rates[network]
            assert rates == sorted(rates) and len(rates) in (1, 3)
            assert who_copies.chosen_rate(e, network) == rates[len(rates) // 2]


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
    returning = [Returning("ROMEO", "")] * 3 + [Returning("JULIET", "")]
    bits = {"same": [1.0, 2.0, 3.0, 5.0], "backwards": [11.0, 32.0, 23.0, 5.0]}
    assert who_copies.gain_of_names(bits, returning) == {"ROMEO": 20.0, "JULIET": 0.0}


def test_a_network_copies_if_the_median_name_costs_ten_bits_more():
    def seed(*gains):
        kinds = {kind: {"medians": {"same": 3.0}} for kind in ("all", "known")}
        kinds["unknown"] = {"medians": {"same": None}}  # there may be no such name
        names = {str(k): gain for k, gain in enumerate(gains)}
        return (
            {"cold": 1.5, "carried": 1.4, "seconds": 9, "letters": (3.0, 1.0)}
            | kinds
            | {"gain_of_names": names}
        )

    found = who_copies.summary([seed(0, 9, 30), seed(0, 10, 11), seed(40, 50)])
    assert (found["copies"], found["of"]) == (2, 3)
    assert found["names"]["all"] == {"same": 3.0} and found["names"]["unknown"] == {"same": None}
