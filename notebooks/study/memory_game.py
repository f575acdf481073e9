"""The games of memory of notebook 02: what small networks hold of a text, and replace."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from shakespeare.data import Split
from shakespeare.model import open_forget_gates

E = 32  # size of an embedding
H = 64  # size of a hidden state
LAYERS: dict[str, tuple[Any, int]] = {
    "RNN": (nn.RNN, H),
    "larger RNN": (nn.RNN, 143),  # as many weights as the LSTM
    "LSTM": (nn.LSTM, H),
}


class SmallNetwork(nn.Module):
    """An embedding, one recurrent layer and a linear layer."""

    def __init__(self, vocab_size: int, kind: Any, hidden_size: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, E)
        self.layer = kind(E, hidden_size, batch_first=True)
        self.linear = nn.Linear(hidden_size, vocab_size)

    def forward(self, ids: Tensor) -> tuple[Tensor, Tensor]:
        """Logits (B, T, V) and hidden states (B, T, H), from ids (B, T)."""
        h, _ = self.layer(self.embedding(ids))
        return self.linear(h), h


def new_network(vocab_size: int, name: str, seed: int) -> SmallNetwork:
    torch.manual_seed(seed)
    network = SmallNetwork(vocab_size, *LAYERS[name])
    if name == "larger RNN":
        nn.init.orthogonal_(network.layer.weight_hh_l0)
    if name == "LSTM":
        open_forget_gates(network.layer)
    return network


def chrono_start(layer: nn.LSTM, longest: int) -> None:
    """Biases with which the cells keep something for 1 to `longest` steps (chrono initialisation).

    A cell forgets over about T steps if its forget gate is 1 - 1 / T. That is the sigmoid of
    log(T - 1), and the input gate begins at the rest, 1 / T (Tallec and Ollivier 2018).
    """
    _, _, bias, second_bias = layer.parameters()  # (4 hidden_size,) each; PyTorch adds them
    input_bias, forget_bias, _, _ = bias.data.chunk(4)  # views, (hidden_size,) each, of i, f, g, o
    forget_bias.uniform_(1, longest - 1).log_()
    input_bias.copy_(-forget_bias)
    nn.init.zeros_(second_bias)


def random_windows(ids: Tensor, length: int, count: int, generator: torch.Generator) -> Tensor:
    """Windows (count, length) of ids (characters,), from random positions."""
    starts = torch.randint(len(ids) - length, (count,), generator=generator)
    return ids[starts[:, None] + torch.arange(length)]


Loss = Callable[[SmallNetwork, torch.Generator], Tensor]


def train(
    network: SmallNetwork, loss_of: Loss, steps: int, learning_rate: float, seed: int
) -> float:
    """Train a network, and return the mean loss of the last 20 steps."""
    generator = torch.Generator().manual_seed(seed)
    optimizer = torch.optim.Adam(network.parameters(), learning_rate)
    losses = []
    for _ in range(steps):
        loss = loss_of(network, generator)
        optimizer.zero_grad()  # or the new gradient would be added to the last one
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)  # shortens a gradient that is too long
        optimizer.step()
        losses.append(loss.item())
    return sum(losses[-20:]) / len(losses[-20:])


class Game:
    """Two games of memory: windows of text with a question at their end, and its answer."""

    def __init__(self, split: Split, seed: int) -> None:
        self.train_ids = split.train.ids.long()
        self.held_out_ids = split.held_out.ids.long()
        self.vocab_size = split.train.vocab_size
        self.seed = seed
        counts = torch.bincount(self.train_ids, minlength=self.vocab_size)
        self.common = counts.argsort(descending=True)[:8]  # the eight most frequent characters
        self.mark = int(counts.argmin())  # the rarest one

    def holding(
        self, ids: Tensor, distance: int, count: int, generator: torch.Generator
    ) -> tuple[Tensor, Tensor]:
        """Windows (count, distance + 1), and their first characters, which are to be named."""
        windows = random_windows(ids, distance + 1, count, generator)
        drawn = torch.randint(len(self.common), (count,), generator=generator)
        windows[:, 0] = self.common[drawn]
        return windows, windows[:, 0]

    def replacing(
        self, ids: Tensor, distance: int, count: int, generator: torch.Generator
    ) -> tuple[Tensor, Tensor]:
        """The same windows with a mark in each, and the characters after it, to be named now."""
        windows, _ = self.holding(ids, distance, count, generator)
        marked = torch.randint(1, distance, (count,), generator=generator)  # where the mark is
        drawn = torch.randint(len(self.common), (count,), generator=generator)
        rows = torch.arange(count)
        windows[rows, marked] = self.mark
        windows[rows, marked + 1] = self.common[drawn]
        return windows, self.common[drawn]

    def loss(
        self,
        network: SmallNetwork,
        generator: torch.Generator,
        distance: int,
        replaces: bool = False,
        count: int = 32,
    ) -> Tensor:
        """The loss when the network answers for `count` windows."""
        questions = self.replacing if replaces else self.holding
        windows, right = questions(self.train_ids, distance, count, generator)
        logits, _ = network(windows)  # (B, T, V)
        return F.cross_entropy(logits[:, -1], right)

    @torch.no_grad()
    def right_answers(
        self, network: SmallNetwork, distance: int, replaces: bool = False, count: int = 1_000
    ) -> float:
        """The share of right answers in `count` windows of the held-out text."""
        generator = torch.Generator().manual_seed(self.seed)
        questions = self.replacing if replaces else self.holding
        windows, right = questions(self.held_out_ids, distance, count, generator)
        logits, _ = network(windows)
        answers = logits[:, -1].argmax(dim=1)  # (count,)
        return (answers == right).float().mean().item()
