"""Random characters that repeat: who can copy is sure of them the second time (notebook 07)."""

import math
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F
from torch.utils.data import DataLoader

from shakespeare.data import Corpus, Split, derive_seed
from shakespeare.model import Batch
from shakespeare.settings import Settings


class RepeatedCharacters:
    """Windows of random characters that repeat: after the first few, each can be copied.

    The first `n` characters of a window are drawn, all equally likely, and repeat to its end; `n`
    is drawn for each window, from 4 to a quarter of it. In the first two thirds of the epochs,
    windows are an eighth as long, and there are eight times as many, because copying is learned
    faster where there is less to choose from.
    """

    carries_state = False
    repeats = True

    def __init__(self, split: Split, settings: Settings) -> None:
        self.split = split
        self.settings = settings

    def batches(self, epoch: int, process: int = 0, processes: int = 1) -> DataLoader:
        """Those of one epoch, `limit_batches` of them, for one of several processes."""
        settings = self.settings
        seed = derive_seed(settings.seed, epoch, process)
        generator = torch.Generator().manual_seed(seed)
        shorter = 8 if epoch < settings.epochs * 2 / 3 else 1
        rows = max(1, shorter * settings.batch_size // processes)
        length = settings.seq_len // shorter
        count = settings.limit_batches or 1
        return as_batches([self.batch(rows, length, generator) for _ in range(count)])

    def batch(self, rows: int, length: int, generator: torch.Generator) -> Batch:
        """x and y, (rows, length) each."""
        vocab_size = self.split.train.vocab_size
        ids = torch.randint(vocab_size, (rows, length + 1), generator=generator)
        if self.repeats:
            longest = max(4, length // 4)
            n = torch.randint(4, longest + 1, (rows, 1), generator=generator)
            ids = ids.gather(1, torch.arange(length + 1) % n)
        return ids[:, :-1], ids[:, 1:]

    def validation(self) -> DataLoader:
        """Other windows, all of them whole."""
        generator = torch.Generator().manual_seed(derive_seed(self.settings.seed, 999, process=0))
        return as_batches([self.batch(32, self.settings.seq_len, generator)])


def as_batches(batches: Any) -> DataLoader:
    """What Lightning reads, a batch at a time: it would take a plain list for several loaders."""
    return DataLoader(batches, batch_size=None)


class RandomCharacters(RepeatedCharacters):
    """The same, but nothing repeats: there is nothing to learn."""

    repeats = False


def letters_twice(corpus: Corpus, length: int = 60, rows: int = 32) -> Tensor:
    """Random small letters, and then the same again: ids (rows, 2 length)."""
    small = [k for k, character in enumerate(corpus.chars) if character.islower()]
    drawn = torch.tensor(small)
    generator = torch.Generator().manual_seed(0)
    once = drawn[torch.randint(len(drawn), (rows, length), generator=generator)]
    return torch.cat([once, once], dim=1)


@torch.no_grad()
def bits_twice(network: torch.nn.Module, ids: Tensor) -> tuple[float, float]:
    """Bits per letter, the first time and the second time; ids are from `letters_twice`.

    The first letter of each time is left out: nothing can predict it.
    """
    length = ids.shape[1] // 2
    logits, _ = network.eval()(ids[:, :-1])  # (rows, 2 length - 1, vocab_size)
    nats = F.cross_entropy(logits.float().mT, ids[:, 1:], reduction="none")
    bits = nats / math.log(2)  # (rows, 2 length - 1)
    return bits[:, : length - 1].mean().item(), bits[:, length:].mean().item()
