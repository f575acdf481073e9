"""Text in, batches of character indices out."""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from .files import InputError, read_text, text_hash
from .settings import Settings

WINDOW = 256  # characters of a window in validation; published Transformers read as many


def encode(text: str, chars: list[str]) -> Tensor:
    """Indices (characters,) into `chars`, one byte each where that is enough.

    Raises InputError for an unknown character.
    """
    index_of = {character: index for index, character in enumerate(chars)}
    for character in dict.fromkeys(text):  # each once, in the text's order
        if character not in index_of:
            unknown = f"The character {character!r} is not in the vocabulary"
            raise InputError(f"{unknown}: replace it.")
    dtype = np.uint8 if len(chars) <= 256 else np.int32
    indices = (index_of[character] for character in text)
    return torch.from_numpy(np.fromiter(indices, dtype, count=len(text)))


def decode(ids: Tensor, chars: list[str]) -> str:
    """The text of indices (characters,) into `chars`."""
    return "".join(chars[index] for index in ids.tolist())


class Corpus:
    """A text, or a part of one, as indices `ids` (characters,) into the vocabulary `chars`.

    The vocabulary is the sorted distinct characters of the whole text. `name` is for messages.
    """

    def __init__(self, ids: Tensor, chars: list[str], name: str) -> None:
        self.ids = ids
        self.chars = chars
        self.name = name
        self.vocab_size = len(chars)

    @classmethod
    def read(cls, path: str | Path) -> "Corpus":
        """The text of a file. Raises InputError if it is unreadable or has nothing to predict."""
        name = Path(path).name
        text = read_text(path)
        chars = sorted(set(text))
        if len(chars) < 2:
            raise InputError(f"{name} has nothing to predict: give a more varied text.")
        return cls(encode(text, chars), chars, name)

    def encode(self, text: str) -> Tensor:
        """Indices (characters,). Raises InputError for a character outside the vocabulary."""
        return encode(text, self.chars)

    def decode(self, ids: Tensor) -> str:
        return decode(ids, self.chars)

    def text(self) -> str:
        return self.decode(self.ids)

    @cached_property
    def hash(self) -> str:
        return text_hash(self.text())

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
            whole=self,
        )


class Split(NamedTuple):
    """Contiguous parts of one text; `held_out` is `validation` and `test` together."""

    train: Corpus
    validation: Corpus
    test: Corpus
    held_out: Corpus
    whole: Corpus

    def halves(self, values: Tensor) -> tuple[Tensor, Tensor]:
        """Values for each held-out character but the first, by half: validation, test.

        The first character has none, because nothing predicts it.
        """
        middle = len(self.validation.ids) - 1
        return values[:middle], values[middle:]


class ShakespeareDataset(Dataset):
    """A text in windows of characters: item k is (x, y), each (seq_len,), y one character ahead.

        dataset = ShakespeareDataset("input.txt", seq_len=64)

    Instead of a path, it takes a Corpus, such as a part of a split text. With several indices,
    `dataset[indices]` is a batch: x and y are (rows, seq_len). `stride` is the distance between the
    starts of neighbouring windows. Raises InputError for a text that is unreadable, or shorter than
    one window.
    """

    def __init__(self, text: str | Path | Corpus, seq_len: int, stride: int = 1) -> None:
        corpus = text if isinstance(text, Corpus) else Corpus.read(text)
        if len(corpus.ids) < seq_len + 1:
            raise InputError(
                f"{corpus.name} has no window of {seq_len} characters: give more text."
            )
        self.chars = corpus.chars
        self.vocab_size = len(self.chars)
        self.s_to_i = {character: i for i, character in enumerate(self.chars)}
        self.i_to_s = dict(enumerate(self.chars))
        # A view of the text, no copy: (windows, seq_len + 1), because y ends a character later.
        self.windows = corpus.ids.unfold(0, seq_len + 1, stride)

    def __len__(self) -> int:
        return len(self.windows)

    def __getitem__(self, index: int | Tensor) -> tuple[Tensor, Tensor]:
        ids = self.windows[index].long()  # (..., seq_len + 1)
        return ids[..., :-1], ids[..., 1:]


class Batches:
    """Batches of windows: item k is (x, y), each (rows, seq_len), of the windows `indices[k]`.

    Each item is a whole batch, so Lightning takes them as they are, without a DataLoader.
    """

    def __init__(self, dataset: ShakespeareDataset, indices: Sequence[Tensor] | Tensor) -> None:
        self.dataset = dataset
        self.indices = indices  # (rows,) for each batch

    def __len__(self) -> int:
        return len(self.indices)

    def __getitem__(self, k: int) -> tuple[Tensor, Tensor]:
        return self.dataset[self.indices[k]]


def validation_batches(corpus: Corpus) -> Batches:
    """Windows of 256 characters without overlap, 64 in a batch; what is left is not predicted."""
    dataset = ShakespeareDataset(corpus, WINDOW, stride=WINDOW)
    return Batches(dataset, torch.arange(len(dataset)).split(64))


class Data(Protocol):
    """What `train` reads: the batches of a split text. RandomWindows are the plainest."""

    split: Split
    settings: Settings
    carries_state: bool  # whether row r of a batch continues row r of the batch before

    def batches(self, epoch: int, process: int = 0, processes: int = 1) -> Batches:
        """The batches of one epoch, for one of several processes that train together."""

    def validation(self) -> Batches:
        """Cold windows of the validation half."""


class RandomWindows:
    """The batches of a training: random windows of the training part, others in each epoch.

    An epoch has as many characters as the training part. But its windows overlap: it reads some
    characters several times, and about 37 % not at all. Each epoch's windows depend only on the
    seed, the epoch and the process, so a resumed training reads the same.
    """

    carries_state = False  # each window is read from an empty state

    def __init__(self, split: Split, settings: Settings) -> None:
        self.split = split
        self.settings = settings
        self.dataset = ShakespeareDataset(split.train, settings.seq_len)

    def batches(self, epoch: int, process: int = 0, processes: int = 1) -> Batches:
        indices = self.indices_of_epoch(epoch, process, processes)
        rows = max(1, self.settings.batch_size // processes)
        return Batches(self.dataset, indices.split(rows))

    def indices_of_epoch(self, epoch: int, process: int = 0, processes: int = 1) -> Tensor:
        """The windows that are drawn for one epoch, (windows,)."""
        windows_in_epoch = len(self.split.train.ids) // self.settings.seq_len
        count = max(1, windows_in_epoch // processes)
        seed = derive_seed(self.settings.seed, epoch, process)
        generator = torch.Generator().manual_seed(seed)
        return torch.randperm(len(self.dataset), generator=generator)[:count]

    def validation(self) -> Batches:
        return validation_batches(self.split.validation)


def derive_seed(seed: int, epoch: int, process: int) -> int:
    """A seed for one process in one epoch, different for each of 1,000 epochs and seeds.

    In decimals one can read it: 2001003 is process 2, seed 1, epoch 3.
    """
    return 1_000_000 * process + 1_000 * seed + epoch
