"""N-grams against their equations, counted with dictionaries."""

import collections
import math
from pathlib import Path

import pytest
import torch

from shakespeare.beyond import ngrams
from shakespeare.beyond.ngrams import WittenBell, contexts, kneser_ney_losses

TEXT = (Path(__file__).resolve().parents[2] / "input.txt").read_text(encoding="utf-8")
EXCERPT = TEXT[:4000]
VOCABULARY = sorted(set(EXCERPT))


def encode(text: str, vocabulary: list[str] = VOCABULARY) -> torch.Tensor:
    index = {character: i for i, character in enumerate(vocabulary)}
    return torch.tensor([index[character] for character in text], dtype=torch.uint8)


IDS = encode(EXCERPT)
SIZE = len(VOCABULARY)


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

    lower = 1 / len(vocabulary)
    if k:
        lower = kneser_ney(train, context[1:], character, vocabulary, top=False)
    followers = counts.get(context)
    if not followers:
        return lower
    taken = sum(discount(n) for n in followers.values())
    n = followers[character]
    return (n - (discount(n) if n else 0) + taken * lower) / sum(followers.values())


@pytest.mark.parametrize("order", [3, 14])  # digits of 14 would not fit into 64 bits
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


def witten_bell(read: str, context: str, vocabulary: list[str], start: int = 0) -> list[float]:
    """P(c | context) for each c by the equation of Witten and Bell, counted from `start` on."""
    k = len(context)
    shorter = [1 / len(vocabulary)] * len(vocabulary)
    if k:
        shorter = witten_bell(read, context[1:], vocabulary, start)
    positions = range(max(start, k), len(read))
    counts = collections.Counter(read[i] for i in positions if read[i - k : i] == context)
    n = sum(counts.values())
    distinct = len(counts)
    if not n:
        return shorter
    rows = zip(vocabulary, shorter, strict=True)
    return [(counts[c] + distinct * p) / (n + distinct) for c, p in rows]


@pytest.mark.parametrize("count_on", [False, True])
def test_witten_bell_equals_counting_with_dictionaries(count_on, monkeypatch):
    model = WittenBell(IDS[:800], SIZE, 6)
    context = contexts(IDS[:840], SIZE, 6)[800:]
    read = IDS[800:840] if count_on else None
    for order, p in enumerate(model.probabilities_by_order(context, read)):
        assert p.shape == (40, SIZE)
        for k in range(0, 40, 3):
            seen = EXCERPT[: 800 + k] if count_on else EXCERPT[:800]
            h = EXCERPT[800 + k - order : 800 + k]
            expected = torch.tensor(witten_bell(seen, h, VOCABULARY, start=6))
            torch.testing.assert_close(p[k], expected)
    assert order == 6
    whole = model(context, read)
    torch.testing.assert_close(whole, p.log())
    monkeypatch.setattr(ngrams, "AT_ONCE", 7 * SIZE)
    assert torch.equal(model(context, read), whole)


# Both


def test_a_large_vocabulary_has_shorter_contexts():
    ids = torch.randint(5000, (3000,), generator=torch.Generator().manual_seed(1))
    model = WittenBell(ids, 5000, 10)
    assert model.max_order == 5
    p = model(contexts(ids[:50], 5000, 5)).exp()
    torch.testing.assert_close(p.sum(1), torch.ones(50))
    assert (p[10:].gather(1, ids[10:50, None]) > 0.3).all()  # it has read this text
    losses = kneser_ney_losses(ids, ids[:50], 5000, 10)
    assert len(losses) == 11  # this model's contexts have no limit
    assert losses.isfinite().all()
