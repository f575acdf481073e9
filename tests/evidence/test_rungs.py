"""The ladder as recipes."""

from itertools import pairwise

import pytest

from report.evidence import rungs
from report.evidence.setup import own_recipe
from shakespeare.settings import Recipe, load_recipe
from shakespeare.training import make_network

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
    recipes = rungs.ladder_recipes(top, student)
    assert recipes["invented names"] == top
    assert list(recipes) == [rungs.BOTTOM, *SWITCHED_ON]
    bottom = recipes[rungs.BOTTOM]
    assert bottom.network["hidden_size"] == top.network["hidden_size"]
    assert bottom.training.learning_rate == student.training.learning_rate
    for recipe in recipes.values():
        make_network(recipe, ["a", "b"])  # refuses what the network of a rung doesn't have
    for below, name in pairwise(recipes):
        differing = settings_in(recipes[below]) ^ settings_in(recipes[name])
        assert {setting for setting, _ in differing} == SWITCHED_ON[name]
