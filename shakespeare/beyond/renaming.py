"""Invented names in the training text, which make memorising names useless (notebook 05)."""

import random
import re
from collections.abc import Sequence

import torch
from torch import Tensor

from ..data import Split
from ..settings import Settings
from .streams import Streams

# A speaker's heading: a name of at most 40 characters and a colon, a line by themselves after a
# blank line. Group 1 is the name. All Python here that looks for headings uses this; the explorer
# has the same in JavaScript.
HEADING = re.compile(r"(?:\A|(?<=\n\n))([^\n:]{1,40}):(?=\n)")
WORD = re.compile(r"[^\W\d_]{3,}")  # at least three letters
RENAMED_BLOCK = 10_000  # characters in which a name keeps its replacement
SHARE = 0.75  # this share of the blocks is renamed


def find_names(text: str) -> set[str]:
    """Lower-cased words of the speakers' headings that never occur in lower case in the text."""
    names = set[str]()
    for heading in HEADING.findall(text):
        names.update(word.lower() for word in WORD.findall(heading))
    words = set(WORD.findall(text))  # as they are written
    return names - words  # a name that is also written in lower case is a word, too


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
        if name not in known or word.islower():  # a block may begin within a name
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


class RenamedStreams(Streams):
    """Streams through a training text in which each epoch invents other names in other blocks.

    In the last third of the epochs (with three or more) the share of renamed blocks is a third of
    what it was before, or the network would invent headings when it writes.
    """

    def __init__(self, split: Split, settings: Settings) -> None:
        super().__init__(split, settings)
        letters = set(split.train.chars)
        self.names: list[str] = []
        for name in sorted(find_names(split.train.text())):
            if letters.issuperset(name + name.upper() + name.capitalize()):
                self.names.append(name)  # it can be written in each case

    def text_of_epoch(self, epoch: int) -> Tensor:
        """As in Streams, with invented names, (characters,).

        Invented names have other lengths: at the end of the epoch a little of the text is missing
        or comes twice.
        """
        rng = self.random_of_epoch(epoch)
        train = self.split.train
        share = self.share_of_epoch(epoch)
        start = rng.randrange(len(train.ids))
        blocks: list[Tensor] = []
        length = 0
        while length < len(train.ids):
            block = train.ids[start : start + RENAMED_BLOCK]
            start += RENAMED_BLOCK
            if start >= len(train.ids):
                start = 0  # after the end comes the beginning
            if self.names and rng.random() < share:
                renamed = rename(train.decode(block), self.names, rng)
                block = train.encode(renamed)
            blocks.append(block)
            length += len(block)
        return torch.cat(blocks)[: len(train.ids)]

    def share_of_epoch(self, epoch: int) -> float:
        in_last_third = epoch >= self.settings.epochs * 2 / 3
        return SHARE / 3 if in_last_third else SHARE
