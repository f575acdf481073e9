"""What a text copies and repeats, against a search that is slow and plainly right."""

import random

import pytest

from course.novelty import CopyFinder, common_prefix, repetition


def random_text(chars: str, most: int) -> str:
    return "".join(random.choices(chars, k=random.randint(0, most)))


@pytest.mark.parametrize("longest", [1, 2, 5, 50])
def test_copies_are_those_that_a_search_finds(longest):
    random.seed(longest)
    for _ in range(30):
        source, text = random_text("ab\n🙂", 40), random_text("ab\n🙂", 20)
        expected = [
            max(n for n in range(min(longest, len(text) - k) + 1) if text[k : k + n] in source)
            for k in range(len(text))
        ]
        assert CopyFinder(source, longest).lengths(text) == expected


def test_repetition_counts_what_occurred_before():
    random.seed(1)
    for _ in range(30):
        text, n = random_text("ab", 40), random.randint(1, 9)
        pieces = [text[k : k + n] for k in range(len(text) - n + 1)]
        again = sum(piece in pieces[:k] for k, piece in enumerate(pieces))
        assert repetition(text, n) == pytest.approx(again / len(pieces) if pieces else 0)


def test_a_common_prefix_ends_where_the_texts_differ_or_end():
    pairs = [("", "a"), ("abc", "abd"), ("ab", "abc"), ("abc", "abc"), ("xbc", "abc")]
    assert [common_prefix(*pair) for pair in pairs] == [0, 2, 2, 3, 0]
