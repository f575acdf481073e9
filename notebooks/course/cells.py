"""Look inside a trained network: what its cells remember, what it copies, how far it looks."""

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from shakespeare.data import ShakespeareDataset
from shakespeare.evaluation import indices_for
from shakespeare.model import CharLSTM, CopyLSTM


def passage(text: str, length: int, start: int | None = None) -> slice:
    """About `length` characters from `start`, or from a blank line near 1,000; whole lines."""
    if start is None:
        skip = min(1000, len(text) // 4)
        start = max(skip, text.find("\n\n", skip, 2 * skip) + 2)
    stop = min(start + length, len(text))
    return slice(start, text.rfind("\n", start + length // 2, stop) + 1 or stop)


def correlations(values: Tensor, target: Tensor) -> Tensor:
    """Pearson's correlation of target (places,) with each column of values (places, columns)."""
    x, y = values - values.mean(0), target.to(values) - target.to(values).mean()
    return y @ x / (x.norm(dim=0) * y.norm()).clamp_min(1e-12)  # 0 for a constant


@torch.no_grad()
def cell_states(model: CharLSTM, ids: Tensor, chunk: int = 1024) -> Tensor:
    """tanh(c) of the cells of all layers, (texts, characters, cells), after each of ids.

    One pass from a zero state over ids (texts, characters). `torch.nn.LSTM` does not return its c
    at each step, but h = o tanh(c) reveals it. `chunk` only limits the memory.
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
            x, states[k] = model.norms[k](h), state
        found.append(torch.cat(cells, dim=2))
    return torch.cat(found, dim=1)


@torch.no_grad()
def attention(model: CharLSTM, ids: Tensor) -> Tensor:
    """Weights (texts, characters, 1 + characters) after each of ids: to write, or to copy each.

    One pass from a zero state over ids (texts, characters). A plain CharLSTM always writes.
    """
    h, _ = model.eval().run_layers(ids.long().to(model.device), None)
    if not isinstance(model, CopyLSTM):
        return F.pad(torch.zeros(*ids.shape, ids.shape[1]), (1, 0), value=1)
    before = F.pad(h[:, :-1], (0, 0, 1, 0))  # (texts, characters, hidden_size): one step late
    return model.copy_head.attention(h, model.copy_head.key(before), model.hparams["memory"]).cpu()


@torch.no_grad()
def losses_by_context(
    model: CharLSTM, part: ShakespeareDataset, lengths: Iterable[int], targets: Tensor
) -> tuple[Tensor, Tensor]:
    """Losses in nats at the places `targets` after contexts of several lengths, from a zero state.

    Two tensors (lengths, places): the model's loss, and its loss without copies. Each row of
    targets (blocks, block) holds neighbours, which share windows, so a context may be up to an
    eighth longer than stated. Every place needs the longest context before it.
    """
    data, block, found = indices_for(model, part), targets.shape[1], []
    for length in lengths:
        step = min(block, 1 << max(0, (length // 8).bit_length() - 1))  # predictions per window
        first = targets[:, ::step].flatten()  # (windows,)
        windows = data[first[:, None] + torch.arange(-length, step)]  # (windows, length + step)
        both = []
        for some in windows.split(max(1, (1 << 15) // (length + step))):
            ids, true = some[:, :-1], some[:, -step:]  # (batch, read), (batch, step)
            h, _ = model.eval().run_layers(ids, None)  # (batch, read, hidden_size)
            written = logits = model.linear(h[:, -step:])  # (batch, step, vocab_size)
            if isinstance(model, CopyLSTM):  # its forward would copy at every place, not just here
                keys = model.copy_head.key(F.pad(h[:, :-1], (0, 0, 1, 0)))
                logits = model.copy_head(h[:, -step:], keys, ids, logits, model.hparams["memory"])
            each = [F.cross_entropy(z.mT, true, reduction="none") for z in (logits, written)]
            both.append(torch.stack(each).flatten(1).cpu())  # (2, batch x step)
        found.append(torch.cat(both, dim=1))  # (2, places), in the order of targets
    losses, written_losses = torch.stack(found, dim=1)  # each (lengths, places)
    return losses, written_losses
