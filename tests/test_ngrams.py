"""N-grams against their equation, counted with dictionaries, and mixtures."""

import collections
import math

import pytest
import torch

from shakespeare.ngrams import mixture, mixture_weights, ngram_losses, ngrams


def witten_bell(read: str, context: str, vocabulary: list[str]) -> list[float]:
    """P(c | context) for each c, by the equation in the docstring of ngrams."""
    k = len(context)
    shorter = [1 / len(vocabulary)] * len(vocabulary)
    if k:
        shorter = witten_bell(read, context[1:], vocabulary)
    counts = collections.Counter(read[i] for i in range(k, len(read)) if read[i - k : i] == context)
    n, distinct = sum(counts.values()), len(counts)
    if not n:
        return shorter
    rows = zip(vocabulary, shorter, strict=True)
    return [(counts[c] + distinct * p) / (n + distinct) for c, p in rows]


@pytest.mark.parametrize("count_on", [False, True])
@pytest.mark.parametrize("limit", [None, 2])
def test_ngrams_equal_counting_with_dictionaries(text, limit, count_on):
    context = None if limit is None else torch.arange(40) % (limit + 1)
    by_order = ngrams(
        text.data[:800], text.data[800:840], text.vocab_size, 6, context, count_on=count_on
    )
    characters = text.decode(text.data)
    for order, p in enumerate(by_order):
        assert p.shape == (40, text.vocab_size)
        for k in range(0, 40, 3):
            at = 800 + k
            longest = order if context is None else min(order, int(context[k]))
            read = characters[: at if count_on else 800]
            expected = witten_bell(read, characters[at - longest : at], text.chars)
            torch.testing.assert_close(p[k], torch.tensor(expected))
    assert order == 6


def test_ngram_losses_are_those_of_the_true_characters(text):
    train, held_out = text.data[:800], text.data[800:900]
    losses = ngram_losses(train, held_out, text.vocab_size, 3)
    assert losses.shape == (4, 100)
    for each, p in zip(losses, ngrams(train, held_out, text.vocab_size, 3), strict=True):
        expected = [-math.log(p[k, c]) for k, c in enumerate(held_out.tolist())]
        assert each.tolist() == pytest.approx(expected)


@pytest.mark.parametrize("train", ["abracadabra abracadab", "aaaaaaaaaa", "ab"])
@pytest.mark.parametrize("count_on", [False, True])
def test_probabilities_are_positive_and_sum_to_one(train, count_on):
    vocabulary = sorted(set("abracadabra z"))  # z is never seen
    ids, held_out = ([vocabulary.index(c) for c in each] for each in (train, "zabra az"))
    for p in ngrams(torch.tensor(ids), torch.tensor(held_out), 7, 6, count_on=count_on):
        assert p.min() > 0
        torch.testing.assert_close(p.sum(1), torch.ones(8))


@pytest.mark.parametrize("count_on", [False, True])
def test_what_comes_later_is_never_counted(text, count_on):
    train, held_out = text.data[:2000], text.data[2000:3000]
    each = ngrams(train, held_out, text.vocab_size, count_on=count_on)
    shorter = ngrams(train, held_out[:300], text.vocab_size, count_on=count_on)
    for p, expected in zip(each, shorter, strict=True):
        torch.testing.assert_close(p[:300], expected)


def test_a_context_helps_on_real_text(corpus):
    split = corpus.split()
    losses = ngram_losses(split.train.data, split.held_out.data[:5000], 65, 4).mean(1)
    assert losses.tolist() == sorted(losses.tolist(), reverse=True)


def test_order_0_on_its_own_counts_is_the_entropy():
    ids = torch.tensor([0, 1, 1, 2, 2, 2, 2] * 3000)
    [each] = ngram_losses(ids, ids[:7], vocab_size=3, max_order=0)
    entropy = -sum(p * math.log(p) for p in (1 / 7, 2 / 7, 4 / 7))
    assert float(each.mean()) == pytest.approx(entropy, abs=1e-4)


def test_a_mixture_is_the_normalised_product():
    torch.manual_seed(1)
    network, ngram = torch.randn(2, 9, 5).log_softmax(-1)
    product = network.exp() ** 0.7 * ngram.exp() ** 0.4
    expected = product / product.sum(1, keepdim=True)
    torch.testing.assert_close(mixture(network, ngram, 0.7, 0.4).exp(), expected)


@pytest.mark.parametrize("count", [1, 3, 200])
def test_no_other_weights_of_a_mixture_are_better(count):
    torch.manual_seed(count)
    network, ngram = torch.randn(2, count, 5).log_softmax(-1)
    true = torch.randint(5, (count,))

    def loss(a: float, b: float) -> float:
        return float(torch.nn.functional.nll_loss(mixture(network, ngram, a, b), true))

    a, b = mixture_weights(network, ngram, true)
    assert math.isfinite(loss(a, b))
    near = [(a + 0.05, b), (a - 0.05, b), (a, b + 0.05), (a, b - 0.05)]
    for others in [(1, 0), (0, 1), (0, 0), *near]:
        assert loss(a, b) <= loss(*others) + 1e-4
