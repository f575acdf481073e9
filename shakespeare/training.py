"""How a network learns: the loss, the optimiser, the Trainer, and one call that trains in a folder.

    recipe = load_recipe("quick", "baseline")
    split = Corpus.read("input.txt").split()
    network = make_network(recipe, split.train.chars)
    data = make_data(recipe, split)
    train(network, data, "my-network")

training_folder.py says what is in the folder, and whether a training can be resumed there.
"""

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
from lightning.pytorch.callbacks import ModelCheckpoint
from lightning.pytorch.plugins import TorchCheckpointIO
from torch import Tensor
from torch.optim.lr_scheduler import CosineAnnealingLR, OneCycleLR

from .data import Batches, Data, Split, derive_seed
from .files import InputError, write
from .model import Batch, Network
from .pretrained import DATA, NETWORKS, class_of, reason, save_pretrained
from .settings import Recipe, Settings
from .training_folder import (
    as_json,
    check_folder,
    describe,
    forget,
    is_finished,
    is_from_notebook,
    load_checkpoint,
    load_weights,
)

# Lightning reports its devices at every start, and warns of choices that we made on purpose.
warnings.filterwarnings("ignore", module="lightning")
logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)


def make_network(recipe: Recipe, chars: list[str]) -> Any:
    """The untrained network of a recipe, the same each time.

    In place of a name, the recipe may have a class of your own. Raises InputError where the class
    can't use what the recipe calls it with.
    """
    arguments = dict(recipe.network)
    of_class = arguments.pop("class")
    if not isinstance(of_class, type):
        of_class = class_of(str(of_class), NETWORKS)
    torch.manual_seed(recipe.training.seed)
    try:
        network = of_class(chars, **arguments)
        ids = torch.zeros(1, 2, dtype=torch.long)
        network.loss((ids, ids))  # some values are only refused when they are used
    except (TypeError, ValueError, RuntimeError, ArithmeticError) as error:  # of Python or PyTorch
        given = ", ".join(f"{name} = {value!r}" for name, value in arguments.items())
        said = f"{of_class.__name__} can't be made with {given} ({reason(error)})"
        raise InputError(f"{said}: change one of them, or take the recipe baseline.") from None
    return network


def make_data(recipe: Recipe, split: Split) -> Data:
    """The data of a recipe."""
    return class_of(recipe.training.data, DATA)(split, recipe.training)


def train(
    network: Network,
    data: Data,
    folder: str | Path,
    callbacks: Sequence[L.Callback] = (),
    **trainer: Any,
) -> Any:
    """Train a network in a folder, or resume there; return it with the weights of its best epoch.

    `data` has the settings by which the network is trained, beside its batches. The best epoch is
    the one with the lowest loss on cold validation windows. The order: `check_folder` may refuse;
    a finished network is loaded; else run.json is written, `fit` trains, `save_pretrained` saves.

    A stopped training resumes after its last finished epoch, and a finished one is loaded. But
    where a notebook defines the class of the network or the data, each call trains from the
    beginning. `callbacks` are Lightning's, and so are the options `trainer` (accelerator, devices,
    num_nodes, strategy). run.json says what else a training depends on. Raises InputError where the
    folder has something else, a checkpoint is damaged, a loss isn't finite, or Ctrl-C stops it.
    """
    folder = Path(folder).expanduser()
    settings = data.settings.changed(precision=data.settings.precision or best_precision())
    description = describe(network, data, settings)
    check_folder(folder, description)
    if is_from_notebook(type(network)) or is_from_notebook(type(data)):
        forget(folder)  # nobody can tell whether the class is what it was
    if is_finished(folder):
        load_weights(network, folder)
    else:
        write(folder / "run.json", as_json(description))
        learner = Learner(network, settings, data.carries_state)
        fit(make_trainer(folder, settings, callbacks, **trainer), learner, data, folder)
        learner.load_state_dict(
            load_checkpoint(folder / "best.ckpt")
        )  # the network is its only part
        save_pretrained(learner.network.cpu(), folder)
    return network.eval()


# --- learning ---
#
# An epoch, in Lightning's order: EpochBatches.train_dataloader, Learner.on_train_epoch_start,
# training_step for each batch, validation_step for each, Curves, best.ckpt, last.ckpt.


class Learner(L.LightningModule):
    """How a network learns: the loss, the optimiser, the schedule.

    With `carries_state`, each batch continues the one before.
    """

    def __init__(self, network: Any, settings: Settings, carries_state: bool = False) -> None:
        super().__init__()
        self.network = network
        self.settings = settings
        self.carries_state = carries_state
        self.state: Any = None  # of the network, after the last training batch

    def on_train_epoch_start(self) -> None:
        self.state = None  # an epoch starts elsewhere in the text
        # Dropout depends on seed, epoch and process alone, so a resumed training draws the same.
        seed = derive_seed(self.settings.seed, self.current_epoch, self.global_rank)
        torch.manual_seed(seed)

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:
        loss, state = self.network.loss(batch, self.state)
        if self.carries_state:
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
        optimizer = torch.optim.Adam(
            self.network.parameters(),
            self.settings.learning_rate,
            weight_decay=self.settings.weight_decay,
        )
        if self.settings.schedule == "constant":
            return optimizer
        steps = int(self.trainer.estimated_stepping_batches)
        schedule = make_schedule(optimizer, self.settings, steps)
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}


