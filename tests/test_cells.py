"""Cells and contexts, against slow code that is plainly right."""

import math

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from shakespeare.beyond.copying import CopyLSTM, copies_before
from shakespeare.beyond.norm_dropout import NormDropoutLSTM
from shakespeare.beyond.renaming import HEADING
from shakespeare.evaluation import carried_predictions
from shakespeare.model import CharLSTM
from study.cells import (
    CopiedPassage,
    cell_scores,
    cell_states,
    choose_cells,
    copied_passages,
    copied_within,
    gates_of,
    hold_at_zero,
    inside,
    own_cell,
    since,
    targets,
    with_copy_head,
    without_copies,
)

KINDS = pytest.mark.parametrize("kind", [CharLSTM, NormDropoutLSTM, CopyLSTM])


def close(found, expected):
    torch.testing.assert_close(torch.as_tensor(found), torch.as_tensor(expected), check_dtype=False)


def options_of(kind: type) -> dict:
    """Options with which a mistake would show."""
    options = {}
    if issubclass(kind, NormDropoutLSTM):
        options |= {"dropout": 0.5, "layer_norm": True}
    if issubclass(kind, CopyLSTM):
        options |= {"memory": 20}
    return options


def test_a_network_without_a_copy_head_gets_one_that_never_copies(make_network, excerpt):
    ids = excerpt.ids[None, :50].long()
    for kind in (CharLSTM, NormDropoutLSTM):
        network = make_network(kind, **options_of(kind)).float()
        logits, _ = with_copy_head(network)(ids)
        close(logits, network(ids)[0].log_softmax(-1).clamp_min(math.log(1e-9)))
    copying = make_network(CopyLSTM)
    assert with_copy_head(copying) is copying


def test_gates_are_those_of_the_six_equations():
    layer = nn.LSTM(3, 5, batch_first=True).double()
    cell = own_cell(layer)
    x = torch.randn(2, 9, 3).double()
    found = gates_of(layer, x)
    h = torch.zeros(2, 5).double()
    c = torch.zeros(2, 5).double()
    for t in range(9):
        f, i, o, g = cell.gates(x[:, t], h)
        h, c = cell(x[:, t], h, c)
        for values, expected in zip(found.values(), (i, f, g, o, c, h), strict=True):
            close(values[:, t], expected)


def test_cell_states_are_those_that_the_layers_return(make_network, excerpt):
    network = make_network(CopyLSTM, **options_of(CopyLSTM)).train()  # which is to change nothing
    ids = excerpt.ids[:600].view(2, 300).long()
    cells = cell_states(network, ids)
    assert cells.shape == (2, 300, 24)
    network.eval()
    for length in (1, 2, 50, 300):
        _, layers = network.hidden(ids[:, :length])
        expected = torch.cat([c[0] for _, c in layers], dim=1).tanh()  # (2, 24)
        close(cells[:, length - 1], expected)


def test_since_and_inside():
    text = "ab\ncd\n\nA B:\nef"
    assert since(r"\n", text).tolist() == [0, 1, 0, 1, 2, 0, 0, 1, 2, 3, 4, 0, 1, 2]
    assert since(r"\n\n", text).tolist() == [0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5, 6, 7]
    in_heading = inside(HEADING, text).nonzero().flatten().tolist()
    assert "".join(text[k] for k in in_heading) == "A B:"
    in_words = inside(r"[^\W\d_]+", text).nonzero().flatten().tolist()
    assert "".join(text[k] for k in in_words) == "abcdABef"
    assert all(len(target) == len(text) for target in targets(text).values())


def test_the_best_cell_is_chosen_on_the_validation_half_and_scored_on_the_test_half(
    make_network, excerpt
):
    network = make_network(NormDropoutLSTM)
    split = excerpt.split()
    best = choose_cells(cell_scores(network, split))
    assert "inside a word" in best
    validation = split.validation
    test = split.test
    for name, found in best.items():
        states = cell_states(network, validation.ids[None].long())[0]  # (characters, cells)
        target = targets(validation.text())[name].double()
        chosen = []
        for cell in range(states.shape[1]):
            chosen.append(float(torch.corrcoef(torch.stack([states[:, cell], target]))[0, 1]))
        cell = max(range(len(chosen)), key=lambda k: abs(chosen[k]))
        states = cell_states(network, test.ids[None].long())[0][:, cell]
        target = targets(test.text())[name].double()
        score = float(torch.corrcoef(torch.stack([states, target]))[0, 1])
        assert found["cell"] == cell
        close(found["chosen"], abs(chosen[cell]))
        close(found["score"], score if chosen[cell] > 0 else -score)


