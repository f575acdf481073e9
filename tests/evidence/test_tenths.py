"""Each tenth of the text is held out once, and nothing of it is trained on."""

import torch

from report.evidence.tenths import by_block, split_with
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


def test_sums_by_block_give_the_mean():
    losses = torch.rand(25)
    blocks = by_block(losses, 10)
    assert [block["characters"] for block in blocks] == [10, 10, 5]
    torch.testing.assert_close(sum(b["sum"] for b in blocks) / 25, losses.double().mean().item())
