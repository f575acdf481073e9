"""Dropout: one mask for all times, between the layers and before the linear one."""

import pytest
import torch

from shakespeare.beyond.norm_dropout import NormDropoutLSTM


def test_dropout_has_one_mask_for_all_time_steps(make_network):
    network = make_network(NormDropoutLSTM, dropout=0.25).train()
    x = torch.ones(50, 9, 40)  # (batch, time, features)
    dropped = network.drop(x)
    assert torch.equal(dropped, dropped[:, :1].expand_as(x))
    assert dropped.unique().tolist() == pytest.approx([0, 1 / 0.75])
    assert (dropped == 0).float().mean() == pytest.approx(0.25, abs=0.05)
    assert torch.equal(network.eval().drop(x), x)


def test_dropout_is_applied_between_layers_and_before_the_linear_one(make_network, excerpt):
    network = make_network(NormDropoutLSTM)
    ids = excerpt.ids[None, :20].long()
    network.drop = lambda x: 2 * x
    logits, _ = network(ids)
    h, _ = network.layers[0](network.embedding(ids))
    h, _ = network.layers[1](2 * h)
    torch.testing.assert_close(logits, network.linear(2 * h))
