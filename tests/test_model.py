"""The cell is an LSTM, CharLSTM is a stack of them, the copy head is its equation."""

import math

import pytest
import torch
from torch import nn

from shakespeare.model import CharLSTM, LSTMCell

KINDS = pytest.mark.parametrize(
    "options",
    [{}, {"num_layers": 3}, {"layer_norm": True}, {"copy": True}, {"copy": True, "memory": 5}],
    ids=["plain", "three layers", "normalised", "copy", "short memory"],
)


def test_cell_equals_torch_lstm_in_outputs_and_gradients():
    torch.manual_seed(0)
    cell, reference = LSTMCell(5, 7).double(), nn.LSTM(5, 7).double()
    gates = (cell.input, cell.forget, cell.candidate, cell.output)  # in nn.LSTM's order
    rows = zip(*[weight.chunk(4) for weight in reference.parameters()], strict=True)
    with torch.no_grad():
        for gate, (w_ih, w_hh, b_ih, b_hh) in zip(gates, rows, strict=True):
            gate.weight.copy_(torch.cat([w_ih, w_hh], dim=1))  # (7, 5 + 7)
            gate.bias.copy_(b_ih + b_hh)
    x = torch.randn(9, 3, 5, dtype=torch.double, requires_grad=True)  # (time, batch, input_size)
    h0, c0 = (torch.randn(1, 3, 7, dtype=torch.double, requires_grad=True) for _ in range(2))

    expected, (_, expected_c) = reference(x, (h0, c0))
    h, c, outputs = h0[0], c0[0], []
    for x_t in x:
        h, c = cell(x_t, h, c)
        outputs.append(h)
    torch.testing.assert_close(torch.stack(outputs), expected)
    torch.testing.assert_close(c, expected_c[0])

    weights = torch.randn_like(expected)  # the loss depends on every output and the last cell state
    loss = (torch.stack(outputs) * weights).sum() + c.square().sum()
    mine = [*(gate.weight for gate in gates), *(gate.bias for gate in gates)]
    gradients = torch.autograd.grad(loss, [x, h0, c0, *mine])
    loss = (expected * weights).sum() + expected_c.square().sum()
    dx, dh0, dc0, dw_ih, dw_hh, db_ih, _ = torch.autograd.grad(
        loss, [x, h0, c0, *reference.parameters()]
    )
    by_gate = [*torch.cat([dw_ih, dw_hh], dim=1).chunk(4), *db_ih.chunk(4)]
    torch.testing.assert_close(list(gradients), [dx, dh0, dc0, *by_gate])


@pytest.mark.parametrize("num_layers", [1, 2, 3])
def test_char_lstm_is_embedding_lstm_and_linear(make_model, text, num_layers):
    model, ids = make_model(num_layers=num_layers), text.data[:60].view(3, 20).long()
    lstm = nn.LSTM(8, 12, num_layers, batch_first=True).double()
    weights = [weight for layer in model.layers for weight in layer.parameters()]
    with torch.no_grad():
        for weight, mine in zip(lstm.parameters(), weights, strict=True):
            weight.copy_(mine)
    logits, state = model(ids)
    h, (h_n, c_n) = lstm(model.embedding.weight[ids])
    torch.testing.assert_close(logits, h @ model.linear.weight.T + model.linear.bias)
    torch.testing.assert_close(torch.cat([h for h, _ in state.layers]), h_n)
    torch.testing.assert_close(torch.cat([c for _, c in state.layers]), c_n)


def test_forget_gates_start_open(text):
    for layer in CharLSTM(text.chars, hidden_size=12).layers:
        bias = layer.bias_ih_l0 + layer.bias_hh_l0  # of the gates i, f, g, o
        assert torch.equal(bias[12:24], torch.ones(12))
        assert bias[:12].abs().max() < 0.5 and bias[24:].abs().max() < 0.5


@KINDS
@pytest.mark.parametrize("chunk", [1, 7, 13])
def test_text_in_pieces_with_a_carried_state_is_one_long_text(make_model, text, options, chunk):
    model = make_model(**options)
    ids = text.data[:60].view(3, 20).long()  # (batch, time)
    logits, state = model(ids)
    pieces, carried = [], None
    for piece in ids.split(chunk, dim=1):
        new, carried = model(piece, carried)
        pieces.append(new)
    torch.testing.assert_close(torch.cat(pieces, dim=1), logits)
    torch.testing.assert_close(carried, state)
    assert not torch.allclose(model(ids[:, 13:])[0], logits[:, 13:])  # the state does matter