@KINDS
def test_cells_held_at_zero_stay_there_and_only_they_change(make_network, excerpt, kind):
    network = make_network(kind, **options_of(kind))
    before = {name: weight.clone() for name, weight in network.state_dict().items()}
    broken = hold_at_zero(network, [3, 12 + 7])  # cell 3 of layer 1, cell 7 of layer 2

    ids = excerpt.ids[None, :300].long()
    assert (cell_states(with_copy_head(broken), ids)[0][:, [3, 19]] == 0).all()
    assert (cell_states(with_copy_head(network), ids)[0][:, [3, 19]] != 0).all()
    candidates = {"layers.0": 2 * 12 + 3, "layers.1": 2 * 12 + 7}  # rows, of i, f, g, o
    for name, weight in broken.state_dict().items():
        assert torch.equal(network.state_dict()[name], before[name])
        layer = name.rpartition(".")[0]
        if layer in candidates:
            before[name][candidates[layer]] = 0
        assert torch.equal(weight, before[name])


def test_a_run_is_copied_in_order_and_long_enough():
    copies = torch.zeros(12, 12)
    copies[[5, 6, 7], [1, 2, 3]] = torch.tensor([0.9, 0.25, 0.5])
    copies[[6, 7, 8], [0, 1, 2]] = 0.3  # another source of the same characters
    copies[[9, 10], [4, 5]] = 1.0  # too short
    copies[[9, 10, 11], [2, 3, 4]] = torch.tensor([0.3, 0.2, 0.3])  # one weight is too small
    assert copied_passages(copies) == [CopiedPassage(5, 1, 3), CopiedPassage(6, 0, 3)]
    assert copied_within(copies, slice(6, 9)) == [CopiedPassage(0, -6, 3)]


@pytest.mark.parametrize("gap", [1, 2, 3])
def test_pieces_of_a_word_are_one_passage(gap):
    copies = torch.zeros(20, 20)
    copies[[10, 11, 12], [0, 1, 2]] = 1.0
    rest = torch.tensor([3, 4, 5]) + gap
    copies[rest + 10, rest] = 1.0
    pieces = [CopiedPassage(10, 0, 3), CopiedPassage(13 + gap, 3 + gap, 3)]
    assert copied_passages(copies) == (pieces if gap == 3 else [CopiedPassage(10, 0, 6 + gap)])


def test_copies_by_hand_are_those_of_the_attention(make_network, excerpt):
    network = make_network(CopyLSTM, **options_of(CopyLSTM)).float()
    ids = excerpt.ids[:60].long()
    copies = copies_before(network, ids[None])[0]  # (60, 60)
    h, _ = network.hidden(ids[None])
    h_before = F.pad(h[0, :-1], (0, 0, 1, 0))  # (60, 12)
    head = network.copy_head
    for k in (1, 5, 59):
        near = slice(max(0, k - network.memory), k)
        query, keys, write = head.query(h_before[k]), head.key(h_before), head.write(h_before[k])
        scores = keys[near] @ query / len(query) ** 0.5
        shares = torch.cat([write, scores]).softmax(0)  # for writing, for each copy
        close(shares[1:], copies[k, near])


def test_without_copies_nothing_is_copied(make_network, excerpt):
    network = make_network(CopyLSTM).float()
    silent = without_copies(network)
    part = excerpt.slice(0, 300, "part")
    h, _ = network.hidden(part.ids[None, :-1].long())
    only_written = network.linear(h)[0].log_softmax(-1)
    torch.testing.assert_close(carried_predictions(silent, part), only_written.detach())
    assert network.memory == 256
    plain = make_network()
    assert without_copies(plain).config() == plain.config()
