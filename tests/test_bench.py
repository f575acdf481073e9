"""The race of two networks, which ends at a loss."""

import pytest

from report import bench
from shakespeare.runs import Training
from shakespeare.settings import load_settings

CHANGES = {"hidden_size": 8, "batch_size": 4, "seq_len": 16, "epochs": 1, "limit_batches": 10}


def test_the_race_ends_at_the_loss_or_says_that_it_was_not_reached(excerpt):
    training = Training(load_settings("smoke", "rungs", CHANGES), excerpt.split())
    assert 0 < bench.seconds_to_loss(training, goal=100, every=5) < 60
    with pytest.raises(RuntimeError, match="did not reach a loss of 0"):
        bench.seconds_to_loss(training, goal=0, every=5)
