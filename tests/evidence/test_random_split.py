"""The mistake of the random split: what it holds out, and on what it trains."""

import pytest
import torch

from checks.training import leaked_share
from report.evidence.pictures import schemes
from report.evidence.random_split import RandomSplitData
from shakespeare.data import Batches
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


@pytest.mark.parametrize("stride", [16, 32, 64])
def test_the_picture_of_the_leak_has_the_shares_of_random_splits(stride):
    drawn = torch.rand(4_000, generator=torch.Generator().manual_seed(1)) < schemes.HELD_OUT
    held_out = (stride * drawn.nonzero()[:, 0]).tolist()
    train = (stride * (~drawn).nonzero()[:, 0]).tolist()
    counted = leaked_share(train, held_out, schemes.LENGTH)
    assert counted == pytest.approx(schemes.leaked_share(stride), abs=0.03)
