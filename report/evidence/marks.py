"""What is to be marked in a text: unknown words, malformed headings, headings that return."""

from collections.abc import Collection
from typing import NamedTuple

from shakespeare.beyond.renaming import HEADING
from study.novelty import WORD, is_malformed

UNKNOWN = "word that the training text lacks"
MALFORMED = "malformed heading"
RETURNING = "heading that returns"


class Mark(NamedTuple):
    """A word or a heading in a text, from `start` up to `stop`, and what is to be said of it."""

    start: int
    stop: int
    kind: str


def marks(text: str, words: Collection[str]) -> list[Mark]:
    """The faults of a text, words that are not among `words`, and the headings that return.

    Words within headings, and those that may be cut off at the ends, aren't looked up.
    """
    found = []
    in_headings = set[int]()
    seen = set[str]()
    for heading in HEADING.finditer(text):
        start, stop = heading.span(1)
        in_headings.update(range(start, stop))
        if is_malformed(heading[1]):
            found.append(Mark(start, stop, MALFORMED))
        elif heading[1] in seen:
            found.append(Mark(start, stop, RETURNING))
        seen.add(heading[1])
    for word in list(WORD.finditer(text))[1:-1]:
        if word.start() not in in_headings and word[0].lower() not in words:
            found.append(Mark(word.start(), word.end(), UNKNOWN))
    return found
