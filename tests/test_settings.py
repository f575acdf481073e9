"""Recipes have known settings of the right type and range, and ask for a network and its data."""

import pytest
from conftest import same, small_baseline, small_ladder
from pydantic import ValidationError

from shakespeare.beyond.copying import CopyLSTM
from shakespeare.beyond.norm_dropout import NormDropoutLSTM
from shakespeare.beyond.renaming import RenamedStreams
from shakespeare.beyond.streams import Streams
from shakespeare.data import RandomWindows
from shakespeare.model import CharLSTM
from shakespeare.pretrained import DATA, NETWORKS
from shakespeare.settings import PROFILES, RECIPES, Settings, load_recipe, read_profile
from shakespeare.training import make_data, make_network


@pytest.mark.parametrize("profile", PROFILES)
def test_a_profile_says_what_each_recipe_is(profile, excerpt):
    assert list(read_profile(profile)) == list(RECIPES)
    for name, kind in (("baseline", CharLSTM), ("final", CopyLSTM)):
        recipe = load_recipe(profile, name)
        network = make_network(recipe, excerpt.chars)
        assert type(network) is kind
        arguments = network.config() | {"class": kind.__name__}
        del arguments["chars"]
        assert arguments == recipe.network
    assert load_recipe(profile) == load_recipe(profile, "final")


def test_changes_change_what_they_name_and_nothing_else():
    plain = load_recipe("quick")
    changes = {"network.hidden_size": 256, "training.epochs": 5, "training.learning_rate": 1}
    changed = load_recipe("quick", changes=changes)
    assert changed.network == plain.network | {"hidden_size": 256}
    assert changed.training == plain.training.changed(epochs=5, learning_rate=1.0)
    assert load_recipe("quick") == plain


# What cannot be used


def test_what_is_unknown_is_refused_with_a_list(refuses):
    with refuses("'quik'", *PROFILES):
        load_recipe("quik")
    with refuses("'base'", *RECIPES):
        load_recipe("quick", "base")
    names = ("network.hidden_size", "training.epochs", "training.precision")
    for unknown in (
        "network.hiden_size",
        "epochs",
        "network.heads",  # of a class that isn't asked for
    ):
        with refuses(f"The setting {unknown} is unknown", *names):
            load_recipe("quick", changes={unknown: 3})


@pytest.mark.parametrize(
    ("setting", "value", "words"),
    [
        ("epochs", "512", "integer"),
        ("learning_rate", float("nan"), "finite"),
        ("schedule", "linear", "'constant', 'one_cycle'"),
    ],
)
def test_a_setting_of_a_wrong_type_or_range_is_refused(refuses, setting, value, words):
    refused = f"The setting training.{setting} = {value!r} is refused"
    with refuses(refused, words):
        load_recipe("quick", changes={f"training.{setting}": value})
    with refuses(refused, words):
        load_recipe("quick").training.changed(**{setting: value})


def test_settings_cannot_be_misspelt_or_changed_in_place(refuses):
    settings = load_recipe("quick").training
    assert settings.changed(epochs=7).epochs == 7
    with refuses("training.epoks is unknown", "training.epochs"):
        settings.changed(epoks=7)
    with refuses("training.epochs is missing"):
        Settings.validated({"batch_size": 1, "seq_len": 1, "learning_rate": 0.1, "seed": 1})
    with pytest.raises(ValidationError, match="frozen"):
        settings.epochs = 7
    assert settings.epochs == load_recipe("quick").training.epochs


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"hidden_size": 0}, "hidden_size = 0"),
        ({"dropout": 1.5}, "dropout = 1.5"),
        ({"layer_norm": "no"}, "layer_norm = 'no'"),  # any word is true for Python
        ({"memory": 0}, "memory of at least 1"),
    ],
)
def test_what_a_network_cannot_be_made_with_is_one_sentence(excerpt, refuses, changes, words):
    with refuses(words):
        make_network(small_ladder(**changes), excerpt.chars)


def test_an_argument_that_another_class_lacks_or_needs_is_one_sentence(excerpt, refuses):
    to_baseline = {"network.class": "CharLSTM"}
    with refuses("CharLSTM can't be made with", "layer_norm"):
        make_network(load_recipe("smoke", changes=to_baseline), excerpt.chars)
    unknown = {"network.class": "CharLSTM", "network.heads": 2}
    with refuses("CharLSTM can't be made with", "heads"):
        make_network(load_recipe("smoke", "baseline", unknown), excerpt.chars)
    with refuses("CopyLSTM can't be made with", "memory"):
        make_network(load_recipe("smoke", "baseline", {"network.class": "CopyLSTM"}), excerpt.chars)
    with refuses("There is no class LSTM", *NETWORKS):
        make_network(load_recipe("smoke", changes={"network.class": "LSTM"}), excerpt.chars)
    with refuses("There is no class Foo", *DATA):
        make_data(small_baseline(data="Foo"), excerpt.split())


# What they ask for


def test_a_recipe_asks_for_data_and_for_a_class_by_its_name_or_itself(excerpt):
    for kind in (RandomWindows, Streams, RenamedStreams):
        data = make_data(small_baseline(data=kind.__name__), excerpt.split())
        assert type(data) is kind
    recipe = small_baseline()
    for of_class in ("NormDropoutLSTM", NormDropoutLSTM):
        table = recipe.network | {"class": of_class, "dropout": 0.25}
        network = make_network(recipe._replace(network=table), excerpt.chars)
        assert type(network) is NormDropoutLSTM
        assert network.dropout == 0.25


def test_the_seed_makes_the_network(excerpt):
    network = make_network(small_baseline(), excerpt.chars)
    assert same(network, make_network(small_baseline(), excerpt.chars))
    assert not same(network, make_network(small_baseline(seed=99), excerpt.chars))
