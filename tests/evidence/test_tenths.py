"""Each tenth of the text is held out once, and nothing of it is trained on."""

import pytest
import torch

from report.evidence.tenths import gains, split_with
from shakespeare.data import Corpus


def test_the_tenths_are_the_text_and_each_is_missing_from_its_training(excerpt):
    corpus = Corpus(torch.arange(1_003), excerpt.chars, "numbers")  # each character once
    held_out = []
    for tenth in range(1, 11):
        split = split_with(corpus, tenth)
        assert not set(split.train.ids.tolist()) & set(split.held_out.ids.tolist())
        assert len(split.train.ids) + len(split.held_out.ids) == 1_003
        halves = [split.validation.ids, split.test.ids]
        assert torch.equal(torch.cat(halves), split.held_out.ids)
        held_out.append(split.held_out.ids)
    assert torch.equal(torch.cat(held_out), corpus.ids)
    usual = corpus.split()
    assert torch.equal(held_out[-1], usual.held_out.ids)


def test_a_gain_over_tenths_is_paired_and_also_without_the_last():
    rows = []
    for counting, baseline, final in ((1.5, 1.4, 1.2), (1.4, 1.35, 1.2), (1.6, 1.6, 1.1)):
        rows.append({"counting": counting, "baseline": baseline, "final": final})
    found = gains(rows)
    assert found["baseline"]["over"] == "counting" and found["baseline"]["of"] == 3
    assert found["baseline"]["mean"] == pytest.approx(0.05)
    assert found["baseline"]["positive"] == 2
    assert found["final"]["mean"] == pytest.approx((0.2 + 0.15 + 0.5) / 3)
    assert found["final"]["without_last"]["mean"] == pytest.approx(0.175)
    low, high = found["final"]["without_last"]["interval"]
    assert (low + high) / 2 == pytest.approx(0.175)
