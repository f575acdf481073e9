"""The student's network: embedding, LSTM, linear."""

from collections.abc import Callable
from typing import Any, Protocol

import torch
from torch import Tensor, nn
from torch.nn import functional as F

Batch = tuple[Tensor, Tensor]  # x and y, each (batch, time), y one character ahead
LSTMState = list[tuple[Tensor, Tensor]]  # (h, c) of each layer, both (1, batch, hidden_size)


class Network(Protocol):
    """What `train`, `generate` and `cold_predictions` ask of a network. CharLSTM is the plainest.

    A state is whatever a network has to remember of what it has read, such as an LSTMState, and
    None before it has read anything. `chars` is the vocabulary. `facts` holds what was chosen
    after the training, and is saved with the weights: "sampling" says how to draw, as options of
    `probabilities`.

    To be trained, it is an nn.Module.
    """

    chars: list[str]
    facts: dict[str, Any]

    @property
    def device(self) -> torch.device: ...

    def __call__(self, ids: Tensor, state: Any = None) -> tuple[Tensor, Any]:
        """Logits (batch, time, vocab_size) and the new state, from ids (batch, time)."""

    def loss(self, batch: Batch, state: Any = None) -> tuple[Tensor, Any]:
        """Mean cross-entropy in nats per character of a batch, and the new state."""

    def stepper(self, state: Any) -> Callable[[Tensor], Tensor]:
        """A function from the next ids (batch,) to the logits (batch, vocab_size) after them."""

    def config(self) -> dict[str, Any]:
        """The constructor's arguments: with them and the weights, it can be built again."""

    def eval(self) -> Any: ...


class LSTMLayer(nn.LSTM):
    """An nn.LSTM that is also fast for a single character, with which texts are written.

    nn.LSTM spends most of such a call preparing its weights. So it takes torch.lstm_cell, which is
    the same function of one step (unless it has to learn, where that is slower).
    """

    def forward(self, x: Tensor, hc: Any = None) -> Any:  # type: ignore[override]
        if hc is None or x.shape[1] > 1 or torch.is_grad_enabled():
            return super().forward(x, hc)
        h, c = hc  # both (1, batch, hidden_size)
        weights: Any = (self.weight_ih_l0, self.weight_hh_l0, self.bias_ih_l0, self.bias_hh_l0)
        h, c = torch.lstm_cell(x[:, 0], (h[0], c[0]), *weights)
        return h[:, None], (h[None], c[None])


class CharLSTM(nn.Module):
    """The student's network: logits for the character after each character of a text in `chars`."""

    def __init__(
        self, chars: list[str], embedding_size: int, hidden_size: int, num_layers: int
    ) -> None:
        super().__init__()
        self.chars = chars
        self.hidden_size = hidden_size
        self.num_layers = num_layers
        self.facts: dict[str, Any] = {}

        self.embedding = nn.Embedding(len(chars), embedding_size)
        self.layers = nn.ModuleList()  # one by one, so that each layer's states can be seen
        input_size = embedding_size
        for _ in range(num_layers):
            layer = LSTMLayer(input_size, hidden_size, batch_first=True)
            open_forget_gates(layer)
            self.layers.append(layer)
            input_size = hidden_size
        self.linear = nn.Linear(hidden_size, len(chars))

    def hidden(self, ids: Tensor, state: Any = None) -> tuple[Tensor, Any]:
        """The top layer's outputs (batch, time, hidden_size), and the layers' new state."""
        x = self.embedding(ids)  # (batch, time, embedding_size)
        new_state: LSTMState = []
        for k, layer in enumerate(self.layers):
            x, hc = layer(x, state[k] if state else None)  # (batch, time, hidden_size)
            new_state.append(hc)
        return x, new_state

    def forward(self, ids: Tensor, state: Any = None) -> tuple[Tensor, Any]:
        """Logits (batch, time, vocab_size) and the new state, from ids (batch, time)."""
        h, state = self.hidden(ids, state)  # (batch, time, hidden_size)
        return self.linear(h), state

    def loss(self, batch: Batch, state: Any = None) -> tuple[Tensor, Any]:
        """Mean cross-entropy in nats per character of a batch, and the new state."""
        x, y = batch
        logits, state = self(x, state)  # (batch, time, vocab_size)
        logits = logits.float()  # they may be in bfloat16, which is too coarse for a loss
        return F.cross_entropy(logits.flatten(0, 1), y.flatten()), state

    def stepper(self, state: Any) -> Callable[[Tensor], Tensor]:
        """A function that reads one more character with each call, beginning after `state`.

        It takes ids (batch,) and returns the logits (batch, vocab_size) of what follows them. It
        gives what `forward` gives; a network such as CopyLSTM has a faster one.
        """

        def step(ids: Tensor) -> Tensor:
            nonlocal state
            logits, state = self(ids[:, None], state)  # (batch, 1, vocab_size)
            return logits[:, 0]

        return step

    @property
    def device(self) -> torch.device:
        return self.linear.weight.device

    def config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {
            "chars": self.chars,
            "embedding_size": self.embedding.embedding_dim,
            "hidden_size": self.hidden_size,
            "num_layers": self.num_layers,
        }


def open_forget_gates(layer: nn.LSTM) -> None:
    """Biases of 1 for the forget gates (Jozefowicz et al. 2015): they start open.

    PyTorch has two biases and adds them; we set the second to 0. The student's report doesn't say
    how it sets them.
    """
    _, _, bias_ih, bias_hh = layer.parameters()  # (4 hidden_size,) each
    _, forget, _, _ = bias_ih.chunk(4)  # views, (hidden_size,) each, of i, f, g, o
    nn.init.ones_(forget)
    nn.init.zeros_(bias_hh)
