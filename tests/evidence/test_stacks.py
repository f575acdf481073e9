"""Stacks of layers with equally many parameters, and how strongly their layers learn."""

import pytest

from report.evidence import stacks
from shakespeare.model import CharLSTM
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


def test_gradients_of_the_layers_are_those_of_the_loss(excerpt):
    network = CharLSTM(excerpt.chars, embedding_size=8, hidden_size=12, num_layers=2)
    norms = stacks.gradient_norms(network, excerpt)
    assert len(norms) == 2
    assert min(norms) > 0
    windows = excerpt.ids.unfold(0, 65, 64)[:64].long()
    loss, _ = network.loss((windows[:, :-1], windows[:, 1:]))
    loss.backward()
    for norm, layer in zip(norms, network.layers, strict=True):
        squares = [float(weight.grad.square().sum()) for weight in layer.parameters()]
        assert norm == pytest.approx(sum(squares) ** 0.5, rel=1e-4)
