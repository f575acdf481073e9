"""Is a name that returns copied? One experiment over all headings of a text (notebooks 06, 07)."""

import math
import re
from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from shakespeare.beyond.copying import WithCopyHead, keys_for
from shakespeare.beyond.renaming import HEADING
from shakespeare.data import Corpus


class Returning(NamedTuple):
    """The name in a heading, and the past: what the network reads before it."""

    name: str
    past: str


def returning_names(text: str, reach: int) -> list[Returning]:
    """The names of headings that were a heading before, within reach.

    Past and name have `reach` characters together, so the network can copy from all of the past.
    Headings with less text before them are left out, and so are names that read the same backwards.
    """
    headings = list(HEADING.finditer(text))
    returning = []
    for heading in headings:
        name = heading[1]
        start = heading.end(1) - reach
        before = [each[1] for each in headings if start <= each.start(1) < heading.start(1)]
        if start >= 0 and name in before and name != name[::-1]:
            returning.append(Returning(name, text[start : heading.start(1)]))
    return returning


def rewrite(returning: Sequence[Returning], others: Sequence[str]) -> list[Returning]:
    """The same with another name of the same length wherever the past has the name."""
    rewritten = []
    for (name, past), other in zip(returning, others, strict=True):
        rewritten.append(Returning(name, past.replace(name, other)))
    return rewritten


def backwards(returning: Sequence[Returning]) -> list[Returning]:
    """The same with each copy of the name spelt backwards."""
    return rewrite(returning, [name[::-1] for name, _ in returning])


def others_backwards(returning: Sequence[Returning]) -> list[Returning]:
    """The same with all other headings' names spelt backwards, and the copies of the name kept."""
    rewritten = []
    for name, past in returning:
        for other in set(HEADING.findall(past)) - {name}:
            if other not in name and name not in other:
                past = past.replace(other, other[::-1])
        rewritten.append(Returning(name, past))
    return rewritten


def bits_of_names(
    network: Any, corpus: Corpus, returning: Sequence[Returning]
) -> tuple[list[float], list[float]]:
    """What each name costs after its past, in bits; the second list is without the copy head.

    The network reads each past from an empty state. Without a copy head, the lists are equal.
    """
    windows = torch.stack([corpus.encode(past + name).long() for name, past in returning])
    longest = max(len(name) for name, _ in returning)
    rows = max(1, 32_768 // windows.shape[1])  # bounds the memory
    bits = []
    bits_without_copies = []
    for some in windows.split(rows):  # (rows, reach)
        with_copies, without = last_losses(network, some, longest)  # (rows, longest)
        bits += with_copies.tolist()
        bits_without_copies += without.tolist()
    return of_letters(bits, returning), of_letters(bits_without_copies, returning)


def logits_from(network: Any, h: Tensor, ids: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """Logits after each of the last `count` of ids (texts, time), with and without the copy head.

    Both are (texts, count, vocab_size); h (texts, time, hidden_size) are the top layer's states.
    `network.forward` would copy at every position, which takes much longer.
    """
    last_h = h[:, -count:]  # (texts, count, hidden_size)
    written = network.linear(last_h)  # (texts, count, vocab_size)
    if not isinstance(network, WithCopyHead):
        return written, written
    logits = network.copy_head(last_h, keys_for(network, h), ids, written, network.memory)
    return logits, written


@torch.no_grad()
def last_losses(network: Any, windows: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """Losses in nats of the last `count` of each of the windows (windows, characters).

    They are (windows, count), with and without the copy head. Each window begins with an empty
    state.
    """
    ids = windows[:, :-1]
    true = windows[:, -count:]  # (windows, count)
    h, _ = network.eval().hidden(ids)  # (windows, characters - 1, hidden_size)
    logits, written = logits_from(network, h, ids, count)  # (windows, count, vocab_size)
    # PyTorch wants (windows, vocab_size, count).
    with_copies = F.cross_entropy(logits.mT, true, reduction="none")
    return with_copies, F.cross_entropy(written.mT, true, reduction="none")


def of_letters(losses: Sequence[list[float]], returning: Sequence[Returning]) -> list[float]:
    """The bits of each name, from the losses in nats of the characters before its end."""
    bits = []
    for of_window, (name, _) in zip(losses, returning, strict=True):
        bits.append(sum(of_window[-len(name) :]) / math.log(2))
    return bits


def are_unknown(returning: Sequence[Returning], training_text: str) -> list[bool]:
    """Whether the training text lacks each name, in capitals and in small letters."""
    names = {name for name, _ in returning}
    unknown = set()
    for name in names:
        if not re.search(rf"\b{re.escape(name)}\b", training_text, re.IGNORECASE):
            unknown.add(name)
    return [name in unknown for name, _ in returning]
