"""The recipes of the ladder are complete, and settings that don't fit together are refused."""

import pytest

from shakespeare.beyond.settings import load_beyond
from shakespeare.settings import PROFILES, RECIPES, load_settings, read_profile


@pytest.mark.parametrize("profile", PROFILES)
def test_a_profile_says_what_each_recipe_is(profile):
    assert list(read_profile(profile)) == list(RECIPES)
    load_settings(profile)
    for recipe in RECIPES:
        if recipe != "baseline":
            load_beyond(profile, recipe)


def test_settings_that_need_each_other_are_named(refuses):
    with refuses("rename_share needs carry_state"):
        load_beyond("quick", "final", {"carry_state": False})
    with refuses("copy_size needs memory"):
        load_beyond("quick", "final", {"memory": 0})
