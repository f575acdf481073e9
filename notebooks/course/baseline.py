"""What notebook 03 adds to the baseline's training: snapshots, a random split.

Trainings in other processes import these classes, so they can't be defined in the notebook.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import lightning as L
import torch
from torch.utils.data import DataLoader, Subset, random_split

from shakespeare.data import ShakespeareData, ShakespeareDataset, Split, loader
from shakespeare.settings import Settings

SNAPSHOTS = (0, 10, 30, 100, 200, 400, 700, 1_000, 1_400, 2_000, 3_000)  # steps


class Snapshots(L.Callback):
    """Saves the weights before some of the training steps, in the folder of the run."""

    def __init__(self, steps: Sequence[int]) -> None:
        self.steps = steps

    def on_train_batch_start(
        self, trainer: Any, pl_module: Any, batch: Any, batch_idx: int
    ) -> None:
        if trainer.global_step in self.steps:
            path = Path(trainer.logger.save_dir) / f"step-{trainer.global_step}.ckpt"
            trainer.save_checkpoint(path, weights_only=True)


class RandomSplitData(ShakespeareData):
    """Overlapping windows of the whole text, split at random 90 to 10: the mistake.

    Lightning validates on some windows of the random tenth, so `val_loss` is the leaky loss.
    """

    def __init__(self, split: Split, settings: Settings) -> None:
        super().__init__(split, settings)
        # One starts at each character.
        windows = ShakespeareDataset(split.whole(), settings.seq_len)
        # As many as in an epoch of the honest split, so that only the split differs.
        self.windows_in_epoch = max(1, len(split.train.ids) // settings.seq_len)
        generator = torch.Generator().manual_seed(settings.seed)
        self.train_windows, self.random_tenth = random_split(windows, [0.9, 0.1], generator)

    def train_dataloader(self) -> DataLoader:
        generator = torch.Generator().manual_seed(self.seed_of_epoch())
        shuffled = torch.randperm(len(self.train_windows), generator=generator)
        drawn = shuffled[: self.windows_in_epoch].tolist()
        return loader(self.train_windows, self.settings.batch_size, sampler=drawn)

    def val_dataloader(self) -> DataLoader:
        enough = 1_000  # windows for a mean; more would only take time
        count = min(enough, len(self.random_tenth))
        return loader(Subset(self.random_tenth, range(count)), batch_size=64)
