"""Networks to compare with: a residual LSTM, an LSTM under attention, a Transformer (notebook 07).

Each has its own layers between embedding and linear layer, so the same code trains and measures
them all.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from shakespeare.beyond.norm_dropout import NormDropoutLSTM
from shakespeare.files import InputError
from shakespeare.model import State


class ResidualLSTM(NormDropoutLSTM):
    """Each layer but the first adds its output to what is below it. Use it with `layer_norm`."""

    def hidden(self, ids: Tensor, state: Any = None) -> tuple[Tensor, Any]:
        x = self.embedding(ids)  # (batch, time, embedding_size)
        new_state: State = []
        total: Any = 0.0  # of the outputs so far, (batch, time, hidden_size)
        for k, layer in enumerate(self.layers):
            if k > 0:
                x = self.drop(x)
            h, hc = layer(x, state[k] if state else None)  # (batch, time, hidden_size)
            new_state.append(hc)
            total = total + h
            x = self.norms[k](total)
        return x, new_state


class Block(nn.Module):
    """Causal self-attention over the last `context` positions, then a network of two layers.

    The block of a Transformer (Vaswani et al. 2017), normalised before each part. Each head weighs
    distant positions less, by a fixed slope (ALiBi, Press et al. 2022).
    """

    def __init__(self, size: int, heads: int, context: int, dropout: float) -> None:
        super().__init__()
        if context < 1 or heads < 1 or size % heads != 0:
            need = "a context of at least 1, and heads that divide hidden_size"
            raise InputError(f"Self-attention needs {need}.")
        self.heads = heads
        self.context = context
        self.dropout = nn.Dropout(dropout)
        self.norms = nn.ModuleList([nn.LayerNorm(size), nn.LayerNorm(size)])
        self.query = nn.Linear(size, size)
        self.project = nn.Linear(size, size)
        self.key_value = nn.Linear(size, 2 * size)
        self.network = nn.Sequential(
            nn.Linear(size, 4 * size), nn.GELU(), nn.Linear(4 * size, size)
        )

    def forward(self, x: Tensor, time: int) -> Tensor:
        """The last `time` positions of x (batch, read, size), changed: (batch, time, size)."""
        normed = self.norms[0](x)  # (batch, read, size)
        query = self.query(normed[:, -time:])  # (batch, time, size)
        key, value = self.key_value(normed).chunk(2, dim=2)  # (batch, read, size) each
        attended = F.scaled_dot_product_attention(
            self.by_head(query),
            self.by_head(key),
            self.by_head(value),
            attn_mask=self.bias(time, x.shape[1], x.device).to(query.dtype),
        )  # (batch, heads, time, size / heads)
        attended = attended.transpose(1, 2).flatten(2)  # (batch, time, size)
        x = x[:, -time:] + self.dropout(self.project(attended))
        return x + self.dropout(self.network(self.norms[1](x)))

    def by_head(self, x: Tensor) -> Tensor:
        """x (batch, positions, size) as (batch, heads, positions, size / heads)."""
        return x.unflatten(2, (self.heads, -1)).transpose(1, 2)

    def bias(self, time: int, read: int, device: torch.device) -> Tensor:
        """What is added to the scores, (heads, time, read): less for what is further back."""
        position = torch.arange(read, device=device)
        now = position[-time:, None]  # (time, 1)
        distance = now - position  # (time, read): how far back each position is
        unseen = (distance < 0) | (distance >= self.context)
        # From head to head a slope shrinks by the same factor, down to 2^-8 (Press et al. 2022).
        head = torch.arange(1, self.heads + 1, device=device)
        slopes = 2.0 ** (-8 * head / self.heads)  # (heads,)
        bias = -slopes[:, None, None] * distance  # (heads, time, read)
        return bias.masked_fill(unseen, -torch.inf)


class AttentionLSTM(NormDropoutLSTM):
    """LSTM layers under one block of self-attention over the last `context` hidden states.

    A state is (layers, hidden): that of the layers, and the hidden states that can be seen again.
    """

    def __init__(self, chars: list[str], heads: int, context: int, **options: Any) -> None:
        super().__init__(chars, **options)
        self.block = Block(self.hidden_size, heads, context, self.dropout)
        self.norm = nn.LayerNorm(self.hidden_size)

    def hidden(self, ids: Tensor, state: Any = None) -> tuple[Tensor, Any]:
        h, layers = super().hidden(ids, state[0] if state else None)
        if state:
            h = torch.cat([state[1], h], dim=1)  # (batch, read, hidden_size)
        new_state = (layers, h[:, -self.block.context :])
        return self.norm(self.block(h, ids.shape[1])), new_state

    def config(self) -> dict[str, Any]:
        return super().config() | {"heads": self.block.heads, "context": self.block.context}


class Transformer(NormDropoutLSTM):
    """A decoder-only Transformer: blocks of self-attention instead of LSTM layers.

    Embedding, linear layer, dropout and loss are those of a NormDropoutLSTM, which has no layers
    here.

    A state is the characters that it reads again, (batch, read): each block sees what the block
    below made of the last `context` positions, so there are `num_layers` times as many.
    """

    def __init__(
        self,
        chars: list[str],
        hidden_size: int,
        num_layers: int,
        heads: int,
        context: int,
        dropout: float = 0.0,
    ) -> None:
        super().__init__(chars, hidden_size, hidden_size, num_layers=0, dropout=dropout)
        self.num_layers = num_layers
        self.heads = heads
        self.context = context
        self.blocks = nn.ModuleList()
        for _ in range(num_layers):
            self.blocks.append(Block(hidden_size, heads, context, dropout))
        self.norm = nn.LayerNorm(hidden_size)

    def hidden(self, ids: Tensor, state: Any = None) -> tuple[Tensor, Any]:
        all_ids = ids if state is None else torch.cat([state, ids], dim=1)  # (batch, read)
        h = self.drop(self.embedding(all_ids))  # (batch, read, hidden_size)
        for block in self.blocks:
            h = block(h, h.shape[1])
        h = self.norm(h[:, -ids.shape[1] :])  # (batch, time, hidden_size)
        return h, all_ids[:, -self.num_layers * self.context :]

    def config(self) -> dict[str, Any]:
        return {
            "chars": self.chars,
            "hidden_size": self.hidden_size,
            "num_layers": self.num_layers,
            "heads": self.heads,
            "context": self.context,
            "dropout": self.dropout,
        }
