"""What compressors reach, with programs whose answer is known."""

import math

import pytest

from report.evidence import compressors
from report.evidence.measures import PARTS
from shakespeare.data import Corpus


@pytest.fixture
def read(write):
    """A text as a Corpus."""

    def read(text: str) -> Corpus:
        return Corpus.read(write(text))

    return read


def test_a_copy_costs_eight_bits_a_byte_and_the_loss_is_per_character(read, monkeypatch):
    read_texts = []

    def copy(text: str) -> int:
        read_texts.append(text)
        return len(text.encode())

    monkeypatch.setattr(compressors, "ppmd_size", copy)
    text = "a" * 900 + "ä" * 50 + "b" * 50  # two bytes for ä
    found = compressors.measure(read(text), [read("ab"), read("äö")])
    byte = 8 * math.log(2)
    assert [found[part] for part in PARTS] == pytest.approx([2 * byte, byte, 1.5 * byte])
    assert found["by_play"] == pytest.approx([byte, 2 * byte])
    expected = [text[:900], text[:950], text, f"{text[:900]}ab", f"{text[:900]}äö"]
    assert sorted(read_texts) == sorted(expected)


def test_what_was_not_measured_is_quoted(corpus):
    rows = compressors.table_rows(corpus, [corpus.slice(0, 300, "play")])
    by_name = {compressors.name_of(row): row for row in rows}
    assert by_name["PPMd order 6"]["source"] == "measured here"
    assert by_name["zpaq -m5"]["source"] == "quoted" and by_name["zpaq -m5"]["seconds"] > 0
    assert by_name["paq8px -7L"]["plays"] == pytest.approx(1.2116, abs=1e-4)
    assert by_name["paq8px -7"]["plays"] is None and by_name["PPMd order 6"]["plays"] > 0
    held_out = [row["held_out"] for row in rows]
    assert held_out == sorted(held_out, reverse=True)
