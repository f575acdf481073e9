"""Other splits than the usual one: each tenth held out in turn, and windows at random."""

import torch
from torch import Tensor
from torch.utils.data import random_split

from shakespeare.data import (
    Batches,
    Corpus,
    RandomWindows,
    ShakespeareDataset,
    Split,
    derive_seed,
)
from shakespeare.settings import Settings

LAST = 10


def split_with(corpus: Corpus, tenth: int) -> Split:
    """The split that holds out a tenth, from 1; what is before and after it is one training text.

    A stream reads over the gap. The last tenth gives the usual split.
    """
    if tenth == LAST:
        return corpus.split()
    end = len(corpus.ids)
    first = int((tenth - 1) * end / 10)
    last = int(tenth * end / 10)
    middle = first + (last - first) // 2
    rest = torch.cat([corpus.ids[:first], corpus.ids[last:]])
    return Split(
        train=Corpus(rest, corpus.chars, f"{corpus.name} without tenth {tenth}"),
        validation=corpus.slice(first, middle, "validation"),
        test=corpus.slice(middle, last, "test"),
        held_out=corpus.slice(first, last, "held-out"),
        whole=corpus,
    )


class RandomSplitData(RandomWindows):
    """The mistake by which a loss falls below the claim, at full size.

    Overlapping windows of the whole text are split at random, 90 to 10. An epoch has as many of
    them as with the honest split, so that only the split differs. In training, the `val_loss` is
    that on some windows of the random tenth, the leaky loss.
    """

    def __init__(self, split: Split, settings: Settings) -> None:
        self.split = split
        self.settings = settings
        self.dataset = ShakespeareDataset(split.whole, settings.seq_len)
        generator = torch.Generator().manual_seed(settings.seed)
        training, held_out = random_split(self.dataset, [0.9, 0.1], generator)
        # Numbers of windows; one starts at each character, which has the same number.
        self.training = torch.tensor(training.indices)
        self.held_out = torch.tensor(held_out.indices)

    def indices_of_epoch(self, epoch: int, process: int = 0, processes: int = 1) -> Tensor:
        """The windows that are drawn for one epoch, (windows,), from those for training."""
        windows_in_epoch = len(self.split.train.ids) // self.settings.seq_len
        count = max(1, windows_in_epoch // processes)
        seed = derive_seed(self.settings.seed, epoch, process)
        generator = torch.Generator().manual_seed(seed)
        drawn = torch.randperm(len(self.training), generator=generator)[:count]
        return self.training[drawn]

    def validation(self) -> Batches:
        enough = 1_000  # windows for a mean; more would only take time
        return Batches(self.dataset, self.held_out[:enough].split(64))
