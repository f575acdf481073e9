"""Text in, batches of character indices out."""

import copy
import random
from collections import namedtuple
from collections.abc import Iterable
from itertools import chain
from pathlib import Path
from typing import Self

import lightning as L
import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset, RandomSampler

from .files import InputError, read_pieces
from .names import RENAME_BLOCK, find_names, rename
from .settings import TrainingSettings

WINDOW = 256  # characters of a cold window, the context of the published Transformers

# Contiguous slices of one text, each a ShakespeareDataset; held_out is validation and test.
Split = namedtuple("Split", ["train", "validation", "test", "held_out"])


class ShakespeareDataset(Dataset):
    """A text as windows of characters: item i is (x, y), each (seq_len,), y one character ahead.

    `stride` is the distance between the starts of neighbouring windows. The vocabulary comes from
    the whole text. Raises InputError for a text that is unreadable or shorter than one window.
    """

    def __init__(self, path: str | Path, seq_len: int, stride: int = 1) -> None:
        self.name = Path(path).name
        self.chars = sorted(set(chain.from_iterable(read_pieces(path))))
        if len(self.chars) < 2:
            raise InputError(f"{self.name} has nothing to predict: give a more varied text.")
        self.vocab_size = len(self.chars)
        self.s_to_i = {s: i for i, s in enumerate(self.chars)}
        self.i_to_s = dict(enumerate(self.chars))
        self._set_windows(self.encode(read_pieces(path)), seq_len, stride)

    def _set_windows(self, data: torch.Tensor, seq_len: int, stride: int) -> None:
        if len(data) < seq_len + 1:
            raise InputError(f"{self.name} is too short for seq_len = {seq_len}: give more text.")
        self.data, self.seq_len, self.stride = data, seq_len, stride
        self.windows = data.unfold(0, seq_len + 1, stride)  # (windows, seq_len + 1), a view

    def encode(self, text: Iterable[str]) -> torch.Tensor:
        """Indices (characters,). Raises InputError for a character outside the vocabulary."""
        return encode(text, self.chars)

    def decode(self, ids: torch.Tensor) -> str:
        return "".join(self.chars[i] for i in ids.tolist())

    def __len__(self) -> int:
        return len(self.windows)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, torch.Tensor]:
        window = self.windows[index].long()  # (seq_len + 1,)
        return window[:-1], window[1:]

    def __getitems__(self, indices: list[int]) -> list[torch.Tensor]:
        # The DataLoader asks for a whole batch here and stacks the list: `x, y = batch` works.
        chosen = torch.from_numpy(np.array(indices))  # much faster than torch.tensor
        windows = self.windows.index_select(0, chosen).long()  # (batch, seq_len + 1)
        return [windows[:, :-1], windows[:, 1:]]

    def slice(self, start: int, stop: int, name: str) -> Self:
        """The characters from `start` up to `stop`, with the vocabulary and windows of this one."""
        part = copy.copy(self)
        part.name = f"the {name} part of {self.name}"
        return part.with_windows(self.seq_len, self.stride, self.data[start:stop])

    def with_windows(self, seq_len: int, stride: int = 1, data: torch.Tensor | None = None) -> Self:
        """The same characters, or `data`, in other windows."""
        other = copy.copy(self)
        other._set_windows(self.data if data is None else data, seq_len, stride)
        return other

    def split(self) -> Split:
        """The first 90 % for training; then half of the rest for validation, half for the test."""
        end = len(self.data)
        train = int(0.9 * end)
        middle = train + (end - train) // 2
        borders = {"training": (0, train), "validation": (train, middle)}
        borders |= {"test": (middle, end), "held-out": (train, end)}
        return Split(*(self.slice(*border, name) for name, border in borders.items()))


