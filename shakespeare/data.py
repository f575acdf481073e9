"""Text in, batches of character indices out."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import lightning as L
import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from .files import InputError, read_pieces
from .settings import Settings

WINDOW = 256  # characters of a cold window, the context of the published Transformers

# A speaker's heading: a name of at most 40 characters and a colon, a line by themselves after a
# blank line. Group 1 is the name. Everything in this repository that looks for headings uses it.
HEADING = re.compile(r"(?:\A|(?<=\n\n))([^\n:]{1,40}):(?=\n)")


def encode(text: Iterable[str], chars: list[str]) -> Tensor:
    """Indices (characters,) into `chars` of a text, or of a text that comes in pieces.

    They have one byte each where that is enough. Raises InputError for an unknown character.
    """
    index_of = {character: index for index, character in enumerate(chars)}
    dtype = np.uint8 if len(chars) <= 256 else np.int32
    try:
        indices = (index_of[character] for piece in text for character in piece)
        return torch.from_numpy(np.fromiter(indices, dtype))  # reads them one by one
    except KeyError as unknown:
        raise InputError(f"The character {unknown} is not in the vocabulary: replace it.") from None


def decode(ids: Tensor, chars: list[str]) -> str:
    """The text of indices (characters,) into `chars`."""
    return "".join(chars[index] for index in ids.tolist())


class Corpus:
    """A text as indices into its vocabulary, or a part of such a text.

    `ids` (characters,) are the indices, `chars` is the vocabulary: the sorted distinct characters
    of the whole text. `name` is for messages.
    """

    def __init__(self, ids: Tensor, chars: list[str], name: str) -> None:
        self.ids = ids
        self.chars = chars
        self.name = name
        self.vocab_size = len(chars)
        self.s_to_i = {s: i for i, s in enumerate(chars)}
        self.i_to_s = dict(enumerate(chars))

    @classmethod
    def read(cls, path: str | Path) -> "Corpus":
        """The text of a file. Raises InputError if it is unreadable or has nothing to predict."""
        name = Path(path).name
        distinct: set[str] = set()
        for piece in read_pieces(path):
            distinct.update(piece)
        if len(distinct) < 2:
            raise InputError(f"{name} has nothing to predict: give a more varied text.")
        chars = sorted(distinct)
        return cls(encode(read_pieces(path), chars), chars, name)

    def encode(self, text: str) -> Tensor:
        """Indices (characters,). Raises InputError for a character outside the vocabulary."""
        return encode(text, self.chars)

    def decode(self, ids: Tensor) -> str:
        return decode(ids, self.chars)

    def text(self) -> str:
        return self.decode(self.ids)

    def slice(self, start: int, stop: int, name: str) -> "Corpus":
        """The characters from `start` up to `stop`, with the vocabulary of the whole."""
        return Corpus(self.ids[start:stop], self.chars, f"the {name} part of {self.name}")

    def split(self) -> "Split":
        """The first 90 % for training; then half of the rest for validation, half for the test."""
        end = len(self.ids)
        train_end = int(0.9 * end)
        middle = train_end + (end - train_end) // 2
        return Split(
            train=self.slice(0, train_end, "training"),
            validation=self.slice(train_end, middle, "validation"),
            test=self.slice(middle, end, "test"),
            held_out=self.slice(train_end, end, "held-out"),
        )


class Split(NamedTuple):
    """Contiguous parts of one text; `held_out` is `validation` and `test` together."""

    train: Corpus
    validation: Corpus
    test: Corpus
    held_out: Corpus

    def whole(self) -> Corpus:
        """The text of which these are the parts."""
        ids = torch.cat([self.train.ids, self.held_out.ids])
        return Corpus(ids, self.train.chars, self.train.name)


class ShakespeareDataset(Dataset):
    """A text in windows of characters: item k is (x, y), each (seq_len,), y one character ahead.

    `source` is the path of a text, or a Corpus. `stride` is the distance between the starts of
    neighbouring windows. Raises InputError for a text that is shorter than one window.

    In a DataLoader a batch is one tensor (2, batch_size, seq_len), so `x, y = batch` works.
    """

    def __init__(self, source: str | Path | Corpus, seq_len: int, stride: int = 1) -> None:
        self.corpus = source if isinstance(source, Corpus) else Corpus.read(source)
        # The student's report reads these from its dataset.
        self.chars = self.corpus.chars
        self.vocab_size = self.corpus.vocab_size
        self.s_to_i = self.corpus.s_to_i
        self.i_to_s = self.corpus.i_to_s
        if len(self.corpus.ids) < seq_len + 1:
            name = self.corpus.name
            raise InputError(f"{name} is too short for seq_len = {seq_len}: give more text.")
        # A view of the text, no copy: (windows, seq_len + 1), because y ends a character later.
        self.windows = self.corpus.ids.unfold(0, seq_len + 1, stride)

    def __len__(self) -> int:
        return len(self.windows)

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        window = self.windows[index].long()  # (seq_len + 1,)
        return window[:-1], window[1:]

    def __getitems__(self, indices: list[int]) -> list[Tensor]:
        """x and y of a whole batch: the DataLoader asks here first, if there is such a method.

        They come as a list of two, which it stacks into one tensor (2, batch_size, seq_len).
        """
        chosen = torch.from_numpy(np.array(indices))  # twenty times as fast as torch.tensor
        windows = self.windows.index_select(0, chosen).long()  # (batch_size, seq_len + 1)
        return [windows[:, :-1], windows[:, 1:]]


class ShakespeareData(L.LightningDataModule):
    """Batches for training: random windows of the training part, drawn again in each epoch.

    An epoch has as many characters as the training part. Validation is cold: windows of 256
    characters without overlap, each read from an empty state. `trainer` is set by Lightning;
    each of its processes draws other windows.
    """

    carries_state = False  # whether each batch continues the one before

    def __init__(self, split: Split, settings: Settings) -> None:
        super().__init__()
        self.split = split
        self.train_part = split.train
        self.validation_windows = ShakespeareDataset(split.validation, WINDOW, stride=WINDOW)
        self.settings = settings

    def train_dataloader(self) -> DataLoader:
        """Windows that depend on seed, epoch and process alone: a resumed run draws the same."""
        seq_len = self.settings.seq_len
        windows = ShakespeareDataset(self.train_part, seq_len)
        count = len(self.train_part.ids) // seq_len // self.number_of_processes()
        # The windows are drawn here and not by the loader: how often Lightning makes an iterator of
        # it differs between a run and its resumption.
        generator = torch.Generator().manual_seed(self.seed_of_epoch())
        drawn = torch.randperm(len(windows), generator=generator)[: max(1, count)]
        batch_size = max(1, self.settings.batch_size // self.number_of_processes())
        return loader(windows, batch_size, sampler=drawn.tolist())  # a list is a sampler, too

    def val_dataloader(self) -> DataLoader:
        return loader(self.validation_windows, batch_size=64)

    def epoch(self) -> int:
        return self.trainer.current_epoch if self.trainer else 0

    def number_of_processes(self) -> int:
        return self.trainer.world_size if self.trainer else 1

    def own_process(self) -> int:
        return self.trainer.global_rank if self.trainer else 0

    def seed_of_epoch(self) -> int:
        return derive_seed(self.settings.seed, self.epoch(), self.own_process())


def loader(dataset: Dataset, batch_size: int | None, **options: Any) -> DataLoader:
    """A DataLoader that leaves PyTorch's random numbers alone, on which dropout depends.

    A DataLoader draws a number each time it is iterated: here from a private generator.
    """
    return DataLoader(dataset, batch_size, generator=torch.Generator(), **options)


def derive_seed(seed: int, epoch: int, process: int) -> int:
    """A seed for one process in one epoch: different for each, with at most 1,000 epochs and seeds.

    Beyond that, two may be equal. PyTorch ignores all but 32 bits on a CPU.
    """
    return 1_000_000 * process + 1_000 * seed + epoch
