"""The checks of notebook 07."""

import copy
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from study.heads import without_heads
from study.transformer import Transformer

from . import Mistakes, Wrong, compare, returned
from .inside import network_of

# --- self-attention ---


def attend(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """What each position reads from itself and those before it, (time, size); so are all three."""
    return weights_of(query, key) @ value


def unseen(time: int, diagonal: int = 1) -> Tensor:
    """Which positions each doesn't see, (time, time)."""
    return torch.ones(time, time, dtype=torch.bool).triu(diagonal)


def weights_of(
    query: Tensor,
    key: Tensor,
    mask: Callable[[int], Tensor] = unseen,
    root: Callable[[Tensor], float] = lambda query: query.shape[1] ** 0.5,
    dim: int = 1,
) -> Tensor:
    """The weights (time, time), or those of a mistake."""
    scores = query @ key.T / root(query)
    scores = scores.masked_fill(mask(len(query)), -torch.inf)
    return scores.softmax(dim)


def with_weights(**mistake: Any) -> Callable:
    return lambda query, key, value: weights_of(query, key, **mistake) @ value


def masked_after(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    weights = (query @ key.T / query.shape[1] ** 0.5).softmax(1)
    return weights.masked_fill(unseen(len(query)), 0.0) @ value


def masked_by_zero(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    scores = query @ key.T / query.shape[1] ** 0.5
    return scores.masked_fill(unseen(len(query)), 0.0).softmax(1) @ value


ATTEND: Mistakes = {
    "two things are missing: hide later positions, and divide the scores by the root of size.": (
        with_weights(mask=lambda time: unseen(time, time), root=lambda query: 1.0)
    ),
    "each position sees those after it, too: give them a score of minus infinity.": (
        with_weights(mask=lambda time: unseen(time, time))
    ),
    "it sees the positions after it instead of those before it: the mask is the wrong way round.": (
        with_weights(mask=lambda time: unseen(time).T)
    ),
    "a position has to see itself, too: only later ones are hidden.": (
        with_weights(mask=lambda time: unseen(time, 0))
    ),
    "it sees the next position, too: the mask begins one too late.": (
        with_weights(mask=lambda time: unseen(time, 2))
    ),
    "divide the scores by the root of size.": with_weights(root=lambda query: 1.0),
    "divide the scores by the *root* of size.": with_weights(root=lambda query: query.shape[1]),
    "this is the root of the number of positions: divide by that of size.": (
        with_weights(root=lambda query: len(query) ** 0.5)
    ),
    "the weights of a query, which are a row, have to add up to 1: take the softmax over dim 1.": (
        with_weights(dim=0)
    ),
    "hide later positions before the softmax: now the weights don't add up to 1.": masked_after,
    "a score of 0 is not nothing, because e^0 is 1: hide them by minus infinity.": masked_by_zero,
    "query and key are swapped.": lambda query, key, value: attend(key, query, value),
    "what is read is the value, not the key.": lambda query, key, value: attend(query, key, key),
    "these are the weights: multiply them by the values.": (
        lambda query, key, value: weights_of(query, key)
    ),
}


def check_attend(theirs: Callable) -> str:
    query, key, value = torch.randn(3, 7, 4).unbind()
    if isinstance(returned(theirs(query, key, value)), list | tuple):
        raise Wrong("it returns a list of rows: torch.stack makes one tensor of them.")
    compare(theirs, attend, ATTEND, [(query, key, value)])
    return "each position reads itself and those before it, by weights that add up to 1."


# --- which heads follow an earlier copy? ---


def induction(weights: Tensor) -> Tensor:
    """One head's mean weight of what followed the earlier copy, from its weights (time, time)."""
    return of_second_time(weights, followed)


def second_time(length: int) -> range:
    return range(length, 2 * length)


def of_second_time(
    weights: Tensor,
    source: Callable[[int, int], int],
    positions: Callable[[int], range] = second_time,
) -> Tensor:
    """The mean weight of the position `source` at these positions."""
    length = len(weights) // 2
    return torch.stack([weights[t, source(t, length)] for t in positions(length)]).mean()


def followed(t: int, length: int) -> int:
    """Where the letter is that followed the earlier copy."""
    return t - length + 1


def at(positions: Callable[[int], range]) -> Callable:
    return lambda weights: of_second_time(weights, followed, positions)


INDUCTION: Mistakes = {
    "at t - L is the same letter as at t: look at what came after it.": (
        lambda weights: of_second_time(weights, lambda t, length: t - length)
    ),
    "this is the letter before the earlier copy: look at the one after it.": (
        lambda weights: of_second_time(weights, lambda t, length: t - length - 1)
    ),
    "a row is what looks, a column what it looks at: you have exchanged them.": (
        lambda weights: of_second_time(weights.T, followed)
    ),
    "this is the weight of the letter before: we want what followed the earlier copy.": (
        lambda weights: of_second_time(weights, lambda t, length: t - 1)
    ),
    "this is the sum: return the mean over the second time.": (
        lambda weights: induction(weights) * (len(weights) // 2)
    ),
    "the second time has L positions: divide by L.": lambda weights: induction(weights) / 2,
    "the last position counts, too: what followed its copy is where the second time begins.": (
        at(lambda length: range(length, 2 * length - 1))
    ),
    "only the second time counts: the first has no earlier copy.": (
        at(lambda length: range(1, 2 * length))
    ),
    "you begin with position L - 1, which is the end of the first time: begin with L.": (
        at(lambda length: range(length - 1, 2 * length))
    ),
}


def check_induction(theirs: Callable) -> str:
    weights = torch.rand(12, 12).tril()
    compare(theirs, induction, INDUCTION, [(weights / weights.sum(1, keepdim=True),)])
    return "it follows the earlier copy, one letter ahead."


# --- a network without one of its heads ---


def without_head(network: Transformer, layer: int, head: int) -> Transformer:
    """A copy in which nothing of what this head reads is passed on."""
    return without_heads(network, [(layer, head)])


def columns(block: Any, head: int) -> slice:
    size = block.out.weight.shape[1] // block.heads
    return slice(head * size, (head + 1) * size)


def with_zeros(change: Callable[[Any, int], None], layers: int = 0) -> Callable:
    """A copy that is changed otherwise, perhaps in another layer."""

    def wrong(network: Transformer, layer: int, head: int) -> Transformer:
        changed = copy.deepcopy(network)
        with torch.no_grad():
            change(changed.blocks[(layer + layers) % len(changed.blocks)], head)
        return changed

    return wrong


def zero_rows(block: Any, head: int) -> None:
    block.out.weight[columns(block, head)] = 0


def zero_columns(block: Any, head: int) -> None:
    block.out.weight[:, columns(block, head)] = 0


def zero_next(block: Any, head: int) -> None:
    zero_columns(block, (head + 1) % block.heads)


def zero_previous(block: Any, head: int) -> None:
    zero_columns(block, (head - 1) % block.heads)


def zero_up_to(block: Any, head: int) -> None:
    block.out.weight[:, : columns(block, head).stop] = 0


def zero_from(block: Any, head: int) -> None:
    block.out.weight[:, columns(block, head).start :] = 0


def zero_every(block: Any, head: int) -> None:
    block.out.weight[:, head :: block.heads] = 0


def zero_one(block: Any, head: int) -> None:
    block.out.weight[:, head] = 0


def zero_all(block: Any, head: int) -> None:
    nn.init.zeros_(block.out.weight)


def zero_queries(block: Any, head: int) -> None:
    block.query.weight[columns(block, head)] = 0


UNIFORM = (
    "equal scores are no weights of 0: the head now reads the mean of all. Set its columns of "
    "out.weight to 0."
)
WITHOUT_HEAD: Mistakes = {
    "the network still has all its heads.": lambda network, layer, head: network,
    "these are rows of out.weight, which are what comes out: the head's are columns.": (
        with_zeros(zero_rows)
    ),
    "this is the next head: heads count from 0.": with_zeros(zero_next),
    "this is the head before: heads count from 0.": with_zeros(zero_previous),
    "these are the heads before it, too: its columns begin at head * size.": (
        with_zeros(zero_up_to)
    ),
    "these are the heads after it, too: its columns end at (head + 1) * size.": (
        with_zeros(zero_from)
    ),
    "its columns are neighbours: from head * size to (head + 1) * size.": with_zeros(zero_every),
    "this is a single column: a head has as many as `size` divided by the heads.": (
        with_zeros(zero_one)
    ),
    "this switches off all heads of the layer.": with_zeros(zero_all),
    "this is the head of another layer: layers count from 0.": with_zeros(zero_columns, layers=1),
    UNIFORM: with_zeros(zero_queries),  # as keys of 0 do
}


def check_without_head(theirs: Callable) -> str:
    network = Transformer(list("abcdefg"), hidden_size=12, num_layers=2, heads=3, context=16).eval()
    for weight in network.parameters():
        weight.data.mul_(2)
    ids = torch.randint(7, (1, 16))

    def logits_of(function: Callable, layer: int, head: int) -> Tensor:
        changed = network_of(function, network, layer, head)
        if not hasattr(changed, "blocks"):
            raise Wrong("it should return a network, the whole one.")
        with torch.no_grad():
            logits, _ = changed(ids)
        return logits

    cases = [(1, 1), (0, 2), (1, 0)]
    compare(theirs, without_head, WITHOUT_HEAD, cases, see=logits_of)
    return "what this head reads is no longer passed on, and the given network is as it was."
