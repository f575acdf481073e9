"""N-gram models (notebook 01): Kneser-Ney, the bar to pass, and Witten-Bell, for the mixture.

Variables follow the equations. Here h is a context (the k characters before a position), h' is h
without its earliest character, and c is the character that follows. Both models compute
P_k(c | h) from P_{k-1}(c | h'), beginning with P_{-1} = 1 / vocab_size.
"""

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

MAX_ORDER = 10  # characters of context of the n-grams in the mixture
SMALLEST = 1e-30  # a probability of 0, by underflow or without discounts, has an infinite loss


def contexts(ids: Tensor, vocab_size: int, order: int) -> Tensor:
    """The `order` characters before each position of ids (..., time), as one number: (..., time).

    Equal strings have equal numbers. As in 365 = 3 * 100 + 6 * 10 + 5, each character is a digit,
    here to the base vocab_size + 1: character i is the digit i + 1, and 0 means "nothing",
    before the start of the text. The latest character is the first digit and the earliest the last,
    so without its last digit a number is the context that is one character shorter.
    """
    base = vocab_size + 1
    digits = ids.long() + 1  # (..., time)
    time = digits.shape[-1]
    number = torch.zeros_like(digits)
    for back in range(1, order + 1):
        digit = F.pad(digits, (back, 0))[..., :time]  # what is `back` positions earlier, or 0
        number = number * base + digit
    return number


def contexts_after(ids: Tensor, vocab_size: int, order: int) -> Tensor:
    """As `contexts`, but each context includes the character at its position: (..., time)."""
    with_next = F.pad(ids, (0, 1))  # whatever comes next: only what is before it counts
    return contexts(with_next, vocab_size, order)[..., 1:]


def drop_earliest(h: Tensor, vocab_size: int, characters: int = 1) -> Tensor:
    """Contexts without their earliest characters: the last digits go, as in 365 // 10 = 36."""
    return h // (vocab_size + 1) ** characters


def highest_order(vocab_size: int, max_order: int) -> int:
    """max_order, or less for a large vocabulary: the number of a context must fit into 64 bits.

    With the 65 characters of Tiny Shakespeare it is at most 10.
    """
    largest = torch.iinfo(torch.long).max
    order = max_order
    while (vocab_size + 1) ** order - 1 > largest:
        order -= 1
    return order


def find(numbers: Tensor, asked: Tensor) -> Tensor:
    """Where each asked number is in `numbers`, which are sorted; len(numbers) if it is missing."""
    if len(numbers) == 0:  # of a text that is shorter than a context
        return torch.full_like(asked, len(numbers))
    index = torch.searchsorted(numbers, asked)  # the first number that isn't smaller, if any
    in_range = index.clamp(max=len(numbers) - 1)
    return torch.where(numbers[in_range] == asked, index, len(numbers))


class PairCounts:
    """n(hc): how often each character c followed each context h, from h and c (positions,).

    `contexts` (contexts,) are the different h, sorted; the index of h among them is its row. A pair
    hc is a number too, row * vocab_size + c. `pairs` (pairs,) are the different ones, sorted, and
    `n` (pairs,) says how often each occurred. Only what occurred takes memory.
    """

    def __init__(self, h: Tensor, c: Tensor, vocab_size: int) -> None:
        self.vocab_size = vocab_size
        self.contexts, row = h.unique(return_inverse=True)  # (contexts,), (positions,)
        self.pairs, self.n = (row * vocab_size + c).unique(return_counts=True)
        self.n_or_zero = F.pad(self.n, (0, 1))  # a 0 at the index that `find` gives missing pairs

    def find_row(self, h: Tensor) -> Tensor:
        """The rows of contexts, in h's shape; len(contexts) for one that never occurred."""
        return find(self.contexts, h)

    def count(self, row: Tensor, c: Tensor) -> Tensor:
        """n(hc) for the contexts in these rows and the characters c; 0 if never seen."""
        return self.n_or_zero[find(self.pairs, row * self.vocab_size + c)]

    def sum_by_context(self, values: Tensor) -> Tensor:
        """Sums of values (pairs,) over the pairs of each context, (contexts + 1,).

        The last sum is 0. It belongs to the row of contexts that never occurred.
        """
        row_of_pair = self.pairs // self.vocab_size
        return torch.bincount(row_of_pair, values.float(), minlength=len(self.contexts) + 1)


