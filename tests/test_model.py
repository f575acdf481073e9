"""The cell is an LSTM, and CharLSTM is a stack of them."""

import math

import pytest
import torch
from torch import nn

from shakespeare.model import CharLSTM
from study.lstm_cell import LSTMCell


def test_cell_equals_torch_lstm_in_outputs_and_gradients():
    torch.manual_seed(0)
    cell = LSTMCell(5, 7).double()
    reference = nn.LSTM(5, 7).double()
    gates = [cell.input, cell.forget, cell.candidate, cell.output]  # in nn.LSTM's order
    rows = zip(*[weight.chunk(4) for weight in reference.parameters()], strict=True)
    with torch.no_grad():
        for gate, (w_ih, w_hh, b_ih, b_hh) in zip(gates, rows, strict=True):
            gate.weight.copy_(torch.cat([w_ih, w_hh], dim=1))  # (7, 5 + 7)
            gate.bias.copy_(b_ih + b_hh)
    x = torch.randn(9, 3, 5, dtype=torch.double, requires_grad=True)  # (time, batch, input_size)
    h0 = torch.randn(1, 3, 7, dtype=torch.double, requires_grad=True)
    c0 = torch.randn(1, 3, 7, dtype=torch.double, requires_grad=True)

    expected, (_, expected_c) = reference(x, (h0, c0))
    h, c = h0[0], c0[0]
    found = []
    for x_t in x:
        h, c = cell(x_t, h, c)
        found.append(h)
    outputs = torch.stack(found)
    torch.testing.assert_close(outputs, expected)
    torch.testing.assert_close(c, expected_c[0])

    weights = torch.randn_like(expected)  # the loss depends on every output and the last cell state
    loss = (outputs * weights).sum() + c.square().sum()
    mine = [*(gate.weight for gate in gates), *(gate.bias for gate in gates)]
    gradients = torch.autograd.grad(loss, [x, h0, c0, *mine])
    loss = (expected * weights).sum() + expected_c.square().sum()
    dx, dh0, dc0, dw_ih, dw_hh, db_ih, _ = torch.autograd.grad(
        loss, [x, h0, c0, *reference.parameters()]
    )
    by_gate = [*torch.cat([dw_ih, dw_hh], dim=1).chunk(4), *db_ih.chunk(4)]
    torch.testing.assert_close(list(gradients), [dx, dh0, dc0, *by_gate])


def test_char_lstm_is_embedding_lstm_and_linear(make_network, excerpt):
    network = make_network(num_layers=3)
    ids = excerpt.ids[:60].view(3, 20).long()  # (batch, time)
    lstm = nn.LSTM(8, 12, 3, batch_first=True).double()
    with torch.no_grad():
        for weight, mine in zip(lstm.parameters(), network.layers.parameters(), strict=True):
            weight.copy_(mine)
    logits, state = network(ids)
    h, (h_n, c_n) = lstm(network.embedding.weight[ids])
    torch.testing.assert_close(logits, h @ network.linear.weight.T + network.linear.bias)
    torch.testing.assert_close(torch.cat([h for h, _ in state]), h_n)
    torch.testing.assert_close(torch.cat([c for _, c in state]), c_n)


def test_forget_gates_start_open(excerpt):
    network = CharLSTM(excerpt.chars, embedding_size=8, hidden_size=12, num_layers=2)
    for layer in network.layers:
        bias = layer.bias_ih_l0 + layer.bias_hh_l0  # of the gates i, f, g, o
        assert torch.equal(bias[12:24], torch.ones(12))
        assert bias[:12].abs().max() < 0.5
        assert bias[24:].abs().max() < 0.5


def test_loss_is_the_cross_entropy_in_nats(make_network, excerpt):
    network = make_network().requires_grad_(False)
    x = excerpt.ids[:40].view(2, 20).long()
    y = excerpt.ids[1:41].view(2, 20).long()
    logits, _ = network(x)
    p = logits.softmax(-1)
    losses = [-math.log(p[b, t, y[b, t]]) for b in range(2) for t in range(20)]
    loss, _ = network.loss((x, y))
    assert float(loss) == pytest.approx(sum(losses) / 40, rel=1e-5)
