"""Measure how new a generated text is: what it copies from another text, and what it repeats."""

import bisect

import torch

from shakespeare.data import code_points


class CopyFinder:
    """Find how much of a text is copied from `source`, in substrings of up to `longest` characters.

    A suffix array (Manber and Myers 1993), sorted by prefix doubling: places are ordered by their
    first 1, 2, 4, ... characters.
    """

    def __init__(self, source: str, longest: int = 256) -> None:
        self.source, self.longest = source, longest
        rank, width = code_points(source).long(), 1  # (characters,)
        while width < min(longest, len(source)):
            behind = torch.cat([rank[width:] + 1, rank.new_zeros(width)])  # 0: the text has ended
            rank = torch.unique(rank * (int(rank.max()) + 2) + behind, return_inverse=True)[1]
            width *= 2
        self.places = rank.argsort().tolist()

    def substring(self, place: int) -> str:
        return self.source[place : place + self.longest]

    def lengths(self, text: str) -> list[int]:
        """For each place in `text`, how many characters from there on occur in the source."""
        found = []
        for k in range(len(text)):
            wanted = text[k : k + self.longest]
            at = bisect.bisect_left(self.places, wanted, key=self.substring)
            neighbours = self.places[max(0, at - 1) : at + 1]  # one of them is the longest match
            lengths = [common_prefix(wanted, self.substring(place)) for place in neighbours]
            found.append(max(lengths, default=0))
        return found


def common_prefix(a: str, b: str) -> int:
    """The number of characters that two texts share at their beginnings."""
    same = (x == y for x, y in zip(a, b, strict=False))
    return next((n for n, equal in enumerate(same) if not equal), min(len(a), len(b)))


def repetition(text: str, length: int = 20) -> float:
    """Share of the substrings of `length` characters that occur earlier in the text, 0 to 1."""
    pieces = [text[k : k + length] for k in range(len(text) - length + 1)]
    return 1 - len(set(pieces)) / len(pieces) if pieces else 0.0
