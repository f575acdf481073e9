"""Learning with Lightning: the loss, the optimiser, the batches, and what the Trainer writes."""

import csv
import io
import logging
import math
import time
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import lightning as L
import torch
from lightning.pytorch.callbacks import LearningRateMonitor, ModelCheckpoint
from lightning.pytorch.loggers import CSVLogger
from lightning.pytorch.plugins import TorchCheckpointIO
from torch import Tensor
from torch.optim.lr_scheduler import OneCycleLR

from .data import Batches, derive_seed
from .files import InputError, write
from .model import Batch, CharLSTM
from .settings import Settings

GRADIENT_CLIP = 1.0  # a longer gradient is shortened to this length

# Lightning reports its devices at every start, and warns of choices that we made on purpose.
warnings.filterwarnings("ignore", module="lightning")
logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)


class Learner(L.LightningModule):
    """How a network learns: the loss, the optimiser, the schedule, the batches of each epoch.

    With `one_cycle` the learning rate rises to `learning_rate` over the first tenth of training,
    then falls to zero (Smith and Topin 2018). With `carry_state` a batch continues the one before.
    """

    def __init__(self, network: CharLSTM, settings: Settings, data: Any = None) -> None:
        super().__init__()
        self.network = network
        self.settings = settings
        self.data = data  # as RandomWindows; None where the Trainer is given other batches
        self.state: Any = None  # of the network, after the last training batch

    def on_train_epoch_start(self) -> None:
        self.state = None  # an epoch starts elsewhere in the text
        # Dropout depends on seed, epoch and process alone, so a resumed run draws the same.
        seed = derive_seed(self.settings.seed, self.current_epoch, self.global_rank)
        torch.manual_seed(seed)

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:
        loss, state = self.network.loss(batch, self.state)
        if self.settings.carry_state:
            self.state = detach(state)  # truncates backpropagation
        self.log_loss("train_loss", loss, batch)
        return loss

    def validation_step(self, batch: Batch, batch_idx: int) -> None:
        loss, _ = self.network.loss(batch)
        self.log_loss("val_loss", loss, batch)

    def log_loss(self, name: str, loss: Tensor, batch: Batch) -> None:
        """Log the mean over an epoch; each batch counts by its rows, on all processes together."""
        x, _ = batch
        rows = len(x)
        self.log(name, loss, on_step=False, on_epoch=True, batch_size=rows, sync_dist=True)

    def configure_optimizers(self) -> Any:
        rate = self.settings.learning_rate
        decay = self.settings.weight_decay
        optimizer = torch.optim.Adam(self.network.parameters(), rate, weight_decay=decay)
        if not self.settings.one_cycle:
            return optimizer
        steps = int(self.trainer.estimated_stepping_batches)
        schedule = OneCycleLR(
            optimizer,
            rate,
            total_steps=steps,
            pct_start=0.1 if steps > 10 else 0.0,  # OneCycleLR can't rise within a single step
            cycle_momentum=False,  # only the learning rate changes
        )
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}

    def train_dataloader(self) -> Batches:
        return self.data.batches(self.current_epoch, self.global_rank, self.trainer.world_size)

    def val_dataloader(self) -> Batches:
        return self.data.validation()


def detach(state: Any) -> Any:
    """The state without its history, so that no gradient crosses from batch to batch.

    A state is a tensor, or a list or tuple of states.
    """
    if isinstance(state, Tensor):
        return state.detach()
    return [detach(part) for part in state]


def make_trainer(
    run: Path, settings: Settings, callbacks: Sequence[L.Callback], **where: Any
) -> L.Trainer:
    """Lightning's Trainer, which writes into the folder `run`; `where` are options of it.

    At an epoch's end the network is validated, Curves writes the losses, and best.ckpt and
    last.ckpt are written, in this order: a kill in between repeats the epoch, with the same result.
    """
    when: dict[str, Any] = {"save_on_train_epoch_end": True, "enable_version_counter": False}
    best = Checkpoint(run, filename="best", monitor="val_loss", **when)
    # With nothing to monitor, each epoch replaces the one before. Lightning's `save_last` would
    # write last.ckpt only after epochs that are the best so far.
    last = Checkpoint(run, filename="last", **when)
    options: dict[str, Any] = {"accelerator": accelerator(), "devices": 1, **where}
    return L.Trainer(
        max_epochs=settings.epochs,
        limit_train_batches=settings.limit_batches,
        precision=settings.precision or best_precision(),  # type: ignore[arg-type]
        gradient_clip_val=GRADIENT_CLIP,
        callbacks=[Curves(run), *callbacks, LearningRateMonitor("step"), best, last],
        plugins=[WholeCheckpoints()],
        logger=CSVLogger(run, name="logs", flush_logs_every_n_steps=1),
        log_every_n_steps=10,
        reload_dataloaders_every_n_epochs=1,  # each epoch reads the text differently
        use_distributed_sampler=False,  # our data divides itself among processes
        num_sanity_val_steps=0,
        enable_progress_bar=False,
        enable_model_summary=False,
        **options,
    )


