"""Training with Lightning: precision, where a run is kept, what it prints, how it goes on."""

from __future__ import annotations

import ast
import contextlib
import csv
import errno
import functools
import hashlib
import inspect
import io
import json
import multiprocessing
import sys
import textwrap
import time
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

import lightning as L
import torch
from lightning.pytorch.accelerators import CUDAAccelerator
from lightning.pytorch.callbacks import LearningRateMonitor, ModelCheckpoint, Timer
from lightning.pytorch.loggers import CSVLogger
from lightning.pytorch.plugins import TorchCheckpointIO
from lightning.pytorch.utilities.exceptions import MisconfigurationException
from torch.multiprocessing.spawn import ProcessExitedException, ProcessRaisedException

from . import data, model
from .files import InputError, unwritable, whole, write
from .weights import in_short, parts_of, read_checkpoint, suspected

# The settings of a profile that make the model, and those that make its batches.
MODEL = (
    *("embedding_size", "hidden_size", "num_layers", "dropout", "copy_size", "memory"),
    *("carry_state", "learning_rate", "weight_decay", "seed"),
)
DATA = ("batch_size", "seq_len", "renamed", "epochs", "limit_batches")
EVERY = timedelta(seconds=30)  # how much work an interruption may cost
DISK = (errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EPERM, errno.EROFS, errno.EEXIST, errno.ENOTDIR)
COLUMNS = ["epoch", "held_out_loss", "lr-Adam", "seconds", "step", "train_loss", "val_loss"]  # of metrics.csv


def train(p: Any, text: data.ShakespeareDataset, build: str | Path, **more: Any) -> Path:
    """Train the network of the settings `p`, or find it trained: the path of its best checkpoint.

    `more` are options for `fit`, for example devices=2, strategy="ddp".
    """
    options = {name: getattr(p, name) for name in MODEL} | {"one_cycle": True}
    split = text.split()
    facts = {name: getattr(p, name) for name in DATA} | more
    facts |= {"parts": [len(part.data) for part in split]}  # another split is another run
    run = run_folder(build, "carried", text, options | facts)
    L.seed_everything(p.seed, verbose=False)
    streams = data.ShakespeareData(split, p.batch_size, p.seq_len, p.seed, p.renamed)
    more |= {"max_epochs": p.epochs, "limit_train_batches": p.limit_batches}
    network, best = model.CharLSTM(text.chars, **options), run / "best.ckpt"
    fit(network, streams, run, **more)
    if best.exists() and made_of(load(best)) != made_of(network):
        raise InputError(f"{best} is of another network: {remedy(run)}.")
    return best


def fit(
    network: model.CharLSTM,
    batches: Any,
    run: Path,
    checks: Any = None,
    devices: int | list[int] = 1,
    strategy: Any = "auto",
    **options: Any,
) -> None:
    """Train with Lightning in the folder `run`, from where it was stopped if it was; `options` are the Trainer's.

    With several `devices`, and strategy="ddp", each process reads rows of its own of every batch of streams.
    """
    if not isinstance(devices, list):  # of the numbers of GPUs
        whole("devices", devices)
    if torch.cuda.is_initialized() and "notebook" in str(strategy):  # which forks, and CUDA does not survive that
        raise InputError("This kernel has used a GPU before: restart it, then train with several devices first.")
    progress = Progress(timer := Timer())
    try:
        trainer = make_trainer(run, [timer, progress], devices=devices, strategy=strategy, **options)
    except (TypeError, ValueError, MisconfigurationException) as error:
        asked = f"devices = {devices!r} and strategy = {strategy!r}"
        raise InputError(f"Lightning cannot train with {asked} ({in_short(error)}): choose others.") from None
    path = checkpoint(run, network)
    for left in Path(run).glob("*.partial"):  # by a kill
        left.unlink(missing_ok=True)
    try:
        trainer.fit(network, batches, checks, ckpt_path=path, weights_only=True)
    except SystemExit:  # what Lightning makes of a KeyboardInterrupt
        raise InputError("Training was stopped: do the same again to go on from the last checkpoint.") from None
    except Exception as error:
        raise explained(error, run, path, progress.batches) from None


