"""Invented names in the training text, which make memorising names useless."""

import random
import re
from collections.abc import Iterable, Sequence

WORD = r"[^\W\d_]{3,}"
RENAME_BLOCK = 10_000  # characters in which a name keeps its replacement


def find_names(pieces: Iterable[str]) -> set[str]:
    """Lower-cased words of the speakers' headings that never occur in lower case in the text."""
    speakers, words = set[str](), set[str]()
    for piece in pieces:
        words.update(re.findall(WORD, piece))
        for heading in re.findall(r"(?:\n\n|\A)([^\n]+):\n", piece):
            speakers.update(word.lower() for word in re.findall(WORD, heading))
    return speakers - words


def rename(text: str, names: Sequence[str], rng: random.Random) -> str:
    """The text with an invented name for each name: the head of one and the tail of another.

    Memorised names are worth nothing in such a text; copying them from context pays.
    Random changes of training text as a regulariser: Xie et al. (2017), arXiv 1703.02573.
    """
    invented, known = dict[str, str](), set(names)

    def replace(match: re.Match[str]) -> str:
        word, key = match[0], match[0].lower()
        if word == key or key not in known:
            return word
        if key not in invented:
            head, tail = rng.choice(names), rng.choice(names)
            head, tail = head[: rng.randrange(1, len(head))], tail[rng.randrange(1, len(tail)) :]
            invented[key] = head + tail
        return invented[key].upper() if word.isupper() else invented[key].capitalize()

    return re.sub(WORD, replace, text)
