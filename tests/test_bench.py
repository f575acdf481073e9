"""What the bench computes from its clocks, and the race of two networks, which ends at a loss."""

import pytest
import torch

from report import bench
from shakespeare.beyond.recipes import make_training
from shakespeare.beyond.settings import load_beyond
from shakespeare.beyond.streams import StreamData

CHANGES = {
    "hidden_size": 8,
    "batch_size": 4,
    "seq_len": 16,
    "epochs": 2,
    "limit_batches": 10,
    "rename_share": 0.0,
}


@pytest.fixture
def epochs(monkeypatch) -> list[int]:
    """The epochs whose texts are read."""
    epochs = []
    text_of_epoch = StreamData.text_of_epoch

    def record(data, epoch):
        epochs.append(epoch)
        return text_of_epoch(data, epoch)

    monkeypatch.setattr(StreamData, "text_of_epoch", record)
    return epochs


def race(corpus, goal: float) -> float:
    training = make_training(load_beyond("smoke", "rungs", CHANGES), corpus.split())
    return bench.seconds_to_loss(training, goal, every=5)


def test_the_race_ends_at_the_loss(excerpt, epochs):
    assert race(excerpt, goal=100) > 0
    assert set(epochs) == {0}


def test_each_epoch_of_the_race_reads_another_text(excerpt, epochs):
    with pytest.raises(RuntimeError, match="did not reach a loss of 0"):
        race(excerpt, goal=0)
    assert set(epochs) == {0, 1}


def test_trainings_at_once_are_compared_with_one_that_has_all_threads(excerpt, monkeypatch):
    """Two that take 4/3 of the time for a batch read 1.5 times as many characters a second."""
    monkeypatch.setattr(torch, "get_num_threads", lambda: 2)
    monkeypatch.setattr(bench, "through_lightning", lambda *_: 3.0)  # seconds a batch
    monkeypatch.setattr(bench, "side_by_side", lambda jobs, _: dict.fromkeys(jobs, 4.0))
    row = bench.trainings_at_once(excerpt, "smoke", batches=3, goal=1.2)
    assert row.value == pytest.approx(1.5)
    assert row.what.startswith("2 trainings at the size of smoke side by side, a thread each")
