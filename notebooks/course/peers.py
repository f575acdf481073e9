"""Networks to compare with: a deep LSTM with residuals, an LSTM under attention, a Transformer.

Each is a `CharLSTM` with other layers between embedding and linear layer, so the same code trains
and measures them all.
"""

from pathlib import Path
from typing import Any

import lightning as L
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import DataLoader

from shakespeare.data import ShakespeareData, ShakespeareDataset
from shakespeare.model import CharLSTM, State
from shakespeare.settings import ModelSettings, TrainingSettings
from shakespeare.training import fit, run_folder

# Chosen on the validation half among the trials in report/experiments.csv, for quick's seconds.
PLAIN: dict[str, Any] = {"copy_size": 0, "rename_share": 0.0}  # neither copies nor invented names
ATTENTION = {"embedding_size": 32, "hidden_size": 192, "num_layers": 2, "heads": 4, "context": 64}
TRANSFORMER = {"hidden_size": 128, "num_blocks": 3, "heads": 4, "context": 256}
TRANSFORMER_TRAINING = PLAIN | {"carry_state": False, "dropout": 0.0, "epochs": 2}
TRANSFORMER_TRAINING |= {"seq_len": 128, "batch_size": 8, "learning_rate": 4e-3}


class ResidualLSTM(CharLSTM):
    """Each layer but the first adds to its input instead of replacing it; for `layer_norm`."""

    def run_layers(self, ids: Tensor, state: State | None) -> tuple[Tensor, State]:
        layers, h = [], self.embedding(ids)  # (batch, time, embedding_size)
        for k, layer in enumerate(self.layers):
            x = self.dropout(self.norms[k - 1](h)) if k else h
            added, hc = layer(x, state.layers[k] if state else None)
            h = h + added if k else added  # (batch, time, hidden_size)
            layers.append(hc)
        return self.norms[-1](h), State(layers)


class Block(nn.Module):
    """Causal self-attention over the last `context` places, then a network of two layers.

    The block of a Transformer (Vaswani et al. 2017), normalised before each part. Each head weighs
    distant places less, by a fixed slope (ALiBi, Press et al. 2022).
    """

    def __init__(self, size: int, heads: int, context: int, dropout: float) -> None:
        super().__init__()
        self.heads, self.context, self.dropout = heads, context, nn.Dropout(dropout)
        self.norms = nn.ModuleList(nn.LayerNorm(size) for _ in range(2))
        self.query, self.project = nn.Linear(size, size), nn.Linear(size, size)
        self.key_value = nn.Linear(size, 2 * size)
        layers = nn.Linear(size, 4 * size), nn.GELU(), nn.Linear(4 * size, size)
        self.network = nn.Sequential(*layers)

    def forward(self, x: Tensor, time: int) -> Tensor:
        """The last `time` places of x (batch, read, size), changed: (batch, time, size)."""
        place = torch.arange(x.shape[1], device=x.device)
        back = place[-time:, None] - place  # (time, read): how far the second lies behind
        slopes = 2.0 ** (-8 * torch.arange(1, self.heads + 1, device=x.device) / self.heads)
        unseen = (back < 0) | (back >= self.context)  # (time, read)
        bias = (-slopes[:, None, None] * back).masked_fill(unseen, -torch.inf)  # a mask a head
        read, x = self.norms[0](x), x[:, -time:]
        qkv = self.query(read[:, -time:]), *self.key_value(read).chunk(2, dim=2)
        q, k, v = (each.unflatten(2, (self.heads, -1)).transpose(1, 2) for each in qkv)
        attended = F.scaled_dot_product_attention(q, k, v, attn_mask=bias.to(q.dtype))
        x = x + self.dropout(self.project(attended.transpose(1, 2).flatten(2)))
        return x + self.dropout(self.network(self.norms[1](x)))


class AttentionLSTM(CharLSTM):
    """LSTM layers under one block of self-attention over the last `context` hidden states."""

    def __init__(self, chars: list[str], heads: int, context: int, **options: Any) -> None:
        super().__init__(chars, **options)
        size = self.linear.in_features
        self.block, self.norm = Block(size, heads, context, options["dropout"]), nn.LayerNorm(size)

    def run_layers(self, ids: Tensor, state: State | None) -> tuple[Tensor, State]:
        h, (layers, *_) = super().run_layers(ids, state)  # (batch, time, hidden_size)
        h = h if state is None else torch.cat([state.memory_states, h], dim=1)
        new = State(layers, h[:, -self.block.context :])
        return self.norm(self.block(h, ids.shape[1])), new


class Transformer(CharLSTM):
    """A decoder-only Transformer: blocks of self-attention and no recurrence.

    Its state holds the last `context` characters, which it reads again.
    """

    def __init__(
        self,
        chars: list[str],
        hidden_size: int,
        num_blocks: int,
        heads: int,
        context: int,
        **options,
    ) -> None:
        super().__init__(chars, hidden_size, hidden_size, num_layers=0, **options)
        shape = hidden_size, heads, context, options["dropout"]
        self.blocks = nn.ModuleList(Block(*shape) for _ in range(num_blocks))
        self.norm = nn.LayerNorm(hidden_size)

    def run_layers(self, ids: Tensor, state: State | None) -> tuple[Tensor, State]:
        read = ids if state is None else torch.cat([state.memory_ids, ids], dim=1)
        h = self.dropout(self.embedding(read))  # (batch, read, hidden_size)
        for block in self.blocks:
            h = block(h, h.shape[1])
        h = self.norm(h[:, -ids.shape[1] :])  # (batch, time, hidden_size)
        return h, State([], None, read[:, -self.hparams["context"] :])


def train_peer(
    kind: type[CharLSTM], text: ShakespeareDataset, p: TrainingSettings, build: Path, **sizes: Any
) -> tuple[CharLSTM, Path]:
    """Train a network as `training.train` does, or reuse the run: (network, run folder)."""
    rates = {*ModelSettings.model_fields} - {"embedding_size", "hidden_size", "num_layers"}
    sizes |= {name: getattr(p, name) for name in rates}
    L.seed_everything(p.seed, verbose=False)
    network = kind(text.chars, **sizes)
    facts = p.model_dump() | sizes | {"code": Path(__file__).read_text(encoding="utf-8")}
    run = run_folder(build, kind.__name__, text, facts)
    length = {"max_epochs": p.epochs, "limit_train_batches": p.limit_batches}
    return fit(network, ShakespeareData(text.split(), p), run, p.seed, **length), run


def gradient_norms(network: CharLSTM, part: ShakespeareDataset) -> list[float]:
    """Length of the gradient of the loss by each LSTM layer's weights, on 64 windows of `part`."""
    x, y = next(iter(DataLoader(part.with_windows(64, 64), batch_size=64)))  # (64, 64) each
    loss, _ = network.loss((x, y))
    norms = []
    for layer in network.layers:
        gradients = torch.autograd.grad(loss, list(layer.parameters()), retain_graph=True)
        norms.append(torch.stack([gradient.norm() for gradient in gradients]).norm().item())
    return norms
