"""Text in, batches of character indices out."""

from __future__ import annotations

import copy
import random
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import lightning as L
import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset

from .files import InputError, number, read_pieces, text_path, whole


class Split(NamedTuple):
    """Contiguous parts of one text; `held_out` is validation and test together, never trained on."""

    train: ShakespeareDataset
    validation: ShakespeareDataset
    test: ShakespeareDataset
    held_out: ShakespeareDataset


class ShakespeareDataset(Dataset):
    """A text as windows of characters: item i is (x, y), both (seq_len,), y one character ahead of x.

    `stride` is the distance between the starts of neighbouring windows: 1 gives every window there is,
    `seq_len` gives windows that do not overlap. The vocabulary is made from the whole text.
    Raises InputError for a text that cannot be read or that is shorter than one window.
    """

    def __init__(self, path: str | Path, seq_len: int, stride: int = 1) -> None:
        self.name, chars, length = text_path(path).name, set[str](), 0
        for piece in read_pieces(path):
            chars.update(piece)
            length += len(piece)
        if len(chars) == 1:
            raise InputError(
                f"{self.name} is one character over and over: give a text in which there is something to predict."
            )
        self.chars = sorted(chars)
        self.vocab_size = len(self.chars)
        self.s_to_i = {s: i for i, s in enumerate(self.chars)}
        self.i_to_s = dict(enumerate(self.chars))
        # Filled piece by piece: a large corpus takes one byte a character, whatever encoding needs meanwhile.
        self.data = torch.empty(length, dtype=index_type(self.chars))  # (characters,)
        start = 0
        for piece in read_pieces(path):
            self.data[start : (start := start + len(piece))] = self.encode(piece)
        self._cut(seq_len, stride)

    def _cut(self, seq_len: int, stride: int) -> None:
        whole("seq_len", seq_len)
        whole("stride", stride)
        if len(self.data) < seq_len + 1:
            raise InputError(
                f"seq_len = {seq_len} needs {seq_len + 1:,} characters, but {self.name} has {len(self.data):,}: "
                "choose a smaller seq_len or a longer text."
            )
        self.seq_len, self.stride = seq_len, stride
        self.windows = self.data.unfold(0, seq_len + 1, stride)  # (windows, seq_len + 1), a view: no copy

    def encode(self, text: str) -> torch.Tensor:
        """Indices of the characters, (characters,). Raises InputError for one outside the vocabulary."""
        return encode(text, self.chars)

    def decode(self, ids: torch.Tensor) -> str:
        return decode(ids, self.chars)

    def __len__(self) -> int:
        return len(self.windows)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, torch.Tensor]:
        window = self.windows[index].long()  # (seq_len + 1,)
        return window[:-1], window[1:]

    def __getitems__(self, indices: list[int]) -> list[torch.Tensor]:
        # The DataLoader asks for the whole batch here, then stacks what it gets: two tensors instead of
        # `batch_size` pairs. The batch is one tensor (2, batch, seq_len), so `x, y = batch` works as ever.
        chosen = torch.from_numpy(np.array(indices))  # much faster than torch.tensor
        windows = self.windows.index_select(0, chosen).long()  # (batch, seq_len + 1)
        return [windows[:, :-1], windows[:, 1:]]

    def part(self, start: int, stop: int, name: str) -> ShakespeareDataset:
        """The characters from `start` up to `stop` as a dataset of its own, vocabulary and windows kept."""
        part = copy.copy(self)
        part.name, part.data = f"the {name} part of {self.name}", self.data[start:stop]
        part._cut(self.seq_len, self.stride)
        return part

    def cut(self, seq_len: int, stride: int = 1) -> ShakespeareDataset:
        """The same characters in other windows."""
        other = copy.copy(self)
        other._cut(seq_len, stride)
        return other

    def split(self) -> Split:
        """First 90 % for training; of the last 10 %, the first half for validation, the second for test."""
        end = len(self.data)
        train = int(0.9 * end)
        middle = train + (end - train) // 2
        return Split(
            self.part(0, train, "training"),
            self.part(train, middle, "validation"),
            self.part(middle, end, "test"),
            self.part(train, end, "held-out"),
        )


def encode(text: str, chars: list[str]) -> torch.Tensor:
    """(characters,) indices into the sorted list `chars`; InputError names a character that is not in it."""
    codes, known = code_points(text), code_points("".join(chars))
    ids = torch.bucketize(codes, known).clamp(max=len(chars) - 1)  # (characters,)
    unknown = (known[ids] != codes).nonzero()
    if len(unknown):
        at = int(unknown[0])
        raise InputError(
            f"The character {text[at]!r} at position {at:,} is not among the {len(chars)} that the model knows: "
            "remove or replace it."
        )
    return ids.to(index_type(chars))


def code_points(text: str) -> torch.Tensor:
    """The Unicode number of each character, (characters,)."""
    buffer = bytearray(text.encode("utf-32-le", "surrogatepass"))
    return torch.frombuffer(buffer, dtype=torch.int32) if buffer else torch.empty(0, dtype=torch.int32)


def index_type(chars: list[str]) -> torch.dtype:
    return torch.uint8 if len(chars) <= 256 else torch.int32


def decode(ids: torch.Tensor, chars: list[str]) -> str:
    return "".join(chars[i] for i in ids.tolist())


