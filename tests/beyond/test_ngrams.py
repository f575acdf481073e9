"""N-grams against their equations, counted with dictionaries."""

import collections
import math
from pathlib import Path

import pytest
import torch

from shakespeare.beyond.ngrams import (
    contexts,
    kneser_ney_by_order,
    kneser_ney_losses,
    witten_bell_losses,
)

TEXT = (Path(__file__).resolve().parents[2] / "input.txt").read_text(encoding="utf-8")
EXCERPT = TEXT[:4000]
VOCABULARY = sorted(set(EXCERPT))


def encode(text: str, vocabulary: list[str] = VOCABULARY) -> torch.Tensor:
    index = {character: i for i, character in enumerate(vocabulary)}
    return torch.tensor([index[character] for character in text], dtype=torch.uint8)


IDS = encode(EXCERPT)
SIZE = len(VOCABULARY)


def test_equal_strings_have_equal_numbers_and_others_do_not():
    for k, u in enumerate(contexts(IDS, 50)):
        strings = [("\0" * k + EXCERPT)[t : t + k] for t in range(len(EXCERPT))]
        pairs = set(zip(strings, u.tolist(), strict=True))
        assert len(pairs) == len(set(strings)) == len(u.unique())


# Kneser-Ney


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

    def discount_after(followers: collections.Counter, n: int) -> float:
        if any(discount(each) for each in followers.values()):
            return discount(n)
        return {1: 0.5, 2: 1, 3: 1.5}[min(n, 3)]

    lower = 1 / len(vocabulary)
    if k:
        lower = kneser_ney(train, context[1:], character, vocabulary, top=False)
    followers = counts.get(context)
    if not followers:
        return lower
    taken = sum(discount_after(followers, n) for n in followers.values())
    n = followers[character]
    own = discount_after(followers, n) if n else 0
    return (n - own + taken * lower) / sum(followers.values())


@pytest.mark.parametrize("order", [3, 14])  # the digits of 14 don't fit into 64 bits
def test_kneser_ney_equals_counting_with_dictionaries(order):
    losses = kneser_ney_losses(IDS[:3000], IDS[3000:3060], SIZE, order)
    train = EXCERPT[:3000]
    held_out = EXCERPT[3000:3060]
    assert losses.shape == (order + 1, 60)
    for k in range(order, 60, 4):
        p = kneser_ney(train, held_out[k - order : k], held_out[k], VOCABULARY)
        assert float(losses[order, k]) == pytest.approx(-math.log(p), rel=1e-4)


def test_kneser_ney_shares_out_exactly_one_even_of_hardly_any_text():
    """After one context, the probabilities of all characters sum to one."""
    vocabulary = sorted(set("abracadabra z"))  # z is never seen
    ids = encode("ab", vocabulary)
    total = torch.zeros(4)  # one for each order
    for character in vocabulary:
        losses = kneser_ney_losses(ids, encode("abr" + character, vocabulary), 7, 3)
        assert losses.isfinite().all()
        total += (-losses[:, -1]).exp()
    torch.testing.assert_close(total, torch.ones(4))


def test_kneser_ney_gives_no_character_probability_0_in_a_regular_text():
    """In a log, some discounts have no estimates: without others, losses would be infinite."""
    text = "".join(f"{k // 60:02}:{k % 60:02} GET /index.html 200\n" for k in range(600))
    vocabulary = sorted(set(text + "z"))  # z is never seen
    ids = encode(text, vocabulary)
    train, held_out = ids[:-1600], ids[-1600:]
    for p in kneser_ney_by_order(
        train, held_out, torch.arange(len(vocabulary)), len(vocabulary), 6
    ):
        assert p.min() > 1e-7
        torch.testing.assert_close(p.sum(1), torch.ones(1600))
    losses = kneser_ney_losses(train, held_out, len(vocabulary), 6)
    assert losses[6].mean() < 0.6
    for t in range(6, 30, 5):
        position = len(train) + t
        u = text[position - 6 : position]
        expected = kneser_ney(text[: len(train)], u, text[position], vocabulary)
        assert float(losses[6, t]) == pytest.approx(-math.log(expected), rel=1e-4)


def test_kneser_ney_passes_the_bar_that_it_sets():
    """1.517 on the last 10 %, with halves of 1.453 and 1.580: smoothing decides how high it is."""
    ids = encode(TEXT, sorted(set(TEXT)))
    end_of_train = int(0.9 * len(ids))
    losses = kneser_ney_losses(ids[:end_of_train], ids[end_of_train:], 65)
    middle = losses.shape[1] // 2
    best = losses[:, :middle].mean(1).argmin()
    assert best == 6  # of 8: a longer context doesn't help
    found = [losses[best].mean(), losses[best, :middle].mean(), losses[best, middle:].mean()]
    assert torch.stack(found).tolist() == pytest.approx([1.5165, 1.4534, 1.5797], abs=1e-3)


# Witten-Bell


def pairs_in(text: str, start: int) -> list[tuple[str, str]]:
    """The six characters before each position from `start` on, and the one that follows."""
    padded = "\0" * 6 + text  # \0: before the text
    return [(padded[t : t + 6], text[t]) for t in range(start, len(text))]


def witten_bell(pairs: list[tuple[str, str]], context: str) -> list[float]:
    """P(c | context) for each c by the equation of Witten and Bell, counted in these pairs."""
    lower = [1 / SIZE] * SIZE
    if context:
        lower = witten_bell(pairs, context[1:])
    counts = collections.Counter(c for before, c in pairs if before.endswith(context))
    n = sum(counts.values())
    if not n:
        return lower
    distinct = len(counts)
    rows = zip(VOCABULARY, lower, strict=True)
    return [(counts[c] + distinct * p) / (n + distinct) for c, p in rows]


def test_witten_bell_equals_counting_with_dictionaries():
    losses = witten_bell_losses(IDS[:800], IDS[800:860], SIZE, 6)  # (orders, characters)
    in_train = pairs_in(EXCERPT[:800], start=0)
    for t, (before, c) in enumerate(pairs_in(EXCERPT[800:860], start=0)):
        for order in (0, 2, 6):
            p = witten_bell(in_train, before[6 - order :])[VOCABULARY.index(c)]
            assert losses[order, t] == pytest.approx(-math.log(p), abs=1e-5)


# Both


def test_a_large_vocabulary_needs_no_shorter_contexts():
    ids = torch.randint(5000, (3000,), generator=torch.Generator().manual_seed(1))
    assert kneser_ney_losses(ids, ids[:50], 5000, 10).isfinite().all()
    losses = witten_bell_losses(ids, ids[:50], 5000, 10)
    assert (losses[10, 10:] < 1.2).all()  # it has read this text
