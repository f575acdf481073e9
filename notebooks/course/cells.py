"""Look inside a trained network: what its cells remember, what it copies, how far it looks."""

import re
from collections.abc import Iterable
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from shakespeare.beyond.copying import CopyLSTM
from shakespeare.beyond.strong import StrongLSTM
from shakespeare.data import HEADING, Corpus, Split
from shakespeare.evaluation import ids_for


def passage(text: str, length: int, start: int | None = None) -> slice:
    """About `length` characters from `start`, or from a blank line near 1,000; whole lines."""
    if start is None:
        skip = min(1000, len(text) // 4)
        blank_line = text.find("\n\n", skip, 2 * skip)
        start = skip if blank_line == -1 else blank_line + 2
    stop = min(start + length, len(text))
    line_break = text.rfind("\n", start + length // 2, stop)
    if line_break != -1:
        stop = line_break + 1
    return slice(start, stop)


# --- gates and cell states ---


class Gates(NamedTuple):
    """What happens in a layer at each step, each (texts, time, hidden_size)."""

    i: Tensor
    f: Tensor
    g: Tensor
    o: Tensor
    c: Tensor
    h: Tensor


@torch.no_grad()
def gates_of(layer: nn.LSTM, x: Tensor, before: Gates | None = None) -> Gates:
    """The gates and states while a layer reads x (texts, time, input_size).

    PyTorch returns h at each step, but of c only the last, and no gate. So we compute them from
    the layer's weights. `before` is what this function returned for the text before x.
    """
    if before is None:
        h_before = x.new_zeros(len(x), layer.hidden_size)
        c = x.new_zeros(len(x), layer.hidden_size)
    else:
        h_before = before.h[:, -1]  # (texts, hidden_size)
        c = before.c[:, -1]
    h, _ = layer(x, (h_before[None], c[None]))  # (texts, time, hidden_size)
    old_h = torch.cat([h_before[:, None], h[:, :-1]], dim=1)  # that of the step before

    w_x, w_h, b_x, b_h = layer.parameters()
    z = F.linear(x, w_x, b_x) + F.linear(old_h, w_h, b_h)  # (texts, time, 4 hidden_size)
    z_i, z_f, z_g, z_o = z.chunk(4, dim=2)  # (texts, time, hidden_size) each, in PyTorch's order
    i = torch.sigmoid(z_i)
    f = torch.sigmoid(z_f)
    g = torch.tanh(z_g)
    o = torch.sigmoid(z_o)

    written = i * g
    cell_states = []
    for t in range(x.shape[1]):
        c = f[:, t] * c + written[:, t]  # (texts, hidden_size)
        cell_states.append(c)
    return Gates(i, f, g, o, torch.stack(cell_states, dim=1), h)


@torch.no_grad()
def gates_of_layers(network: Any, ids: Tensor, before: list[Gates] | None = None) -> list[Gates]:
    """The gates and states of each layer while the network reads ids (texts, time).

    `before` is what this function returned for the text before ids.
    """
    network.eval()
    x = network.embedding(ids.long().to(network.device))  # (texts, time, embedding_size)
    found = []
    for k, layer in enumerate(network.layers):
        gates = gates_of(layer, x, None if before is None else before[k])
        found.append(gates)
        x = gates.h  # (texts, time, hidden_size)
        if isinstance(network, StrongLSTM):
            x = network.norms[k](x)
    return found


def cell_states(network: Any, ids: Tensor, chunk: int = 1024) -> Tensor:
    """tanh(c) of the cells of all layers, (texts, time, cells), after each of ids (texts, time).

    The texts are read in chunks, which only bounds the memory that it takes.
    """
    found = []
    gates = None
    for part in ids.split(chunk, dim=1):  # (texts, chunk)
        gates = gates_of_layers(network, part, gates)
        of_layers = [layer.c.tanh() for layer in gates]  # (texts, chunk, hidden_size) each
        found.append(torch.cat(of_layers, dim=2).cpu())
    return torch.cat(found, dim=1)


# --- the search for cells that follow the layout of the text ---


def since(mark: str, text: str) -> Tensor:
    """For each character, how many characters ago the mark last ended, (characters,).

    `mark` is a regular expression. Before the first mark we count from the first character.
    """
    ends = {match.end() for match in re.finditer(mark, text)}
    counts = []
    count = 0
    for position in range(len(text)):
        if position + 1 in ends:  # this character is the mark's last
            count = 0
        counts.append(count)
        count += 1
    return torch.tensor(counts)


def inside(pattern: str | re.Pattern[str], text: str) -> Tensor:
    """For each character, whether it is part of a match of the pattern, (characters,)."""
    found = torch.zeros(len(text), dtype=torch.bool)
    for match in re.finditer(pattern, text):
        found[match.start() : match.end()] = True
    return found


def targets(text: str) -> dict[str, Tensor]:
    """What a cell could follow, by name: a number for each character, (characters,)."""
    return {
        "characters since the line break": since(r"\n", text),
        "inside a speaker heading": inside(HEADING, text),
        "characters since the blank line": since(r"\n\n", text),
        "characters since the sentence ended": since(r"[.!?]", text),
        "inside a word": inside(r"[^\W\d_]+", text),
        "inside quotation marks": inside(r"[\"“„«].+?[\"“”»]", text),
    }


def varies(target: Tensor) -> bool:
    """Whether a target is zero for at least 20 characters, and not zero for at least 20."""
    count = int((target > 0).sum())
    return 20 <= count <= len(target) - 20


def correlations(values: Tensor, target: Tensor) -> Tensor:
    """Pearson's correlation of target (characters,) with each column of values, (columns,).

    `values` are (characters, columns). For a column or target that is constant it is 0.
    """
    target = target.to(values)
    x = values - values.mean(0)  # (characters, columns)
    y = target - target.mean()  # (characters,)
    return y @ x / (x.norm(dim=0) * y.norm()).clamp_min(1e-12)


def best_cells(network: Any, split: Split, characters: int = 20_000) -> dict[str, dict[str, Any]]:
    """The cell that follows each target best: {target: {"cell", "chosen", "score"}}.

    Cells are counted through all layers. "chosen" is the absolute correlation by which the cell
    was chosen, in the first `characters` of the validation half; "score" is the correlation of
    the same cell, with the sign that it had there, in the first of the test half. A target that
    hardly varies in one of the halves is left out.
    """
    length = min(characters, len(split.validation.ids))
    validation = split.validation.ids[:length]
    test = split.test.ids[:length]
    validation_targets = targets(split.validation.decode(validation))
    test_targets = targets(split.test.decode(test))
    # tanh(c) in both halves, (characters, cells) each
    validation_cells, test_cells = cell_states(network, torch.stack([validation, test]))

    best = {}
    for name, target in validation_targets.items():
        if not varies(target) or not varies(test_targets[name]):
            continue
        by_cell = correlations(validation_cells, target)  # (cells,)
        cell = int(by_cell.abs().argmax())
        on_test = correlations(test_cells, test_targets[name])  # (cells,)
        score = on_test[cell] * by_cell[cell].sign()
        best[name] = {"cell": cell, "chosen": float(by_cell[cell].abs()), "score": float(score)}
    return best


# --- copies ---


def keys_for(network: CopyLSTM, h: Tensor) -> Tensor:
    """The key of each character, from the top layer's states h (texts, time, hidden_size) after it.

    A character's key is the state before it; before the first one, that is zero.
    """
    before = F.pad(h[:, :-1], (0, 0, 1, 0))  # (texts, time, hidden_size): a step late
    return network.copy_head.key(before)  # (texts, time, copy_size)


@torch.no_grad()
def attention(network: Any, ids: Tensor) -> Tensor:
    """Weights (texts, time, 1 + time) after each of ids (texts, time): to write, or to copy each.

    One pass from an empty state. A network without a copy head always writes.
    """
    if not isinstance(network, CopyLSTM):
        texts, time = ids.shape
        write = torch.ones(texts, time, 1)
        copy = torch.zeros(texts, time, time)
        return torch.cat([write, copy], dim=2)
    network.eval()
    h, _ = network.run_layers(ids.long().to(network.device), None)  # (texts, time, hidden_size)
    return network.copy_head.attention(h, keys_for(network, h), network.memory).cpu()


@torch.no_grad()
def last_logits(network: Any, ids: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """Logits after each of the last `count` of ids (texts, time), with and without copies.

    Both are (texts, count, vocab_size), from one pass with an empty state. `network.forward` would
    give the first of them, but it copies at every position, which takes much longer.
    """
    network.eval()
    if not isinstance(network, CopyLSTM):
        logits, _ = network(ids)  # (texts, time, vocab_size)
        last = logits[:, -count:]
        return last, last
    h, _ = network.run_layers(ids, None)  # (texts, time, hidden_size)
    last_h = h[:, -count:]  # (texts, count, hidden_size)
    written = network.linear(last_h)  # (texts, count, vocab_size)
    logits = network.copy_head(last_h, keys_for(network, h), ids, written, network.memory)
    return logits, written


def losses_by_context(
    network: Any, part: Corpus, lengths: Iterable[int], positions: Tensor
) -> tuple[Tensor, Tensor]:
    """Losses in nats of characters of `part`, each read after contexts of several lengths.

    `positions` (blocks, block) are those of the characters, each row a run of neighbours; every
    one needs the longest context before it. Returns (lengths, positions) twice: the network's
    losses, and its losses without copies. A state is empty where a context begins.

    To save time, neighbours share a window, so a context may be up to an eighth longer.
    """
    ids = ids_for(network, part)  # (characters,)
    losses = []
    losses_without_copies = []
    for length in lengths:
        count = predictions_in_window(length, positions.shape[1])
        first = positions[:, ::count].flatten()  # (windows,): the first that each predicts
        offsets = torch.arange(-length, count)  # (length + count,): from there
        windows = ids[first[:, None] + offsets]  # (windows, length + count)
        rows = max(1, 32_768 // (length + count))  # bounds the memory
        for some in windows.split(rows):
            logits, written = last_logits(network, some[:, :-1], count)
            true = some[:, -count:]  # (rows, count)
            losses.append(F.cross_entropy(logits.mT, true, reduction="none").flatten().cpu())
            without = F.cross_entropy(written.mT, true, reduction="none").flatten().cpu()
            losses_without_copies.append(without)
    shape = (-1, positions.numel())
    return torch.cat(losses).view(shape), torch.cat(losses_without_copies).view(shape)


def predictions_in_window(length: int, block: int) -> int:
    """The largest power of two up to an eighth of the context's length; from 1 to `block`."""
    count = 1
    while 2 * count <= min(length // 8, block):
        count *= 2
    return count
