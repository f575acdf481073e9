"""The checks of notebook 07."""

import copy
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from study.transformer import Transformer

from . import Mistakes, Wrong, compare, returned
from .beyond import has_same_weights

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
    compare(theirs, attend, ATTEND, [(query, key, value)])
    return "each position reads itself and those before it, by weights that add up to 1."


# --- which heads follow an earlier copy? ---


def induction(weights: Tensor) -> Tensor:
    """One head's mean weight of what followed the earlier copy, from its weights (time, time)."""
    return of_second_time(weights, lambda t, length: t - length + 1)


def of_second_time(
    weights: Tensor,
    source: Callable[[int, int], int],
    start: Callable[[int], int] = lambda length: length,
) -> Tensor:
    """The mean weight of the position `source` at each position of the second time."""
    length = len(weights) // 2
    found = [weights[t, source(t, length)] for t in range(start(length), 2 * length)]
    return torch.stack(found).mean()


INDUCTION: Mistakes = {
    "at t - L is the same letter: what followed it is at t - L + 1.": (
        lambda weights: of_second_time(weights, lambda t, length: t - length)
    ),
    "this is the letter before the earlier copy: what followed is at t - L + 1.": (
        lambda weights: of_second_time(weights, lambda t, length: t - length - 1)
    ),
    "a row is a query, a column what it reads: weights[t, t - L + 1], not the other way round.": (
        lambda weights: of_second_time(weights.T, lambda t, length: t - length + 1)
    ),
    "this is the weight of the letter before: that is at t - 1, and we want t - L + 1.": (
        lambda weights: of_second_time(weights, lambda t, length: t - 1)
    ),
    "this is the sum: return the mean over the second time.": (
        lambda weights: induction(weights) * (len(weights) // 2)
    ),
    "only the second time counts: the first has no earlier copy.": (
        lambda weights: torch.stack(
            [weights[t, t - len(weights) // 2 + 1] for t in range(1, len(weights))]
        ).mean()
    ),
    "you begin with position L - 1, which is the end of the first time: begin with L.": (
        lambda weights: of_second_time(
            weights, lambda t, length: t - length + 1, lambda length: length - 1
        )
    ),
}


def check_induction(theirs: Callable) -> str:
    weights = torch.rand(12, 12).tril()
    compare(theirs, induction, INDUCTION, [(weights / weights.sum(1, keepdim=True),)])
    return "it follows the earlier copy, one letter ahead."


# --- a network without one of its heads ---


def without_head(network: Transformer, layer: int, head: int) -> Transformer:
    """A copy in which nothing of what this head reads is passed on."""
    changed = copy.deepcopy(network)
    block: Any = changed.blocks[layer]
    with torch.no_grad():
        block.out.weight[:, columns(block, head)] = 0
    return changed


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
        given = copy.deepcopy(network)
        try:
            changed = returned(function(given, layer, head))
        except RuntimeError as error:
            if "in-place" not in str(error):
                raise
            raise Wrong(
                "PyTorch records gradients here: change weights inside `with torch.no_grad():`."
            ) from None
        if not isinstance(changed, nn.Module):
            raise Wrong("it should return a network.")
        if not has_same_weights(given, network):
            raise Wrong(
                "it changes the network that it is given: work on a copy, by copy.deepcopy."
            )
        with torch.no_grad():
            logits, _ = changed(ids)
        return logits

    cases = [(1, 1), (0, 2)]
    compare(theirs, without_head, WITHOUT_HEAD, cases, see=logits_of)
    return "what this head reads is no longer passed on, and the given network is as it was."
