"""Cold and carried losses, against slow code that is plainly right."""

import math

import pytest
import torch

from shakespeare import evaluation
from shakespeare.beyond.copying import CopyLSTM
from shakespeare.data import Corpus
from shakespeare.evaluation import (
    carried_predictions,
    cold_predictions,
    interval,
    losses_of,
    mean_by_part,
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
@pytest.mark.parametrize("batch_size", [1, 3, 64])
def test_each_cold_window_starts_from_an_empty_state(
    make_network, excerpt, monkeypatch, kind, batch_size
):
    monkeypatch.setattr(evaluation, "WINDOW", 50)
    network = make_network(kind).train()  # it must switch to evaluation by itself
    part = excerpt.split().held_out
    predictions = cold_predictions(network, part, batch_size)
    assert predictions.shape == (550, excerpt.vocab_size)
    expected = [naive_losses(network, part.ids[k : k + 51]) for k in range(0, 550, 50)]
    close(losses_of(predictions, part), torch.cat(expected))


@KINDS
@pytest.mark.parametrize("chunk", [1, 7, 299, 4096])
def test_carried_losses_are_those_of_one_pass(make_network, excerpt, kind, chunk):
    network = make_network(kind).train()
    part = excerpt.split().validation
    predictions = carried_predictions(network, part, chunk)
    assert predictions.shape == (299, excerpt.vocab_size)
    close(losses_of(predictions, part), naive_losses(network, part.ids))


@pytest.mark.parametrize("predict", [cold_predictions, carried_predictions])
def test_dropout_is_off_when_a_network_is_evaluated(make_network, excerpt, predict):
    network = make_network(CopyLSTM, dropout=0.5)
    part = excerpt.split().held_out
    assert torch.equal(predict(network.train(), part), predict(network.train(), part))


@KINDS
@pytest.mark.parametrize("predict", [cold_predictions, carried_predictions])
def test_no_loss_depends_on_a_later_character(make_network, excerpt, kind, predict):
    network = make_network(kind)
    part = excerpt.split().held_out
    ids = part.ids.clone()
    ids[301] = (ids[301] + 1) % excerpt.vocab_size
    other = Corpus(ids, part.chars, "other")
    found = predict(network, other)
    expected = predict(network, part)
    assert torch.equal(found[:301], expected[:301])
    assert not torch.allclose(found[301:], expected[301:])


def test_the_halves_of_the_held_out_text_are_those_of_the_split(make_network, excerpt):
    split = excerpt.split()
    network = make_network()
    for predict in (cold_predictions, carried_predictions):
        losses = losses_of(predict(network, split.held_out), split.held_out)
        means = mean_by_part(losses, split)
        # Losses begin at the second held-out character; the test half begins at character 300.
        assert means["validation"] == pytest.approx(float(losses[:299].mean()))
        assert means["test"] == pytest.approx(float(losses[299:].mean()))
        assert means["held_out"] == pytest.approx(float(losses.mean()))


@pytest.mark.parametrize("predict", [cold_predictions, carried_predictions])
def test_another_vocabulary_is_refused(make_network, write, refuses, predict):
    other = Corpus.read(write("another alphabet " * 30))
    with refuses("text.txt", "vocabulary"):
        predict(make_network(), other)


# Intervals


def of_blocks(means: torch.Tensor, noise: float = 0.0) -> torch.Tensor:
    """Losses (characters,) in blocks of 2,000 around these means."""
    generator = torch.Generator().manual_seed(2)
    losses = means.repeat_interleave(2000)
    return losses + noise * torch.randn(len(losses), generator=generator)


def random_means(blocks: int, seed: int = 1) -> torch.Tensor:
    return 1.5 + 0.1 * torch.randn(blocks, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("noise", [0.0, 2.0])
def test_an_interval_is_as_wide_as_the_standard_error_of_its_blocks_says(noise):
    losses = of_blocks(random_means(200), noise)
    mean = float(losses.mean())
    low, high = interval(losses)
    standard_error = float(losses.view(200, 2000).mean(1).std()) / math.sqrt(200)
    assert low == pytest.approx(mean - 1.96 * standard_error, abs=0.1 * standard_error)
    assert high == pytest.approx(mean + 1.96 * standard_error, abs=0.1 * standard_error)


def test_an_interval_is_not_as_narrow_as_if_the_characters_were_independent():
    losses = of_blocks(random_means(100))
    low, high = interval(losses)
    each_low, each_high = interval(losses[::100], block=1, samples=1000)
    assert high - low > 3 * (each_high - each_low)


def test_a_gain_has_a_narrower_interval_than_the_losses_of_which_it_is_the_difference():
    before = of_blocks(random_means(55))
    gains = 0.05 + 0.1 * (random_means(55, seed=3) - 1.5)
    after = before - of_blocks(gains)
    low, high = interval(before - after)
    assert low < 0.05 < high
    assert low > 0
    low_before, high_before = interval(before)
    assert high - low < 0.2 * (high_before - low_before)


def test_a_last_shorter_block_counts_by_its_length():
    losses = torch.cat([torch.zeros(40_000), torch.ones(1_000)])
    # At most three of 21 drawn blocks are the last one, in 97.5 % of the samples.
    assert interval(losses) == (0, pytest.approx(3_000 / 39_000))


def test_a_short_text_is_cut_into_twenty_blocks():
    low, high = interval(torch.arange(1_900).float())  # one block of the usual length
    assert low < 949.5 < high


def test_an_interval_is_the_same_each_time():
    losses = of_blocks(random_means(10))
    torch.manual_seed(1)
    first = interval(losses)
    torch.manual_seed(2)
    assert interval(losses) == first
