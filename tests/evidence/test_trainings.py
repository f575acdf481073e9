"""The recipes of what is trained: each rung of the ladder, and a network without copying."""

from itertools import pairwise

import pytest

from report.evidence.setup import Evidence, own_recipe
from report.evidence.train import folder_of
from report.evidence.trainings import BOTTOM, ladder_recipes, on_input, recipe_without_copying
from shakespeare.beyond.norm_dropout import NormDropoutLSTM
from shakespeare.beyond.streams import Streams
from shakespeare.settings import Recipe, load_recipe
from shakespeare.training import make_data, make_network

SWITCHED_ON = {  # by a rung, all that it changes
    "rate and schedule": {
        "network.class",
        "network.dropout",
        "network.layer_norm",
        "training.learning_rate",
        "training.schedule",
    },
    "layer normalisation": {"network.layer_norm"},
    "copy head": {
        "network.class",
        "network.copy_size",
        "network.memory",
        "training.data",
    },
    "invented names": {"training.data"},
}


def settings_in(recipe: Recipe) -> set[tuple[str, str]]:
    """All settings, such as ("training.seed", "1")."""
    found = set()
    for table, values in {
        "network": recipe.network,
        "training": recipe.training.model_dump(),
    }.items():
        found |= {(f"{table}.{name}", repr(value)) for name, value in values.items()}
    return found


@pytest.mark.parametrize("profile", ["smoke", "full"])
def test_each_rung_changes_what_it_names_and_the_last_one_is_the_top(profile):
    top = own_recipe(profile, "rungs", {})
    student = load_recipe(profile, "baseline")
    recipes = ladder_recipes(top, student)
    assert recipes["invented names"] == top
    assert list(recipes) == [BOTTOM, *SWITCHED_ON]
    bottom = recipes[BOTTOM]
    assert bottom.network["hidden_size"] == top.network["hidden_size"]
    assert bottom.training.learning_rate == student.training.learning_rate
    for recipe in recipes.values():
        make_network(recipe, ["a", "b"])  # refuses what the network of a rung doesn't have
    for below, name in pairwise(recipes):
        differing = settings_in(recipes[below]) ^ settings_in(recipes[name])
        assert {setting for setting, _ in differing} == SWITCHED_ON[name]


def test_a_recipe_without_copying_changes_nothing_else(excerpt):
    final = load_recipe("smoke", "final")
    plain = recipe_without_copying(final)
    network = make_network(plain, excerpt.chars)
    assert type(network) is NormDropoutLSTM
    assert type(make_data(plain, excerpt.split())) is Streams
    config = make_network(final, excerpt.chars).config()
    del config["copy_size"], config["memory"]
    assert network.config() == config
    assert plain.training.changed(data=final.training.data) == final.training


@pytest.mark.parametrize("profile", ["smoke", "full"])
def test_each_training_has_its_own_folder(profile, tmp_path):
    trainings = on_input(Evidence(profile))
    assert len({folder_of(name, tmp_path) for name in trainings}) == len(trainings)
