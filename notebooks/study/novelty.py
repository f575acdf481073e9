"""What a text is made of: real words, headings, loops, and copies from the training text."""

import re
from collections.abc import Mapping
from typing import Any

from shakespeare.beyond.names import LETTERS
from shakespeare.beyond.renaming import HEADING

WORD = re.compile(LETTERS)
WORD_OF_HEADING = re.compile(f"{LETTERS}(?:'{LETTERS})?")  # an apostrophe may follow: king's


class Study:
    """Counts what generated texts are made of, and what they share with the training text.

    A real word is a run of letters, lower-cased, that occurs in the training text. A heading is a
    name of at most 40 characters and a colon, a line by themselves after a blank line; it is
    malformed unless each of its words is capitalised, all capitals, or "of", "the" or "and". It
    returns if the same heading occurred earlier in the same text.
    """

    def __init__(self, train: str, copy_length: int = 30) -> None:
        self.copy_length = copy_length
        self.words = set(find_words(train))
        self.passages = set(substrings(train, copy_length))

    def __call__(self, texts: list[str]) -> dict[str, Any]:
        """Counts and shares over all texts; a share is 0 where there is nothing to count.

        "words" is the share of words that are real; "distinct_words", the share of different words,
        and "repetition" are averages over the texts; "copied_share" is that of the characters in
        copied passages. The others are counts: "texts", "headings", "malformed", "returning", and
        "loops", the texts with a repetition above 0.1.
        """
        words = []
        headings = []
        returning = 0
        copied = 0  # characters
        for text in texts:
            # The first and the last may be cut off, and half a word is seldom real.
            words += find_words(text)[1:-1]
            of_text = find_headings(text)
            headings += of_text
            returning += len(of_text) - len(set(of_text))  # all but the first of each name
            copied += sum(mark_copied(text, self.passages, self.copy_length))
        real = sum(word in self.words for word in words)
        repetitions = [repetition(text) for text in texts]
        distinct = sum(share_of_distinct_words(text) for text in texts)
        return {
            "texts": len(texts),
            "words": ratio(real, len(words)) or 0.0,
            "distinct_words": distinct / len(texts),
            "headings": len(headings),
            "malformed": sum(is_malformed(heading) for heading in headings),
            "returning": returning,
            "loops": sum(share > 0.1 for share in repetitions),
            "repetition": sum(repetitions) / len(texts),
            "copied_share": copied / sum(len(text) for text in texts),
        }


def share_returning(counts: dict[str, Any]) -> float | None:
    """The share of headings that return, from the counts of a Study."""
    return ratio(counts["returning"], counts["headings"])


def distance(counts: Mapping[str, Any], author: Mapping[str, Any]) -> float:
    """How far the texts are from the author's: the sum of four differences in percentage points."""
    pairs = zip(shares(counts), shares(author), strict=True)
    return 100 * sum(abs(share - of_author) for share, of_author in pairs)


def shares(counts: Mapping[str, Any]) -> list[float]:
    """The four shares that tell a writer from the author, from the counts of a Study."""
    malformed = ratio(counts["malformed"], counts["headings"]) or 0.0  # if there are no headings
    return [malformed, counts["words"], counts["distinct_words"], counts["copied_share"]]


def ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def pieces(text: str, length: int) -> list[str]:
    """The text in whole pieces of `length` characters."""
    return [text[k : k + length] for k in range(0, len(text) - length + 1, length)]


def substrings(text: str, length: int) -> list[str]:
    """All substrings of `length` characters; they overlap."""
    return [text[k : k + length] for k in range(len(text) - length + 1)]


def mark_copied(text: str, passages: set[str], length: int) -> list[bool]:
    """For each character, whether it is in one of the `passages`, all of `length` characters."""
    copied = [False] * len(text)
    for start in range(len(text) - length + 1):
        if text[start : start + length] in passages:
            copied[start : start + length] = [True] * length
    return copied


def find_words(text: str) -> list[str]:
    return WORD.findall(text.lower())


def share_of_distinct_words(text: str) -> float:
    """Share of different words among all, with those cut off at the ends: they needn't be real."""
    words = find_words(text)
    return len(set(words)) / len(words) if words else 0.0


def kinds(text: str) -> list[str]:
    """The kind of each character, for example "first letter of a word"."""
    names = [kind_by_itself(character) for character in text]
    for word in WORD.finditer(text):
        names[word.start()] = "first letter of a word"
    for heading in HEADING.finditer(text):
        for k in range(heading.start(), heading.end()):  # the colon too
            names[k] = "speaker heading"
    return names


def kind_by_itself(character: str) -> str:
    """The kind of a character, whatever its neighbours are."""
    if character == "\n":
        return "end of a line"
    if character.isspace():
        return "space"
    if character.isalpha():
        return "inside a word"
    return "punctuation"


def find_headings(text: str) -> list[str]:
    """The names in a text's headings, except in its first line, which may begin mid-line.

    HEADING also matches at the very beginning of a text.
    """
    return [heading[1] for heading in HEADING.finditer(text) if heading.start() > 0]


def is_malformed(heading: str) -> bool:
    words = WORD_OF_HEADING.findall(heading)
    return not all(is_well_formed(word) for word in words)


def is_well_formed(word: str) -> bool:
    return word in ("of", "the", "and") or word.isupper() or word == word.capitalize()


def repetition(text: str, length: int = 20) -> float:
    """Share of the substrings of `length` characters that occur earlier in the text, 0 to 1."""
    every = substrings(text, length)
    return 1 - len(set(every)) / len(every) if every else 0.0
