"""The heads of a Transformer: where their attention goes, and what is lost without some of them."""

import copy
from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor

from .transformer import Transformer

Head = tuple[int, int]  # layer and head, both from 0


@torch.no_grad()
def attention_of(network: Transformer, ids: Tensor) -> Tensor:
    """The weights (texts, layers, heads, time, time) with which each position reads each.

    The network reads ids (texts, time) from an empty state.
    """
    weights = []
    x = network.eval().embedding(ids)  # (texts, time, hidden_size)
    block: Any
    for block in network.blocks:
        normed = block.norms[0](x)
        query = block.by_head(block.query(normed))  # (texts, heads, time, size / heads)
        key = block.by_head(block.key(normed))
        weights.append(block.attention(query, key))  # (texts, heads, time, time)
        x, _ = block(x)
    return torch.stack(weights, dim=1)


def to_previous(weights: Tensor) -> Tensor:
    """The mean weight of the character before, (layers, heads)."""
    return weights.diagonal(-1, 3, 4).mean((0, 3))


def prefix_matching(weights: Tensor) -> Tensor:
    """The mean weight of what followed the earlier copy, (layers, heads).

    `weights` are those on texts that have everything twice, as `letters_twice` makes them.
    """
    length = weights.shape[-1] // 2
    # Position t has its copy at t - length, and what followed at t - length + 1.
    to_what_followed = weights.diagonal(1 - length, 3, 4)  # (texts, layers, heads, length + 1)
    second_time = to_what_followed[..., 1:]  # the first of them is the end of the first time
    return second_time.mean((0, 3))


def in_order(scores: Tensor) -> list[Head]:
    """The heads, from the highest score (layers, heads) to the lowest."""
    heads = scores.shape[1]
    order = scores.flatten().argsort(descending=True).tolist()
    return [(k // heads, k % heads) for k in order]


def without_heads(network: Transformer, heads: Iterable[Head]) -> Transformer:
    """The same network with some heads switched off: nothing of what they read is passed on."""
    changed = copy.deepcopy(network)
    for layer, head in heads:
        block: Any = changed.blocks[layer]
        out = block.out.weight.detach()  # (size, size): one column for each feature of a head
        size = out.shape[1] // block.heads
        out[:, head * size : (head + 1) * size] = 0
    return changed
