"""Counting in more contexts than the last k characters: the word, the speaker, the rhythm.

Each context refines a coarser one. It adds a log-ratio for each character c,

    log P(c | context) - log P(c | the coarser context)

where P interpolates counts, as an n-gram model does. The counts are those of the training text, and
of what was read since. All log-ratios of the orders 0 to k add up to log P_k - log(1 / vocab_size).
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from shakespeare.beyond.ngrams import (
    MAX_ORDER,
    PairCounts,
    WittenBell,
    contexts,
    counts_so_far,
    interpolate,
)
from shakespeare.data import Corpus


class Context(NamedTuple):
    """Its parts, and the coarser context that it refines: another of `CONTEXTS`, or an order."""

    parts: Sequence[str]
    refines: str


# The parts are those of `Situation`; "1", "2" and "3" are the last characters.
CONTEXTS = {
    "the word": Context(("word",), "2"),
    "the word, after the last one": Context(("word", "before"), "the word"),
    "the word, after the last two": Context(
        ("word", "before", "earlier"), "the word, after the last one"
    ),
    "the word, after the last but one": Context(("word", "earlier"), "the word"),
    "the word, by the first one of the line": Context(("word", "first"), "the word"),
    "the word, by the speaker": Context(("word", "speaker"), "the word"),
    "the word, by who speaks to whom": Context(
        ("word", "speaker", "answered"), "the word, by the speaker"
    ),
    "the heading, after the last speaker": Context(("heading", "speaker"), "3"),
    "the heading, after the last but one": Context(("heading", "answered"), "3"),
    "the heading, after the last two": Context(
        ("heading", "speaker", "answered"), "the heading, after the last speaker"
    ),
    "the rhythm": Context(("vowels", "2"), "2"),
    "the length of the line": Context(("above", "column", "1"), "1"),
}
NAMES = [*map(str, range(MAX_ORDER + 1)), *CONTEXTS]  # a coarser one comes first
VOWELS = "aeiouy"
LONGEST = 30  # letters of a word or heading that are kept: some texts have no spaces
MULTIPLIER = 2_862_933_555_777_941_757  # large and odd, and not that of n-grams
NOWHERE = -1  # the number of a part that doesn't apply


class Situation:
    """What a reader of a play knows at a position: the word so far, the line, who speaks."""

    def __init__(self) -> None:
        self.word = ""  # its letters so far
        self.before = ""  # the word before it
        self.earlier = ""  # and the one before that
        self.first = ""  # of the line
        self.column = 0  # the length of the line so far
        self.vowels = 0  # groups of vowels in it, about as many as it has syllables
        self.in_vowels = False
        self.above = 0  # the length of the spoken line before
        self.heading: str | None = None  # so far, or None outside headings
        self.speaker = ""
        self.answered = ""  # who spoke before

    def read(self, character: str) -> None:
        if character.isalpha() or character == "'":
            self.word = (self.word + character.lower())[-LONGEST:]
        elif self.word:
            self.earlier = self.before
            self.before = self.word
            self.word = ""
            if not self.first:
                self.first = self.before
        if character == "\n":
            self.end_line()
            return
        if self.heading is not None:
            if character == ":":
                self.answered = self.speaker
                self.speaker = self.heading
            self.heading = (self.heading + character)[-LONGEST:]
        is_vowel = character.lower() in VOWELS
        if is_vowel and not self.in_vowels:
            self.vowels += 1
        self.in_vowels = is_vowel
        self.column += 1

    def end_line(self) -> None:
        if self.column and self.heading is None:
            self.above = self.column
        self.heading = None if self.column else ""  # after an empty line there is a heading
        self.first = ""
        self.column = 0
        self.vowels = 0
        self.in_vowels = False

    def parts(self) -> dict[str, str | int | None]:
        """Strings are numbered by `ContextCounts`."""
        return {
            "word": self.word,
            "before": self.before,
            "earlier": self.earlier,
            "first": self.first,
            "speaker": self.speaker,
            "answered": self.answered,
            "heading": self.heading,
            "vowels": self.vowels,
            "above": self.above // 4,
            "column": self.column // 2,
        }


class LogRatios(NamedTuple):
    """What contexts add to coarser ones, and whether several characters have followed them."""

    values: Tensor  # (characters, contexts, vocab_size)
    several: Tensor  # (characters, contexts)


class ContextCounts:
    """How often each character followed each context in the training text.

    `ngrams` has the counts of the orders in the same text.
    """

    def __init__(self, train: Corpus, ngrams: WittenBell) -> None:
        self.vocab_size = train.vocab_size
        self.number_of: dict[str, int] = {}  # of the strings that are parts
        self.counts = dict(zip(NAMES, ngrams.counts, strict=False))
        numbers = self.numbers(train)
        for name in CONTEXTS:
            self.counts[name] = PairCounts(numbers[name], train.ids.long())

    def numbers(self, part: Corpus) -> dict[str, Tensor]:
        """Each context before each character as a number, (characters,)."""
        numbers = dict(zip(NAMES, contexts(part.ids, MAX_ORDER), strict=False))
        parts = self.parts(part.text()) | numbers
        for name, context in CONTEXTS.items():
            numbers[name] = joined([parts[each] for each in context.parts])
        return numbers

    def parts(self, text: str) -> dict[str, Tensor]:
        """The numbers of the parts before each character, (characters,)."""
        situation = Situation()
        columns: dict[str, list[int]] = {name: [] for name in situation.parts()}
        for character in text:
            for name, value in situation.parts().items():
                if value is None:
                    number = NOWHERE
                elif isinstance(value, int):
                    number = value
                else:
                    number = self.number_of.setdefault(value, len(self.number_of))
                columns[name].append(number)
            situation.read(character)
        return {name: torch.tensor(column) for name, column in columns.items()}

    def log_ratios(self, part: Corpus) -> LogRatios:
        """What each context adds at each character of a part, given the characters before it.

        Each character is counted after it was predicted. The result takes 6 kB per character.
        """
        ids = part.ids.long()
        p = {coarser_of("0"): torch.tensor(1 / self.vocab_size)}  # all are equally likely
        values = torch.empty(len(ids), len(NAMES), self.vocab_size)
        several = torch.empty(len(ids), len(NAMES), dtype=torch.bool)
        for k, (name, u) in enumerate(self.numbers(part).items()):
            n = self.counts[name].of_all_characters(u, self.vocab_size)  # (characters, vocab_size)
            n += counts_so_far(u, ids, self.vocab_size)
            n[u == NOWHERE] = 0
            coarser = p[coarser_of(name)]
            p[name] = interpolate(n, coarser)
            values[:, k] = (p[name] / coarser).log()
            several[:, k] = (n > 0).sum(1) > 1
        return LogRatios(values, several)


def coarser_of(name: str) -> str:
    """What a context refines. An order refines the order below it."""
    if name in CONTEXTS:
        return CONTEXTS[name].refines
    return str(int(name) - 1)


def joined(parts: Sequence[Tensor]) -> Tensor:
    """Numbers (characters,) of the parts as one, by a hash as in `ngrams.contexts`.

    A part may be such a number itself, so the multiplier is another one: otherwise, digits of both
    would be added up.
    """
    number = torch.zeros_like(parts[0])
    for part in parts:
        number = number * MULTIPLIER + part + 1
    number[parts[0] == NOWHERE] = NOWHERE
    return number
