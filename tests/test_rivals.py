"""What compressors reach, with programs whose answer is known."""

import math

import pytest

from course import rivals
from course.rivals import PARTS
from shakespeare.data import Corpus


@pytest.fixture
def read(write):
    """A text as a Corpus."""

    def read(text: str) -> Corpus:
        return Corpus.read(write(text))

    return read


def test_a_copy_costs_eight_bits_a_byte_and_the_loss_is_per_character(read):
    read_contents = []

    def copy(content: bytes) -> int:
        read_contents.append(content.decode())
        return len(content)

    text = "a" * 900 + "ä" * 50 + "b" * 50  # two bytes for ä
    found = rivals.measure(copy, read(text))
    byte = 8 * math.log(2)
    assert [found[part] for part in PARTS] == pytest.approx([2 * byte, byte, 1.5 * byte])
    assert sorted(read_contents) == [text[:900], text[:950], text]


def test_what_was_not_measured_is_quoted_for_this_text_alone(corpus, read):
    rows = rivals.table_rows(corpus)
    by_name = {rivals.name_of(row): row for row in rows}
    assert by_name["xz -9e"]["source"] == by_name["PPMd order 6"]["source"] == "measured here"
    assert by_name["zpaq -m5"]["source"] == "quoted" and by_name["zpaq -m5"]["seconds"] > 0
    assert by_name["paq8px -7"]["plays"] is None
    assert {row["group"] for row in rows} == {"learning while reading"}
    held_out = [row["held_out"] for row in rows]
    assert held_out == sorted(held_out, reverse=True)
    another = rivals.table_rows(read("another text\n" * 100))
    assert {row["source"] for row in another} == {"measured here"}
