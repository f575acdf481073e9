"""Losses by part of the held-out text."""

import pytest

from shakespeare.evaluation import carried_predictions, losses_of
from study.losses import mean_by_part


def test_the_halves_of_the_held_out_text_are_those_of_the_split(make_network, excerpt):
    split = excerpt.split()
    losses = losses_of(carried_predictions(make_network(), split.held_out), split.held_out)
    means = mean_by_part(losses, split)
    # Losses begin at the second held-out character; the test half begins at character 300.
    assert means["validation"] == pytest.approx(float(losses[:299].mean()))
    assert means["test"] == pytest.approx(float(losses[299:].mean()))
    assert means["held_out"] == pytest.approx(float(losses.mean()))
