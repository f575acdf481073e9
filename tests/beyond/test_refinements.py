"""What the ladder changes in a CharLSTM: dropout, schedule, carried state, normalisation."""

import pytest
import torch

from shakespeare.beyond.copying import CopyLSTM
from shakespeare.beyond.refinements import StrongLSTM


@pytest.mark.parametrize("carry_state", [True, False])
def test_training_carries_the_state_only_where_asked(make_network, excerpt, carry_state):
    network = make_network(CopyLSTM, carry_state=carry_state)
    network.log = lambda *_, **__: None  # no trainer is there
    windows = excerpt.ids[:82].view(2, 41).long()
    both = torch.stack([windows[:, :-1], windows[:, 1:]])  # (2, 2, 40)
    first, second = both[:, :, :20], both[:, :, 20:]
    network.training_step(first, 0)
    _, state = network.loss(first)
    expected, _ = network.loss(second, state if carry_state else None)
    assert network.training_step(second, 1) == expected
    network.on_train_epoch_start()  # an epoch starts elsewhere in the text
    expected, _ = network.loss(first)
    assert network.training_step(first, 0) == expected


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
