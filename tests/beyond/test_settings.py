"""The recipes of the ladder are complete, and settings that don't fit together are refused."""

import pytest

from shakespeare.beyond.settings import BeyondSettings, load_beyond
from shakespeare.settings import PROFILES, RECIPES


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("recipe", [recipe for recipe in RECIPES if recipe != "baseline"])
def test_a_profile_says_what_each_recipe_is(profile, recipe):
    settings = load_beyond(profile, recipe)
    defaults = set(BeyondSettings.model_fields) - settings.model_fields_set
    assert defaults <= {"limit_batches"}


def test_settings_that_need_each_other_are_named(refuses):
    with refuses("rename_share needs carry_state"):
        load_beyond("quick", "final", {"carry_state": False})
    load_beyond("quick", "final", {"carry_state": False, "rename_share": 0.0})
    with refuses("copy_size needs memory"):
        load_beyond("quick", "final", {"memory": 0})
    load_beyond("quick", "final", {"memory": 0, "copy_size": 0})


def test_the_baseline_lacks_what_the_ladder_adds(refuses):
    with refuses("setting one_cycle is missing"):
        load_beyond("quick", "baseline")