class StreamDataset(Dataset):
    """`batch_size` parallel contiguous streams: row r of batch k + 1 goes on where row r of batch k ended.

    This is what a carried state needs (truncated backpropagation through time, Williams and Peng 1990).
    Item k is a whole batch (x, y), each (batch_size, seq_len).
    """

    def __init__(self, data: torch.Tensor, batch_size: int, seq_len: int) -> None:
        whole("batch_size", batch_size)
        whole("seq_len", seq_len)
        length = (len(data) - 1) // batch_size
        if length < seq_len:
            raise InputError(
                f"batch_size = {batch_size} streams of seq_len = {seq_len} need {batch_size * seq_len + 1:,} "
                f"characters, but there are {len(data):,}: choose smaller ones or a longer text."
            )
        self.seq_len, self.batches = seq_len, length // seq_len
        self.streams = data.unfold(0, length + 1, length)[:batch_size]  # (batch_size, length + 1)

    def __len__(self) -> int:
        return self.batches

    def __getitem__(self, k: int) -> tuple[torch.Tensor, torch.Tensor]:
        if not 0 <= k < self.batches:
            raise IndexError(k)
        chunk = self.streams[:, k * self.seq_len : (k + 1) * self.seq_len + 1].long()  # (batch, seq_len + 1)
        return chunk[:, :-1], chunk[:, 1:]


WORD = r"[^\W\d_]{3,}"
PIECE = 10_000  # characters in which a name stays the same


def find_names(pieces: Iterable[str]) -> set[str]:
    """The names of speakers in a text, in lower case: those that never stand in lower case there."""
    speakers, words = set[str](), set[str]()
    for piece in pieces:
        words.update(re.findall(WORD, piece))
        for heading in re.findall(r"(?:\n\n|\A)([^\n]+):\n", piece):
            speakers.update(word.lower() for word in re.findall(WORD, heading))
    return speakers - words


def rename(text: str, names: Sequence[str], rng: random.Random) -> str:
    """The text with each name replaced by a made-up one, always the same: the head of one and the tail of another.

    Whoever learns names by heart gains nothing from such a text; it pays to copy them from what was read before.
    """
    made_up: dict[str, str] = {}

    def replace(match: re.Match[str]) -> str:
        word, key = match[0], match[0].lower()
        if word == key or key not in known:
            return word
        if key not in made_up:
            head, tail = rng.choice(names), rng.choice(names)
            made_up[key] = head[: rng.randrange(1, len(head))] + tail[rng.randrange(1, len(tail)) :]
        return made_up[key].upper() if word.isupper() else made_up[key].capitalize()

    known = set(names)
    return re.sub(WORD, replace, text)


class Loader(DataLoader):
    """A DataLoader that goes on in the middle of an epoch, if its state is loaded after `iter` and before `next`.

    The state: how many batches are done, and the random state from which their order was drawn.
    """

    start, done, skip = torch.empty(0), 0, 0

    def state_dict(self) -> dict[str, Any]:
        return {"start": self.start, "done": self.done}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.start, self.skip = state["start"], state["done"]

    def __iter__(self) -> Iterator[Any]:  # type: ignore[override]
        self.skip = 0
        return self._rest(super().__iter__())

    def _rest(self, batches: Iterable[Any]) -> Iterator[Any]:
        now = torch.get_rng_state()
        self.start = self.start if self.skip else now
        torch.set_rng_state(self.start)  # a shuffled order is drawn with the first batch
        for self.done, batch in enumerate(batches, 1):
            if self.done == self.skip:
                torch.set_rng_state(now)
            if self.done > self.skip:
                yield batch


class ShakespeareData(L.LightningDataModule):
    """Streams of the training part, turned round anew in each epoch; validation by non-overlapping cold windows.

    A share of `renamed` of the training text gets made-up names, others in each epoch.
    """

    def __init__(
        self, split: Split, batch_size: int, seq_len: int, seed: int = 0, renamed: float = 0.0, window: int = 256
    ) -> None:
        super().__init__()
        whole("window", window)
        number("renamed", renamed, 0, 1)
        self.split, self.batch_size, self.seq_len, self.seed, self.renamed = split, batch_size, seq_len, seed, renamed
        self.validation = split.validation.cut(window, stride=window)
        pieces = split.train.data.split(1 << 20) if renamed else ()
        found = find_names(split.train.decode(piece) for piece in pieces)
        self.names = sorted(name for name in found if set(name + name.upper()) <= set(split.train.chars))

    def epoch(self, epoch: int) -> torch.Tensor:
        """The training part as this epoch reads it, (characters,): by seed and epoch alone."""
        train, rng = self.split.train, random.Random(1_000 * self.seed + epoch)
        data, filled, start = torch.empty_like(train.data), 0, rng.randrange(len(train.data))
        while filled < len(data):
            piece = train.data[start : start + PIECE]
            start = (start + PIECE) if start + PIECE < len(data) else 0
            if self.names and rng.random() < self.renamed:
                piece = train.encode(rename(train.decode(piece), self.names, rng))
            piece = piece[: len(data) - filled]
            data[filled : filled + len(piece)] = piece
            filled += len(piece)
        return data

    def train_dataloader(self) -> DataLoader:
        # Made anew each epoch (reload_dataloaders_every_n_epochs=1), so that a run that goes on after an interruption
        # sees what it would have seen. The loader draws from a generator of its own, not from the dropout's.
        epoch = self.trainer.current_epoch if self.trainer else 0
        streams = StreamDataset(self.epoch(epoch), self.batch_size, self.seq_len)
        if self.trainer:  # each process has rows of its own
            whole("batch_size, of which each process has a share,", self.batch_size, self.trainer.world_size)
            streams.streams = streams.streams[self.trainer.global_rank :: self.trainer.world_size]
        return Loader(streams, batch_size=None, generator=torch.Generator())

    def val_dataloader(self) -> DataLoader:
        return DataLoader(self.validation, batch_size=64)
