"""The LSTM from its six equations, the character model that is trained, and a head that copies."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any, NamedTuple

import lightning as L
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.optim.lr_scheduler import OneCycleLR

from .weights import Pretrained

Batch = tuple[Tensor, Tensor]  # x and y, each (batch, time), y one character ahead


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


class State(NamedTuple):
    """What a network carries from one stretch of text to the next."""

    layers: list[tuple[Tensor, Tensor]]  # (h, c) of each layer, both (1, batch, hidden_size)
    memory_states: Any = None  # what a copy head remembers, (batch, 1 + read, hidden_size)
    memory_ids: Any = None  # the character that followed each but the last, (batch, read)

    def map(self, change: Callable[[Tensor], Tensor]) -> "State":
        """The state with every tensor changed, for example detached."""
        layers = [(change(h), change(c)) for h, c in self.layers]
        return State(layers, *(memory if memory is None else change(memory) for memory in self[1:]))


class CharLSTM(L.LightningModule, Pretrained):
    """Embedding, LSTM layers, linear: logits for the character after each character.

    `chars` is the vocabulary, kept with the weights. With `layer_norm` each layer's outputs are
    normalised (Ba et al. 2016). Trains with Adam, whose rate rises to `learning_rate` and falls
    with `one_cycle` (Smith and Topin 2018); with `carry_state` a batch continues the one before.
    """

    def __init__(
        self,
        chars: list[str],
        embedding_size: int = 128,
        hidden_size: int = 512,
        num_layers: int = 2,
        dropout: float = 0.0,
        learning_rate: float = 1e-3,
        weight_decay: float = 1e-6,
        one_cycle: bool = False,
        carry_state: bool = False,
        layer_norm: bool = False,
    ) -> None:
        super().__init__()
        self.save_hyperparameters()
        self.chars = chars
        self.embedding = nn.Embedding(len(chars), embedding_size)
        sizes = pairwise([embedding_size] + [hidden_size] * num_layers)
        self.layers = nn.ModuleList(nn.LSTM(*size, batch_first=True) for size in sizes)
        norms = [nn.LayerNorm(hidden_size) if layer_norm else nn.Identity() for _ in self.layers]
        self.norms, self.linear = nn.ModuleList(norms), nn.Linear(hidden_size, len(chars))
        for layer in self.layers:  # start with open forget gates (Jozefowicz et al. 2015)
            _, _, bias_ih, bias_hh = layer.parameters()  # (4 hidden_size,) in the order i, f, g, o
            nn.init.ones_(bias_ih[hidden_size : 2 * hidden_size])
            nn.init.zeros_(bias_hh)
        self.state: State | None = None

    def run_layers(self, ids: Tensor, state: State | None) -> tuple[Tensor, State]:
        """Hidden states of the top layer (batch, time, hidden_size) and the layers' new state."""
        layers, h = [], self.embedding(ids)  # (batch, time, embedding_size)
        for k, layer in enumerate(self.layers):
            x = self.dropout(h) if k else h
            h, hc = layer(x, state.layers[k] if state else None)  # (batch, time, hidden_size)
            layers.append(hc)
            h = self.norms[k](h)
        return h, State(layers)

    def dropout(self, x: Tensor) -> Tensor:
        """Dropout of x (batch, time, features), one mask for all times (Gal, Ghahramani 2016)."""
        return x * F.dropout(torch.ones_like(x[:, :1]), self.hparams["dropout"], self.training)

    def forward(self, ids: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """Logits (batch, time, vocab_size) and the new state, from ids (batch, time)."""
        h, state = self.run_layers(ids, state)  # (batch, time, hidden_size)
        return self.linear(self.dropout(h)), state  # (batch, time, vocab_size)

    def loss(self, batch: Batch, state: State | None = None) -> tuple[Tensor, State]:
        """Mean cross-entropy in nats per character of a batch, and the new state."""
        x, y = batch
        logits, state = self(x, state)
        return F.cross_entropy(logits.flatten(0, 1).float(), y.flatten()), state

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:
        carried = self.state if self.hparams["carry_state"] and batch_idx > 0 else None
        loss, state = self.loss(batch, carried)
        self.state = state.map(Tensor.detach)  # truncates backpropagation
        rows = len(batch[0])
        self.log("train_loss", loss, on_step=False, on_epoch=True, batch_size=rows, sync_dist=True)
        return loss

    def validation_step(self, batch: Batch, batch_idx: int, dataloader_idx: int = 0) -> None:
        name = "held_out_loss" if dataloader_idx else "val_loss"
        self.log(name, self.loss(batch)[0], batch_size=len(batch[0]), add_dataloader_idx=False)

    def configure_optimizers(self) -> Any:
        rate, decay = self.hparams["learning_rate"], self.hparams["weight_decay"]
        optimizer = torch.optim.Adam(self.parameters(), lr=rate, weight_decay=decay)
        if not self.hparams["one_cycle"]:
            return optimizer
        steps = int(self.trainer.estimated_stepping_batches)
        schedule = OneCycleLR(optimizer, rate, steps, pct_start=0.1, cycle_momentum=False)
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}


