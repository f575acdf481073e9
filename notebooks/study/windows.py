"""A text with invented names in windows, for networks that carry no state (notebook 07)."""

import torch

from shakespeare.beyond.renaming import RenamedStreams
from shakespeare.data import Batches, Corpus, ShakespeareDataset, derive_seed


class RenamedWindows(RenamedStreams):
    """The text of RenamedStreams in windows without overlap, in random order.

    So it is for networks that read each window from an empty state, such as a Transformer.
    """

    carries_state = False

    def batches(self, epoch: int, process: int = 0, processes: int = 1) -> Batches:
        """Those of one epoch, for one of several processes that train together."""
        train = self.split.train
        text = Corpus(self.text_of_epoch(epoch), train.chars, train.name)
        seq_len = self.settings.seq_len
        windows = ShakespeareDataset(text, seq_len, stride=seq_len)
        generator = torch.Generator().manual_seed(derive_seed(self.settings.seed, epoch, 0))
        order = torch.randperm(len(windows), generator=generator)
        rows = self.settings.batch_size
        whole = order[: len(order) // rows * rows]  # no batch has fewer rows
        return Batches(windows, whole.view(-1, rows)[:, process::processes])
