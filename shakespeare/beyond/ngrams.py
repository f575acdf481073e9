"""N-gram models (notebook 01): Kneser-Ney, the bar, and Witten-Bell, for the mixture.

Variables follow the equations. Here u is a context (the k characters before a position), u' is u
without its earliest character, and x is the character that follows. Both models compute
P_k(x | u) from P_{k-1}(x | u'), beginning with P_{-1} = 1 / vocab_size.
"""

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

MAX_ORDER = 10  # characters of context of the n-grams in the mixture
SMALLEST = 1e-30  # a probability of 0, by underflow or without discounts, has an infinite loss
AT_ONCE = 4_000_000  # probabilities that `WittenBell` computes at once, which bounds the memory


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


def drop_earliest(u: Tensor, vocab_size: int, characters: int = 1) -> Tensor:
    """Contexts without their earliest characters: the last digits go, as in 365 // 10 = 36."""
    return u // (vocab_size + 1) ** characters


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
    """n(ux): how often each character x followed each context u, from u and x (positions,).

    `contexts` (contexts,) are the different u, sorted; the index of u among them is its row. A pair
    ux is a number too, row * vocab_size + x. `pairs` (pairs,) are the different ones, sorted, and
    `n` (pairs,) says how often each occurred. Only what occurred takes memory.
    """

    def __init__(self, u: Tensor, x: Tensor, vocab_size: int) -> None:
        self.vocab_size = vocab_size
        self.contexts, row = u.unique(return_inverse=True)  # (contexts,), (positions,)
        self.pairs, self.n = (row * vocab_size + x).unique(return_counts=True)
        self.n_or_zero = F.pad(self.n, (0, 1))  # a 0 at the index that `find` gives missing pairs

    def find_row(self, u: Tensor) -> Tensor:
        """The rows of contexts, in u's shape; len(contexts) for one that never occurred."""
        return find(self.contexts, u)

    def count(self, row: Tensor, x: Tensor) -> Tensor:
        """n(ux) for the contexts in these rows and the characters x; 0 if never seen."""
        return self.n_or_zero[find(self.pairs, row * self.vocab_size + x)]

    def sum_by_context(self, values: Tensor) -> Tensor:
        """Sums of values (pairs,) over the pairs of each context, (contexts + 1,).

        The last sum is 0. It belongs to the row of contexts that never occurred.
        """
        row_of_pair = self.pairs // self.vocab_size
        return torch.bincount(row_of_pair, values.float(), minlength=len(self.contexts) + 1)


def count_by_order(
    train: Tensor, held_out: Tensor, vocab_size: int, max_order: int
) -> Iterator[tuple[PairCounts, Tensor]]:
    """For each order from 0 up: the counts of `train`, and the contexts u of `held_out` (time,).

    The numbers of long contexts would overflow in `contexts`. Here a number is

        (row of u' in the counts of the order before) * (vocab_size + 1) + earliest character + 1

    or + 0 before the start of the text, so `drop_earliest` leaves the row of u'. With 65
    characters, the context "ab" is (row of "b" among the contexts of one character) * 66 + (index
    of "a") + 1.
    """
    row_in_train = torch.zeros(train.shape, dtype=torch.long)
    row = torch.zeros(held_out.shape, dtype=torch.long)
    for order in range(max_order + 1):
        u_in_train = row_in_train
        u = row
        if order > 0:
            u_in_train = add_earlier(u_in_train, train, vocab_size, order)
            u = add_earlier(u, held_out, vocab_size, order)
        counts = PairCounts(u_in_train, train, vocab_size)
        yield counts, u
        row_in_train = counts.find_row(u_in_train)
        row = counts.find_row(u)


def add_earlier(number: Tensor, ids: Tensor, vocab_size: int, back: int) -> Tensor:
    """Numbers with one more digit, for the character `back` positions earlier: (time,)."""
    digits = F.pad(ids.long() + 1, (back, 0))[: len(ids)]
    return number * (vocab_size + 1) + digits


