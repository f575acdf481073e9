"""Parallel streams through the text, so that each batch continues the one before (notebook 05)."""

import random

import torch
from torch import Tensor

from ..data import Batches, Split, derive_seed, validation_batches
from ..files import InputError
from ..settings import Settings


def stream_chunks(ids: Tensor, batch_size: int, seq_len: int) -> Tensor:
    """Chunks (batch_size, batches, seq_len + 1) of parallel streams.

    Row r is one stream: chunk k + 1 begins with the character that ends chunk k.
    """
    length = (len(ids) - 1) // batch_size  # characters of a stream
    if length < seq_len:
        sizes = f"batch_size = {batch_size} or seq_len = {seq_len}"
        raise InputError(f"{len(ids):,} characters are too few: lower {sizes}.")
    streams = ids.unfold(0, length + 1, length)[:batch_size]  # (batch_size, length + 1)
    return streams.unfold(1, seq_len + 1, seq_len)


def stream_batches(ids: Tensor, batch_size: int, seq_len: int) -> Batches:
    """Batch k has chunk k of each stream: row r of batch k + 1 continues row r of batch k."""
    return Batches(stream_chunks(ids, batch_size, seq_len).unbind(1))


class Streams:
    """The batches of a training: streams through the training part, from elsewhere in each epoch.

    Where several processes train, each has its own rows of every batch.
    """

    def __init__(self, split: Split, settings: Settings) -> None:
        self.split = split
        self.settings = settings

    def batches(self, epoch: int, process: int = 0, processes: int = 1) -> Batches:
        """Those of one epoch, for one of several processes that train together."""
        ids = self.text_of_epoch(epoch)
        chunks = stream_chunks(ids, self.settings.batch_size, self.settings.seq_len)
        return Batches(chunks[process::processes].unbind(1))

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