def make_trainer(run: Path, callbacks: list[L.Callback], **options: Any) -> L.Trainer:
    """Lightning's Trainer, as all runs here have it."""
    return L.Trainer(
        accelerator="auto",
        use_distributed_sampler=False,
        precision=precision(),
        gradient_clip_val=1.0,
        reload_dataloaders_every_n_epochs=1,
        logger=CSVLogger(run, name="logs", flush_logs_every_n_steps=1),
        log_every_n_steps=10,
        callbacks=[
            ModelCheckpoint(run, "best", monitor="val_loss", enable_version_counter=False),
            ModelCheckpoint(run, "last", enable_version_counter=False),  # the newest one, to go on from
            Between(run, "last", enable_version_counter=False, train_time_interval=EVERY),
            LearningRateMonitor("step"),
            *callbacks,
        ],
        plugins=[Files(run)],
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
        **options,
    )


def explained(error: Exception, run: Path, path: Path | None, batches: int) -> Exception:
    """What ended a training that went on from `path`, after so many batches: as a sentence where there is one."""
    if isinstance(error, OSError) and error.errno in DISK:
        return unwritable(run, error)
    if isinstance(error, ProcessExitedException):
        return InputError(f"Training was stopped ({in_short(error)}): do the same again to go on.")
    if isinstance(error, ProcessRaisedException):  # of one of several, whose traceback it has as text
        kind, _, sentence = str(error).strip().rpartition("\n")[2].partition(": ")
        return InputError(sentence) if kind.endswith("InputError") else error
    if path and not isinstance(error, InputError):
        if not batches:
            return InputError(f"{path} is nothing to go on from ({in_short(error)}): move it away, and try again.")
        error.add_note(f"It went on from {path}: if this comes again, move that file away.")
    return error


class Between(ModelCheckpoint):
    """Checkpoints within an epoch, but none where a validation is due: Lightning would take it for done.

    And none of several processes: only one of them writes, and does not know the states that the others carry.
    """

    def on_train_batch_end(self, trainer: L.Trainer, *args: Any) -> None:
        due = trainer.global_step % int(trainer.val_check_batch or 1) == 0 or trainer.is_last_batch
        if not due and trainer.world_size == 1:
            super().on_train_batch_end(trainer, *args)


class Files(TorchCheckpointIO):
    """Writes checkpoints whole or not at all, and keeps one more to go on from, should the newest be damaged."""

    def __init__(self, run: Path) -> None:
        super().__init__()
        self.run = Path(run).resolve()

    def remove_checkpoint(self, path: Any) -> None:
        # A checkpoint of a stranger may list other files as outdated; ".temp.ckpt" is that of "ddp_notebook".
        if Path(path).parent == self.run or Path(path).name == ".temp.ckpt":
            Path(path).unlink(missing_ok=True)

    def save_checkpoint(self, checkpoint: dict[str, Any], path: Any, storage_options: Any = None) -> None:
        weights = checkpoint.get("state_dict", {})  # "ddp_notebook" hands bare weights over in a file of its own
        if not all(bool(weight.isfinite().all()) for weight in weights.values()):
            raise diverged(checkpoint["global_step"])
        torch.save(checkpoint, content := io.BytesIO())
        if (path := Path(path)).name == "last.ckpt" and path.exists():
            path.replace(path.with_name("before.ckpt"))
        write(path, content.getvalue())


def diverged(step: int) -> InputError:
    return InputError(
        f"The loss or a weight is no longer a finite number at step {step:,}, most likely because learning_rate is "
        "too high: choose a smaller one, the last good checkpoint is kept."
    )


def load(path: str | Path) -> model.CharLSTM:
    """The network of a checkpoint, in evaluation mode; errors as in `read_checkpoint`."""
    return read_checkpoint(model.CharLSTM, path, remedy(Path(path).parent))


