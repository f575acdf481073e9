"""What is marked in a text, and how many headings would return by chance."""

import pytest

from report.evidence import marks
from report.evidence.writing import returning_by_chance

WORDS = {"the", "barks", "sit"}  # not "end", which may be cut off


def test_unknown_words_and_headings_are_marked():
    text = "\n\nPETER:\nThe dogg barks.\n\nPeTeR:\nSit.\n\nPETER:\nThe end"
    found = [(text[mark.start : mark.stop], mark.kind) for mark in marks.marks(text, WORDS)]
    assert found == [
        ("PeTeR", marks.MALFORMED),
        ("PETER", marks.RETURNING),
        ("dogg", marks.UNKNOWN),
    ]


def test_headings_drawn_at_random_return_where_there_are_few_names():
    text = "so.\n\nA:\nAy.\n\nB:\nNo.\n\nC:\nSo."
    assert returning_by_chance([text, text], ["ROMEO"], seed=1) == pytest.approx(4 / 6)
