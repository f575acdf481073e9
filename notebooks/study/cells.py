"""Look inside a trained network: what its cells remember, and what it copies."""

import copy
import re
from collections.abc import Iterable
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from shakespeare.beyond.copying import CopyLSTM
from shakespeare.beyond.norm_dropout import NormDropoutLSTM
from shakespeare.beyond.renaming import HEADING
from shakespeare.data import Split
from shakespeare.model import CharLSTM

from .lstm_cell import LSTMCell
from .novelty import WORD


def with_copy_head(network: CharLSTM) -> CopyLSTM:
    """The network itself, or for one without a copy head the same with a head that never copies."""
    if isinstance(network, CopyLSTM):
        return network
    changed = CopyLSTM(**network.config(), copy_size=1, memory=1)
    changed.load_state_dict(network.state_dict(), strict=False)  # the head has no weights yet
    never_copy(changed)
    changed.facts = network.facts
    return changed.eval()


def never_copy(network: CopyLSTM) -> None:
    """Give all weight of its copy head to writing."""
    nn.init.constant_(network.copy_head.write.bias, 1e4)  # the score for writing
    network.memory = 1  # what isn't copied needn't be kept


# --- gates and cell states ---


def without_copies(network: Any) -> Any:
    """The network with its copy head switched off: all of the probability goes to writing."""
    changed = copy.deepcopy(network)
    if isinstance(changed, CopyLSTM):
        never_copy(changed)
    return changed


def own_cell(lstm: Any) -> LSTMCell:
    """A cell with the weights of a layer."""
    cell = LSTMCell(lstm.input_size, lstm.hidden_size).to(lstm.weight_ih_l0.dtype)
    weights = torch.cat([lstm.weight_ih_l0, lstm.weight_hh_l0], dim=1)  # (4 H, I + H)
    biases = lstm.bias_ih_l0 + lstm.bias_hh_l0  # (4 H,)
    linears = (cell.input, cell.forget, cell.candidate, cell.output)
    for linear, weight, bias in zip(linears, weights.chunk(4), biases.chunk(4), strict=True):
        linear.weight.data.copy_(weight)
        linear.bias.data.copy_(bias)
    return cell


Gates = dict[str, Tensor]  # i, f, g, o, c and h at each step, (texts, time, hidden_size) each


@torch.no_grad()
def gates_of(layer: Any, x: Tensor) -> Gates:
    """The gates and states i, f, g, o, c and h while a layer reads x (texts, time, input_size).

    PyTorch returns h at each step, but of c only the last, and no gate. So we compute them from
    the layer's weights.
    """
    h, _ = layer(x)  # (texts, time, hidden_size), after each step
    zeros = torch.zeros_like(h[:, :1])
    h_before = torch.cat([zeros, h[:, :-1]], dim=1)  # what each step reads

    w_x, w_h, b_x, b_h = layer.parameters()
    z = F.linear(x, w_x, b_x) + F.linear(h_before, w_h, b_h)  # (texts, time, 4 hidden_size)
    z_i, z_f, z_g, z_o = z.chunk(4, dim=2)  # (texts, time, hidden_size) each, in PyTorch's order
    i, f, g, o = z_i.sigmoid(), z_f.sigmoid(), z_g.tanh(), z_o.sigmoid()

    c = zeros[:, 0]  # (texts, hidden_size)
    cell_states = []
    for t in range(x.shape[1]):
        c = f[:, t] * c + i[:, t] * g[:, t]
        cell_states.append(c)
    return {"i": i, "f": f, "g": g, "o": o, "c": torch.stack(cell_states, dim=1), "h": h}


@torch.no_grad()
def gates_of_layers(network: NormDropoutLSTM, ids: Tensor) -> list[Gates]:
    """The gates and states of each layer while the network reads ids (texts, time)."""
    of_layers = []
    x = network.embedding(ids)  # (texts, time, embedding_size)
    for layer, norm in zip(network.layers, network.norms, strict=True):
        gates = gates_of(layer, x)
        of_layers.append(gates)
        x = norm(gates["h"])  # (texts, time, hidden_size): what the next layer reads
    return of_layers


def cell_states(network: NormDropoutLSTM, ids: Tensor) -> Tensor:
    """tanh(c) of the cells of all layers, (texts, time, cells), after each of ids (texts, time)."""
    of_layers = [gates["c"].tanh() for gates in gates_of_layers(network, ids)]
    return torch.cat(of_layers, dim=2)


# --- the search for cells that follow the layout of the text ---


def since(mark: str, text: str) -> Tensor:
    """For each character, how many characters ago the mark last ended, (characters,).

    `mark` is a regular expression. Before the first mark we count from the first character.
    """
    last = torch.zeros(len(text), dtype=torch.long)  # where it last ended, for each character
    for match in re.finditer(mark, text):
        last[match.end() - 1 :] = match.end() - 1
    return torch.arange(len(text)) - last


