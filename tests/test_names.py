"""Invented names replace those of speakers, and nothing else."""

import random
import re

import pytest

from shakespeare.names import find_names, rename

SCENE = """ROMEO:
Hear, Juliet: the king is Romeo's friend.

KING HENRY:
Thou romper, ROMEO! Good night, good king.

JULIET:
Night, night.

Night:
I speak.
"""
NAMES = ["henry", "juliet", "romeo"]


def test_names_are_speakers_that_are_no_common_words():
    assert sorted(find_names([SCENE])) == NAMES
    assert find_names(["Romeo speaks to Juliet.\n"]) == set()
    assert find_names([SCENE, "My friend, a romeo he is.\n"]) == {"henry", "juliet"}


@pytest.mark.parametrize("seed", range(10))
def test_each_name_gets_one_invented_name_and_its_case_is_kept(seed):
    renamed = rename(SCENE, NAMES, random.Random(seed))
    assert renamed == rename(SCENE, NAMES, random.Random(seed))
    old, new = (re.findall(r"\w+|\W+", each) for each in (SCENE, renamed))
    invented = {}
    for before, after in zip(old, new, strict=True):
        if before == before.lower() or before.lower() not in NAMES:
            assert after == before
        else:
            assert after == (after.upper() if before.isupper() else after.capitalize())
            assert invented.setdefault(before.lower(), after.lower()) == after.lower()
            assert set(after.lower()) <= set("".join(NAMES))
    assert sorted(invented) == NAMES


def test_renaming_invents_other_names_with_another_seed():
    assert len({rename(SCENE, NAMES, random.Random(seed)) for seed in range(20)}) > 10


def test_a_name_in_lower_case_and_a_part_of_a_word_are_left_alone():
    text = "romeo, Romeos and the romping Romeosson\n"
    assert rename(text, NAMES, random.Random(1)) == text
