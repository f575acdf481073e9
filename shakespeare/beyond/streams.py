"""Parallel streams through the text, so that each batch continues the one before (notebook 05)."""

import random

import torch
from torch import Tensor

from ..data import Batches, Corpus, ShakespeareDataset, Split, derive_seed, validation_batches
from ..files import InputError
from ..settings import Settings


def stream_batches(
    corpus: Corpus, batch_size: int, seq_len: int, process: int = 0, processes: int = 1
) -> Batches:
    """Batches in which row r of batch k + 1 continues row r of batch k: each row is a stream.

    Where several processes train together, each has its own streams.
    """
    length = (len(corpus.ids) - 1) // batch_size  # characters of a stream
    if length < seq_len:
        sizes = f"batch_size = {batch_size} and seq_len = {seq_len}"
        short = f"{corpus.name} is too short for {sizes} ({len(corpus.ids):,} characters)"
        raise InputError(f"{short}: give more text, or lower one of them.")
    streams = length * torch.arange(batch_size)  # where each begins
    steps = seq_len * torch.arange(length // seq_len)  # how far each is read before a batch
    indices = steps[:, None] + streams[process::processes]  # (batches, rows)
    return Batches(ShakespeareDataset(corpus, seq_len), indices)


class Streams:
    """The batches of a training: streams through its text, in which each epoch begins elsewhere."""

    carries_state = True  # from batch to batch

    def __init__(self, split: Split, settings: Settings) -> None:
        self.split = split
        self.settings = settings

    def batches(self, epoch: int, process: int = 0, processes: int = 1) -> Batches:
        """Those of one epoch, for one of several processes that train together."""
        train = self.split.train
        text = Corpus(self.text_of_epoch(epoch), train.chars, train.name)
        sizes = (self.settings.batch_size, self.settings.seq_len)
        return stream_batches(text, *sizes, process, processes)

    def validation(self) -> Batches:
        return validation_batches(self.split.validation)

    def text_of_epoch(self, epoch: int) -> Tensor:
        """The training part from a random character to its end, then from its beginning."""
        ids = self.split.train.ids  # (characters,)
        start = self.random_of_epoch(epoch).randrange(len(ids))
        return torch.cat([ids[start:], ids[:start]])

    def random_of_epoch(self, epoch: int) -> random.Random:
        """The same for all processes, because they share each epoch's text."""
        return random.Random(derive_seed(self.settings.seed, epoch, process=0))