def continuations(longer: PairCounts) -> PairCounts:
    """The continuation counts: after how many different characters each pair ux occurred.

    `longer` counts pairs whose context is one character longer. Each different pair of them counts
    once, however often it occurred.
    """
    vocab_size = longer.vocab_size
    longer_u = longer.contexts[longer.pairs // vocab_size]  # (pairs,)
    x = longer.pairs % vocab_size  # (pairs,)
    return PairCounts(drop_earliest(longer_u, vocab_size), x, vocab_size)


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


def kneser_ney(counts: PairCounts, u: Tensor, x: Tensor, lower: Tensor) -> Tensor:
    """P_k(x | u) at each position of u and x; `lower` is P_{k-1}(x | u'); all are (positions,).

    With D(ux) the discount of the count n(ux), and n(u) the sum of n(ux) over all x,

        P_k(x | u) = (n(ux) - D(ux)) / n(u) + gamma(u) P_{k-1}(x | u')

    where gamma(u) is the sum of D(ux) over all x, divided by n(u). After a context that never
    occurred, P_k(x | u) = P_{k-1}(x | u').
    """
    discount = discounts(counts.n)  # (4,)
    discount_of_pair = discount[counts.n.clamp(max=3)]  # (pairs,)
    n_of_context = counts.sum_by_context(counts.n)  # (contexts + 1,)
    discount_of_context = counts.sum_by_context(discount_of_pair)  # (contexts + 1,)

    row = counts.find_row(u)
    n_ux = counts.count(row, x)
    d_ux = discount[n_ux.clamp(max=3)]
    n_u = n_of_context[row]
    gamma = discount_of_context[row] / n_u
    interpolated = (n_ux - d_ux) / n_u + gamma * lower  # 0 / 0 if u never occurred
    p = torch.where(n_u > 0, interpolated, lower)
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
    for k, (counts, u) in enumerate(count_by_order(train, held_out, vocab_size, max_order)):
        if k > 0:  # the order before is no longer the highest
            shorter_u = drop_earliest(u, vocab_size)
            lower = kneser_ney(continuations(counts), shorter_u, held_out, lower)
        losses.append(-kneser_ney(counts, u, held_out, lower).log())
    return torch.stack(losses)


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
    p = torch.full(held_out.shape, 1 / vocab_size)  # P_{-1}
    for counts, u in count_by_order(train, held_out, vocab_size, max_order):
        n_of_context = counts.sum_by_context(counts.n)  # (contexts + 1,)
        distinct = counts.sum_by_context(torch.ones_like(counts.n))  # (contexts + 1,)
        row = counts.find_row(u)
        n_ux = counts.count(row, held_out)
        p = witten_bell(n_ux, n_of_context[row], distinct[row], p)
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
            u = contexts(train, vocab_size, k)
            self.counts.append(PairCounts(u[start:], train[start:], vocab_size))

    def count(self, u: Tensor, order: int) -> Tensor:
        """n(ux) for every x, (positions, vocab_size); u (positions,) has `order` characters."""
        counts = self.counts[order]
        different, index = u.unique(return_inverse=True)  # (contexts,), (positions,)
        row = counts.find_row(different)
        known = row < len(counts.contexts)
        n = torch.zeros(len(different), self.vocab_size, dtype=torch.long)
        # A lookup for each x takes time, and most long contexts have never occurred.
        n[known] = counts.count(row[known][:, None], torch.arange(self.vocab_size))
        return n[index]

    def probabilities_by_order(
        self, context: Tensor, followed_by: Tensor | None = None
    ) -> Iterator[Tensor]:
        """Yield P_k (positions, vocab_size) for k = 0 to max_order after `context` (positions,).

        `context` has max_order characters. With `followed_by` (positions,), the characters after
        the contexts, the model also counts what it has read: each of them after it was predicted.
        """
        at_once = max(1, AT_ONCE // self.vocab_size)
        p = torch.full((len(context), self.vocab_size), 1 / self.vocab_size)  # P_{-1}
        for k in range(self.max_order + 1):
            u = drop_earliest(context, self.vocab_size, self.max_order - k)  # (positions,)
            if followed_by is not None:
                # For each position, the index of its context among the different ones.
                different, row = u.unique(return_inverse=True)  # (contexts,), (positions,)
                seen = np.zeros((len(different), self.vocab_size), np.float32)
            lower = p
            p = torch.empty_like(lower)
            for start in range(0, len(u), at_once):
                piece = slice(start, start + at_once)
                n = self.count(u[piece], k).float()  # (at most at_once, vocab_size)
                if followed_by is not None:
                    n += counts_so_far(row[piece], followed_by[piece], seen)
                n_u = n.sum(1, keepdim=True)  # (at most at_once, 1)
                distinct = (n > 0).sum(1, keepdim=True)  # the same, N_{1+}(u .)
                p[piece] = witten_bell(n, n_u, distinct, lower[piece])
            yield p

    def __call__(self, context: Tensor, followed_by: Tensor | None = None) -> Tensor:
        """Log-probabilities (positions, vocab_size) of the highest order, log P_{max_order}."""
        for p in self.probabilities_by_order(context, followed_by):
            highest = p  # the last one; a list of all would take much memory
        return highest.log()

    def after(self, ids: Tensor) -> Tensor:
        """Log-probabilities (texts, vocab_size) of the character after ids (texts, time)."""
        recent = ids[:, -self.max_order :]
        context = contexts_after(recent, self.vocab_size, self.max_order)  # (texts, time)
        return self(context[:, -1])


def counts_so_far(row: Tensor, x: Tensor, seen: np.ndarray) -> Tensor:
    """Row t counts what followed the context number row[t] before position t.

    It is (positions, vocab_size). `seen` (contexts, vocab_size) has the counts at the start, and
    afterwards those at the end.
    """
    before = np.zeros((len(row), seen.shape[1]), np.float32)
    # Element by element, NumPy is many times faster than PyTorch.
    for t, (row_t, x_t) in enumerate(zip(row.tolist(), x.tolist(), strict=True)):
        before[t] = seen[row_t]
        seen[row_t, x_t] += 1
    return torch.from_numpy(before)
