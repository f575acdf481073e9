"""Cells and contexts, against slow code that is plainly right."""

import pytest
import torch
from torch.nn import functional as F

from course.cells import attention, cell_states, correlations, losses_by_context, passage
from shakespeare.model import CopyLSTM


def close(found, expected):
    torch.testing.assert_close(torch.as_tensor(found), torch.as_tensor(expected), check_dtype=False)


def last_loss(model, ids):
    """The loss of the last of ids, read from a zero state."""
    logits, _ = model(ids[None, :-1].long())  # (1, characters - 1, vocab_size)
    return F.cross_entropy(logits[0, -1], ids[-1].long())


@pytest.mark.parametrize("options", [{}, {"copy": True, "memory": 20}], ids=["plain", "copy"])
def test_losses_by_context_are_those_of_windows_read_one_by_one(make_model, text, options):
    model, part = make_model(dropout=0.5, **options).train(), text.split().held_out
    lengths, steps = [1, 2, 16, 65], [1, 1, 2, 8]
    targets = torch.tensor([65, 301, 584])[:, None] + torch.arange(16)  # (3, 16)
    losses, written = losses_by_context(model, part, lengths, targets)
    assert losses.shape == written.shape == (4, 48)
    for row, (length, step) in enumerate(zip(lengths, steps, strict=True)):
        for place, target in enumerate(targets.flatten().tolist()):
            start = target - length - place % step  # the first of `step` neighbours has this window
            close(losses[row, place], last_loss(model, part.data[start : target + 1]))
    assert torch.equal(losses, written) is not isinstance(model, CopyLSTM)


def test_written_losses_are_those_of_a_network_that_never_copies(make_model, text):
    model, targets = make_model(copy=True), torch.tensor([[100, 101]])
    _, before = losses_by_context(model, text, [20], targets)
    with torch.no_grad():
        model.copy_head.write.bias.fill_(1e6)  # always write
    losses, written = losses_by_context(model, text, [20], targets)
    close(written, before)
    close(losses, written)


@pytest.mark.parametrize("chunk", [1, 7, 300])
def test_cell_states_are_those_that_the_layers_return(make_model, text, chunk):
    model, ids = make_model(dropout=0.5, copy=True, layer_norm=True), text.data[:600].view(2, 300)
    model.train()  # which is to change nothing
    cells = cell_states(model, ids, chunk)
    assert cells.shape == (2, 300, 24)
    for length in (1, 2, 50, 300):
        _, state = model(ids[:, :length].long())
        expected = torch.cat([c[0] for _, c in state.layers], dim=1).tanh()  # (2, 24)
        close(cells[:, length - 1], expected)


def test_cell_states_of_a_closed_output_gate_are_numbers(make_model, text):
    model = make_model().float()
    with torch.no_grad():
        model.layers[0].bias_ih_l0[36:] = -500  # the output gate's
    assert cell_states(model, text.data[None, :50]).isfinite().all()


def test_correlations_are_pearsons():
    values = torch.randn(50, 3, generator=torch.Generator().manual_seed(1))
    target = torch.arange(50)
    values[:, 2] = 7.0
    found = correlations(values, target)
    columns = torch.stack([values[:, 0], values[:, 1], target.float()])
    close(found[:2], torch.corrcoef(columns)[2, :2])
    assert found[2] == 0 and correlations(values, torch.ones(50)).tolist() == [0, 0, 0]


@pytest.mark.parametrize("copy", [False, True], ids=["plain", "copy"])
def test_attention_gives_the_predictions_of_the_network(make_model, text, copy):
    model, ids = make_model(copy=copy, memory=20), text.data[:200].view(2, 100)
    weights = attention(model.train(), ids)  # (2, 100, 101)
    close(weights.sum(2), torch.ones(2, 100))
    h, _ = model.run_layers(ids.long(), None)  # (2, 100, 12)
    p = weights[..., :1] * model.linear(h).softmax(-1)  # (2, 100, vocab_size)
    p = p.scatter_add(2, ids.long()[:, None].expand(-1, 100, -1), weights[..., 1:].to(p))
    expected, _ = model(ids.long())
    close(p.log().float(), expected.log_softmax(-1).float())
    assert (weights[0, 50, 1:32] == 0).all() and bool(weights[0, 50, 32:52].any()) is copy


def test_a_passage_begins_after_a_blank_line_and_has_whole_lines():
    text = "a line of text\n" * 120 + "\n" + "another line\n" * 200
    first = passage(text, 100)
    assert text[first] == "another line\n" * 7
    assert text[passage(text, 100, first.stop)] == "another line\n" * 7


@pytest.mark.parametrize("text", ["word " * 50, "no break " * 500, "\n\n" * 300])
def test_a_passage_of_any_text_is_inside_it(text: str):
    for start in (None, len(text)):
        part = passage(text, 100, start)
        assert 0 <= part.start <= part.stop <= len(text) and part.stop - part.start <= 100
    assert text[passage(text, 100)]
