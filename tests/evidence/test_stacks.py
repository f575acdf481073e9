"""Stacks of layers with equally many parameters."""

import pytest

from report.evidence import stacks
from shakespeare.settings import load_settings

PLAIN = {"network": "NormDropoutLSTM", "copy_size": 0, "memory": 0, "rename_share": 0.0}


@pytest.mark.parametrize("network", ["NormDropoutLSTM", "ResidualLSTM"])
def test_a_stack_is_as_wide_as_its_parameters_allow(excerpt, network):
    wide = load_settings("smoke", "rungs", PLAIN | {"num_layers": 1, "hidden_size": 64})
    limit = stacks.parameters_of(wide, excerpt.chars)
    assert stacks.widest(wide, limit, excerpt.chars) == wide
    deep = wide.model_copy(update={"network": network, "num_layers": 4})
    deep = stacks.widest(deep, limit, excerpt.chars)
    wider = deep.model_copy(update={"hidden_size": deep.hidden_size + 4})
    assert stacks.parameters_of(deep, excerpt.chars) <= limit
    assert stacks.parameters_of(wider, excerpt.chars) > limit
