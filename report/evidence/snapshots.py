"""A network as it was at some steps of its training, to show what it writes by then."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import lightning as L

from shakespeare.pretrained import save_pretrained

STEPS = (0, 10, 30, 100, 200, 400, 700, 1_000, 1_400, 2_000, 3_000)


class Snapshots(L.Callback):
    """Saves the network before some steps and after the last, in folders beside its checkpoints.

    They are step-10 etc.
    """

    def __init__(self, steps: Sequence[int] = STEPS) -> None:
        self.steps = steps

    def on_train_batch_start(
        self, trainer: Any, pl_module: Any, batch: Any, batch_idx: int
    ) -> None:
        if trainer.global_step in self.steps:
            self.save(trainer, pl_module)

    def on_train_end(self, trainer: Any, pl_module: Any) -> None:
        self.save(trainer, pl_module)

    def save(self, trainer: Any, pl_module: Any) -> None:
        folder = Path(trainer.default_root_dir) / f"step-{trainer.global_step}"
        save_pretrained(pl_module.network, folder)
