"""The LSTM cell from its six equations, and the student's network: embedding, LSTM, linear."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import lightning as L
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .files import InputError

Batch = Tensor  # (2, batch, time): `x, y = batch`, each (batch, time), y one character ahead
State = list[tuple[Tensor, Tensor]]  # (h, c) of each layer, both (1, batch, hidden_size)


class LSTMCell(nn.Module):
    """One step of an LSTM: Hochreiter and Schmidhuber (1997), forget gate by Gers et al. (2000).

    With [x_t, h_{t-1}] the concatenation of the two vectors:

        f_t = sigmoid(W_f [x_t, h_{t-1}] + b_f)        forget gate
        i_t = sigmoid(W_i [x_t, h_{t-1}] + b_i)        input gate
        o_t = sigmoid(W_o [x_t, h_{t-1}] + b_o)        output gate
        g_t = tanh(W_g [x_t, h_{t-1}] + b_g)           candidate
        c_t = f_t * c_{t-1} + i_t * g_t                cell state
        h_t = o_t * tanh(c_t)                          hidden state

    For reading: the networks use torch.nn.LSTM, which is the same function (notebook 02) and fast.
    """

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__()
        self.forget = nn.Linear(input_size + hidden_size, hidden_size)  # W_f, b_f
        self.input = nn.Linear(input_size + hidden_size, hidden_size)  # W_i, b_i
        self.output = nn.Linear(input_size + hidden_size, hidden_size)  # W_o, b_o
        self.candidate = nn.Linear(input_size + hidden_size, hidden_size)  # W_g, b_g

    def gates(self, x: Tensor, h: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """f, i, o, g, each (batch, hidden_size), as h; x is (batch, input_size)."""
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


class LSTMLayer(nn.LSTM):
    """An nn.LSTM that is also fast for a single character, with which texts are written.

    nn.LSTM spends most of such a call preparing its weights. So it takes torch.lstm_cell, which is
    the same function of one step (unless it has to learn, where that is slower).
    """

    def forward(self, x: Tensor, hc: Any = None) -> Any:  # type: ignore[override]
        if hc is None or x.shape[1] > 1 or torch.is_grad_enabled():
            return super().forward(x, hc)
        h, c = hc  # both (1, batch, hidden_size)
        # PyTorch's own list: where the weights are looked up by name, writing takes a tenth longer.
        weights: Any = self._flat_weights
        h, c = torch.lstm_cell(x[:, 0], (h[0], c[0]), *weights)
        return h[:, None], (h[None], c[None])


class CharLSTM(L.LightningModule):
    """The student's network: logits for the character after each character.

    `chars` is the vocabulary. `facts` are choices made for this network after its training, such
    as how to draw from it (`facts["sampling"]`); they are saved with the weights.
    """

    def __init__(
        self,
        chars: list[str],
        embedding_size: int,
        hidden_size: int,
        num_layers: int,
        learning_rate: float = 1e-3,
        weight_decay: float = 1e-6,
    ) -> None:
        super().__init__()
        self.chars = chars
        self.hidden_size = hidden_size
        self.num_layers = num_layers
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.facts: dict[str, Any] = {}

        self.embedding = nn.Embedding(len(chars), embedding_size)
        self.layers = nn.ModuleList()  # one by one, because notebooks look at each layer's states
        input_size = embedding_size
        for _ in range(num_layers):
            layer = LSTMLayer(input_size, hidden_size, batch_first=True)
            open_forget_gates(layer)
            self.layers.append(layer)
            input_size = hidden_size
        self.linear = nn.Linear(hidden_size, len(chars))

    def forward(self, ids: Tensor, state: State | None = None) -> tuple[Tensor, Any]:
        """Logits (batch, time, vocab_size) and the new state, from ids (batch, time)."""
        x = self.embedding(ids)  # (batch, time, embedding_size)
        new_state = []
        for k, layer in enumerate(self.layers):
            x, hc = layer(x, state[k] if state else None)  # (batch, time, hidden_size)
            new_state.append(hc)
        return self.linear(x), new_state  # (batch, time, vocab_size)

    def loss(self, batch: Batch, state: State | None = None) -> tuple[Tensor, Any]:
        """Mean cross-entropy in nats per character of a batch, and the new state."""
        x, y = batch
        logits, state = self(x, state)  # (batch, time, vocab_size)
        logits = logits.float()  # they may be in bfloat16, which is too coarse for a loss
        loss = F.cross_entropy(logits.flatten(0, 1), y.flatten())
        return loss, state

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:
        loss, _ = self.loss(batch)
        self.log_loss("train_loss", loss, batch)
        return loss

    def validation_step(self, batch: Batch, batch_idx: int) -> None:
        loss, _ = self.loss(batch)
        self.log_loss("val_loss", loss, batch)

    def log_loss(self, name: str, loss: Tensor, batch: Batch) -> None:
        """Log the mean over an epoch; each batch counts by its rows, on all processes together."""
        x, _ = batch
        rows = len(x)
        self.log(name, loss, on_step=False, on_epoch=True, batch_size=rows, sync_dist=True)

    def configure_optimizers(self) -> Any:
        parameters = self.parameters()
        return torch.optim.Adam(parameters, self.learning_rate, weight_decay=self.weight_decay)

    def stepper(self, state: Any) -> Callable[[Tensor], Tensor]:
        """A function that reads a character more with each call, beginning after `state`.

        It takes ids (batch,) and returns the logits (batch, vocab_size) of what follows them. Here
        it is `forward` with a memory; CopyLSTM has a faster one.
        """

        def step(ids: Tensor) -> Tensor:
            nonlocal state
            logits, state = self(ids[:, None], state)  # (batch, 1, vocab_size)
            return logits[:, 0]

        return step

    def config(self) -> dict[str, Any]:
        """The constructor's arguments: with them and the weights the network can be built again."""
        return {
            "chars": self.chars,
            "embedding_size": self.embedding.embedding_dim,
            "hidden_size": self.hidden_size,
            "num_layers": self.num_layers,
            "learning_rate": self.learning_rate,
            "weight_decay": self.weight_decay,
        }

    def save_pretrained(self, folder: str | Path) -> None:
        """Write config.json and model.safetensors."""
        # Imported here, because saving and loading are no part of training: a change there must not
        # make trained runs look outdated.
        from . import pretrained

        pretrained.save(self, folder)

    @classmethod
    def from_pretrained(cls, name: str | Path = "full") -> Any:
        """A shipped network, "full" or "small", or that of a folder, such as "./full".

        It is of the class that its config.json names: the shipped ones are beyond.copying.CopyLSTM.
        Raises InputError unless that is the class on which this is called, or built on it.
        """
        from . import pretrained  # here, as in save_pretrained

        network = pretrained.load(name)
        if not isinstance(network, cls):
            its_class = type(network).__name__
            raise InputError(f"The network {name} is no {cls.__name__}: load it by {its_class}.")
        return network


def open_forget_gates(layer: nn.LSTM) -> None:
    """Biases of 1 for the forget gates (Jozefowicz et al. 2015): they start open.

    PyTorch has two biases and adds them; we set the second to 0. The student's report doesn't say
    how it sets them.
    """
    _, _, bias_ih, bias_hh = layer.parameters()  # (4 hidden_size,) each
    _, forget, _, _ = bias_ih.chunk(4)  # views, (hidden_size,) each, of i, f, g, o
    nn.init.ones_(forget)
    nn.init.zeros_(bias_hh)