def fit(trainer: L.Trainer, learner: Learner, last: Path) -> None:
    """Train, or resume after the epoch of the checkpoint `last`, if it was written."""
    resume_from = last if last.exists() else None
    try:
        # "weights_only" only means that the file runs no code: the optimiser, the schedule and the
        # counters are restored, too. Lightning keeps the mode of a network, so it's set here.
        trainer.fit(learner.train(), ckpt_path=resume_from, weights_only=True)
    except SystemExit:  # what Lightning makes of a KeyboardInterrupt
        advice = "the same command or cell resumes after the last finished epoch"
        raise InputError(f"Training was stopped: {advice}.") from None


class Curves(L.Callback):
    """Prints the losses after each epoch and writes them to curves.csv.

    They are part of the checkpoints, so those of a resumed run are whole.
    """

    def __init__(self, run: Path) -> None:
        self.run = run
        self.rows: list[dict[str, Any]] = []

    def on_train_start(self, trainer: L.Trainer, pl_module: Any) -> None:
        spent = self.rows[-1]["seconds"] if self.rows else 0.0
        self.started = time.perf_counter() - spent

    def on_train_epoch_end(self, trainer: Any, pl_module: Any) -> None:
        train_loss = trainer.callback_metrics["train_loss"].item()
        val_loss = trainer.callback_metrics["val_loss"].item()
        epoch = trainer.current_epoch + 1
        if not math.isfinite(train_loss + val_loss):
            raise InputError(f"No finite loss in epoch {epoch}: choose a smaller learning_rate.")
        spent = time.perf_counter() - self.started
        self.rows.append(
            {
                "epoch": epoch,
                "step": trainer.global_step,  # batches so far
                "train_loss": train_loss,
                "val_loss": val_loss,
                "seconds": spent,
            }
        )
        if trainer.is_global_zero:
            write(self.run / "curves.csv", as_csv(self.rows))
        left = spent / epoch * (trainer.max_epochs - epoch)
        losses = f"train_loss {train_loss:.3f}, val_loss {val_loss:.3f}"
        line = f"epoch {epoch}/{trainer.max_epochs}: {losses}, {spent:.0f} s, {left:.0f} s left"
        trainer.print(line, flush=True)

    def state_dict(self) -> dict[str, Any]:
        return {"rows": self.rows}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.rows = state_dict["rows"]


def as_csv(rows: list[dict[str, Any]]) -> bytes:
    content = io.StringIO(newline="")
    writer = csv.DictWriter(content, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return content.getvalue().encode()


class Checkpoint(ModelCheckpoint):
    """A ModelCheckpoint that remembers its best loss in a folder that was moved, too."""

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        # Lightning forgets the best loss where the folder is not the one in the checkpoint.
        super().load_state_dict(state_dict | {"dirpath": self.dirpath})


class WholeCheckpoints(TorchCheckpointIO):
    """Writes each checkpoint beside its place and then renames it, so that a kill loses none.

    Lightning writes it into the temporary folder and moves it, which copies it where that folder is
    on another disk.
    """

    def save_checkpoint(self, checkpoint: Any, path: Any, storage_options: Any = None) -> None:
        content = io.BytesIO()
        torch.save(checkpoint, content)
        write(path, content.getvalue())


def accelerator() -> str:
    """A GPU by CUDA where there is one, else the processor.

    Not the GPU of a Mac, where PyTorch's LSTM has had silent errors (pytorch issues 92615, 90421).
    """
    return "cuda" if torch.cuda.is_available() else "cpu"


def best_precision() -> str:
    """bfloat16 where the hardware is fast in it, else float32."""
    if torch.cuda.is_available():
        fast = torch.cuda.is_bf16_supported(including_emulation=False)
    elif hasattr(torch.cpu, "get_capabilities"):  # not before PyTorch 2.11
        has = torch.cpu.get_capabilities()
        is_amd = has.get("sse4a")
        # AMX is fast in bfloat16; AVX-512 is only on AMD's processors.
        fast = has.get("amx_bf16") or (has.get("avx512_bf16") and is_amd)
    else:
        fast = False
    return "bf16-mixed" if fast else "32-true"