def make_schedule(optimizer: torch.optim.Optimizer, settings: Settings, steps: int) -> Any:
    """The learning rate at each step, by the name that the settings give.

    "cosine" falls to zero along a cosine (Loshchilov and Hutter 2017). "one_cycle" rises over the
    first tenth, then falls in the same way (Smith and Topin 2018).
    """
    if settings.schedule == "cosine":
        return CosineAnnealingLR(optimizer, steps)
    if settings.schedule == "one_cycle":
        return OneCycleLR(
            optimizer,
            settings.learning_rate,
            total_steps=steps,
            pct_start=0.1 if steps > 10 else 0.0,  # OneCycleLR can't rise within a single step
            cycle_momentum=False,  # only the learning rate changes
        )
    raise ValueError(f"make_schedule has no schedule {settings.schedule}")


def detach(state: Any) -> Any:
    """The state without its history, so that no gradient crosses from batch to batch.

    A state is a tensor, or a list or tuple of states.
    """
    if isinstance(state, Tensor):
        return state.detach()
    return [detach(part) for part in state]


class EpochBatches(L.LightningDataModule):
    """Hands Lightning the batches of each epoch, for each of the processes that train together."""

    def __init__(self, data: Data) -> None:
        super().__init__()
        self.data = data

    def train_dataloader(self) -> Batches:
        trainer: Any = self.trainer
        return self.data.batches(trainer.current_epoch, trainer.global_rank, trainer.world_size)

    def val_dataloader(self) -> Batches:
        return self.data.validation()


def make_trainer(
    folder: Path, settings: Settings, callbacks: Sequence[L.Callback] = (), **options: Any
) -> L.Trainer:
    """Lightning's Trainer, which writes into the folder.

    At an epoch's end, the network is validated. Then three files are written, in this order:
    curves.csv, best.ckpt and last.ckpt. So after a kill in between, the epoch is repeated, with the
    same result.
    """
    when: dict[str, Any] = {"save_on_train_epoch_end": True, "enable_version_counter": False}
    best = Checkpoint(folder, filename="best", monitor="val_loss", **when)
    # With nothing to monitor, each epoch replaces the one before. Lightning's `save_last` would
    # write last.ckpt only after epochs that are the best so far.
    last = Checkpoint(folder, filename="last", **when)
    where: dict[str, Any] = {"accelerator": accelerator(), "devices": 1} | options
    return L.Trainer(
        default_root_dir=folder,
        max_epochs=settings.epochs,
        limit_train_batches=settings.limit_batches,
        precision=settings.precision,
        gradient_clip_val=settings.gradient_clip,
        callbacks=[Curves(folder), *callbacks, best, last],
        plugins=[WholeCheckpoints()],
        logger=False,  # curves.csv has the losses
        reload_dataloaders_every_n_epochs=1,  # each epoch reads the text differently
        use_distributed_sampler=False,  # our data divides itself among processes
        num_sanity_val_steps=0,
        enable_progress_bar=False,
        enable_model_summary=False,
        **where,
    )


def fit(trainer: L.Trainer, learner: Learner, data: Data, folder: Path) -> None:
    """Train, or resume after the epoch of last.ckpt, if it was written."""
    last = folder / "last.ckpt"
    resume_from = last if last.exists() else None
    if resume_from:
        load_checkpoint(last)  # only refuses a damaged one: Lightning loads it below
    try:
        # "weights_only" only means that the file runs no code: the optimiser, the schedule and the
        # counters are restored, too. Lightning keeps the mode of a network, so it's set here.
        trainer.fit(
            learner.train(),
            datamodule=EpochBatches(data),
            ckpt_path=resume_from,
            weights_only=True,
        )
    except SystemExit:  # what Lightning makes of a KeyboardInterrupt
        advice = "the same command or cell resumes after the last finished epoch"
        raise InputError(f"Training was stopped: {advice}.") from None


class Curves(L.Callback):
    """Prints the losses after each epoch and writes them to curves.csv.

    They are part of the checkpoints, so a resumed training has its whole curves. The two losses are
    of different protocols: `train_loss` as the batches are read (with a carried state and invented
    names, if the data has them), `val_loss` in cold windows of the validation half.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.rows: list[dict[str, Any]] = []

    def on_train_start(self, trainer: L.Trainer, pl_module: Any) -> None:
        spent = self.rows[-1]["seconds"] if self.rows else 0.0
        self.started = time.perf_counter() - spent

    def on_train_epoch_end(self, trainer: Any, pl_module: Any) -> None:
        train_loss = trainer.callback_metrics["train_loss"].item()
        val_loss = trainer.callback_metrics["val_loss"].item()
        epoch = trainer.current_epoch + 1
        if not math.isfinite(train_loss + val_loss):
            raise InputError(
                f"The loss isn't finite in epoch {epoch}: choose a smaller learning_rate."
            )
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
            write(self.folder / "curves.csv", as_csv(self.rows))
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


# --- the hardware ---


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
