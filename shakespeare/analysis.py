"""What a trained network does: what its cells remember, how far back it looks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from .data import ShakespeareDataset
from .evaluation import indices_for
from .files import InputError, whole
from .model import CharLSTM


@torch.no_grad()
def losses_by_context(
    model: CharLSTM, part: ShakespeareDataset, lengths: Iterable[int], targets: Tensor
) -> tuple[Tensor, Tensor]:
    """Losses in nats at the places `targets` after contexts of several lengths, each read from a zero state.

    Two tensors (lengths, places): the model's loss, and that of its writing alone, as if it never copied. Each row of
    targets (blocks, block) holds neighbours, which share windows: so a context may be up to an eighth longer than its
    length says. Raises InputError when a place has fewer characters before it.
    """
    data, block, found = indices_for(model, part), targets.shape[1], []
    model.eval()
    for length in lengths:
        whole("a length of lengths", length)
        if length > targets.min():
            raise InputError(
                f"A place in {part.name} has only {int(targets.min()):,} characters before it, not {length:,}: "
                "choose shorter contexts or later places."
            )
        step = min(block, 1 << max(0, (length // 8).bit_length() - 1))  # characters predicted in a window
        first = targets[:, ::step].flatten()  # (windows,)
        windows = data[first[:, None] + torch.arange(-length, step)]  # (windows, length + step)
        both = []
        for some in windows.split(max(1, (1 << 15) // (length + step))):
            ids, true = some[:, :-1], some[:, -step:]  # (batch, read), (batch, step)
            h = model.embedding(ids)  # (batch, read, embedding_size)
            for layer in model.layers:
                h, _ = layer(h)  # (batch, read, hidden_size)
            logits = model.linear(h[:, -step:])  # (batch, step, vocab_size)
            written = F.cross_entropy(logits.transpose(1, 2), true, reduction="none")  # (batch, step)
            if model.copy_head:  # asked at the end of the window alone
                keys = model.copy_head.key(F.pad(h[:, :-1], (0, 0, 1, 0)))  # (batch, read, copy_size)
                logits = model.copy_head(h[:, -step:], keys, ids, logits)  # (batch, step, vocab_size)
            either = F.cross_entropy(logits.transpose(1, 2), true, reduction="none")  # (batch, step)
            both.append(torch.stack([either, written]).flatten(1).cpu())  # (2, batch x step)
        found.append(torch.cat(both, dim=1))  # (2, places), in the order of targets
    losses, written = torch.stack(found, dim=1)  # each (lengths, places)
    return losses, written


@torch.no_grad()
def cell_states(model: CharLSTM, ids: Tensor, chunk: int = 1024) -> Tensor:
    """tanh(c) of all cells after each of ids (texts, characters): (texts, characters, layers x hidden_size).

    One pass from a zero state. `torch.nn.LSTM` keeps its c to itself, but h = o tanh(c) gives it away.
    """
    whole("chunk", chunk)
    model.eval()
    found: list[Tensor] = []
    states: list[Any] = [None] * len(model.layers)
    for piece in ids.long().to(model.device).split(chunk, dim=1):
        x, cells = model.embedding(piece), []  # (texts, chunk, embedding_size)
        for k, layer in enumerate(model.layers):
            w_ih, w_hh, b_ih, b_hh = (weight.chunk(4)[3] for weight in layer.parameters())  # i, f, g, o: the last
            h, state = layer(x, states[k])  # (texts, chunk, hidden_size)
            before = F.pad(h[:, :-1], (0, 0, 1, 0))  # (texts, chunk, hidden_size): one step late
            if states[k]:
                before[:, 0] = states[k][0][0]  # (texts, hidden_size)
            o = torch.sigmoid(F.linear(x, w_ih, b_ih) + F.linear(before, w_hh, b_hh))
            cells.append((h / o.clamp_min(1e-30)).cpu())
            x, states[k] = h, state
        found.append(torch.cat(cells, dim=2))
    return torch.cat(found, dim=1)


def correlations(values: Tensor, target: Tensor) -> Tensor:
    """Pearson's correlation of each column of values (places, columns) with target (places,); 0 if it is constant."""
    target = target.to(values)
    x, y = values - values.mean(0), target - target.mean()
    return y @ x / (x.norm(dim=0) * y.norm()).clamp_min(1e-12)


def areas(values: Tensor, yes: Tensor) -> Tensor:
    """Area under the ROC curve of each column of values (places, columns) for yes (places,), a tensor of bool.

    How often the value at a place where `yes` holds is above that at one where it does not; a draw counts one half.
    """
    there = values[yes].T.contiguous()  # (columns, places with yes)
    elsewhere = values[~yes].T.contiguous().sort(dim=1).values  # (columns, other places)
    below = torch.searchsorted(elsewhere, there) + torch.searchsorted(elsewhere, there, right=True)
    return below.double().mean(1) / (2 * elsewhere.shape[1])
