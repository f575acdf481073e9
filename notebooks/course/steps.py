"""Losses and learning rate by step while a network trains, for the curves of notebook 05."""

from pathlib import Path
from typing import Any

import lightning as L

from shakespeare.files import write
from shakespeare.training import as_csv
from shakespeare.training_folder import read_curves

FILE = "steps.csv"
ROWS = 50  # of an epoch, about: a row has the mean loss of some steps


class StepLog(L.Callback):
    """Writes the training loss and the learning rate to steps.csv, beside the checkpoints.

    The rows are part of the checkpoints, so a resumed training has its whole curves.
    """

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []
        self.losses: list[float] = []  # since the last row

    def on_train_batch_start(
        self, trainer: Any, pl_module: Any, batch: Any, batch_idx: int
    ) -> None:
        self.learning_rate = trainer.optimizers[0].param_groups[0]["lr"]

    def on_train_batch_end(
        self, trainer: Any, pl_module: Any, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        self.losses.append(outputs["loss"].item())
        if len(self.losses) >= trainer.num_training_batches / ROWS:
            row = {
                "step": trainer.global_step,
                "train_loss": sum(self.losses) / len(self.losses),
                "learning_rate": self.learning_rate,
            }
            self.rows.append(row)
            self.losses = []

    def on_train_epoch_end(self, trainer: Any, pl_module: Any) -> None:
        self.losses = []  # of fewer steps
        write(Path(trainer.default_root_dir) / FILE, as_csv(self.rows))

    def state_dict(self) -> dict[str, Any]:
        return {"rows": self.rows}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.rows = state_dict["rows"]


def curves_of(folder: Path) -> dict[str, list[float]]:
    """The curves of a network that was trained with a StepLog, as notebook 03 saves its own.

    "train_loss" and "learning_rate" are those up to each "step"; "val_loss" is that at each
    "val_step", the end of an epoch.
    """
    by_epoch = read_curves(folder)
    ends = {"val_step": by_epoch["step"], "val_loss": by_epoch["val_loss"]}
    return read_curves(folder, FILE) | ends
