"""N-gram models with Witten-Bell smoothing: the baseline, and what a network is mixed with."""

from collections.abc import Iterator

import torch
from torch import Tensor
from torch.nn import functional as F


def ngrams(
    train: Tensor,
    held_out: Tensor,
    vocab_size: int,
    max_order: int = 6,
    context: Tensor | None = None,
    count_on: bool = False,
) -> Iterator[Tensor]:
    """Yield P_k (held-out characters, vocab_size) for k = 0 to `max_order` characters of context.

    Witten-Bell smoothing (Witten and Bell 1991; Chen and Goodman 1998, eq. 15): with n(h) how often
    context h occurred, n(hc) how often c followed it, T(h) how many different characters did, and
    h' the context h without its first character,

        P_k(c | h) = (n(hc) + T(h) P_{k-1}(c | h')) / (n(h) + T(h)),    P_{-1} = 1 / vocab_size

    Counts come from `train`; with `count_on` also from what precedes a character in `held_out`,
    which follows `train` in the text. `context` (held-out characters,) limits how many characters
    before each place may be used.
    """
    text = torch.cat([train, held_out]).long()  # (characters,)
    known, size = len(train), len(text)
    context_id = torch.zeros(size, dtype=torch.long)  # at order 0 all share the empty context
    p = torch.full((size - known, vocab_size), 1 / vocab_size)
    for order in range(max_order + 1):
        if order:  # one character longer, then renumbered so that the numbers stay small
            back = torch.cat([text.new_full((order,), vocab_size), text[:-order]])[:size]
            context_id = torch.unique(context_id * (vocab_size + 1) + back, return_inverse=True)[1]
        asked, row = torch.unique(context_id[known:], return_inverse=True)  # contexts in held_out
        line = torch.full((int(context_id.max()) + 1,), len(asked))
        line[asked] = torch.arange(len(asked))  # row of a context's counts; the last for others
        pair = line[context_id[:known]] * vocab_size + text[:known]  # context and what follows
        counts = torch.bincount(pair, minlength=(len(asked) + 1) * vocab_size).view(-1, vocab_size)
        n = counts.float()[row]  # n(hc): (held-out characters, vocab_size)
        if count_on:  # add what followed the same context earlier in held_out
            true = F.one_hot(text[known:], vocab_size).float()  # (held-out characters, vocab_size)
            by_context = row.argsort(stable=True)
            before = true[by_context].cumsum(0) - true[by_context]
            first = torch.searchsorted(row[by_context], row[by_context])  # of each context
            n[by_context] += before - before[first]
        distinct, total = (n > 0).sum(1, keepdim=True), n.sum(1, keepdim=True)
        usable = total > 0 if context is None else (total > 0) & (context >= order)[:, None]
        p = torch.where(usable, (n + distinct * p) / (total + distinct).clamp(min=1), p)
        p = p.clamp(min=1e-30)  # what hardly ever follows is not impossible: keep its log finite
        yield p


def ngram_losses(train: Tensor, held_out: Tensor, vocab_size: int, max_order: int = 6) -> Tensor:
    """Losses in nats, (max_order + 1, held-out characters); row k is the model of order k."""
    true = held_out.long()[:, None]
    orders = ngrams(train, held_out, vocab_size, max_order)
    return torch.stack([-p.gather(1, true)[:, 0].log() for p in orders])


def mixture(network: Tensor, ngram: Tensor, a: float | Tensor, b: float | Tensor) -> Tensor:
    """Log of P(c) ~ P_network(c)^a P_ngram(c)^b, from log-probabilities of both (Hinton 2002)."""
    return (a * network + b * ngram).log_softmax(-1)


def mixture_weights(network: Tensor, ngram: Tensor, true: Tensor) -> tuple[float, ...]:
    """The a and b of `mixture` that have the lowest mean loss on the characters `true`: convex."""
    weights = torch.tensor([1.0, 0.0], requires_grad=True)
    optimizer = torch.optim.LBFGS([weights], max_iter=50, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        optimizer.zero_grad()
        mean = F.nll_loss(mixture(network, ngram, *weights), true)
        mean.backward()
        return mean

    optimizer.step(loss)
    return tuple(weights.tolist())