@pytest.mark.parametrize("memory", [1, 4, 256])
@torch.no_grad()
def test_copy_head_equals_its_equation(make_model, text, memory):
    model = make_model(copy=True, memory=memory)
    ids, head = text.data[:12].long(), model.copy_head
    h = model.embedding(ids)[None]
    for layer in model.layers:
        h, _ = layer(h)  # (1, 12, 12)
    query, written = head.query(h[0]), model.linear(h[0]).softmax(-1)
    key = [torch.zeros(4).double(), *head.key(h[0])]  # key[j]: of the state before character j
    actual, copied = model(ids[None])[0][0].exp(), 0.0
    for t in range(12):
        places = range(max(0, t + 1 - memory), t + 1)
        scores = [head.write(h[0, t])[0], *(query[t] @ key[j] / 4**0.5 for j in places)]
        write, *copies = torch.stack(scores).softmax(0)
        expected = write * written[t]
        for share, j in zip(copies, places, strict=True):
            expected[ids[j]] += share
        copied = max(copied, 1 - float(write))
        torch.testing.assert_close(actual[t], expected.float(), atol=1e-6, rtol=1e-4)
    assert copied > 0.05  # else nothing was tested


@KINDS
def test_loss_is_the_cross_entropy_in_nats(make_model, text, options):
    model = make_model(**options).requires_grad_(False)
    x, y = (text.data[k : k + 40].view(2, 20).long() for k in (0, 1))
    p = model(x)[0].softmax(-1)
    losses = [-math.log(p[b, t, y[b, t]]) for b in range(2) for t in range(20)]
    assert float(model.loss((x, y))[0]) == pytest.approx(sum(losses) / 40, rel=1e-5)


@KINDS
@pytest.mark.parametrize("carry_state", [True, False])
def test_training_carries_the_state_only_where_asked(
    make_model, text, monkeypatch, options, carry_state
):
    model = make_model(carry_state=carry_state, **options)
    monkeypatch.setattr(model, "log", lambda *_, **__: None)
    first, second = ((text.data[k : k + 40].view(2, 20).long(),) * 2 for k in (0, 40))
    model.training_step(first, 0)
    _, state = model.loss(first)
    expected, _ = model.loss(second, state if carry_state else None)
    assert model.training_step(second, 1) == expected
    assert model.training_step(first, 0) == model.loss(first)[0]  # each epoch starts afresh


@KINDS
def test_gradients_end_where_the_batch_begins(make_model, text, monkeypatch, options):
    model = make_model(carry_state=True, **options)
    monkeypatch.setattr(model, "log", lambda *_, **__: None)
    first, second = ((text.data[k : k + 40].view(2, 20).long(),) * 2 for k in (0, 40))
    model.training_step(first, 0)
    state = model.state.map(torch.clone)
    loss = model.training_step(second, 1)
    gradients = torch.autograd.grad(loss, list(model.parameters()))
    expected = torch.autograd.grad(model.loss(second, state)[0], list(model.parameters()))
    torch.testing.assert_close(gradients, expected)  # `state` has no history
    assert not any(part.requires_grad for layer in model.state.layers for part in layer)


def test_optimiser_is_the_seed_reports_by_default(text):
    optimizer = CharLSTM(text.chars).configure_optimizers()
    assert type(optimizer) is torch.optim.Adam
    assert (optimizer.defaults["lr"], optimizer.defaults["weight_decay"]) == (1e-3, 1e-6)
    optimizer = CharLSTM(text.chars, learning_rate=0.5, weight_decay=0.0).configure_optimizers()
    assert (optimizer.defaults["lr"], optimizer.defaults["weight_decay"]) == (0.5, 0.0)


def test_dropout_has_one_mask_for_all_time_steps(make_model):
    model, x = make_model(dropout=0.25).train(), torch.ones(50, 9, 40)  # (batch, time, features)
    dropped = model.dropout(x)
    assert torch.equal(dropped, dropped[:, :1].expand_as(x))
    assert dropped.unique().tolist() == pytest.approx([0, 1 / 0.75])
    assert (dropped == 0).float().mean() == pytest.approx(0.25, abs=0.05)
    assert torch.equal(model.eval().dropout(x), x)


def test_dropout_is_applied_between_layers_and_before_the_linear_one(make_model, text, monkeypatch):
    model, ids = make_model(num_layers=2), text.data[None, :20].long()
    monkeypatch.setattr(model, "dropout", lambda x: 2 * x)
    h, _ = model.layers[0](model.embedding(ids))
    h, _ = model.layers[1](2 * h)
    torch.testing.assert_close(model(ids)[0], model.linear(2 * h))


def test_layer_norm_normalises_what_each_layer_hands_on(make_model, text):
    model, ids = make_model(layer_norm=True), text.data[None, :20].long()
    for norm in model.norms:
        torch.nn.init.uniform_(norm.bias)
    h, _ = model.layers[0](model.embedding(ids))
    for k in (0, 1):
        mean, variance = h.mean(2, keepdim=True), h.var(2, correction=0, keepdim=True)
        scale, shift = model.norms[k].weight, model.norms[k].bias
        h = scale * (h - mean) / (variance + model.norms[k].eps).sqrt() + shift
        h = model.layers[1](h)[0] if k == 0 else h
    torch.testing.assert_close(model(ids)[0], model.linear(h))
    assert not any(True for _ in make_model().norms.parameters())


@KINDS
def test_dropout_works_in_training_alone(make_model, text, options):
    model, ids = make_model(dropout=0.5, **options), text.data[:20][None].long()
    assert torch.equal(model(ids)[0], model(ids)[0])
    model.train()
    assert not torch.equal(model(ids)[0], model(ids)[0])
