"""N-gram models (notebook 01): Kneser-Ney, which sets the bar, and Witten-Bell, which is simpler.

Variables follow the equations. Here u is a context (the k characters before a position), u' is u
without its earliest character, and x is the character that follows. Both models compute
P_k(x | u) from P_{k-1}(x | u'), beginning with P_{-1} = 1 / vocab_size.
"""

from collections.abc import Iterator

import torch
from torch import Tensor
from torch.nn import functional as F

MULTIPLIER = 6_364_136_223_846_793_005  # large and odd, as Knuth's for random numbers
FALLBACK = torch.tensor([0.0, 0.5, 1.0, 1.5])  # discounts where a text has no estimates
SMALLEST = 1e-30  # instead of a probability that underflows to 0, whose loss would be infinite


def contexts(ids: Tensor, max_order: int) -> Iterator[Tensor]:
    """Yield the k characters before each position as one number, for k = 0, 1, ..., max_order.

    `ids` is (time,), and so are the numbers. Equal strings of k characters have equal numbers:
    as in 365 = (3 * 10 + 6) * 10 + 5, each character is a digit. The latest is the first digit, so
    each number follows from the one before. Character i is the digit i + 1, and 0 means "nothing",
    before the start of the text.

    Because 64 bits keep only the remainder modulo 2^64, the number of a long string is a hash. By
    the multiplier, different numbers are as good as random: that two of a million different strings
    share one has a chance of about 1 in 37 million.
    """
    digits = ids.long() + 1  # (time,)
    number = torch.zeros_like(digits)
    yield number
    for back in range(1, max_order + 1):
        digit = F.pad(digits, (back, 0))[: len(ids)]  # what is `back` positions earlier, or 0
        number = number * MULTIPLIER + digit
        yield number


def find(numbers: Tensor, asked: Tensor) -> Tensor:
    """Where each asked number is in `numbers`, which are sorted; len(numbers) if it is missing."""
    index = torch.searchsorted(numbers, asked)  # the first number that isn't smaller, if any
    in_range = index.clamp(max=len(numbers) - 1)
    return torch.where(numbers[in_range] == asked, index, len(numbers))


class PairCounts:
    """n(ux): how often each character x followed each context u, from u and x (positions,).

    `contexts` (contexts,) are the different u, sorted, and `pairs` (pairs,) the different ux: a
    pair is a number, too, that of u with x as one more digit. For each pair, `n` (pairs + 1,) says
    how often it occurred, and `context_of_pair` (pairs + 1,) where its u is in `contexts`. Their
    last elements belong to what never occurred: n is 0, and its context is len(contexts).

    `once` (pairs,) has one position of each pair. Only what occurred takes memory.
    """

    def __init__(self, u: Tensor, x: Tensor) -> None:
        in_order, positions = (u * MULTIPLIER + x).sort()  # equal pairs next to each other
        self.pairs, n = in_order.unique_consecutive(return_counts=True)
        self.once = positions[n.cumsum(0) - 1]  # the last of each pair's positions in this order
        self.contexts, context_of_pair = u[self.once].unique(return_inverse=True)
        self.context_of_pair = F.pad(context_of_pair, (0, 1), value=len(self.contexts))
        self.n = F.pad(n, (0, 1))

    def find_context(self, u: Tensor) -> Tensor:
        """Where contexts u are in `contexts`; len(contexts) for one that never occurred."""
        return find(self.contexts, u)

    def find_pair(self, u: Tensor, x: Tensor) -> Tensor:
        """Where pairs ux are in `pairs`; len(pairs) for one that never occurred."""
        return find(self.pairs, u * MULTIPLIER + x)

    def sum_by_context(self, values: Tensor) -> Tensor:
        """The sums (contexts + 1,) of values (pairs + 1,) over the pairs of each context."""
        return torch.bincount(self.context_of_pair, values.float())


# Kneser-Ney


def continuations(longer: PairCounts, u: Tensor, x: Tensor) -> PairCounts:
    """The continuation counts: after how many different characters each pair ux occurred.

    `longer` counts the pairs whose contexts are one character longer, at the same positions. Each
    of them counts once, however often it occurred.
    """
    return PairCounts(u[longer.once], x[longer.once])


def estimate_discounts(n: Tensor) -> Tensor:
    """The discounts (4,) of pairs that were counted 0, 1, 2, and 3 or more times.

    `n` (pairs + 1,) says how often each was.

    With n1 the number of pairs that were counted once, n2 twice, and so on,

        Y = n1 / (n1 + 2 n2),  D1 = 1 - 2Y n2 / n1,  D2 = 2 - 3Y n3 / n2,  D3+ = 3 - 4Y n4 / n3

    A discount is 0 where that is negative, or where a text lacks such pairs.
    """
    n1, n2, n3, n4 = [(n == times).sum() for times in (1, 2, 3, 4)]
    y = n1 / (n1 + 2 * n2)
    d1 = 1 - 2 * y * n2 / n1
    d2 = 2 - 3 * y * n3 / n2
    d3 = 3 - 4 * y * n4 / n3
    d = torch.stack([torch.tensor(0.0), d1, d2, d3])
    return torch.where(d > 0, d, 0)  # 0 / 0 isn't larger, either


