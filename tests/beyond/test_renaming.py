"""Invented names replace those of speakers, and nothing else; one definition of a heading."""

import random
import re

import torch
from conftest import small_ladder

from shakespeare.beyond.renaming import RenamedStreams, find_names, rename
from shakespeare.data import Corpus
from study.novelty import find_headings, kinds

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
    assert sorted(find_names(SCENE)) == NAMES
    assert find_names("Romeo speaks to Juliet.\n") == set()
    assert find_names(SCENE + "My friend, a romeo he is.\n") == {"henry", "juliet"}


def test_all_that_look_for_headings_find_the_same():
    long = "A" * 41
    text = (
        f"So.\n\nROMEO:\nAy.\n\n{long}:\nNo.\n\nOLIVIA: to VIOLA:\nSo.\n\nORLANDO: so.\nNESTOR:\n"
    )
    assert find_names(text) == {"romeo"}
    assert find_headings(text) == ["ROMEO"]
    marked = [c for c, kind in zip(text, kinds(text), strict=True) if kind == "speaker heading"]
    assert "".join(marked) == "ROMEO:"


def test_each_name_gets_one_invented_name_and_its_case_is_kept():
    renamed = rename(SCENE, NAMES, random.Random(1))
    old = re.findall(r"\w+|\W+", SCENE)
    new = re.findall(r"\w+|\W+", renamed)
    invented = {}
    for before, after in zip(old, new, strict=True):
        if before == before.lower() or before.lower() not in NAMES:
            assert after == before
        else:
            assert after == (after.upper() if before.isupper() else after.capitalize())
            assert invented.setdefault(before.lower(), after.lower()) == after.lower()
            assert set(after.lower()) <= set("".join(NAMES))
    assert sorted(invented) == NAMES


def data_of(text: Corpus, **changes) -> RenamedStreams:
    sizes = {"batch_size": 4, "seq_len": 16, "epochs": 9}
    return RenamedStreams(text.split(), small_ladder(**(sizes | changes)).training)


def test_names_change_in_their_share_of_training_and_never_in_validation(write):
    corpus = Corpus.read(write(SCENE * 600))
    split = corpus.split()
    data = data_of(corpus)
    count = split.train.text().count("ROMEO")
    kept = [corpus.decode(data.text_of_epoch(k)).count("ROMEO") / count for k in range(9)]
    assert 0.05 < sum(kept[:6]) / 6 < 0.45  # a share of 0.75 is renamed,
    assert 0.55 < sum(kept[6:]) / 3 < 0.95  # and in the last third of the epochs 0.25
    epoch = data.text_of_epoch(3)
    random.seed(5)  # must not matter
    assert torch.equal(epoch, data_of(corpus).text_of_epoch(3))
    assert not torch.equal(epoch, data_of(corpus, seed=2).text_of_epoch(3))
    read = torch.cat([x.flatten() for x, _ in data.validation()])
    assert torch.equal(read, split.validation.ids[: len(read)].long())


def test_names_whose_capitals_the_text_lacks_are_left_alone(write):
    corpus = Corpus.read(write("Romeo:\nHo!\n\nOrem:\nOh.\n\nHero:\nOh.\n\n" * 300))
    data = data_of(corpus)
    assert data.names == []
    assert len(data.text_of_epoch(0)) == len(corpus.split().train.ids)