def inside(pattern: str | re.Pattern[str], text: str) -> Tensor:
    """For each character, whether it is part of a match of the pattern, (characters,)."""
    is_inside = torch.zeros(len(text), dtype=torch.bool)
    for match in re.finditer(pattern, text):
        is_inside[match.start() : match.end()] = True
    return is_inside


def targets(text: str) -> dict[str, Tensor]:
    """What a cell could follow, by name: a value for each character, (characters,)."""
    return {
        "characters since the line break": since(r"\n", text),
        "inside a speaker heading": inside(HEADING, text),
        "characters since the blank line": since(r"\n\n", text),
        "characters since the sentence ended": since(r"[.!?]", text),
        "inside a word": inside(WORD, text),
    }


def correlations(values: Tensor, target: Tensor) -> Tensor:
    """Pearson's correlation of target (characters,) with each column of values, (columns,).

    `values` are (characters, columns). For a column or target that is constant it is 0.
    """
    target = target.to(values)
    x = values - values.mean(0)  # (characters, columns)
    y = target - target.mean()  # (characters,)
    products = y @ x  # (columns,): sums over the characters
    return products / (x.norm(dim=0) * y.norm()).clamp_min(1e-12)


Scores = dict[str, tuple[Tensor, Tensor]]  # by target, of each cell: (cells,) in both halves


def cell_scores(network: NormDropoutLSTM, split: Split, characters: int = 20_000) -> Scores:
    """For each target, its correlation with tanh(c) of each cell, counted through all layers.

    It is (cells,), first in the validation half and then in the test half. We read the first
    `characters` of each half.
    """
    length = min(characters, len(split.validation.ids))
    validation = split.validation.ids[:length]
    test = split.test.ids[:length]
    states, test_states = cell_states(network, torch.stack([validation, test]).long())
    test_targets = targets(split.whole.decode(test))
    scores = {}
    for name, target in targets(split.whole.decode(validation)).items():
        on_validation = correlations(states, target)  # (cells,), from (characters, cells)
        scores[name] = (on_validation, correlations(test_states, test_targets[name]))
    return scores


def choose_cells(scores: Scores) -> dict[str, dict[str, Any]]:
    """The cell that follows each target best: {target: {"cell", "chosen", "score"}}.

    "chosen" is the absolute correlation by which the cell was chosen, in the validation half;
    "score" is the correlation of the same cell in the test half, with the sign that it had before.
    """
    best = {}
    for name, (on_validation, on_test) in scores.items():
        cell = int(on_validation.abs().argmax())
        chosen = float(on_validation[cell].abs())
        score = float(on_test[cell] * on_validation[cell].sign())
        best[name] = {"cell": cell, "chosen": chosen, "score": score}
    return best


def hold_at_zero(network: Any, cells: Iterable[int]) -> Any:
    """A copy of the network in which these cells, counted through all layers, stay at zero.

    A cell starts at zero, and stays there if its candidate is zero: then nothing is written.
    """
    changed = copy.deepcopy(network)
    size = changed.hidden_size
    with torch.no_grad():
        for cell in cells:
            layer = changed.layers[cell // size]
            for weight in layer.parameters():  # two matrices and two biases
                # Views of the weight, hidden_size rows each, of i, f, g, o.
                _, _, candidate, _ = weight.chunk(4)
                candidate[cell % size] = 0
    return changed


# --- copies ---


class CopiedPassage(NamedTuple):
    """`length` characters from `start` on, copied from as many from `source` on."""

    start: int
    source: int
    length: int


def copied_passages(copies: Tensor) -> list[CopiedPassage]:
    """Three or more characters in a row that were copied in the order of an earlier passage.

    `copies` (characters, characters) has a row for each character, with the weight that the head
    gave to copying it from each character; it is copied where that is a quarter or more. Pieces
    from the same passage with one or two characters between them are one.
    """
    passages = []
    for distance in range(1, len(copies)):
        weights = copies.diagonal(-distance).tolist()  # of copying from so many characters before
        marks = "".join("+" if weight >= 0.25 else "-" for weight in weights)
        for match in re.finditer(r"\+{3,}(-{1,2}\+{3,})*", marks):
            source = match.start()
            passages.append(CopiedPassage(source + distance, source, len(match[0])))
    return sorted(passages)


def copied_within(copies: Tensor, around: slice) -> list[CopiedPassage]:
    """Those that begin in a part of the text, by positions in it: sources before it are below 0."""
    first = around.start
    return [
        CopiedPassage(each.start - first, each.source - first, each.length)
        for each in copied_passages(copies)
        if each.start >= first
    ]