def discounts(counts: PairCounts) -> Tensor:
    """D(ux) for each pair, (pairs + 1,).

    If all discounts of a context were 0, it would leave nothing to the shorter one, and whatever
    never followed it would have probability 0. That happens in a regular text, such as a server's
    log, where hardly any pair occurs just once. After such a context we subtract 0.5, 1 and 1.5, as
    KenLM does where it has no estimates (lmplz --discount_fallback).
    """
    times = counts.n.clamp(max=3)
    estimated = estimate_discounts(counts.n)[times]  # (pairs + 1,)
    lacks_any = counts.sum_by_context(estimated) == 0  # (contexts + 1,)
    return torch.where(lacks_any[counts.context_of_pair], FALLBACK[times], estimated)


def kneser_ney(counts: PairCounts, u: Tensor, x: Tensor, lower: Tensor) -> Tensor:
    """P_k(x | u) of contexts u (...) and characters x (...); `lower` (...) is P_{k-1}(x | u').

    With D(ux) the discount of the count n(ux), and n(u) the sum of n(ux) over all x,

        P_k(x | u) = (n(ux) - D(ux)) / n(u) + gamma(u) P_{k-1}(x | u')

    where gamma(u) is the sum of D(ux) over all x, divided by n(u). After a context that never
    occurred, P_k(x | u) = P_{k-1}(x | u').
    """
    discount = discounts(counts)  # (pairs + 1,)
    n_of_context = counts.sum_by_context(counts.n)  # (contexts + 1,)
    discount_of_context = counts.sum_by_context(discount)  # (contexts + 1,)

    context = counts.find_context(u)
    pair = counts.find_pair(u, x)
    n_u = n_of_context[context]
    gamma = discount_of_context[context] / n_u
    interpolated = (counts.n[pair] - discount[pair]) / n_u + gamma * lower  # 0 / 0 if u is new
    return torch.where(n_u > 0, interpolated, lower)


def kneser_ney_by_order(
    train: Tensor, held_out: Tensor, x: Tensor, vocab_size: int, max_order: int
) -> Iterator[Tensor]:
    """Yield P_k(x | u) after the k characters before each held-out position, for k from 0 up.

    `x` are the characters that may follow, either one for each position, (positions, 1), or all
    of the vocabulary, (vocab_size,). The probabilities are (positions, 1 or vocab_size).

    Interpolated modified Kneser-Ney (Chen and Goodman 1998, section 4.1.6): the highest order
    counts occurrences, every lower one continuations.
    """
    in_train = list(contexts(train, max_order))  # for each order, (training characters,)
    in_held_out = [u[:, None] for u in contexts(held_out, max_order)]  # each (positions, 1)
    lower = torch.tensor(1 / vocab_size)  # P_{-1}
    for k in range(max_order + 1):
        counts = PairCounts(in_train[k], train)
        if k > 0:  # the order before is no longer the highest
            continued = continuations(counts, in_train[k - 1], train)
            lower = kneser_ney(continued, in_held_out[k - 1], x, lower)
        yield kneser_ney(counts, in_held_out[k], x, lower)


def kneser_ney_losses(
    train: Tensor, held_out: Tensor, vocab_size: int, max_order: int = 8
) -> Tensor:
    """Losses in nats, (orders, held-out characters); row k has k characters of context."""
    x = held_out[:, None]
    by_order = list(kneser_ney_by_order(train, held_out, x, vocab_size, max_order))
    return -torch.stack(by_order).squeeze(-1).log()


# Witten-Bell


def witten_bell(n_ux: Tensor, n_u: Tensor, distinct: Tensor, lower: Tensor) -> Tensor:
    """P_k(x | u) from `lower`, P_{k-1}(x | u') (Witten and Bell 1991; Chen and Goodman, eq. 15).

    With n(u) how often context u occurred, n(ux) how often x followed it, and `distinct`,
    N_{1+}(u .), how many different characters did,

        P_k(x | u) = (n(ux) + N_{1+}(u .) P_{k-1}(x | u')) / (n(u) + N_{1+}(u .))

    and P_k(x | u) = P_{k-1}(x | u') if u never occurred.
    """
    interpolated = (n_ux + distinct * lower) / (n_u + distinct)  # 0 / 0 if u never occurred
    p = torch.where(n_u > 0, interpolated, lower)
    return p.clamp(min=SMALLEST)


def witten_bell_losses(
    train: Tensor, held_out: Tensor, vocab_size: int, max_order: int = 8
) -> Tensor:
    """Losses in nats, (orders, held-out characters), as `kneser_ney_losses`."""
    losses = []
    p = torch.tensor(1 / vocab_size)  # P_{-1}
    numbers = zip(contexts(train, max_order), contexts(held_out, max_order), strict=True)
    for u_in_train, u in numbers:
        counts = PairCounts(u_in_train, train)
        n_of_context = counts.sum_by_context(counts.n)  # (contexts + 1,)
        distinct = counts.sum_by_context(counts.n > 0)  # (contexts + 1,)
        context = counts.find_context(u)
        pair = counts.find_pair(u, held_out)
        p = witten_bell(counts.n[pair], n_of_context[context], distinct[context], p)
        losses.append(-p.log())
    return torch.stack(losses)
