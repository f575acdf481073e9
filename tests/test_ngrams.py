"""N-grams against their equations, counted with dictionaries."""

import collections
import math

import pytest
import torch

from shakespeare.ngrams import WittenBell, contexts, kneser_ney_losses, witten_bell_losses


def witten_bell(read: str, context: str, vocabulary: list[str]) -> list[float]:
    """P(c | context) for each c, by the equation in the docstring of WittenBell."""
    k = len(context)
    shorter = [1 / len(vocabulary)] * len(vocabulary)
    if k:
        shorter = witten_bell(read[1:], context[1:], vocabulary)
    counts = collections.Counter(read[i] for i in range(k, len(read)) if read[i - k : i] == context)
    n, distinct = sum(counts.values()), len(counts)
    if not n:
        return shorter
    rows = zip(vocabulary, shorter, strict=True)
    return [(counts[c] + distinct * p) / (n + distinct) for c, p in rows]


@pytest.mark.parametrize("count_on", [False, True])
def test_witten_bell_equals_counting_with_dictionaries(text, count_on):
    train, held_out = text.data[:800], text.data[800:840]
    model = WittenBell(train, text.vocab_size, 6)
    known = contexts(text.data[:840], text.vocab_size, 6)[800:]
    read = held_out if count_on else None
    characters = text.decode(text.data)
    for order, p in enumerate(model.orders(known, read)):
        assert p.shape == (40, text.vocab_size)
        for k in range(0, 40, 3):
            seen = characters[6 - order : 800 + k if count_on else 800]  # complete contexts only
            context = characters[800 + k - order : 800 + k]
            torch.testing.assert_close(p[k], torch.tensor(witten_bell(seen, context, text.chars)))
    assert order == 6
    torch.testing.assert_close(model(known, read), p.log())


def kneser_ney(train: str, context: str, character: str, vocabulary: list[str], top=True) -> float:
    """P(character | context) as Chen and Goodman (1998) define it, recursively."""
    k = len(context)
    padded = "\0" * (k + 1) + train  # \0: before the text
    counts = collections.defaultdict(collections.Counter)
    if top:
        for i in range(len(train)):
            counts[padded[i + 1 : i + 1 + k]][train[i]] += 1
    else:  # after how many different characters
        for longer in {padded[i : i + k + 2] for i in range(len(train))}:
            counts[longer[1:-1]][longer[-1]] += 1
    of = collections.Counter(n for followers in counts.values() for n in followers.values())

    def discount(n: int) -> float:
        n = min(n, 3)
        if not (of[1] and of[n]):
            return 0
        return max(0, n - (n + 1) * of[1] / (of[1] + 2 * of[2]) * of[n + 1] / of[n])

    lower = 1 / len(vocabulary)
    if k:
        lower = kneser_ney(train, context[1:], character, vocabulary, top=False)
    followers = counts.get(context)
    if not followers:
        return lower
    taken = sum(discount(n) for n in followers.values())
    n = followers[character]
    return (n - (discount(n) if n else 0) + taken * lower) / sum(followers.values())


@pytest.mark.parametrize("order", [0, 1, 3])
def test_kneser_ney_equals_counting_with_dictionaries(text, order):
    losses = kneser_ney_losses(text.data[:3000], text.data[3000:3060], text.vocab_size, order)
    train, held_out = text.decode(text.data[:3000]), text.decode(text.data[3000:3060])
    for k in range(order, 60, 4):
        p = kneser_ney(train, held_out[k - order : k], held_out[k], text.chars)
        assert float(losses[order, k]) == pytest.approx(-math.log(p), rel=1e-4)


def test_kneser_ney_passes_the_bar_that_it_sets(corpus):
    """1.517 on the last 10 %, with halves of 1.453 and 1.580: smoothing decides how high it is."""
    split = corpus.split()
    losses = kneser_ney_losses(split.train.data, split.held_out.data, 65)[6]
    middle = len(split.validation.data)
    found = [losses.mean(), losses[:middle].mean(), losses[middle:].mean()]
    assert torch.stack(found).tolist() == pytest.approx([1.5165, 1.4534, 1.5797], abs=1e-3)


def test_losses_are_those_of_the_true_characters(text):
    train, held_out = text.data[:800], text.data[800:900]
    model = WittenBell(train, text.vocab_size, 3)
    losses = witten_bell_losses(train, held_out, text.vocab_size, 3)
    assert losses.shape == (4, 100)
    for each, p in zip(losses, model.orders(contexts(held_out, text.vocab_size, 3)), strict=True):
        expected = [-math.log(p[k, c]) for k, c in enumerate(held_out.tolist())]
        assert each.tolist() == pytest.approx(expected)


@pytest.mark.parametrize("train", ["abracadabra abracadab", "aaaaaaaaaa", "ab"])
@pytest.mark.parametrize("count_on", [False, True])
def test_probabilities_are_positive_and_sum_to_one(train, count_on):
    vocabulary = sorted(set("abracadabra z"))  # z is never seen
    ids, held_out = (
        torch.tensor([vocabulary.index(c) for c in each]) for each in (train, "zabra az")
    )
    read = held_out if count_on else None
    for p in WittenBell(ids, 7, 6).orders(contexts(held_out, 7, 6), read):
        assert p.min() > 0
        torch.testing.assert_close(p.sum(1), torch.ones(8))
    assert kneser_ney_losses(ids, held_out, 7, 6).isfinite().all()


def test_the_next_character_has_the_probabilities_of_its_place(text):
    model, ids = WittenBell(text.data[:2000], text.vocab_size), text.data[2000:2030].long()
    expected = model(contexts(ids, text.vocab_size, model.max_order))
    for k in range(1, 30):
        texts = torch.stack([ids[:k], ids[:k].flip(0)])
        torch.testing.assert_close(model.after(texts)[0], expected[k])


def test_a_large_alphabet_has_shorter_contexts():
    ids = torch.randint(5000, (3000,), generator=torch.Generator().manual_seed(1))
    model = WittenBell(ids, 5000, 10)
    assert model.max_order == 5
    p = model(contexts(ids[:50], 5000, 5)).exp()
    torch.testing.assert_close(p.sum(1), torch.ones(50))
    assert (p[10:].gather(1, ids[10:50, None]) > 0.3).all()  # it has read this text


def test_order_0_on_its_own_counts_is_the_entropy():
    ids = torch.tensor([0, 1, 1, 2, 2, 2, 2] * 3000)
    entropy = -sum(p * math.log(p) for p in (1 / 7, 2 / 7, 4 / 7))
    for losses in (witten_bell_losses, kneser_ney_losses):
        [each] = losses(ids, ids[:7], vocab_size=3, max_order=0)
        assert float(each.mean()) == pytest.approx(entropy, abs=1e-4)