def count_by_order(
    train: Tensor, held_out: Tensor, vocab_size: int, max_order: int
) -> Iterator[tuple[PairCounts, Tensor]]:
    """For each order from 0 up: the counts of `train`, and the contexts h of `held_out` (time,).

    The numbers of long contexts would overflow in `contexts`. Here a number is

        (row of h' in the counts of the order before) * (vocab_size + 1) + earliest character + 1

    or + 0 before the start of the text, so `drop_earliest` leaves the row of h'.
    """
    row_in_train = torch.zeros(train.shape, dtype=torch.long)
    row = torch.zeros(held_out.shape, dtype=torch.long)
    for order in range(max_order + 1):
        h_in_train = row_in_train
        h = row
        if order > 0:
            h_in_train = add_earlier(h_in_train, train, vocab_size, order)
            h = add_earlier(h, held_out, vocab_size, order)
        counts = PairCounts(h_in_train, train, vocab_size)
        yield counts, h
        row_in_train = counts.find_row(h_in_train)
        row = counts.find_row(h)


def add_earlier(number: Tensor, ids: Tensor, vocab_size: int, back: int) -> Tensor:
    """Numbers with one more digit, for the character `back` positions earlier: (time,)."""
    digits = F.pad(ids.long() + 1, (back, 0))[: len(ids)]
    return number * (vocab_size + 1) + digits


