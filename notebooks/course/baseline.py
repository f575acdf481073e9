"""What notebook 03 adds to the baseline's training: snapshots, a random split.

Trainings in other processes import these classes, so they can't be defined in the notebook.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import lightning as L
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Subset, random_split

from shakespeare.data import ShakespeareData, ShakespeareDataset, Split, derive_seed, loader
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
        drawn = self.drawn(self.seed_of_epoch())
        return loader(self.train_windows, self.settings.batch_size, sampler=drawn)

    def drawn(self, seed: int) -> list[int]:
        """The windows of the epoch with this seed, as indices into `train_windows`."""
        generator = torch.Generator().manual_seed(seed)
        shuffled = torch.randperm(len(self.train_windows), generator=generator)
        return shuffled[: self.windows_in_epoch].tolist()

    def val_dataloader(self) -> DataLoader:
        held_out = Subset(self.random_tenth, range(len(self.held_out_starts())))
        return loader(held_out, batch_size=64)

    def held_out_starts(self) -> list[int]:
        """Where the windows start on which Lightning validates."""
        enough = 1_000  # windows for a mean; more would only take time
        return list(self.random_tenth.indices)[:enough]

    def held_out_targets(self) -> Tensor:
        """Whether a held-out window has each character as a target, (characters,)."""
        is_target = torch.zeros(len(self.split.whole().ids), dtype=torch.bool)
        for start in self.held_out_starts():
            first = start + 1  # y is a character ahead of x
            is_target[first : first + self.settings.seq_len] = True
        return is_target

    def trained_on(self, epochs: int) -> Tensor:
        """Whether a window of the first epochs has each character as a target.

        (epochs, characters): row k is about the epochs up to and including k, counted from 0.
        """
        seq_len = self.settings.seq_len
        is_target = torch.zeros(epochs, len(self.split.whole().ids), dtype=torch.bool)
        for epoch in range(epochs):
            for k in self.drawn(derive_seed(self.settings.seed, epoch, 0)):
                first = self.train_windows.indices[k] + 1
                is_target[epoch:, first : first + seq_len] = True
        return is_target