def remedy(run: Path) -> str:
    """What to do when the results of a run are of no use."""
    done = run.absolute().parent.parent / "03-training.ipynb"
    return f"delete {run} and {done}, if it is there, and run the same command again to train anew"


@functools.cache
def precision() -> Literal["bf16-mixed", "32-true"]:
    """bfloat16 where the hardware has instructions for it; float32 elsewhere, where bfloat16 is slow or fails."""
    if not CUDAAccelerator.is_available():
        return "bf16-mixed" if torch.cpu._is_avx512_bf16_supported() else "32-true"

    def supported() -> bool:
        return torch.cuda.is_bf16_supported(including_emulation=False)

    if torch.cuda.is_initialized() or sys.platform == "win32":
        return "bf16-mixed" if supported() else "32-true"
    # By a process of its own: one that has asked a GPU cannot fork any more, as Lightning does in notebooks.
    asked = multiprocessing.get_context("fork").Process(target=lambda: sys.exit(not supported()))
    asked.start()
    asked.join()
    return "32-true" if asked.exitcode else "bf16-mixed"


# The code and the constants on which a trained model depends.
TRAINS: tuple[Any, ...] = (data.find_names, data.rename, data.StreamDataset, data.Loader, data.ShakespeareData)
TRAINS += (model.locked_dropout, model.State, model.CopyHead, model.CharLSTM, make_trainer, precision)
CONSTANTS = (data.WORD, data.PIECE)


def code_of(*code: Any) -> bytes:
    """What modules, classes and functions do, for fingerprints: comments and docstrings do not count."""
    trees = [ast.parse(textwrap.dedent(inspect.getsource(each))) for each in code]
    for node in (node for tree in trees for node in ast.walk(tree)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node) is not None:
            del node.body[0]
    return "".join(ast.dump(tree) for tree in trees).encode()


def run_folder(build: str | Path, name: str, text: data.ShakespeareDataset, options: Mapping[str, Any]) -> Path:
    """The folder of a training run: another one as soon as text, options or the code that trains differ.

    A finished run is found again instead of being trained again.
    """
    digest = hashlib.sha256(text.data.numpy().tobytes() + code_of(*TRAINS))
    digest.update(json.dumps([text.chars, CONSTANTS, dict(options)], sort_keys=True).encode())
    return Path(build) / "runs" / f"{name}-{digest.hexdigest()[:12]}"


# What a checkpoint must hold for training to go on from it, besides the network.
NEEDED = {"epoch", "global_step", "loops", "callbacks", "optimizer_states", "lr_schedulers", "running"}


def checkpoint(run: str | Path, network: model.CharLSTM) -> Path | None:
    """The newest checkpoint from which `network` goes on, if there is one.

    One that is damaged, incomplete, or of a network with other characters or sizes is named and put aside.
    """
    for path in (Path(run) / "last.ckpt", Path(run) / "before.ckpt"):
        if path.exists():
            try:
                found = load(path)
                with suspected(path, "delete it"):
                    if made_of(found) != made_of(network):
                        raise ValueError("it is of another network")
                    check_training(torch.load(path, map_location="cpu", weights_only=True), network)
                return path
            except InputError as error:
                with contextlib.suppress(FileNotFoundError):  # another process has done it
                    path.replace(path.with_suffix(".damaged"))
                reason = str(error).partition(": delete")[0]
                print(f"checkpoint passed over for the one before: {reason}.", flush=True)
    return None


def check_training(stored: Mapping[str, Any], network: model.CharLSTM) -> None:
    """Raise an error for a checkpoint from which the training of `network` cannot go on, whatever its weights."""
    if missing := NEEDED - stored.keys():
        raise ValueError(f"it lacks {', '.join(sorted(missing))}")
    shapes = [weight.shape for weight in network.parameters()]
    adam, random = stored["optimizer_states"][0]["state"], stored["running"]["random"][0]
    for moment in ("exp_avg", "exp_avg_sq"):
        if [state[moment].shape for state in adam.values()] != shapes:
            raise ValueError(f"its {moment} are of another network")
        if not all(bool(state[moment].isfinite().all()) for state in adam.values()):
            raise ValueError(f"some of its {moment} are not finite")
    if any(isinstance(part, str) for part in parts_of(stored["loops"])):
        raise ValueError("its counters are no numbers")
    if random.shape != torch.get_rng_state().shape:
        raise ValueError("its random state is none")
    if len(stored["lr_schedulers"]) != network.hparams["one_cycle"]:
        raise ValueError("its schedule of learning rates is of another run")