class CopyHead(nn.Module):
    """Copies: which character followed when the text so far looked like this?

    A pointer sentinel mixture (Merity et al. 2017, eq. 5 to 8). The last `memory` characters x_j
    have as key the hidden state *before* them, as in the neural cache (Grave et al. 2017):

        q_t = (W_q h_t + b_q) / sqrt(copy_size),    k_j = W_k h_{j-1},    h_0 = 0
        a_t = softmax([w h_t + b, q_t k_1, ..., q_t k_t])
        p(c | x_1 ... x_t) = a_{t,0} softmax(logits_t)_c + sum_j a_{t,j} [x_j = c]
    """

    def __init__(self, hidden_size: int, copy_size: int) -> None:
        super().__init__()
        self.query = nn.Linear(hidden_size, copy_size)
        self.key = nn.Linear(hidden_size, copy_size, bias=False)
        self.write = nn.Linear(hidden_size, 1)  # w, b: rather write than copy
        nn.init.constant_(self.write.bias, 3.0)  # e^3 = 20: writing starts as likely as 20 copies

    def attention(self, h: Tensor, keys: Tensor, memory: int) -> Tensor:
        """Weights (batch, time, 1 + read) for h (batch, time, hidden_size): write, or copy one."""
        late = keys.shape[1] - h.shape[1]  # characters read before the first h
        scores = self.query(h) @ keys.mT / keys.shape[2] ** 0.5  # (batch, time, read)
        # Each place sees the last `memory` characters up to its own: a band of the matrix.
        seen = torch.ones_like(scores[0], dtype=torch.bool).tril(late).triu(late - memory + 1)
        scores = torch.cat([self.write(h), scores.masked_fill(~seen, -torch.inf)], dim=2)
        return scores.float().softmax(-1)

    def forward(self, h: Tensor, keys: Tensor, ids: Tensor, logits: Tensor, memory: int) -> Tensor:
        """Log-probabilities (batch, time, vocab_size); ids (batch, read) followed the keys."""
        a = self.attention(h, keys, memory)
        p, copies = a[..., :1] * logits.float().softmax(-1), a[..., 1:]
        return p.scatter_add(2, ids[:, None].expand_as(copies), copies).clamp_min(1e-9).log()


class CopyLSTM(CharLSTM):
    """A CharLSTM with a CopyHead. Its logits are log-probabilities; CharLSTM takes `options`."""

    def __init__(self, chars: list[str], copy_size: int, memory: int, **options: Any) -> None:
        super().__init__(chars, **options)
        self.copy_head = CopyHead(self.linear.in_features, copy_size)

    def forward(self, ids: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        time = ids.shape[1]
        h, (layers, *_) = self.run_layers(ids, state)
        old_states, old_ids = state[1:] if state else (torch.zeros_like(h[:, :1]), ids[:, :0])
        states = torch.cat([old_states, h], dim=1)  # (batch, 1 + read, hidden_size)
        ids = torch.cat([old_ids, ids], dim=1)  # (batch, read)
        x, memory = self.dropout(states), self.hparams["memory"]  # one mask for queries and keys
        h, keys = x[:, -time:], self.copy_head.key(x[:, :-1])  # keys (batch, read, copy_size)
        logits = self.copy_head(h, keys, ids, self.linear(h), memory)  # (batch, time, vocab_size)
        return logits, State(layers, states[:, -memory - 1 :], ids[:, -memory:])
