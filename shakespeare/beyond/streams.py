"""Parallel streams through the text, so that each batch continues the one before (notebook 05)."""

import random
from typing import Any

import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from ..data import ShakespeareData, derive_seed, loader
from ..files import InputError


class StreamDataset(Dataset):
    """Parallel streams: row r of batch k + 1 continues row r of batch k (Williams and Peng 1990).

    Item k is a whole batch, one tensor (2, batch_size, seq_len): x, and y one character ahead.
    """

    def __init__(self, ids: Tensor, batch_size: int, seq_len: int) -> None:
        length = (len(ids) - 1) // batch_size  # characters of a stream
        if length < seq_len:
            sizes = f"batch_size = {batch_size} or seq_len = {seq_len}"
            raise InputError(f"{len(ids):,} characters are too few: lower {sizes}.")
        streams = ids.unfold(0, length + 1, length)  # (streams, length + 1)
        streams = streams[:batch_size]  # the division's rest may hold more
        self.chunks = streams.unfold(1, seq_len + 1, seq_len)  # (batch_size, batches, seq_len + 1)

    def keep_rows(self, start: int, step: int) -> None:
        """Keep only every `step`-th row, from row `start` on."""
        self.chunks = self.chunks[start::step]

    def __len__(self) -> int:
        return self.chunks.shape[1]

    def __getitem__(self, k: int) -> Tensor:
        chunk = self.chunks[:, k].long()  # (batch_size, seq_len + 1)
        x = chunk[:, :-1]  # (batch_size, seq_len)
        y = chunk[:, 1:]
        return torch.stack([x, y])


class StreamData(ShakespeareData):
    """Batches for training: streams through the training part, which each epoch starts elsewhere.

    Where several processes train, each has its own rows of every batch.
    """

    carries_state = True

    def train_dataloader(self) -> DataLoader:
        ids = self.text_of_epoch(self.epoch())
        streams = StreamDataset(ids, self.settings.batch_size, self.settings.seq_len)
        streams.keep_rows(self.own_process(), self.number_of_processes())
        return loader(streams, batch_size=None)  # an item is a batch already

    def text_of_epoch(self, epoch: int) -> Tensor:
        """The training part from a random character around to it, (characters,)."""
        start = self.random_of_epoch(epoch).randrange(len(self.train_part.ids))
        return torch.cat([self.train_part.ids[start:], self.train_part.ids[:start]])

    def random_of_epoch(self, epoch: int) -> random.Random:
        """The same for all processes, because they share each epoch's text."""
        return random.Random(derive_seed(self.settings.seed, epoch, process=0))


def detach(state: Any) -> Any:
    """The state without its history, so that no gradient crosses from batch to batch.

    A state is a tensor, or a list or tuple of states.
    """
    if isinstance(state, Tensor):
        return state.detach()
    return [detach(part) for part in state]
