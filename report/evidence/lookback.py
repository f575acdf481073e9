"""How far back a network looks: its losses after contexts of several lengths."""

import math
from collections.abc import Iterable

import torch
from torch import Tensor

from shakespeare.beyond.copying import CopyLSTM
from shakespeare.data import Corpus
from shakespeare.evaluation import ids_for
from study.copying import last_losses

BLOCK = 32  # neighbouring characters whose losses by context are measured together


def bits_by_context(
    network: CopyLSTM, ids: Tensor, start: int, lengths: Iterable[int]
) -> tuple[list[float], list[float]]:
    """The surprise at ids[start:] together, in bits, after contexts of several lengths before it.

    The second list is without copies. A state is empty where a context begins.
    """
    bits = []
    bits_without_copies = []
    for length in lengths:
        window = ids[None, start - length :]  # (1, length + letters)
        with_copies, without = last_losses(network, window, len(ids) - start)
        bits.append(with_copies.sum().item() / math.log(2))
        bits_without_copies.append(without.sum().item() / math.log(2))
    return bits, bits_without_copies


def spread(part: Corpus, longest: int, blocks: int) -> Tensor:
    """Positions (blocks, BLOCK) of neighbours all over `part`, with `longest` characters before.

    There are fewer blocks where more would overlap.
    """
    last_start = len(part.ids) - BLOCK
    most = (last_start - longest) // BLOCK + 1
    starts = torch.linspace(longest, last_start, min(blocks, most)).long()  # (blocks,)
    return starts[:, None] + torch.arange(BLOCK)


def losses_by_context(
    network: CopyLSTM, part: Corpus, lengths: Iterable[int], positions: Tensor
) -> tuple[Tensor, Tensor]:
    """Losses in nats of characters of `part`, each read after contexts of several lengths.

    `positions` (blocks, BLOCK) are those of the characters, each row a run of neighbours; every
    one needs the longest context before it. The lengths are powers of two. Returns the network's
    losses and its losses without copies, (lengths, positions) each. A state is empty where a
    context begins.

    To save time, `count` neighbours share a window, so a context may be up to an eighth longer.
    With a length of 16, two of them do:

        first - 16   first - 15   ...   first - 1   first   first + 1
        [      a context of 16 characters       ]   predicted
        [          a context of 17 characters          ]    predicted
    """
    ids = ids_for(network, part)  # (characters,)
    losses = []
    losses_without_copies = []
    for length in lengths:
        count = max(1, min(length // 8, BLOCK))
        # The first that each window predicts: every `count`-th of a block.
        first = positions[:, ::count].flatten()  # (windows,)
        from_first = torch.arange(-length, count)  # (length + count,)
        windows = ids[first[:, None] + from_first]  # (windows, length + count)
        rows = max(1, 32_768 // (length + count))  # bounds the memory
        for some in windows.split(rows):
            with_copies, without = last_losses(network, some, count)  # (rows, count)
            losses.append(with_copies.flatten())
            losses_without_copies.append(without.flatten())
    shape = (-1, positions.numel())
    return torch.cat(losses).view(shape), torch.cat(losses_without_copies).view(shape)
