"""Room 3: both protocols and the n-gram baselines, against slow code that is plainly right."""

import collections
import copy
import math

import pytest
import torch

from shakespeare.data import ShakespeareDataset
from shakespeare.evaluation import (
    bits,
    both_protocols,
    carried_losses,
    cold_losses,
    dynamic_losses,
    mixed_losses,
    ngram_losses,
)


def naive_losses(model, ids):
    """Losses of ids[1:], read from a zero state."""
    logits, _ = model(ids[None, :-1].long())  # (1, characters - 1, vocab_size)
    return -logits[0].log_softmax(-1)[torch.arange(len(ids) - 1), ids[1:].long()]


def close(actual, expected):
    """Equal as far as float32 tells, in which models' losses are computed."""
    torch.testing.assert_close(torch.as_tensor(actual).float(), torch.as_tensor(expected).float())


@pytest.mark.parametrize("batch_size", [1, 3, 64])
def test_cold_losses_start_each_window_from_zero(make_model, text, batch_size):
    model, part = make_model(dropout=0.5).train(), text.split().held_out
    losses = cold_losses(model, part, window=50, batch_size=batch_size)
    model.eval()
    starts = range(0, len(part.data) - 50, 50)
    expected = torch.stack([naive_losses(model, part.data[k : k + 51]) for k in starts])
    assert losses.shape == (11, 50)
    close(losses, expected)


@pytest.mark.parametrize("chunk", [1, 7, 299, 300, 4096])
def test_carried_losses_do_not_depend_on_the_chunk(make_model, text, chunk):
    model, part = make_model(dropout=0.5).train(), text.split().validation
    losses = carried_losses(model, part, chunk)
    assert losses.shape == (299,)
    close(losses, naive_losses(model.eval(), part.data))


OPTIONS = [{}, {"copy_size": 4, "memory": 40}]


@pytest.mark.parametrize("options", OPTIONS)
def test_dynamic_losses_without_steps_are_the_carried_ones(make_model, text, options):
    model, part = make_model(dropout=0.5, **options), text.split().validation
    close(dynamic_losses(model, part, learning_rate=0.0, chunk=16), carried_losses(model, part))


@pytest.mark.parametrize("options", OPTIONS)
def test_dynamic_evaluation_learns_only_from_what_it_has_predicted(make_model, text, write, options):
    model = make_model(**options)
    before = {name: weight.clone() for name, weight in model.state_dict().items()}
    part = text.split().train
    losses = dynamic_losses(model, part, learning_rate=0.01, chunk=32)
    assert losses.shape == (len(part.data) - 1,)
    assert all(torch.equal(weight, before[name]) for name, weight in model.state_dict().items())
    close(losses[:32], carried_losses(model, part)[:32])  # nothing to learn from yet
    assert losses[-1000:].mean() < carried_losses(model, part)[-1000:].mean() - 0.5

    other = copy.copy(part)
    other.data = torch.cat([part.data[:1000], part.data[:1000].flip(0)])
    close(
        dynamic_losses(model, other, learning_rate=0.01, chunk=32)[:999], losses[:999]
    )  # what comes later is not seen


def test_mixture_counts_what_was_read_and_nothing_else(text):
    part = text.split().test
    losses = torch.full((len(part.data) - 1,), math.log(text.vocab_size))
    mixed = mixed_losses(losses, part, orders=(1, 3), weight=2.0)
    read = text.decode(part.data)
    for t in (1, 2, 57, 299):
        p = 1 / text.vocab_size
        for k in (1, 3):
            following = collections.Counter(read[i] for i in range(k, t) if read[i - k : i] == read[t - k : t])
            if following and k <= t:
                weight = 2.0 * len(following)
                p = (following[read[t]] + weight * p) / (following.total() + weight)
        close(mixed[t - 1], -math.log(p))
    repeated = copy.copy(part)
    repeated.data = part.data[:100].repeat(3)
    again = mixed_losses(losses, repeated)
    assert again[120:].mean() < 0.5 * losses[0]


def test_both_protocols_cover_validation_test_and_both_together(make_model, text):
    model, split = make_model(), text.split()
    results = both_protocols(model, text, window=100)
    names = ("validation", "test", "held_out")
    assert set(results) == {"cold", "carried"} and all(set(losses) == set(names) for losses in results.values())
    for name in names:
        close(results["cold"][name], cold_losses(model, getattr(split, name), 100).mean())
    carried = naive_losses(model, split.held_out.data)  # of the characters 1 to 599; the test part begins at 300
    close(results["carried"]["validation"], carried[:299].mean())
    close(results["carried"]["test"], carried[299:].mean())
    close(results["carried"]["held_out"], carried.mean())


def test_evaluation_refuses_what_it_cannot_use(make_model, text, write, refuses):
    with refuses("300", "validation part of excerpt.txt"):
        both_protocols(make_model(), text, window=300)
    other = ShakespeareDataset(write("another alphabet " * 9), seq_len=5)
    for protocol in (cold_losses, carried_losses):
        with refuses("text.txt"):
            protocol(make_model(), other)


def test_bits():
    assert bits(math.log(2)) == pytest.approx(1) and bits(math.log(65)) == pytest.approx(math.log2(65))


def witten_bell(train: str, context: str, c: str, vocab_size: int) -> float:
    """P(c | context) by the formula in the docstring of ngram_losses, with a dictionary for each order."""
    if context is None:
        return 1 / vocab_size
    k = len(context)
    following = collections.Counter(train[i] for i in range(k, len(train)) if train[i - k : i] == context)
    shorter = witten_bell(train, context[1:] if k else None, c, vocab_size)
    n, distinct = sum(following.values()), len(following)
    return (following[c] + distinct * shorter) / (n + distinct) if n else shorter


def test_ngrams_equal_counting_with_dictionaries(text):
    train, held_out = text.data[:1500], text.data[1500:1580]
    losses = ngram_losses(train, held_out, text.vocab_size)
    characters = text.decode(text.data)
    for order in range(7):
        expected = [
            -math.log(witten_bell(characters[:1500], characters[i - order : i], characters[i], text.vocab_size))
            for i in range(1500, 1580)
        ]
        close(losses[order], expected)


@pytest.mark.parametrize("train", ["abracadabra abracadab", "aaaaaaaaaa", "ab"])
def test_ngram_probabilities_sum_to_one(train):
    vocabulary = sorted(set("abracadabra z"))  # z is never seen
    ids = torch.tensor([vocabulary.index(c) for c in train])
    each = [ngram_losses(ids, torch.tensor([k]), len(vocabulary))[:, 0] for k in range(len(vocabulary))]
    p = torch.stack(each).neg().exp()  # (vocab_size, orders)
    assert p.min() > 0
    close(p.sum(0), torch.ones(7))


def test_order_0_on_its_own_counts_is_the_entropy():
    ids = torch.tensor([0, 1, 1, 2, 2, 2, 2] * 3000)
    [losses] = ngram_losses(ids, ids[:7], vocab_size=3, max_order=0)
    entropy = -sum(p * math.log(p) for p in (1 / 7, 2 / 7, 4 / 7))
    assert losses.mean() == pytest.approx(entropy, abs=1e-4)


def test_held_out_text_is_never_counted(text):
    train, held_out = text.data[:2000], text.data[2000:3000]
    losses = ngram_losses(train, held_out, text.vocab_size)
    close(losses[:, :10], ngram_losses(train, held_out[:10], text.vocab_size))
    assert (losses[1:].mean(1) < losses[0].mean()).all()  # context helps on real text
