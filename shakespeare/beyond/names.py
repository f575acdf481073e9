"""Find a name that appears twice: the second time shows whether a network copies (notebook 06)."""

import re
from typing import NamedTuple

from ..files import InputError
from .renaming import HEADING

LETTERS = r"[^\W\d_]+"  # one or more: \w would also find digits and underscores
PATTERNS: list[str | re.Pattern[str]] = [  # what `find_name` looks for, the best first
    HEADING,
    LETTERS,  # a word
    r"(?=([^\W_]{8}))",  # eight letters or digits in a row, wherever they begin
    r"(?=([^\W_]{4}))",
    r"(?=([^\W_]{2}))",
    r"(?s)(?=(..))",  # two characters
]


class Name(NamedTuple):
    """A name, and where it begins the first and the second time."""

    letters: str
    first: int
    again: int


def find_name(text: str, within: int = 2_000, near: int = 400) -> Name:
    """The longest name of a heading that appears again soon; of several, the earliest.

    It begins a second time among the first `within` characters, and at most `near` characters
    after the first time, and reads differently backwards. In a text without such a name it is a
    word, or a few characters in a row. Raises InputError where not even two characters return.
    """
    for pattern in PATTERNS:
        names = names_that_return(pattern, text[:within], near)
        names = [name for name in names if name.letters != name.letters[::-1]]
        if names:
            return max(names, key=lambda name: len(name.letters))
    reason = "In this text nothing returns soon, so nothing can be copied"
    raise InputError(f"{reason}: give another text.")


def names_that_return(pattern: str | re.Pattern[str], text: str, near: int) -> list[Name]:
    """What the pattern finds twice: its group, or all of a match where it has no group."""
    starts: dict[str, list[int]] = {}  # of each name
    for match in re.finditer(pattern, text):
        if match.start() > 0:  # nothing comes before the first character, so nothing predicts it
            letters = match[match.lastindex or 0]  # its group, if the pattern has one
            starts.setdefault(letters, []).append(match.start())
    names = []
    for letters, positions in starts.items():
        if len(positions) > 1:
            first, again, *_ = positions
            if len(letters) <= again - first <= near:  # they don't overlap
                names.append(Name(letters, first, again))
    return names


def passage(text: str, length: int, start: int) -> slice:
    """At most `length` characters from `start` on, in whole lines if these fill half of it."""
    stop = min(start + length, len(text))
    line_break = text.rfind("\n", start + length // 2, stop)
    if line_break != -1:
        stop = line_break + 1
    return slice(start, stop)
