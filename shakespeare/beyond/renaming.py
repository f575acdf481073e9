"""Invented names in the training text, which make memorising names useless (notebook 05)."""

import random
import re
from collections.abc import Iterable, Sequence

import torch
from torch import Tensor

from ..data import HEADING, Split
from ..files import PIECE
from .settings import BeyondSettings
from .streams import StreamData

WORD = re.compile(r"[^\W\d_]{3,}")  # at least three letters
RENAMED_BLOCK = 10_000  # characters in which a name keeps its replacement


def find_names(pieces: Iterable[str]) -> set[str]:
    """Lower-cased words of the speakers' headings that never occur in lower case in the text."""
    speakers = set[str]()
    words = set[str]()  # as they are written
    for piece in pieces:
        words.update(WORD.findall(piece))
        for heading in HEADING.findall(piece):
            speakers.update(word.lower() for word in WORD.findall(heading))
    return speakers - words  # without those that are also written in lower case


def rename(text: str, names: Sequence[str], rng: random.Random) -> str:
    """The text with an invented name for each name: the head of one and the tail of another.

    Memorised names are useless in such a text, but copying them from context helps.
    Random changes of training text as a regulariser: Xie et al. (2017), arXiv 1703.02573.
    """
    known = set(names)
    invented: dict[str, str] = {}

    def replacement(match: re.Match[str]) -> str:
        word = match[0]
        name = word.lower()
        if word.islower() or name not in known:  # a block may begin within a word
            return word
        if name not in invented:
            invented[name] = invent(names, rng)
        return invented[name].upper() if word.isupper() else invented[name].capitalize()

    return WORD.sub(replacement, text)


def invent(names: Sequence[str], rng: random.Random) -> str:
    """The head of one name and the tail of another: from romeo and juliet perhaps "romiet"."""
    first = rng.choice(names)
    second = rng.choice(names)
    head = first[: rng.randrange(1, len(first))]
    tail = second[rng.randrange(1, len(second)) :]
    return head + tail


class RenamedData(StreamData):
    """Streams through a training text in which each epoch invents other names in other blocks.

    In the last third of the epochs the share of renamed blocks is a third of what it was before,
    or the network would invent headings when it writes.
    """

    def __init__(self, split: Split, settings: BeyondSettings) -> None:
        super().__init__(split, settings)
        self.rename_share = settings.rename_share
        pieces = self.train_part.ids.split(PIECE)
        names = find_names(self.train_part.decode(piece) for piece in pieces)
        self.names = sorted(name for name in names if self.can_write(name))

    def can_write(self, name: str) -> bool:
        """Whether the vocabulary has the name's letters in all the cases that may be needed."""
        letters = {*name, *name.upper(), *name.capitalize()}
        return letters <= set(self.train_part.chars)

    def text_of_epoch(self, epoch: int) -> Tensor:
        """The training part as in StreamData, with invented names, (characters,).

        Invented names have other lengths: at the end of the epoch a little of the text is missing
        or comes twice.
        """
        rng = self.random_of_epoch(epoch)
        ids = self.train_part.ids
        share = self.share_of_epoch(epoch)
        start = rng.randrange(len(ids))
        blocks: list[Tensor] = []
        length = 0
        while length < len(ids):
            block = ids[start : start + RENAMED_BLOCK]
            start += RENAMED_BLOCK
            if start >= len(ids):
                start = 0  # around the end
            if self.names and rng.random() < share:
                renamed = rename(self.train_part.decode(block), self.names, rng)
                block = self.train_part.encode(renamed)
            blocks.append(block)
            length += len(block)
        return torch.cat(blocks)[: len(ids)]

    def share_of_epoch(self, epoch: int) -> float:
        in_last_third = epoch >= self.settings.epochs * 2 / 3
        return self.rename_share / 3 if in_last_third else self.rename_share
