"""Look inside a trained network: what its cells remember, and how far back it looks."""

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from shakespeare.data import ShakespeareDataset
from shakespeare.evaluation import indices_for
from shakespeare.model import CharLSTM, CopyLSTM


@torch.no_grad()
def losses_by_context(
    model: CharLSTM, part: ShakespeareDataset, lengths: Iterable[int], targets: Tensor
) -> tuple[Tensor, Tensor]:
    """Losses in nats at the places `targets` after contexts of several lengths, from a zero state.

    Two tensors (lengths, places): the model's loss, and the loss of its writing alone, as if it
    never copied. Each row of targets (blocks, block) holds neighbours, which share windows: so a
    context may be up to an eighth longer than its length says. Every place needs the longest
    context before it.
    """
    data, block, found = indices_for(model, part), targets.shape[1], []
    model.eval()
    for length in lengths:
        step = min(block, 1 << max(0, (length // 8).bit_length() - 1))  # predictions per window
        first = targets[:, ::step].flatten()  # (windows,)
        windows = data[first[:, None] + torch.arange(-length, step)]  # (windows, length + step)
        both = []
        for some in windows.split(max(1, (1 << 15) // (length + step))):
            ids, true = some[:, :-1], some[:, -step:]  # (batch, read), (batch, step)
            h, _ = model.run_layers(ids, None)  # (batch, read, hidden_size)
            written = logits = model.linear(h[:, -step:])  # (batch, step, vocab_size)
            if isinstance(model, CopyLSTM):  # its forward would copy at every place, not just here
                keys = model.copy_head.key(F.pad(h[:, :-1], (0, 0, 1, 0)))
                logits = model.copy_head(h[:, -step:], keys, ids, logits, model.memory)
            each = [F.cross_entropy(z.mT, true, reduction="none") for z in (logits, written)]
            both.append(torch.stack(each).flatten(1).cpu())  # (2, batch x step)
        found.append(torch.cat(both, dim=1))  # (2, places), in the order of targets
    losses, written_losses = torch.stack(found, dim=1)  # each (lengths, places)
    return losses, written_losses


@torch.no_grad()
def cell_states(model: CharLSTM, ids: Tensor, chunk: int = 1024) -> Tensor:
    """tanh(c) of all cells after each of ids (texts, characters): (texts, characters, cells).

    One pass from a zero state; the cells are those of all layers. `torch.nn.LSTM` does not return
    its c at each step, but h = o tanh(c) reveals it. `chunk` only limits the memory.
    """
    model.eval()
    found: list[Tensor] = []
    states: list[Any] = [None] * len(model.layers)
    for piece in ids.long().to(model.device).split(chunk, dim=1):
        x, cells = model.embedding(piece), []  # (texts, chunk, embedding_size)
        for k, layer in enumerate(model.layers):
            h, state = layer(x, states[k])  # (texts, chunk, hidden_size)
            before = F.pad(h[:, :-1], (0, 0, 1, 0))  # (texts, chunk, hidden_size): one step late
            if states[k]:
                before[:, 0] = states[k][0][0]  # (texts, hidden_size)
            w_ih, w_hh, b_ih, b_hh = (w.chunk(4)[3] for w in layer.parameters())  # of i, f, g, o
            o = torch.sigmoid(F.linear(x, w_ih, b_ih) + F.linear(before, w_hh, b_hh))
            cells.append((h / o.clamp_min(1e-30)).cpu())
            x, states[k] = h, state
        found.append(torch.cat(cells, dim=2))
    return torch.cat(found, dim=1)


def correlations(values: Tensor, target: Tensor) -> Tensor:
    """Pearson's correlation of target (places,) with each column of values (places, columns).

    A constant has correlation 0.
    """
    target = target.to(values)
    x, y = values - values.mean(0), target - target.mean()
    return y @ x / (x.norm(dim=0) * y.norm()).clamp_min(1e-12)


def areas(values: Tensor, yes: Tensor) -> Tensor:
    """Area under the ROC curve of each column of values (places, columns) for yes (places,), bool.

    How often the value at a place with `yes` is above the value at one without; ties count half.
    """
    there = values[yes].T.contiguous()  # (columns, places with yes)
    elsewhere = values[~yes].T.contiguous().sort(dim=1).values  # (columns, other places)
    below = torch.searchsorted(elsewhere, there) + torch.searchsorted(elsewhere, there, right=True)
    return below.double().mean(1) / (2 * elsewhere.shape[1])
