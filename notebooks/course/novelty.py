"""What a text is made of: real words, headings, loops, and copies from the training text."""

import re
from typing import Any


class Study:
    """Counts what generated texts are made of, and what they share with the training text.

    A real word is a run of letters, lower-cased, that occurs in the training text. A heading is a
    line of at most 40 characters after a blank line that ends in a colon; it is malformed unless
    each of its words is capitalised, all capitals, or one of "of", "the" and "and".
    """

    def __init__(self, train: str, copy_length: int = 30) -> None:
        self.words, self.copy_length = set(find_words(train)), copy_length
        self.pieces = {train[k : k + copy_length] for k in range(len(train) - copy_length + 1)}

    def copied(self, text: str) -> int:
        """Number of characters within passages of `copy_length` or more from the training text."""
        count = end = 0
        for k in range(len(text) - self.copy_length + 1):
            if text[k : k + self.copy_length] in self.pieces:
                count, end = count + k + self.copy_length - max(k, end), k + self.copy_length
        return count

    def __call__(self, texts: list[str]) -> dict[str, Any]:
        """Counts and shares over all texts; a share is None where there is nothing to count."""
        found = [find_words(text) for text in texts]
        words = [word for each in found for word in each[1:-1]]  # ends may be cut off
        headings = [heading for text in texts for heading in find_headings(text)]
        repeated = [repetition(text) for text in texts]
        share = len(words) or None
        distinct = sum(len(set(each)) / max(1, len(each)) for each in found)
        return {
            "texts": len(texts),
            "words": share and sum(word in self.words for word in words) / share,
            "distinct_words": share and distinct / len(texts),
            "headings": len(headings),
            "malformed": sum(map(is_malformed, headings)),
            "loops": sum(each > 0.1 for each in repeated),
            "repetition": sum(repeated) / len(texts),
            "copied_share": sum(map(self.copied, texts)) / sum(map(len, texts)),
        }


def distance(found: dict[str, Any], author: dict[str, Any]) -> float:
    """How far the texts are from the author's: the sum of four differences in percentage points."""
    keys = ("words", "distinct_words", "copied_share")
    shares = [
        [each["malformed"] / max(1, each["headings"]), *(each[key] or 0 for key in keys)]
        for each in (found, author)
    ]
    return 100 * sum(abs(a - b) for a, b in zip(*shares, strict=True))


def pieces(text: str, length: int) -> list[str]:
    """The text in whole pieces of `length` characters; one that is shorter is a single piece."""
    starts = range(0, len(text) - length + 1, length)
    return [text[k : k + length] for k in starts] or [text]


def find_words(text: str) -> list[str]:
    return re.findall(r"[^\W\d_]+", text.lower())


def kinds(text: str) -> list[str]:
    """The kind of each character, for example "first letter of a word"."""
    found = ["inside a word"] * len(text)
    for word in re.finditer(r"[^\W\d_]+", text):
        found[word.start()] = "first letter of a word"
    for k, character in enumerate(text):
        if character == "\n":
            found[k] = "end of a line"
        elif character.isspace():
            found[k] = "space"
        elif not character.isalpha():
            found[k] = "punctuation"
    for heading in re.finditer(r"(?:\n\n|\A)([^\n]+:)\n", text):
        found[heading.start(1) : heading.end(1)] = ["speaker heading"] * len(heading[1])
    return found


def find_headings(text: str) -> list[str]:
    return re.findall(r"\n\n([^\n]{1,39}):(?=\n)", text)


def is_malformed(heading: str) -> bool:
    words = re.findall(r"[^\W\d_]+(?:'[^\W\d_]+)?", heading)
    return not all(
        re.fullmatch(r"of|the|and", w) or w.isupper() or w == w.capitalize() for w in words
    )


def repetition(text: str, length: int = 20) -> float:
    """Share of the substrings of `length` characters that occur earlier in the text, 0 to 1."""
    pieces = [text[k : k + length] for k in range(len(text) - length + 1)]
    return 1 - len(set(pieces)) / len(pieces) if pieces else 0.0