def made_of(network: model.CharLSTM) -> tuple[list[str], dict[str, torch.Size]]:
    """The characters of a network and the shapes of its weights."""
    return network.chars, {name: weight.shape for name, weight in network.state_dict().items()}


class Progress(L.Callback):
    """One printed line an epoch, and one every half minute: epoch, losses, time left. Also logs the seconds."""

    def __init__(self, timer: Timer, every: float = 30) -> None:
        self.timer, self.every, self.printed, self.batches = timer, every, 0.0, 0

    def setup(self, trainer: L.Trainer, pl_module: Any, stage: str) -> None:
        if multiprocessing.parent_process():  # "ddp_notebook" forks: a child that counts on threads waits for ever
            torch.set_num_threads(1)

    def on_train_start(self, trainer: L.Trainer, pl_module: Any) -> None:
        # All columns at once: Lightning would write the file anew for each new one, and a kill could lose it.
        if isinstance(trainer.logger, CSVLogger):
            trainer.logger.experiment.metrics_keys = COLUMNS.copy()

    def _print(self, trainer: L.Trainer, losses: Mapping[str, Any], done: float) -> None:
        spent = self.timer.time_elapsed("train")
        left = spent / done * (1 - done) if done else float("nan")
        shown = ", ".join(f"{name} {float(loss):.3f}" for name, loss in losses.items())
        if trainer.max_epochs and trainer.max_epochs > 0:
            place = f"epoch {min(trainer.current_epoch + 1, trainer.max_epochs)}/{trainer.max_epochs}"
        else:
            place = f"step {trainer.global_step}/{trainer.max_steps}"
        trainer.print(f"{place}: {shown}, {spent:.0f} s, {left:.0f} s left", flush=True)
        self.printed = time.monotonic()

    def on_train_batch_end(
        self, trainer: L.Trainer, pl_module: Any, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        self.batches += 1  # of this process
        often = 1 if outputs["loss"].is_cpu else 10  # to look at it makes a GPU wait
        if trainer.global_step % often == 0 and not outputs["loss"].isfinite():
            raise diverged(trainer.global_step)
        if time.monotonic() - self.printed > self.every:
            done = trainer.global_step / trainer.estimated_stepping_batches
            self._print(trainer, {"loss": outputs["loss"]}, done)

    def on_validation_end(self, trainer: L.Trainer, pl_module: Any) -> None:
        losses = {k: v for k, v in trainer.callback_metrics.items() if k.endswith("loss")}
        self._print(trainer, losses, trainer.global_step / trainer.estimated_stepping_batches)
        if trainer.logger:
            trainer.logger.log_metrics({"seconds": self.timer.time_elapsed("train")}, trainer.global_step)


def read_curves(folder: str | Path) -> dict[str, tuple[list[int], list[float]]]:
    """What a run logged, {name: (steps, values)}, the parts before and after an interruption put together."""
    curves: dict[str, dict[int, float]] = {}
    paths = (Path(folder) / "logs").glob("version_*/metrics.csv")
    for path in sorted(paths, key=lambda p: int(p.parent.name.removeprefix("version_"))):
        with suspected(path, remedy(path.parents[2])), path.open(newline="") as file:
            for row in csv.DictReader(file):
                for name, value in row.items():
                    if value and row["step"] and name not in ("step", "epoch"):  # half a row has no step
                        curves.setdefault(name, {})[int(row["step"])] = float(value)
    return {name: (sorted(points), [points[k] for k in sorted(points)]) for name, points in curves.items()}
