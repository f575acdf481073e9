"""Cold and carried losses, against slow code that is plainly right."""

import math
import statistics

import pytest
import torch

from shakespeare import evaluation
from shakespeare.beyond.copying import CopyLSTM
from shakespeare.data import Corpus
from shakespeare.evaluation import (
    carried_predictions,
    cold_predictions,
    interval_over_blocks,
    losses_of,
    t_interval,
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


@pytest.mark.parametrize("count", range(2, 15))
def test_an_interval_is_that_of_students_t(count):
    values = [float(k) for k in range(count)]
    low, high = t_interval(values)
    mean = statistics.mean(values)
    assert (low + high) / 2 == pytest.approx(mean)
    t = (high - mean) / (statistics.stdev(values) / math.sqrt(count))
    # 95 % of the area below the density of Student's t lies between -t and t.
    freedom = count - 1
    x = torch.linspace(-t, t, 100_001, dtype=torch.double)
    density = (1 + x**2 / freedom) ** (-(freedom + 1) / 2)
    gammas = math.gamma((freedom + 1) / 2) / math.gamma(freedom / 2)
    area = float(torch.trapezoid(density, x)) * gammas / math.sqrt(freedom * math.pi)
    assert area == pytest.approx(0.95, abs=1e-4)


def test_a_difference_has_the_interval_of_the_means_of_ten_blocks():
    means = [0.1, 0.4, 0.2, 0.6, 0.3, 0.5, 0.9, 0.7, 0.8, 0.0]
    within = torch.tensor([0.5, -0.5]).repeat(500)  # cancels out in each block
    differences = torch.tensor(means).repeat_interleave(100) + within
    assert interval_over_blocks(differences) == pytest.approx(t_interval(means))
