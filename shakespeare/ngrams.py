"""N-gram models: Kneser-Ney, the bar to pass, and Witten-Bell, which networks are mixed with."""

import math
from collections import deque
from collections.abc import Iterator

import torch
from torch import Tensor
from torch.nn import functional as F


def contexts(ids: Tensor, vocab_size: int, order: int) -> Tensor:
    """The `order` characters before each place of ids (..., time), as one number: (..., time).

    They are its digits to the base vocab_size + 1, the latest first, so that in a sorted list all
    places after the same k characters lie side by side. The digit 0 says that there is none.
    """
    number, time = torch.zeros_like(ids, dtype=torch.long), ids.shape[-1]
    for back in range(1, order + 1):
        number = number * (vocab_size + 1) + F.pad(ids.long() + 1, (back, 0))[..., :time]
    return number


class WittenBell:
    """All orders mixed (Witten and Bell 1991; Chen and Goodman 1998, eq. 15).

    With n(h) how often context h occurred, n(hc) how often c followed it, T(h) how many different
    characters did, and h' the context h without its first character,

        P_k(c | h) = (n(hc) + T(h) P_{k-1}(c | h')) / (n(h) + T(h)),    P_{-1} = 1 / vocab_size
    """

    def __init__(self, train: Tensor, vocab_size: int, max_order: int = 10) -> None:
        self.vocab_size, self.base = vocab_size, vocab_size + 1
        self.max_order = min(max_order, int(62.9 / math.log2(self.base)))  # digits of an int64
        self.contexts, order = contexts(train, vocab_size, self.max_order)[self.max_order :].sort()
        followed = train[self.max_order :].long()[order]  # (places,)
        # In blocks, with the counts before each: counting takes equally long for all contexts.
        blocks = F.pad(followed, (0, vocab_size - len(order) % vocab_size)).view(-1, vocab_size)
        counts = torch.zeros_like(blocks).scatter_add(1, blocks, torch.ones_like(blocks))
        self.blocks, self.before = blocks, F.pad(counts.cumsum(0), (0, 0, 1, 0))

    def count(self, context: Tensor, order: int) -> Tensor:
        """n(hc): how often each character followed these contexts, (places, vocab_size)."""
        width = self.base ** (self.max_order - order)  # so many numbers begin with the same digits
        first = context // width * width
        ends = torch.searchsorted(self.contexts, torch.stack([first, first + width]))  # (2, places)
        block, rest = ends // self.vocab_size, ends % self.vocab_size
        inside = torch.arange(self.vocab_size) < rest[..., None]  # (2, places, vocab_size)
        start, end = self.before[block].scatter_add(-1, self.blocks[block], inside.long())
        return end - start

    def orders(self, context: Tensor, read: Tensor | None = None) -> Iterator[Tensor]:
        """Yield P_k (places, vocab_size) for k = 0 to max_order after the contexts (places,).

        With `read` (places,), the text to which the contexts belong, what was read counts as well.
        """
        p = torch.full((len(context), self.vocab_size), 1 / self.vocab_size)
        for k in range(self.max_order + 1):
            n = self.count(context, k).float()  # (places, vocab_size)
            if read is not None:
                true = F.one_hot(read.long(), self.vocab_size).float()  # (places, vocab_size)
                same, order = (context // self.base ** (self.max_order - k)).sort(stable=True)
                earlier = true[order].cumsum(0) - true[order]
                n[order] += earlier - earlier[torch.searchsorted(same, same)]
            distinct, total = (n > 0).sum(1, keepdim=True), n.sum(1, keepdim=True)
            p = torch.where(total > 0, (n + distinct * p) / (total + distinct).clamp(min=1), p)
            yield (p := p.clamp(min=1e-30))  # what hardly ever follows is not impossible

    def __call__(self, context: Tensor, read: Tensor | None = None) -> Tensor:
        """Log-probabilities (places, vocab_size) of the highest order; arguments as of `orders`."""
        return deque(self.orders(context, read), maxlen=1)[0].log()  # they take much memory

    def after(self, ids: Tensor) -> Tensor:
        """Log-probabilities (texts, vocab_size) of the character after ids (texts, time)."""
        ids = F.pad(ids[:, -self.max_order :], (0, 1))  # a place more, after the last character
        return self(contexts(ids, self.vocab_size, self.max_order)[:, -1])


def kneser_ney_losses(train: Tensor, held_out: Tensor, vocab_size: int, max_order=6) -> Tensor:
    """Losses in nats, (orders, held-out characters); row k has k characters of context.

    Interpolated modified Kneser-Ney (Chen and Goodman 1998, section 4.1.6): the highest order
    counts occurrences, a lower one after how many different characters a pair occurred.
    """
    base, losses, pairs = vocab_size + 1, [], train.long()  # of context and character
    p = torch.full(held_out.shape, 1 / vocab_size)  # P_{-1}; in the end of the lower order
    for k in range(min(max_order, int(62.9 / math.log2(base)) - 2) + 1):  # digits of an int64
        asked = contexts(held_out, vocab_size, k) * base + held_out.long()
        losses.append(-discounted(pairs, asked, base, p).log())
        pairs = contexts(train, vocab_size, k + 1) * base + train.long()
        longer = pairs.unique()
        p = discounted(longer // base**2 * base + longer % base, asked, base, p)
    return torch.stack(losses)


def discounted(pairs: Tensor, asked: Tensor, base: int, lower: Tensor) -> Tensor:
    """P_k (asked,): counts of `pairs`, less a discount, which is divided as `lower` (asked,)."""
    pairs, n = pairs.unique(return_counts=True)
    n1, n2, n3, n4 = ((n == count).sum() for count in (1, 2, 3, 4))
    y = n1 / (n1 + 2 * n2)
    d = torch.stack([1 - 2 * y * n2 / n1, 2 - 3 * y * n3 / n2, 3 - 4 * y * n4 / n3])
    d = d.nan_to_num(0, 0, 0).clamp(min=0)[n.clamp(max=3) - 1]  # a short text may lack counts
    known, row = (pairs // base).unique(return_inverse=True)
    total, taken = (torch.zeros(len(known)).index_add(0, row, each) for each in (n.float(), d))
    at = torch.searchsorted(pairs, asked).clamp(max=len(pairs) - 1)
    row = torch.searchsorted(known, asked // base).clamp(max=len(known) - 1)
    kept = torch.where(pairs[at] == asked, (n - d)[at], 0)
    p = torch.where(known[row] == asked // base, (kept + taken[row] * lower) / total[row], lower)
    return p.clamp(min=1e-30)


def witten_bell_losses(train: Tensor, held_out: Tensor, vocab_size: int, max_order=6) -> Tensor:
    """As `kneser_ney_losses`, by WittenBell."""
    model = WittenBell(train, vocab_size, max_order)
    orders = model.orders(contexts(held_out, vocab_size, model.max_order))
    return torch.stack([-p.gather(1, held_out.long()[:, None])[:, 0].log() for p in orders])
