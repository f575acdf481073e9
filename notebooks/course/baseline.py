"""What notebook 03 adds to the baseline's training: snapshots, a random split.

Trainings in other processes import these classes, so they can't be defined in the notebook.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import lightning as L
import torch
from torch import Tensor
from torch.utils.data import random_split

from shakespeare.data import Batches, RandomWindows, ShakespeareDataset, Split
from shakespeare.pretrained import save_pretrained
from shakespeare.settings import Settings

SNAPSHOTS = (0, 10, 30, 100, 200, 400, 700, 1_000, 1_400, 2_000, 3_000)  # steps


class Snapshots(L.Callback):
    """Saves the network before some of the training steps, in folders of the run: step-10 etc."""

    def __init__(self, steps: Sequence[int]) -> None:
        self.steps = steps

    def on_train_batch_start(
        self, trainer: Any, pl_module: Any, batch: Any, batch_idx: int
    ) -> None:
        if trainer.global_step in self.steps:
            run = Path(trainer.logger.save_dir)
            save_pretrained(pl_module.network, run / f"step-{trainer.global_step}")


class RandomSplitData(RandomWindows):
    """Overlapping windows of the whole text, split at random 90 to 10: the mistake.

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
        self.random_tenth = torch.tensor(held_out.indices)

    def validation(self) -> Batches:
        return Batches(self.windows[self.held_out_starts()].split(64))

    def held_out_starts(self) -> list[int]:
        """Where the held-out windows start on which the network is validated."""
        enough = 1_000  # windows for a mean; more would only take time
        return self.random_tenth[:enough].tolist()

    def held_out_targets(self) -> Tensor:
        """Whether a held-out window has each character as a target, (characters,)."""
        is_target = torch.zeros(len(self.split.whole.ids), dtype=torch.bool)
        self.mark_targets(is_target, self.held_out_starts())
        return is_target

    def trained_on(self, epochs: int) -> Tensor:
        """Whether a window of the first epochs has each character as a target.

        (epochs, characters): row k is about the epochs up to and including k, counted from 0.
        """
        is_target = torch.zeros(epochs, len(self.split.whole.ids), dtype=torch.bool)
        for epoch in range(epochs):
            self.mark_targets(is_target[epoch:], self.starts_of_epoch(epoch).tolist())
        return is_target

    def mark_targets(self, is_target: Tensor, starts: list[int]) -> None:
        """Set the targets of the windows that start there, in `is_target` (..., characters)."""
        for start in starts:
            first = start + 1  # y is a character ahead of x
            is_target[..., first : first + self.settings.seq_len] = True
