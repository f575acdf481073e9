"""Cold and carried losses, against slow code that is plainly right."""

import math

import pytest
import torch

from shakespeare import evaluation
from shakespeare.beyond.copying import CopyLSTM
from shakespeare.data import Corpus
from shakespeare.evaluation import (
    INTERVAL_BLOCK,
    carried_predictions,
    cold_predictions,
    interval,
    losses_of,
)
from shakespeare.model import CharLSTM

KINDS = pytest.mark.parametrize("kind", [CharLSTM, CopyLSTM])


@torch.no_grad()
def naive_losses(network, ids):
    """Losses of ids[1:] (characters - 1,), read at once from an empty state."""
    logits, _ = network(ids[None, :-1].long())  # (1, characters - 1, vocab_size)
    log_p = logits[0].log_softmax(-1)
    true = ids[1:].tolist()
    return torch.stack([-log_p[t, true[t]] for t in range(len(true))])


def close(found, expected):
    """Equal as far as float32 tells, in which losses are computed."""
    torch.testing.assert_close(found.float(), expected.float())


@KINDS
def test_each_cold_window_starts_from_an_empty_state(make_network, excerpt, monkeypatch, kind):
    monkeypatch.setattr(evaluation, "WINDOW", 50)
    options = {"dropout": 0.5} if kind is CopyLSTM else {}
    network = make_network(kind, **options).train()  # it must switch to evaluation by itself
    part = excerpt.split().held_out
    predictions = cold_predictions(network, part, batch_size=3)
    assert predictions.shape == (550, excerpt.vocab_size)
    expected = [naive_losses(network, part.ids[k : k + 51]) for k in range(0, 550, 50)]
    close(losses_of(predictions, part), torch.cat(expected))


@KINDS
def test_carried_losses_are_those_of_one_pass(make_network, excerpt, kind):
    network = make_network(kind).train()
    part = excerpt.split().validation
    predictions = carried_predictions(network, part, chunk=7)
    assert predictions.shape == (299, excerpt.vocab_size)
    close(losses_of(predictions, part), naive_losses(network, part.ids))


def test_another_vocabulary_is_refused(make_network, write, refuses):
    other = Corpus.read(write("another alphabet " * 30))
    with refuses("text.txt", "vocabulary"):
        cold_predictions(make_network(), other)


# Intervals


def test_an_interval_is_as_wide_as_the_standard_error_of_its_blocks_says():
    generator = torch.Generator().manual_seed(1)
    means = 1.5 + 0.1 * torch.randn(200, generator=generator)  # of blocks
    losses = means.repeat_interleave(INTERVAL_BLOCK)
    losses += 2 * torch.randn(len(losses), generator=generator)
    mean = float(losses.mean())
    low, high = interval(losses)
    standard_error = float(losses.view(200, INTERVAL_BLOCK).mean(1).std()) / math.sqrt(200)
    assert low == pytest.approx(mean - 1.96 * standard_error, abs=0.1 * standard_error)
    assert high == pytest.approx(mean + 1.96 * standard_error, abs=0.1 * standard_error)


def test_a_short_text_is_cut_into_ten_blocks():
    low, high = interval(torch.arange(1_900).float())  # a fifth of a block of the usual length
    assert low < 949.5 < high
    assert interval(torch.ones(91)) == pytest.approx((1, 1))  # the last block has one character
