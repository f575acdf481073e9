"""The ladder as settings."""

from itertools import pairwise

import pytest

from report.evidence import rungs
from shakespeare.networks import make_network
from shakespeare.settings import load_settings


@pytest.mark.parametrize("profile", ["smoke", "quick", "full"])
def test_each_rung_changes_what_it_names_and_the_last_one_is_the_top(profile):
    top = load_settings(profile, "rungs")
    student = load_settings(profile)
    settings = rungs.ladder_settings(top, student)
    assert settings["invented names"] == top
    assert settings[rungs.BOTTOM].hidden_size == top.hidden_size
    assert settings[rungs.BOTTOM].learning_rate == student.learning_rate
    for rung in settings.values():
        make_network(["a", "b"], rung)  # refuses what the network of a rung doesn't have
    for before, name in pairwise(list(settings)[1:]):
        below = settings[before].model_dump()
        changed = {key for key, value in settings[name].model_dump().items() if below[key] != value}
        assert changed == set(rungs.SWITCHED_ON[name])
