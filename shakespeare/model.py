"""The LSTM from its six equations, and the character model that is trained."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import lightning as L
import torch
from lightning.pytorch.utilities.types import OptimizerLRScheduler
from torch import Tensor, nn
from torch.nn import functional as F

from .data import Loader
from .files import number, whole
from .weights import WEIGHTS, read_weights


class State(NamedTuple):
    """All that is carried from one piece of a text to the next."""

    layers: list[tuple[Tensor, Tensor]]  # one (h, c) a layer, each (1, batch, hidden_size)
    read: Tensor | None = None  # hidden states that the copy head remembers, (batch, remembered + 1, hidden_size)
    ids: Tensor | None = None  # and the characters that followed them, the last one's is to come: (batch, remembered)

    def map(self, change: Callable[[Tensor], Tensor]) -> State:
        """The state with every tensor changed, for example detached."""
        layers = [(change(h), change(c)) for h, c in self.layers]
        return State(layers, *(part if part is None else change(part) for part in self[1:]))


class LSTMCell(nn.Module):
    """One step of an LSTM: Hochreiter and Schmidhuber (1997), forget gate by Gers et al. (2000).

    With [x_t, h_{t-1}] the two vectors side by side:

        f_t = sigmoid(W_f [x_t, h_{t-1}] + b_f)        forget gate
        i_t = sigmoid(W_i [x_t, h_{t-1}] + b_i)        input gate
        o_t = sigmoid(W_o [x_t, h_{t-1}] + b_o)        output gate
        g_t = tanh(W_g [x_t, h_{t-1}] + b_g)           candidate
        c_t = f_t * c_{t-1} + i_t * g_t                cell state
        h_t = o_t * tanh(c_t)                          hidden state
    """

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__()
        self.forget = nn.Linear(input_size + hidden_size, hidden_size)  # W_f, b_f
        self.input = nn.Linear(input_size + hidden_size, hidden_size)  # W_i, b_i
        self.output = nn.Linear(input_size + hidden_size, hidden_size)  # W_o, b_o
        self.candidate = nn.Linear(input_size + hidden_size, hidden_size)  # W_g, b_g

    def gates(self, x: Tensor, h: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """f, i, o, g, each (batch, hidden_size); x is (batch, input_size), h as the gates."""
        xh = torch.cat([x, h], dim=1)  # (batch, input_size + hidden_size)
        f = torch.sigmoid(self.forget(xh))  # (batch, hidden_size), and so are the next three
        i = torch.sigmoid(self.input(xh))
        o = torch.sigmoid(self.output(xh))
        g = torch.tanh(self.candidate(xh))
        return f, i, o, g

    def forward(self, x: Tensor, h: Tensor, c: Tensor) -> tuple[Tensor, Tensor]:
        f, i, o, g = self.gates(x, h)
        c = f * c + i * g
        h = o * torch.tanh(c)
        return h, c


def locked_dropout(x: Tensor, p: float, training: bool) -> Tensor:
    """Dropout on x (batch, time, features) with one mask for all time steps (Gal and Ghahramani 2016)."""
    if not training or p == 0:
        return x
    return x * F.dropout(x.new_ones(x.shape[0], 1, x.shape[2]), p)


class CopyHead(nn.Module):
    """Copies: which character followed when the text so far looked like this?

    A pointer sentinel mixture (Merity et al. 2017, eq. 5 to 8). The characters x_j read so far, at most `memory`
    of them, have as key the hidden state *before* them, as in the neural cache (Grave et al. 2017):

        q_t = (W_q h_t + b_q) / sqrt(copy_size),    k_j = W_k h_{j-1},    h_0 = 0
        a_t = softmax([w h_t + b, q_t k_1, ..., q_t k_t])
        p(c | x_1 ... x_t) = a_{t,0} softmax(logits_t)_c + sum_j a_{t,j} [x_j = c]
    """

    def __init__(self, hidden_size: int, copy_size: int, memory: int) -> None:
        super().__init__()
        self.query = nn.Linear(hidden_size, copy_size)
        self.key = nn.Linear(hidden_size, copy_size, bias=False)
        self.write = nn.Linear(hidden_size, 1)  # w, b: rather write than copy
        nn.init.constant_(self.write.bias, 3.0)  # at the start to write weighs as much as to copy twenty characters
        self.memory = memory

    def attention(self, h: Tensor, keys: Tensor) -> Tensor:
        """a (batch, time, 1 + read), from h (batch, time, hidden_size) and keys (batch, read, copy_size)."""
        time, read = h.shape[1], keys.shape[1]
        scores = self.query(h) @ keys.transpose(1, 2) / math.sqrt(keys.shape[2])  # (batch, time, read)
        # Each place sees the characters up to its own, of which there are `memory` at most: a band of the matrix.
        seen = torch.ones_like(scores[0], dtype=torch.bool).tril(read - time).triu(read - time - self.memory + 1)
        scores = torch.cat([self.write(h), scores.masked_fill(~seen, -torch.inf)], dim=2)
        return scores.float().softmax(-1)

    def forward(self, h: Tensor, keys: Tensor, ids: Tensor, logits: Tensor) -> Tensor:
        """Log-probabilities (batch, time, vocab_size); ids (batch, read) are the characters after the keys."""
        a = self.attention(h, keys)
        p = a[..., :1] * logits.float().softmax(-1)  # (batch, time, vocab_size)
        return p.scatter_add(2, ids[:, None].expand(-1, h.shape[1], -1), a[..., 1:]).clamp_min(1e-9).log()


class CharLSTM(L.LightningModule):
    """Embedding, LSTM layers, linear, and where asked a copy head: logits for the character after each character.

    `chars` is the vocabulary, kept with the weights. Adam as in the student's report from which this course began:
    learning rate 1e-3, weight decay 1e-6; with `one_cycle` the rate climbs to `learning_rate` and falls to zero along
    a cosine (Smith and Topin 2018). With `carry_state` a training batch starts from the state in which the last one
    ended.
    """

    def __init__(
        self,
        chars: list[str],
        embedding_size: int = 128,
        hidden_size: int = 512,
        num_layers: int = 2,
        dropout: float = 0.0,
        copy_size: int = 0,
        memory: int = 256,
        learning_rate: float = 1e-3,
        weight_decay: float = 1e-6,
        one_cycle: bool = False,
        carry_state: bool = False,
        seed: int = 0,
    ) -> None:
        super().__init__()
        self.save_hyperparameters()
        for name in ("embedding_size", "hidden_size", "num_layers", "memory"):
            whole(name, self.hparams[name])
        whole("copy_size", copy_size, 0)
        number("dropout", dropout, 0, 0.99)
        number("learning_rate", learning_rate)
        number("weight_decay", weight_decay)
        self.embedding = nn.Embedding(len(chars), embedding_size)
        sizes = [embedding_size] + [hidden_size] * num_layers
        self.layers = nn.ModuleList(nn.LSTM(a, b, batch_first=True) for a, b in itertools.pairwise(sizes))
        self.linear = nn.Linear(hidden_size, len(chars))
        self.copy_head = CopyHead(hidden_size, copy_size, memory) if copy_size else None
        for layer in self.layers:  # open forget gates at the start (Jozefowicz et al. 2015); order i, f, g, o
            _, _, bias_ih, bias_hh = layer.parameters()  # each bias (4 hidden_size,)
            nn.init.ones_(bias_ih[hidden_size : 2 * hidden_size])
            nn.init.zeros_(bias_hh)
        self.state: State | None = None
        self.losses, self.rows = torch.zeros(()), 0  # of the epoch so far: summed over the rows of its batches
        self.resumed: dict[str, Any] = {}

    @property
    def chars(self) -> list[str]:
        return self.hparams["chars"]

    def forward(self, ids: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """Logits (batch, time, vocab_size) and the new state, from ids (batch, time).

        A copy head's are log-probabilities.
        """
        p, layers, time = self.hparams["dropout"], [], ids.shape[1]
        h = self.embedding(ids)  # (batch, time, embedding_size)
        for k, layer in enumerate(self.layers):
            x = locked_dropout(h, p, self.training) if k else h
            h, hc = layer(x, state.layers[k] if state else None)  # (batch, time, hidden_size)
            layers.append(hc)
        if self.copy_head is None:
            return self.linear(locked_dropout(h, p, self.training)), State(layers)  # (batch, time, vocab_size)
        if state is None or state.read is None or state.ids is None:
            read = torch.cat([torch.zeros_like(h[:, :1]), h], dim=1)  # (batch, 1 + time, hidden_size)
        else:
            read, ids = torch.cat([state.read, h], dim=1), torch.cat([state.ids, ids], dim=1)
        x = locked_dropout(read, p, self.training)  # one mask for what asks and what is asked
        keys = self.copy_head.key(x[:, :-1])  # (batch, read, copy_size)
        logits = self.copy_head(x[:, -time:], keys, ids, self.linear(x[:, -time:]))  # (batch, time, vocab_size)
        memory = self.copy_head.memory
        return logits, State(layers, read[:, -memory - 1 :], ids[:, -memory:])

    @classmethod
    def from_pretrained(cls, name: str = "full", folder: str | Path = WEIGHTS) -> CharLSTM:
        """The published model `name`, nothing unpickled; errors as in `read_weights`."""
        return read_weights(cls, name, folder)

    def loss(self, batch: tuple[Tensor, Tensor], state: State | None = None) -> tuple[Tensor, State]:
        """Cross-entropy in nats per character, the mean over (x, y), each (batch, time); and the new state."""
        x, y = batch
        logits, state = self(x, state)
        # Of log-probabilities the softmax is the probabilities again, so these may come in place of logits.
        return F.cross_entropy(logits.flatten(0, 1).float(), y.flatten()), state

    def training_step(self, batch: tuple[Tensor, Tensor], batch_idx: int) -> Tensor:
        carried = self.state if self.hparams["carry_state"] and batch_idx > 0 else None
        loss, state = self.loss(batch, carried)
        self.state = state.map(Tensor.detach)  # truncates backpropagation
        self.losses, self.rows = self.losses + loss.detach() * len(batch[0]), self.rows + len(batch[0])
        return loss

    def validation_step(self, batch: tuple[Tensor, Tensor], batch_idx: int, dataloader_idx: int = 0) -> None:
        loss, _ = self.loss(batch)
        name = "val_loss" if dataloader_idx == 0 else "held_out_loss"
        self.log(name, loss, batch_size=len(batch[0]), add_dataloader_idx=False)

    def on_validation_epoch_end(self) -> None:
        # By hand: the mean that Lightning keeps of a training epoch is in no checkpoint.
        self.log("train_loss", self.losses / self.rows, sync_dist=True)

    def configure_optimizers(self) -> OptimizerLRScheduler:
        rate = self.hparams["learning_rate"]
        optimizer = torch.optim.Adam(self.parameters(), lr=rate, weight_decay=self.hparams["weight_decay"])
        if not self.hparams["one_cycle"]:
            return {"optimizer": optimizer}
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimizer,
            max_lr=rate,
            total_steps=int(self.trainer.estimated_stepping_batches),
            pct_start=0.1,
            cycle_momentum=False,
        )
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}

    # --- from here on: what a run needs that is stopped and goes on

    def on_train_epoch_start(self) -> None:
        # By seed and epoch alone, so that a run that was interrupted draws the dropout it would have drawn.
        torch.manual_seed(1_000 * self.hparams["seed"] + self.current_epoch)
        self.losses, self.rows = torch.zeros((), device=self.device), 0

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        # What Lightning leaves out, for a run that goes on in the middle of an epoch: plain values and tensors only.
        loader, state = self.trainer.train_dataloader, self.state
        checkpoint["running"] = {
            "random": [torch.get_rng_state(), *torch.cuda.get_rng_state_all()],
            "state": tuple(state.map(Tensor.clone)) if state else None,
            "losses": (self.losses, self.rows),
            "loader": loader.state_dict() if isinstance(loader, Loader) else None,
        }

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        self.resumed = checkpoint.get("running", {})

    def on_train_start(self) -> None:  # and not before: Lightning draws numbers of its own, and asks for the loader
        if self.resumed and self.trainer.ckpt_path:  # it goes on; weights that were loaded to train anew do not
            torch.set_rng_state(self.resumed["random"][0])
            torch.cuda.set_rng_state_all(self.resumed["random"][1:])
            state, (losses, self.rows) = self.resumed["state"], self.resumed["losses"]
            self.state = State(*state).map(lambda part: part.to(self.device)) if state else None
            self.losses = losses.to(self.device)
            if isinstance(loader := self.trainer.train_dataloader, Loader):
                loader.load_state_dict(self.resumed["loader"])
