"""Text in, batches of character indices out."""

import copy
import random
from pathlib import Path
from typing import NamedTuple, Self

import lightning as L
import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset

from .files import InputError, read_pieces
from .names import RENAME_BLOCK, find_names, rename

WINDOW = 256  # characters of a cold window, the context of the published Transformers


class ShakespeareDataset(Dataset):
    """A text as windows of characters: item i is (x, y), each (seq_len,), y one character ahead.

    `stride` is the distance between the starts of neighbouring windows. The vocabulary comes from
    the whole text. Raises InputError for a text that is unreadable or shorter than one window.
    """

    def __init__(self, path: str | Path, seq_len: int, stride: int = 1) -> None:
        self.name, chars, length = Path(path).name, set[str](), 0
        for piece in read_pieces(path):
            chars, length = chars.union(piece), length + len(piece)
        if len(chars) < 2:
            raise InputError(f"{self.name} has nothing to predict: give a more varied text.")
        self.chars = sorted(chars)
        self.vocab_size = len(self.chars)
        self.s_to_i = {s: i for i, s in enumerate(self.chars)}
        self.i_to_s = dict(enumerate(self.chars))
        self.data, end = self.encode(self.chars[0]).new_empty(length), 0  # (characters,)
        for piece in read_pieces(path):  # again, so that memory never holds the whole string
            self.data[end : (end := end + len(piece))] = self.encode(piece)
        self._set_windows(seq_len, stride)

    def _set_windows(self, seq_len: int, stride: int) -> None:
        if len(self.data) < seq_len + 1:
            raise InputError(f"{self.name} is too short for seq_len = {seq_len}: give more text.")
        self.seq_len, self.stride = seq_len, stride
        self.windows = self.data.unfold(0, seq_len + 1, stride)  # (windows, seq_len + 1), a view

    def encode(self, text: str) -> torch.Tensor:
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
        part.name, part.data = f"the {name} part of {self.name}", self.data[start:stop]
        return part.with_windows(self.seq_len, self.stride)

    def with_windows(self, seq_len: int, stride: int = 1) -> Self:
        """The same characters in other windows."""
        other = copy.copy(self)
        other._set_windows(seq_len, stride)
        return other

    def split(self) -> "Split":
        """The first 90 % for training; then half of the rest for validation, half for the test."""
        end = len(self.data)
        train = int(0.9 * end)
        middle = train + (end - train) // 2
        borders = {"training": (0, train), "validation": (train, middle)}
        borders |= {"test": (middle, end), "held-out": (train, end)}
        return Split(*(self.slice(*border, name) for name, border in borders.items()))


class Split(NamedTuple):
    """Contiguous slices of one text; `held_out` is validation and test together."""

    train: ShakespeareDataset
    validation: ShakespeareDataset
    test: ShakespeareDataset
    held_out: ShakespeareDataset


def encode(text: str, chars: list[str]) -> torch.Tensor:
    """Indices (characters,) into the sorted list `chars`; InputError names an unknown character."""
    codes, known = code_points(text), code_points("".join(chars))
    ids = torch.bucketize(codes, known).clamp(max=len(chars) - 1)  # (characters,)
    unknown = (known[ids] != codes).nonzero()
    if len(unknown):
        character = text[int(unknown[0])]
        raise InputError(f"The character {character!r} is not in the vocabulary: replace it.")
    return ids.to(torch.uint8 if len(chars) <= 256 else torch.int32)


def code_points(text: str) -> torch.Tensor:
    """The Unicode number of each character, (characters,)."""
    raw = bytearray(text.encode("utf-32-le", "surrogatepass"))
    return torch.from_numpy(np.frombuffer(raw, dtype=np.int32))


class StreamDataset(Dataset):
    """Parallel streams: row r of batch k + 1 continues row r of batch k (Williams and Peng 1990).

    Item k is a whole batch (x, y), each (batch_size, seq_len).
    """

    def __init__(self, data: torch.Tensor, batch_size: int, seq_len: int) -> None:
        length = (len(data) - 1) // batch_size
        if length < seq_len:
            few = f"{len(data):,} characters are too few for batch_size = {batch_size}"
            raise InputError(f"{few} streams of seq_len = {seq_len}: lower batch_size or seq_len.")
        streams = data.unfold(0, length + 1, length)[:batch_size]  # (batch_size, length + 1)
        self.chunks = streams.unfold(1, seq_len + 1, seq_len)  # (batch_size, batches, seq_len + 1)

    def __len__(self) -> int:
        return self.chunks.shape[1]

    def __getitem__(self, k: int) -> tuple[torch.Tensor, torch.Tensor]:
        chunk = self.chunks[:, k].long()  # (batch_size, seq_len + 1)
        return chunk[:, :-1], chunk[:, 1:]


class ShakespeareData(L.LightningDataModule):
    """Streams for training, newly rotated and renamed each epoch; cold windows for validation."""

    def __init__(
        self, split: Split, batch_size: int, seq_len: int, seed: int = 0, rename_share: float = 0.0
    ) -> None:
        super().__init__()
        self.train, self.validation = split.train, split.validation.with_windows(WINDOW, WINDOW)
        self.batch_size, self.seq_len = batch_size, seq_len
        self.seed, self.rename_share = seed, rename_share
        pieces = self.train.data.split(1 << 20) if rename_share else ()
        found = find_names(map(self.train.decode, pieces))
        forms = {name: name + name.upper() + name.capitalize() for name in found}
        self.names = sorted(name for name in found if set(forms[name]) <= set(self.train.chars))

    def epoch(self, epoch: int) -> torch.Tensor:
        """The training text of this epoch, (characters,); it depends only on seed and epoch."""
        train, rng = self.train, random.Random(1_000 * self.seed + epoch)
        data, filled, start = torch.empty_like(train.data), 0, rng.randrange(len(train.data))
        while filled < len(data):  # from `start`, around the end, until the epoch is full
            block = train.data[start : start + RENAME_BLOCK]
            start = start + RENAME_BLOCK if start + RENAME_BLOCK < len(data) else 0
            if self.names and rng.random() < self.rename_share:
                block = train.encode(rename(train.decode(block), self.names, rng))
            block = block[: len(data) - filled]
            data[filled : (filled := filled + len(block))] = block
        return data

    def train_dataloader(self) -> DataLoader:
        epoch = self.trainer.current_epoch if self.trainer else 0
        streams = StreamDataset(self.epoch(epoch), self.batch_size, self.seq_len)
        if self.trainer:  # each process trains on its own rows
            streams.chunks = streams.chunks[self.trainer.global_rank :: self.trainer.world_size]
        # A DataLoader draws a seed: from a separate generator, so that dropout draws the same.
        return DataLoader(streams, batch_size=None, generator=torch.Generator())

    def val_dataloader(self) -> DataLoader:
        return DataLoader(self.validation, batch_size=64)