def continuations(longer: PairCounts) -> PairCounts:
    """The continuation counts: after how many different characters each pair hc occurred.

    `longer` counts pairs whose context is one character longer. Each different pair of them counts
    once, however often it occurred.
    """
    vocab_size = longer.vocab_size
    longer_h = longer.contexts[longer.pairs // vocab_size]  # (pairs,)
    c = longer.pairs % vocab_size  # (pairs,)
    return PairCounts(drop_earliest(longer_h, vocab_size), c, vocab_size)


def discounts(n: Tensor) -> Tensor:
    """The discounts (4,) of pairs that were counted 0, 1, 2, and 3 or more times, from n (pairs,).

    With n1 the number of pairs that were counted once, n2 twice, and so on,

        Y = n1 / (n1 + 2 n2),  D1 = 1 - 2Y n2 / n1,  D2 = 2 - 3Y n3 / n2,  D3+ = 3 - 4Y n4 / n3

    A discount is 0 where a short text lacks such pairs.
    """
    n1, n2, n3, n4 = [(n == times).sum() for times in (1, 2, 3, 4)]
    y = n1 / (n1 + 2 * n2)
    d1 = 1 - 2 * y * n2 / n1
    d2 = 2 - 3 * y * n3 / n2
    d3 = 3 - 4 * y * n4 / n3
    d = torch.stack([torch.tensor(0.0), d1, d2, d3])
    return d.nan_to_num(nan=0, posinf=0, neginf=0).clamp(min=0)


def kneser_ney(counts: PairCounts, h: Tensor, c: Tensor, lower: Tensor) -> Tensor:
    """P_k(c | h) at each position of h and c; `lower` is P_{k-1}(c | h'); all are (positions,).

    With D(hc) the discount of the count n(hc), and n(h) the sum of n(hc) over all c,

        P_k(c | h) = (n(hc) - D(hc)) / n(h) + gamma(h) P_{k-1}(c | h')

    where gamma(h) is the sum of D(hc) over all c, divided by n(h). After a context that never
    occurred, P_k(c | h) = P_{k-1}(c | h').
    """
    discount = discounts(counts.n)  # (4,)
    discount_of_pair = discount[counts.n.clamp(max=3)]  # (pairs,)
    n_of_context = counts.sum_by_context(counts.n)  # (contexts + 1,)
    discount_of_context = counts.sum_by_context(discount_of_pair)  # (contexts + 1,)

    row = counts.find_row(h)
    n_hc = counts.count(row, c)
    d_hc = discount[n_hc.clamp(max=3)]
    n_h = n_of_context[row]
    gamma = discount_of_context[row] / n_h
    interpolated = (n_hc - d_hc) / n_h + gamma * lower  # 0 / 0 if h never occurred
    p = torch.where(n_h > 0, interpolated, lower)
    return p.clamp(min=SMALLEST)


def kneser_ney_losses(
    train: Tensor, held_out: Tensor, vocab_size: int, max_order: int = 8
) -> Tensor:
    """Losses in nats, (orders, held-out characters); row k has k characters of context.

    Interpolated modified Kneser-Ney (Chen and Goodman 1998, section 4.1.6): the highest order
    counts occurrences, every lower one continuations.
    """
    losses = []
    lower = torch.full(held_out.shape, 1 / vocab_size)  # P_{-1}
    for k, (counts, h) in enumerate(count_by_order(train, held_out, vocab_size, max_order)):
        if k > 0:  # the order before is no longer the highest
            shorter_h = drop_earliest(h, vocab_size)
            lower = kneser_ney(continuations(counts), shorter_h, held_out, lower)
        losses.append(-kneser_ney(counts, h, held_out, lower).log())
    return torch.stack(losses)


def witten_bell(n_hc: Tensor, n_h: Tensor, distinct: Tensor, lower: Tensor) -> Tensor:
    """P_k(c | h) from `lower`, P_{k-1}(c | h') (Witten and Bell 1991; Chen and Goodman, eq. 15).

    With n(h) how often context h occurred, n(hc) how often c followed it, and `distinct`, T(h), how
    many different characters did,

        P_k(c | h) = (n(hc) + T(h) P_{k-1}(c | h')) / (n(h) + T(h))

    and P_k(c | h) = P_{k-1}(c | h') if h never occurred.
    """
    interpolated = (n_hc + distinct * lower) / (n_h + distinct)  # 0 / 0 if h never occurred
    p = torch.where(n_h > 0, interpolated, lower)
    return p.clamp(min=SMALLEST)


def witten_bell_losses(
    train: Tensor, held_out: Tensor, vocab_size: int, max_order: int = 8
) -> Tensor:
    """Losses in nats, (orders, held-out characters), as `kneser_ney_losses`."""
    losses = []
    p = torch.full(held_out.shape, 1 / vocab_size)  # P_{-1}
    for counts, h in count_by_order(train, held_out, vocab_size, max_order):
        n_of_context = counts.sum_by_context(counts.n)  # (contexts + 1,)
        distinct = counts.sum_by_context(torch.ones_like(counts.n))  # (contexts + 1,)
        row = counts.find_row(h)
        n_hc = counts.count(row, held_out)
        p = witten_bell(n_hc, n_of_context[row], distinct[row], p)
        losses.append(-p.log())
    return torch.stack(losses)


class WittenBell:
    """The probabilities of all characters, for the mixture with a network.

    Kneser-Ney predicts better, but these counts are plain ones, which are easy to update while
    reading. A large vocabulary lowers max_order, as in `highest_order`.
    """

    def __init__(self, train: Tensor, vocab_size: int, max_order: int = MAX_ORDER) -> None:
        self.vocab_size = vocab_size
        self.max_order = highest_order(vocab_size, max_order)
        # The first position with a complete context of every order: what follows the start of the
        # training text would otherwise count for the start of every cold window.
        start = self.max_order
        self.counts = []
        for k in range(self.max_order + 1):
            h = contexts(train, vocab_size, k)
            self.counts.append(PairCounts(h[start:], train[start:], vocab_size))

    def count(self, h: Tensor, order: int) -> Tensor:
        """n(hc) for every c, (positions, vocab_size); h (positions,) has `order` characters."""
        counts = self.counts[order]
        different, index = h.unique(return_inverse=True)  # (contexts,), (positions,)
        row = counts.find_row(different)
        known = row < len(counts.contexts)
        n = torch.zeros(len(different), self.vocab_size, dtype=torch.long)
        # A lookup for each c takes time, and most long contexts have never occurred.
        n[known] = counts.count(row[known][:, None], torch.arange(self.vocab_size))
        return n[index]

    def orders(self, context: Tensor, read: Tensor | None = None) -> Iterator[Tensor]:
        """Yield P_k (positions, vocab_size) for k = 0 to max_order after `context` (positions,).

        `context` has max_order characters. With `read` (positions,), the characters that followed,
        the model also counts what it has read: each of them after it was predicted.
        """
        p = torch.full((len(context), self.vocab_size), 1 / self.vocab_size)  # P_{-1}
        for k in range(self.max_order + 1):
            h = drop_earliest(context, self.vocab_size, self.max_order - k)  # (positions,)
            n = self.count(h, k).float()  # (positions, vocab_size)
            if read is not None:
                n += counts_so_far(h, read, self.vocab_size)
            n_h = n.sum(1, keepdim=True)  # (positions, 1)
            distinct = (n > 0).sum(1, keepdim=True)  # (positions, 1), T(h)
            p = witten_bell(n, n_h, distinct, p)
            yield p

    def __call__(self, context: Tensor, read: Tensor | None = None) -> Tensor:
        """Log-probabilities (positions, vocab_size) of the highest order; arguments: `orders`."""
        for p in self.orders(context, read):
            highest = p  # the last one; a list of all would take much memory
        return highest.log()

    def after(self, ids: Tensor) -> Tensor:
        """Log-probabilities (texts, vocab_size) of the character after ids (texts, time)."""
        recent = ids[:, -self.max_order :]
        context = contexts_after(recent, self.vocab_size, self.max_order)  # (texts, time)
        return self(context[:, -1])


def counts_so_far(h: Tensor, c: Tensor, vocab_size: int) -> Tensor:
    """Row t counts what followed the context h[t] before position t: (positions, vocab_size)."""
    different, row = h.unique(return_inverse=True)  # (contexts,), (positions,)
    # Element by element, NumPy is many times faster than PyTorch.
    counts = np.zeros((len(different), vocab_size), np.float32)
    before = np.zeros((len(h), vocab_size), np.float32)
    for t, (row_t, c_t) in enumerate(zip(row.tolist(), c.tolist(), strict=True)):
        before[t] = counts[row_t]
        counts[row_t, c_t] += 1
    return torch.from_numpy(before)
