"""Other splits: each tenth held out once, and the mistake of the random split."""

import pytest
import torch

from report.evidence.splits import LAST, RandomSplitData, split_with
from shakespeare.data import Batches, Corpus
from shakespeare.settings import load_recipe

SEQ_LEN = 16


def random_split(corpus) -> RandomSplitData:
    sizes = {"training.batch_size": 16, "training.seq_len": SEQ_LEN}
    recipe = load_recipe("smoke", "baseline", sizes)
    return RandomSplitData(corpus.split(), recipe.training)


def windows_in(batches: Batches) -> set[tuple[int, ...]]:
    """The windows of all batches, each as its characters and the one that follows them."""
    windows = set()
    for x, y in batches:  # (batch, time) each
        for window in torch.cat([x, y[:, -1:]], dim=1).tolist():
            windows.add(tuple(window))
    return windows


def windows_from(corpus, starts) -> set[tuple[int, ...]]:
    return {tuple(corpus.ids[start : start + SEQ_LEN + 1].tolist()) for start in starts}


def test_the_random_split_holds_out_a_tenth_of_the_windows_of_the_whole_text(excerpt):
    data = random_split(excerpt)
    all_windows = len(excerpt.ids) - SEQ_LEN
    training = data.training.tolist()
    held_out = data.held_out.tolist()
    assert sorted([*training, *held_out]) == list(range(all_windows))
    assert len(held_out) == pytest.approx(all_windows / 10, abs=1)
    held_out_text = len(excerpt.split().train.ids)
    assert any(start > held_out_text for start in training)
    assert any(start < held_out_text for start in held_out)


def test_the_random_split_validates_on_its_held_out_windows_and_trains_on_others(excerpt):
    data = random_split(excerpt)
    assert windows_in(data.validation()) == windows_from(excerpt, data.held_out.tolist())
    first = data.batches(epoch=0)
    assert windows_in(first) == windows_from(excerpt, data.indices_of_epoch(0).tolist())
    assert windows_in(first) <= windows_from(excerpt, data.training.tolist())
    assert windows_in(first) == windows_in(random_split(excerpt).batches(epoch=0))
    assert windows_in(first) != windows_in(data.batches(epoch=1))


def test_processes_share_the_batches_of_the_random_split(excerpt):
    data = random_split(excerpt)
    one, other = (data.batches(0, process, processes=2) for process in (0, 1))
    assert windows_in(one) != windows_in(other)
    x, _ = one[0]
    assert len(x) == 8  # of the 16 rows of a batch
    assert len(one) == len(other)


# Each tenth


def test_the_tenths_are_the_text_and_each_is_missing_from_its_training(excerpt):
    corpus = Corpus(torch.arange(1_003), excerpt.chars, "numbers")  # each character once
    held_out = []
    for tenth in range(1, LAST + 1):
        split = split_with(corpus, tenth)
        assert not set(split.train.ids.tolist()) & set(split.held_out.ids.tolist())
        assert len(split.train.ids) + len(split.held_out.ids) == 1_003
        halves = [split.validation.ids, split.test.ids]
        assert torch.equal(torch.cat(halves), split.held_out.ids)
        held_out.append(split.held_out.ids)
    assert torch.equal(torch.cat(held_out), corpus.ids)
    usual = corpus.split()
    assert torch.equal(held_out[-1], usual.held_out.ids)
