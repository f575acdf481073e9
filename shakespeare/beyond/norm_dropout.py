"""Layer normalisation and dropout (notebook 05)."""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ..model import CharLSTM, LSTMState


class NormDropoutLSTM(CharLSTM):
    """A CharLSTM with dropout, and with `layer_norm` the outputs of each layer normalised.

    Layer normalisation: Ba et al. (2016).
    """

    def __init__(
        self,
        chars: list[str],
        embedding_size: int,
        hidden_size: int,
        num_layers: int,
        dropout: float = 0.0,
        layer_norm: bool = False,
    ) -> None:
        super().__init__(chars, embedding_size, hidden_size, num_layers)
        self.dropout = dropout
        self.layer_norm = layer_norm
        self.norms = nn.ModuleList()
        for _ in self.layers:
            self.norms.append(nn.LayerNorm(hidden_size) if layer_norm else nn.Identity())

    def hidden(self, ids: Tensor, state: Any = None) -> tuple[Tensor, Any]:
        x = self.embedding(ids)  # (batch, time, embedding_size)
        new_state: LSTMState = []
        for k, layer in enumerate(self.layers):
            if k > 0:
                x = self.drop(x)
            h, hc = layer(x, state[k] if state else None)  # (batch, time, hidden_size)
            new_state.append(hc)
            x = self.norms[k](h)
        return x, new_state

    def drop(self, x: Tensor) -> Tensor:
        """Dropout of x (batch, time, features), one mask for all times (Gal, Ghahramani 2016)."""
        if not self.training:
            return x
        mask = F.dropout(torch.ones_like(x[:, :1]), self.dropout)  # (batch, 1, features)
        return x * mask

    def forward(self, ids: Tensor, state: Any = None) -> tuple[Tensor, Any]:
        h, state = self.hidden(ids, state)  # (batch, time, hidden_size)
        return self.linear(self.drop(h)), state  # (batch, time, vocab_size)

    def config(self) -> dict[str, Any]:
        return super().config() | {"dropout": self.dropout, "layer_norm": self.layer_norm}