def encode(text: Iterable[str], chars: list[str]) -> torch.Tensor:
    """Indices (characters,) of a text or its pieces; InputError for a character outside `chars`."""
    s_to_i = {s: i for i, s in enumerate(chars)}
    try:
        ids = map(s_to_i.__getitem__, chain.from_iterable(text))
        return torch.from_numpy(np.fromiter(ids, np.uint8 if len(chars) <= 256 else np.int32))
    except KeyError as unknown:
        raise InputError(f"The character {unknown} is not in the vocabulary: replace it.") from None


class StreamDataset(Dataset):
    """Parallel streams: row r of batch k + 1 continues row r of batch k (Williams and Peng 1990).

    Item k is a whole batch (x, y), each (batch_size, seq_len).
    """

    def __init__(self, data: torch.Tensor, batch_size: int, seq_len: int) -> None:
        length = (len(data) - 1) // batch_size
        if length < seq_len:
            sizes = f"batch_size = {batch_size} or seq_len = {seq_len}"
            raise InputError(f"{len(data):,} characters are too few: lower {sizes}.")
        streams = data.unfold(0, length + 1, length)[:batch_size]  # (batch_size, length + 1)
        self.chunks = streams.unfold(1, seq_len + 1, seq_len)  # (batch_size, batches, seq_len + 1)

    def __len__(self) -> int:
        return self.chunks.shape[1]

    def __getitem__(self, k: int) -> tuple[torch.Tensor, torch.Tensor]:
        chunk = self.chunks[:, k].long()  # (batch_size, seq_len + 1)
        return chunk[:, :-1], chunk[:, 1:]


class ShakespeareData(L.LightningDataModule):
    """Training text, newly rotated and renamed each epoch, and cold windows for validation.

    The training text comes as streams; where no state is carried, as shuffled windows.
    """

    def __init__(self, split: Split, settings: TrainingSettings) -> None:
        super().__init__()
        self.train, self.validation = split.train, split.validation.with_windows(WINDOW, WINDOW)
        self.settings, chars = settings, set(self.train.chars)
        pieces = self.train.data.split(1 << 20) if settings.rename_share else ()
        names = find_names(map(self.train.decode, pieces))
        self.names = sorted(n for n in names if chars >= {*n, *n.upper(), *n.capitalize()})

    def epoch(self, epoch: int) -> torch.Tensor:
        """The training text of this epoch, (characters,); only seed and settings decide on it."""
        p, train, rng = self.settings, self.train, random.Random(1_000 * self.settings.seed + epoch)
        # Fewer invented names at the end, or the network invents headings when it writes.
        share = p.rename_share / (3 if 3 * epoch >= 2 * p.epochs > 2 else 1)
        data, filled, start = torch.empty_like(train.data), 0, rng.randrange(len(train.data))
        while filled < len(data):  # from `start`, around the end, until the epoch is full
            block = train.data[start : start + RENAME_BLOCK]
            start = start + RENAME_BLOCK if start + RENAME_BLOCK < len(data) else 0
            if self.names and rng.random() < share:
                block = train.encode(rename(train.decode(block), self.names, rng))
            block = block[: len(data) - filled]
            data[filled : (filled := filled + len(block))] = block
        return data

    def train_dataloader(self) -> DataLoader:
        data, p = self.epoch(self.trainer.current_epoch if self.trainer else 0), self.settings
        # A DataLoader draws a seed: from a separate generator, so that dropout draws the same.
        generator = torch.Generator()
        if not p.carry_state:
            windows = self.train.with_windows(p.seq_len, data=data)
            draw = RandomSampler(windows, num_samples=len(data) // p.seq_len)
            return DataLoader(windows, p.batch_size, sampler=draw, generator=generator)
        streams = StreamDataset(data, p.batch_size, p.seq_len)
        if self.trainer:  # each process trains on its own rows
            streams.chunks = streams.chunks[self.trainer.global_rank :: self.trainer.world_size]
        return DataLoader(streams, batch_size=None, generator=generator)

    def val_dataloader(self) -> DataLoader:
        return DataLoader(self.validation, batch_size=64)
