"""What is held out or drawn, but is in the training text, too: against sets and slices."""

import pytest
import torch

from course.overlap import mark_copied, share_trained_on


def test_the_share_of_targets_is_that_of_sets():
    generator = torch.Generator().manual_seed(1)
    starts = torch.randperm(200, generator=generator)
    train = starts[:30]
    validation = starts[30:60]
    trained_on = {int(start) + i for start in train for i in range(1, 9)}
    targets = [int(start) + i for start in validation for i in range(1, 9)]
    share = sum(target in trained_on for target in targets) / len(targets)
    assert 0 < share < 1
    assert share_trained_on(train, validation, 8) == pytest.approx(share)


def test_stretches_that_the_training_text_has_are_marked():
    passages = {"abc", "bcd"}
    assert "".join(str(int(mark)) for mark in mark_copied("xabcdxbcabc", passages, 3)) == (
        "01111000111"
    )
    assert mark_copied("ab", passages, 3) == [False, False]
