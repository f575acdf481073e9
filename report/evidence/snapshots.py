"""A network as it was at some steps of its training, and after the last one."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import lightning as L

from shakespeare.pretrained import save_pretrained


class Snapshots(L.Callback):
    """Saves the network before some steps and after the last, in folders beside its checkpoints.

    They are step-10 etc.
    """

    def __init__(self, steps: Sequence[int] = ()) -> None:
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
