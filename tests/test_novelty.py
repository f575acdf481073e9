"""What a text is made of, against counts by hand and a search that is slow and plainly right."""

import random

import pytest

from study.novelty import (
    Study,
    distance,
    find_headings,
    is_malformed,
    kinds,
    mark_copied,
    repetition,
    share_returning,
)

TRAIN = "\n\nROMEO:\nWhat light through yonder window breaks? It is the east.\n"


def test_words_are_real_if_the_training_text_has_them():
    found = Study(TRAIN)(["x the light of the window east x", "x what LIGHT what x"])
    assert found["texts"] == 2
    assert found["words"] == pytest.approx(8 / 9)  # "of" is not; the outer words may be cut off
    assert found["distinct_words"] == pytest.approx((6 / 8 + 3 / 5) / 2)


@pytest.mark.parametrize("heading", ["DUKE OF YORK", "Lord and Lady"])
def test_headings_as_in_the_plays_are_well_formed(heading):
    assert find_headings(f"so.\n\n{heading}:\nAy.") == [heading] and not is_malformed(heading)


@pytest.mark.parametrize("heading", ["WARWItRCK", "some Lord"])
def test_headings_in_mixed_letters_are_malformed(heading):
    assert is_malformed(heading)
    assert Study(TRAIN)([f"so.\n\n{heading}:\nAy."])["malformed"] == 1


def test_a_line_is_a_heading_after_a_blank_line_and_up_to_40_characters():
    assert find_headings("Ay.\nnote:\n\n" + "A" * 41 + ":\n\nNo colon\n\nA: no\n") == []
    assert find_headings("\n\n" + "A" * 40 + ":\n") == ["A" * 40]
    assert find_headings("\n\nA:\n\nB:\n") == ["A", "B"]
    assert find_headings("MEO:\nAy.\n\nJULIET:\n") == ["JULIET"]  # the piece began in a name


def test_a_heading_returns_if_the_same_text_had_it_before():
    first = "so.\n\nA:\nAy.\n\nB:\nNo.\n\nA:\nSo.\n\nA:\nAy."
    second = "so.\n\nB:\nAy."  # the other text had it, which doesn't count
    found = Study(TRAIN)([first, second])
    assert (found["headings"], found["returning"]) == (5, 2)


def test_no_heading_returns_where_each_is_new():
    text = "so.\n\nA:\nAy.\n\nB:\nNo.\n\nC:\nSo."
    assert share_returning(Study(TRAIN)([text])) == 0


def test_every_character_is_of_one_kind():
    short = {"speaker heading": "H", "end of a line": "E", "space": "S", "punctuation": "P"}
    short |= {"first letter of a word": "F", "inside a word": "I"}
    text = "AB:\nIt's 2, é.\n\nC D:\nAy:\n"
    assert "".join(short[kind] for kind in kinds(text)) == "HHHEFIPFSPPSFPEEHHHHEFIPE"


def test_copies_are_those_that_a_search_finds():
    rng = random.Random(3)
    source = "".join(rng.choices("ab\n🙂", k=300))
    passages = Study(source, copy_length=5).passages
    for _ in range(30):
        text = "".join(rng.choices("ab\n🙂", k=rng.randint(0, 40)))
        expected = [False] * len(text)
        for k in range(len(text) - 4):
            if text[k : k + 5] in source:
                expected[k : k + 5] = [True] * 5
        assert mark_copied(text, passages, 5) == expected


def test_repetition_counts_what_occurred_before():
    rng = random.Random(1)
    for _ in range(30):
        text = "".join(rng.choices("ab", k=rng.randint(0, 40)))
        length = rng.randint(1, 9)
        found = [text[k : k + length] for k in range(len(text) - length + 1)]
        again = sum(substring in found[:k] for k, substring in enumerate(found))
        assert repetition(text, length) == pytest.approx(again / len(found) if found else 0)
    words = "".join(random.Random(2).choices("abcdefghij ", k=300))
    assert Study(TRAIN)([words, words[:100] * 3, words])["loops"] == 1


def test_a_text_without_words_or_headings_has_nothing_to_count():
    found = Study(TRAIN)(["12345 67890"])
    assert found["words"] == found["distinct_words"] == 0
    assert found["headings"] == found["malformed"] == found["returning"] == 0


def test_the_distance_adds_up_percentage_points():
    author = {"words": 0.95, "distinct_words": 0.6, "copied_share": 0.0}
    author |= {"malformed": 0, "headings": 10}
    found = {"words": 0.97, "distinct_words": 0.55, "copied_share": 0.01}
    assert distance(found | {"malformed": 1, "headings": 50}, author) == pytest.approx(
        2 + 5 + 1 + 2
    )
    nothing = {"words": 0.0, "distinct_words": 0.0, "copied_share": 0.0}
    assert distance(nothing | {"malformed": 0, "headings": 0}, author) == pytest.approx(95 + 60)


def test_stretches_that_the_training_text_has_are_marked():
    passages = {"abc", "bcd"}
    assert "".join(str(int(mark)) for mark in mark_copied("xabcdxbcabc", passages, 3)) == (
        "01111000111"
    )
    assert mark_copied("ab", passages, 3) == [False, False]
