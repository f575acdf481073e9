"""What the ladder changes in a CharLSTM: dropout, schedule, carried state, normalisation."""

import pytest
import torch

from shakespeare.beyond.copying import CopyLSTM
from shakespeare.beyond.refinements import StrongLSTM
from shakespeare.beyond.streams import detach
from shakespeare.model import CharLSTM

KINDS = pytest.mark.parametrize("kind", [StrongLSTM, CopyLSTM])


@pytest.fixture
def batches(excerpt):
    """Two batches (2, 2, 20), of which the second continues the first."""
    windows = excerpt.ids[:82].view(2, 41).long()
    both = torch.stack([windows[:, :-1], windows[:, 1:]])  # (2, 2, 40)
    return both[:, :, :20], both[:, :, 20:]


def quiet(network):
    """A network that logs nothing, because no trainer is there."""
    network.log = lambda *_, **__: None
    return network


@torch.no_grad()
def test_without_additions_it_is_a_char_lstm(make_network, excerpt):
    ids = excerpt.ids[:60].view(3, 20).long()
    plain, strong = make_network(CharLSTM), make_network(StrongLSTM)
    assert plain.state_dict().keys() == strong.state_dict().keys()
    torch.testing.assert_close(strong(ids), plain(ids))


@KINDS
@pytest.mark.parametrize("carry_state", [True, False])
def test_training_carries_the_state_only_where_asked(make_network, batches, kind, carry_state):
    network = quiet(make_network(kind, carry_state=carry_state))
    first, second = batches
    network.training_step(first, 0)
    _, state = network.loss(first)
    expected, _ = network.loss(second, state if carry_state else None)
    assert network.training_step(second, 1) == expected
    network.on_train_epoch_start()  # an epoch starts elsewhere in the text
    expected, _ = network.loss(first)
    assert network.training_step(first, 0) == expected


@KINDS
def test_gradients_end_where_the_batch_begins(make_network, batches, kind):
    network = quiet(make_network(kind, carry_state=True))
    first, second = batches
    network.training_step(first, 0)
    _, state = network.loss(first)
    gradients = torch.autograd.grad(network.training_step(second, 1), list(network.parameters()))
    loss, _ = network.loss(second, detach(state))
    expected = torch.autograd.grad(loss, list(network.parameters()))
    torch.testing.assert_close(gradients, expected)


class Trainer:
    """As much of Lightning's trainer as the schedule looks at."""

    estimated_stepping_batches = 100


def test_the_learning_rate_climbs_in_the_first_tenth_and_falls_to_zero(make_network):
    network = make_network(StrongLSTM, one_cycle=True, learning_rate=0.02)
    network.trainer = Trainer()
    configured = network.configure_optimizers()
    optimizer = configured["optimizer"]
    rates = []
    for _ in range(100):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        configured["lr_scheduler"]["scheduler"].step()
    top = rates.index(max(rates))
    assert top == pytest.approx(10, abs=1)
    assert rates[top] == pytest.approx(0.02)
    assert rates == sorted(rates[:top]) + sorted(rates[top:], reverse=True)
    assert rates[-1] < 1e-5
    assert configured["lr_scheduler"]["interval"] == "step"


def test_dropout_has_one_mask_for_all_time_steps(make_network):
    network = make_network(StrongLSTM, dropout=0.25).train()
    x = torch.ones(50, 9, 40)  # (batch, time, features)
    dropped = network.drop(x)
    assert torch.equal(dropped, dropped[:, :1].expand_as(x))
    assert dropped.unique().tolist() == pytest.approx([0, 1 / 0.75])
    assert (dropped == 0).float().mean() == pytest.approx(0.25, abs=0.05)
    assert torch.equal(network.eval().drop(x), x)


def test_dropout_is_applied_between_layers_and_before_the_linear_one(make_network, excerpt):
    network = make_network(StrongLSTM)
    ids = excerpt.ids[None, :20].long()
    network.drop = lambda x: 2 * x
    logits, _ = network(ids)
    h, _ = network.layers[0](network.embedding(ids))
    h, _ = network.layers[1](2 * h)
    torch.testing.assert_close(logits, network.linear(2 * h))


def test_layer_norm_normalises_what_each_layer_hands_on(make_network, excerpt):
    network = make_network(StrongLSTM, layer_norm=True)
    ids = excerpt.ids[None, :20].long()
    for norm in network.norms:
        torch.nn.init.uniform_(norm.bias)
    x = network.embedding(ids)
    for layer, norm in zip(network.layers, network.norms, strict=True):
        h, _ = layer(x)
        mean = h.mean(2, keepdim=True)
        variance = h.var(2, correction=0, keepdim=True)
        x = norm.weight * (h - mean) / (variance + norm.eps).sqrt() + norm.bias
    logits, _ = network(ids)
    torch.testing.assert_close(logits, network.linear(x))
