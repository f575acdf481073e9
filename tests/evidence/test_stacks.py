"""Stacks of layers with equally many parameters."""

import pytest

from course.peers import ResidualLSTM
from report.evidence import stacks
from report.evidence.rungs import changed
from report.evidence.train import parameters_of
from shakespeare.settings import Recipe, load_recipe


@pytest.mark.parametrize("cls", ["NormDropoutLSTM", ResidualLSTM])
def test_a_stack_is_as_wide_as_its_parameters_allow(excerpt, cls):
    sizes = {"embedding_size": 16, "hidden_size": 64, "num_layers": 1}
    wide = Recipe({"class": "NormDropoutLSTM", **sizes}, load_recipe("smoke").training)
    limit = parameters_of(wide, excerpt.chars)
    assert stacks.widest(wide, limit, excerpt.chars) == wide
    deep = changed(wide, {"network.class": cls, "network.num_layers": 4})
    deep = stacks.widest(deep, limit, excerpt.chars)
    wider = changed(deep, {"network.hidden_size": deep.network["hidden_size"] + 4})
    assert parameters_of(deep, excerpt.chars) <= limit
    assert parameters_of(wider, excerpt.chars) > limit
