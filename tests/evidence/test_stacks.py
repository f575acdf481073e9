"""Stacks of layers with equally many parameters."""

from report.evidence import stacks
from shakespeare.beyond.peers import ResidualLSTM
from shakespeare.beyond.refinements import StrongLSTM
from shakespeare.beyond.settings import load_beyond


def test_a_stack_is_as_wide_as_its_parameters_allow(excerpt):
    settings = load_beyond("smoke", "rungs", {"copy_size": 0})
    wide = stacks.Stack("plain", 1, 64, settings, StrongLSTM)
    limit = stacks.parameters_of(wide, excerpt.chars)
    assert stacks.widest(wide, limit, excerpt.chars) == wide
    for network_class in (StrongLSTM, ResidualLSTM):
        deep = stacks.Stack("deep", 4, 0, settings, network_class)
        deep = stacks.widest(deep, limit, excerpt.chars)
        wider = deep._replace(hidden_size=deep.hidden_size + 4)
        assert stacks.parameters_of(deep, excerpt.chars) <= limit
        assert stacks.parameters_of(wider, excerpt.chars) > limit
