"""The mistake by which a loss falls below the claim, at full size: windows split at random."""

import torch
from torch.utils.data import random_split

from shakespeare.data import Batches, RandomWindows, ShakespeareDataset, Split
from shakespeare.settings import Settings


class RandomSplitData(RandomWindows):
    """Overlapping windows of the whole text, split at random 90 to 10.

    An epoch has as many of them as with the honest split, so that only the split differs. In
    training, the `val_loss` is that on some windows of the random tenth, the leaky loss.
    """

    def __init__(self, split: Split, settings: Settings) -> None:
        self.split = split
        self.settings = settings
        dataset = ShakespeareDataset(split.whole, settings.seq_len)
        self.windows = dataset.windows  # one starts at each character
        generator = torch.Generator().manual_seed(settings.seed)
        training, held_out = random_split(dataset, [0.9, 0.1], generator)
        # Where the windows of each part start.
        self.starts = torch.tensor(training.indices)
        self.held_out = torch.tensor(held_out.indices)

    def validation(self) -> Batches:
        enough = 1_000  # windows for a mean; more would only take time
        return Batches(self.windows[self.held_out[:enough]].split(64))
