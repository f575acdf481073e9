"""A name that returns is found in any text, or there is a sentence; a passage stays in its text."""

import pytest

from shakespeare.beyond.names import Name, find_name, passage


def test_the_name_is_the_longest_heading_that_appears_again():
    text = "so.\n\nANNE:\nHe.\n\nEVA:\nHo!\n\nANNE:\nHa.\n\nOTTA:\nHe\n\nEVA:\nAy.\n\nOTTA:\n"
    assert find_name(text) == Name("ANNE", 5, text.index("ANNE", 6))  # the first of the longest
    assert find_name(text, near=20).letters == "OTTA"  # ANNE and EVA appear again too late
    assert find_name("EVA:\nA\n\nEVA:\nB\n\nEVA:\n").first == 8  # nothing predicts the first


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("so Zürich, Zürich", Name("Zürich", 3, 11)),
        ("-ACGTACAACGTACACG", Name("ACGT", 1, 8)),
        (" ab.1.1", Name(".1", 3, 5)),
        # It reads differently backwards.
        ("\nANNA: no\nBOB: oho ok\nANNA: so\nBOB: oho to\n", Name("AN", 1, 22)),
    ],
)
def test_without_headings_the_name_is_a_word_or_some_characters(text: str, name: Name):
    assert find_name(text) == name


@pytest.mark.parametrize("text", ["1234", "a,a;aa!aa?aa", "", "aaaaaaaa"])
def test_where_nothing_returns_there_is_no_name(text: str, refuses):
    with refuses("nothing returns soon"):
        find_name(text)


@pytest.mark.parametrize("text", ["word " * 50, "no break " * 500, "\n\n" * 300])
def test_a_passage_of_any_text_is_inside_it(text: str):
    for start in (0, 30, len(text)):
        part = passage(text, 100, start)
        assert start == part.start <= part.stop <= len(text)
        assert part.stop - part.start <= 100
    assert text[passage(text, 100, 30)]
