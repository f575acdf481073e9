"""What the bench computes from its clocks, and the race of two networks, which ends at a loss."""

import pytest
import torch

from report import bench
from shakespeare.beyond.recipes import make_training
from shakespeare.beyond.settings import load_beyond

CHANGES = {"hidden_size": 8, "batch_size": 4, "seq_len": 16, "epochs": 1, "limit_batches": 10}


def test_the_race_ends_at_the_loss_or_says_that_it_was_not_reached(excerpt):
    training = make_training(load_beyond("smoke", "rungs", CHANGES), excerpt.split())
    assert 0 < bench.seconds_to_loss(training, goal=100, every=5) < 60
    with pytest.raises(RuntimeError, match="did not reach a loss of 0"):
        bench.seconds_to_loss(training, goal=0, every=5)


def test_trainings_at_once_are_compared_with_one_that_has_all_threads(excerpt, monkeypatch):
    """Two that take 4/3 of the time for a batch read 1.5 times as many characters a second."""
    monkeypatch.setattr(torch, "get_num_threads", lambda: 2)
    monkeypatch.setattr(bench, "through_lightning", lambda *_: 3.0)  # seconds a batch
    monkeypatch.setattr(bench, "side_by_side", lambda jobs, _: dict.fromkeys(jobs, 4.0))
    row = bench.trainings_at_once(excerpt, "smoke", batches=3, goal=1.2)
    assert row.value == pytest.approx(1.5)
