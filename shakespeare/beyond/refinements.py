"""The rungs of the ladder that need no new part in the network (notebook 05)."""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.optim.lr_scheduler import OneCycleLR

from ..model import Batch, CharLSTM, State
from .streams import detach


class StrongLSTM(CharLSTM):
    """A CharLSTM with dropout, a schedule, a carried state and layer normalisation.

    With `one_cycle` the learning rate rises to `learning_rate` over the first tenth of training,
    then falls to zero (Smith and Topin 2018). With `carry_state` a batch continues the one before
    (needs streams). With `layer_norm` the outputs of each layer are normalised (Ba et al. 2016).
    """

    def __init__(
        self,
        chars: list[str],
        embedding_size: int,
        hidden_size: int,
        num_layers: int,
        learning_rate: float = 1e-3,
        weight_decay: float = 1e-6,
        one_cycle: bool = False,
        dropout: float = 0.0,
        carry_state: bool = False,
        layer_norm: bool = False,
    ) -> None:
        super().__init__(
            chars, embedding_size, hidden_size, num_layers, learning_rate, weight_decay
        )
        self.one_cycle = one_cycle
        self.dropout = dropout
        self.carry_state = carry_state
        self.layer_norm = layer_norm
        self.state: Any = None  # after the last training batch
        self.norms = nn.ModuleList()
        for _ in self.layers:
            self.norms.append(nn.LayerNorm(hidden_size) if layer_norm else nn.Identity())

    def run_layers(self, ids: Tensor, state: State | None) -> tuple[Tensor, Any]:
        """The top layer's outputs (batch, time, hidden_size) and the layers' new state."""
        x = self.embedding(ids)  # (batch, time, embedding_size)
        new_state = []
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
        ones = torch.ones_like(x[:, :1])  # (batch, 1, features)
        return x * F.dropout(ones, self.dropout)

    def forward(self, ids: Tensor, state: Any = None) -> tuple[Tensor, Any]:
        h, state = self.run_layers(ids, state)  # (batch, time, hidden_size)
        return self.linear(self.drop(h)), state  # (batch, time, vocab_size)

    def on_train_epoch_start(self) -> None:
        self.state = None  # an epoch starts elsewhere in the text

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:
        loss, state = self.loss(batch, self.state)
        if self.carry_state:
            self.state = detach(state)  # truncates backpropagation
        self.log_loss("train_loss", loss, batch)
        return loss

    def on_train_end(self) -> None:
        self.state = None  # or copies of the network would carry it

    def configure_optimizers(self) -> Any:
        optimizer = super().configure_optimizers()
        if not self.one_cycle:
            return optimizer
        steps = int(self.trainer.estimated_stepping_batches)
        schedule = OneCycleLR(
            optimizer,
            self.learning_rate,
            total_steps=steps,
            # OneCycleLR divides by zero where the rise takes one step; so few need no rise.
            pct_start=0.1 if steps > 10 else 0.0,
            cycle_momentum=False,  # only the learning rate changes
        )
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}

    def config(self) -> dict[str, Any]:
        return super().config() | {
            "one_cycle": self.one_cycle,
            "dropout": self.dropout,
            "carry_state": self.carry_state,
            "layer_norm": self.layer_norm,
        }
