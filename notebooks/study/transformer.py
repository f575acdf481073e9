"""A Transformer: blocks of self-attention, of which today's language models are made (notebook 07).

x = x + attention(norm(x))      reads other positions
x = x + network(norm(x))        works on each position alone
"""

from typing import Any

import torch
from torch import Tensor, nn

from shakespeare.beyond.copying import WithCopyHead
from shakespeare.files import InputError

from .blocks import BlockNetwork


class Block(nn.Module):
    """Causal self-attention over the last `context` positions, then a network of two layers.

    Vaswani et al. (2017), normalised before each part. Each head makes a query, a key and a value
    of each position:

        a_ij = softmax_j(q_i k_j / sqrt(size / heads)),   j = i - context + 1, ..., i
        output_i = sum_j a_ij v_j
    """

    def __init__(self, size: int, heads: int, context: int) -> None:
        super().__init__()
        self.heads = heads
        self.context = context
        self.norms = nn.ModuleList([nn.LayerNorm(size), nn.LayerNorm(size)])
        self.query = nn.Linear(size, size, bias=False)
        self.key = nn.Linear(size, size, bias=False)
        self.value = nn.Linear(size, size, bias=False)
        self.out = nn.Linear(size, size, bias=False)
        widen = nn.Linear(size, 2 * size)
        narrow = nn.Linear(2 * size, size)
        self.network = nn.Sequential(widen, nn.GELU(), narrow)
        start_small(self.out)
        start_small(narrow)

    def forward(self, x: Tensor, state: Any = None) -> tuple[Tensor, Any]:
        """x (batch, time, size), changed; and the new state: keys and values that can be read."""
        normed = self.norms[0](x)
        query = self.by_head(self.query(normed))  # (batch, heads, time, size / heads)
        key = self.by_head(self.key(normed))
        value = self.by_head(self.value(normed))
        if state:
            old_key, old_value = state
            key = torch.cat([old_key, key], dim=2)  # (batch, heads, read, size / heads)
            value = torch.cat([old_value, value], dim=2)
        attended = self.attention(query, key) @ value  # (batch, heads, time, size / heads)
        x = x + self.out(attended.transpose(1, 2).flatten(2))
        x = x + self.network(self.norms[1](x))
        return x, (key[:, :, -self.context :], value[:, :, -self.context :])

    def by_head(self, x: Tensor) -> Tensor:
        """x (batch, time, size) as (batch, heads, time, size / heads)."""
        return x.unflatten(2, (self.heads, -1)).transpose(1, 2)

    def attention(self, query: Tensor, key: Tensor) -> Tensor:
        """The weights a, (batch, heads, time, read), with which each position reads the values."""
        time = query.shape[2]
        read = key.shape[2]
        position = torch.arange(read, device=key.device)
        now = position[-time:]  # the queries belong to the last positions
        query = rotate(query, now) / query.shape[3] ** 0.5
        scores = query @ rotate(key, position).mT  # (batch, heads, time, read)
        distance = now[:, None] - position  # (time, read): how far back each position is
        unseen = (distance < 0) | (distance >= self.context)
        # A sum is faster to train than filling the scores by this mask.
        bias = torch.zeros(time, read, device=key.device).masked_fill(unseen, -torch.inf)
        return (scores + bias).softmax(-1)


def rotate(x: Tensor, position: Tensor) -> Tensor:
    """Rotary positions (Su et al. 2021), for x (..., positions, features).

    Feature k and feature k + half are turned, as a point in a plane, by an angle that grows with
    the position. So the product of a query and a key depends on how far apart they are, and not on
    where.
    """
    half = x.shape[-1] // 2
    speed = 10_000 ** (-torch.arange(half, device=x.device) / half)  # (half,), from fast to slow
    angle = position[:, None] * speed  # (positions, half)
    cos = angle.cos()
    sin = angle.sin()
    a, b = x.chunk(2, dim=-1)
    return torch.cat([a * cos - b * sin, b * cos + a * sin], dim=-1)


def start_small(linear: nn.Linear) -> None:
    """Small weights, so that at first a block changes little of what it reads."""
    nn.init.normal_(linear.weight, std=0.3 / linear.in_features**0.5)


class Transformer(BlockNetwork):
    """A decoder-only Transformer.

    A state is the keys and values of each block at the last `context` positions (in other words,
    the KV cache). So in one pass each block looks back at `context` characters from each.
    """

    def __init__(
        self, chars: list[str], hidden_size: int, num_layers: int, heads: int, context: int
    ) -> None:
        if context < 1 or heads < 1 or hidden_size % (2 * heads) != 0:
            need = "a context of at least 1, and a hidden_size that 2 heads divide"
            raise InputError(f"Self-attention needs {need}.")
        sizes = {"heads": heads, "context": context}
        super().__init__(chars, hidden_size, num_layers, Block, sizes)


class CopyTransformer(WithCopyHead, Transformer):
    """A Transformer with a copy head."""
