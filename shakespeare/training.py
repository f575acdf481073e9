"""Training with Lightning: the Trainer and its callbacks, the run folder, the logged curves.

A whole training, as in notebook 03:

    settings = load_settings("quick")
    corpus = Corpus.read("input.txt")
    L.seed_everything(settings.seed)  # the initial weights
    network = CharLSTM(corpus.chars, settings.embedding_size, settings.hidden_size, ...)
    data = ShakespeareData(corpus.split(), settings)
    run = train(network, data, settings, "build/quick")
"""

import copy
import csv
import inspect
import io
import logging
import math
import os
import warnings
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import lightning as L
import torch
from filelock import FileLock, Timeout
from lightning.pytorch.callbacks import LearningRateMonitor, ModelCheckpoint, Timer
from lightning.pytorch.loggers import CSVLogger
from lightning.pytorch.plugins import TorchCheckpointIO

from .data import ShakespeareData, derive_seed
from .digests import digest, is_own
from .files import InputError, write
from .model import CharLSTM
from .settings import Settings

OF_TRAINING = ("learning_rate", "weight_decay", "one_cycle", "dropout", "carry_state")
GRADIENT_CLIP = 1.0  # a longer gradient is shortened to this length
FINISHED = "finished"  # the file in the folder of a run that says so
# The entry of a checkpoint: whether a callback ended the run with this epoch. It is for a run that
# is killed between its last epoch and FINISHED.
STOPPED = "stopped"
# Options of the Trainer that say where a network is trained, not what comes out.
WHERE = {"accelerator", "devices", "num_nodes", "strategy"}
# Those with which an epoch might end unfinished or without its validation, or a run without files.
REFUSED = {
    "max_steps",
    "max_time",
    "max_epochs",
    "check_val_every_n_epoch",
    "val_check_interval",
    "fast_dev_run",
    "barebones",
    "enable_checkpointing",
    "logger",
}


def train(
    network: CharLSTM,
    data: ShakespeareData,
    settings: Settings,
    build: str | Path,
    callbacks: Sequence[L.Callback] = (),
    **options: Any,
) -> Path:
    """Train the network, and return the folder of the run, which is in the folder `build`.

    At the end `network` has the weights with the lowest loss on cold validation windows, those of
    best.ckpt. A finished run is not trained again, and a stopped one resumes after its last
    finished epoch, to the same bits, if the network begins with the same weights
    (`L.seed_everything` before you make it). Another process that trains the same run is waited
    for. The Trainer takes `options`. Raises InputError where network, data and settings don't fit.

    With classes or functions of your own, each call is a new run, because nobody can tell whether
    these are still the same. Other callbacks are copied for the Trainer.
    """
    run = run_folder(build, network, data, settings, callbacks, options)
    train_in(run, network, data, settings, callbacks, options)
    return run


def train_in(
    run: Path,
    network: CharLSTM,
    data: ShakespeareData,
    settings: Settings,
    callbacks: Sequence[L.Callback] = (),
    options: Mapping[str, Any] | None = None,
) -> None:
    """Train the network in the folder of its run, or finish that run.

    last.ckpt has the weights, optimiser, schedule, callbacks and counters after the last epoch.
    """
    before = copy.deepcopy(network.state_dict())
    try:
        if not is_finished(run):
            with alone(run):
                if not is_finished(run):  # by another process, meanwhile
                    trainer = make_trainer(run, settings, unused(callbacks), options or {})
                    # Lightning keeps the network's mode.
                    fit(trainer, network.train(), data, run / "last.ckpt")
                    (run / FINISHED).touch()
        load_weights(network, run / "best.ckpt")
        trained_in[network] = (run, digest_weights(network))
    except BaseException:
        network.load_state_dict(before)  # so that the same call finds the same run
        raise
    finally:
        network.cpu().eval()


def lock_file(run: Path) -> Path:
    """Outside the folder of the run, for Lightning warns of one that isn't empty."""
    folder = run.parent.parent / "locks"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{folder} cannot be written: {error.strerror}.") from None
    return folder / run.name


@contextmanager
def alone(run: Path) -> Iterator[None]:
    """Keep other processes out of the folder of a run, except those that train it together.

    They would replace the best weights by their own.
    """
    if "WORLD_SIZE" in os.environ:  # Lightning and torchrun set it for those that they start
        yield
        return
    lock = FileLock(lock_file(run))  # a process that is killed gives it back
    try:
        held = lock.acquire(blocking=False)
    except Timeout:
        print("Another process trains this network: waiting until it ends.", flush=True)
        held = lock.acquire()
    with held:
        yield


def unused(callbacks: Sequence[L.Callback]) -> list[L.Callback]:
    """Copies, so that the given ones stay as they are for another training.

    A user's own is not copied: it may be read after `train`.
    """
    return [each if is_own(type(each)) else copy.deepcopy(each) for each in callbacks]


def make_trainer(
    run: Path, settings: Settings, callbacks: Sequence[L.Callback], options: Mapping[str, Any]
) -> L.Trainer:
    """Lightning's Trainer, which writes into the folder of the run.

    At an epoch's end, the network is validated, Progress logs the losses, and best.ckpt and
    last.ckpt are written, in this order: a kill in between repeats the epoch, with the same result.
    """
    when_to_save: dict[str, Any] = {
        "save_on_train_epoch_end": True,  # after all other callbacks
        "enable_version_counter": False,
    }
    best = Checkpoint(run, filename="best", monitor="val_loss", **when_to_save)
    # With nothing to monitor, each epoch replaces the one before. Lightning's `save_last` would
    # write last.ckpt only after epochs that are the best so far.
    last = Checkpoint(run, filename="last", **when_to_save)
    rate = LearningRateMonitor("step")
    progress = Progress(settings.seed)
    defaults: dict[str, Any] = {
        "max_epochs": settings.epochs,
        "limit_train_batches": settings.limit_batches,
        "accelerator": accelerator(),
        "devices": 1,
        "precision": precision(),
        "gradient_clip_val": GRADIENT_CLIP,
        "callbacks": [best, last, rate, progress, *callbacks],
        "plugins": [WholeCheckpoints()],
        "logger": CSVLogger(run, name="logs", flush_logs_every_n_steps=1),
        "log_every_n_steps": 10,
        "reload_dataloaders_every_n_epochs": 1,  # each epoch reads the text differently
        "use_distributed_sampler": False,  # our data divides itself among processes
        "num_sanity_val_steps": 0,
        "enable_progress_bar": False,
        "enable_model_summary": False,
    }
    return L.Trainer(**(defaults | dict(options)))


def fit(trainer: L.Trainer, network: CharLSTM, data: ShakespeareData, last: Path) -> None:
    """Train, or resume after the epoch of the checkpoint `last`, if it was written."""
    resume_from = None
    if last.exists():
        was_stopped = read_checkpoint(last).get(STOPPED, False)  # refuses a damaged one
        if was_stopped:
            return
        resume_from = last
    try:
        # "weights_only" only means that the file runs no code: the optimiser, the schedule and the
        # counters are restored, too.
        trainer.fit(network, data, ckpt_path=resume_from, weights_only=True)
    except SystemExit:  # what Lightning makes of a KeyboardInterrupt
        raise InputError(
            "Training was stopped: the same command or cell resumes, except with code of your own."
        ) from None


def is_finished(run: Path) -> bool:
    """Whether a run's training is over, be it after its last epoch or stopped by a callback."""
    return (run / FINISHED).exists()


def load_weights(network: CharLSTM, checkpoint: Path) -> None:
    """Give the network the weights of a checkpoint."""
    network.load_state_dict(read_checkpoint(checkpoint)["state_dict"])


def read_checkpoint(path: Path) -> dict[str, Any]:
    """The contents of a checkpoint. Raises InputError if it is missing or damaged; runs no code."""
    try:
        stored = torch.load(path, map_location="cpu", weights_only=True)
        stored["state_dict"]  # raises an error where it is missing
    except Exception:  # pickle, zipfile and torch each raise their own
        raise InputError(f"{path} is damaged: delete {path.parent} to train again.") from None
    return stored


class Checkpoint(ModelCheckpoint):
    """A ModelCheckpoint that remembers its best loss in a folder that was moved, too."""

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        # Lightning forgets the best loss where the folder is not the one in the checkpoint.
        super().load_state_dict(state_dict | {"dirpath": self.dirpath})


class Progress(Timer):
    """Seeds each epoch, logs and prints its losses, stops at one that is not finite.

    In each checkpoint it notes whether a callback has stopped the run. A Timer, because checkpoints
    hold the time that it has measured: a resumed run counts on.
    """

    def __init__(self, seed: int) -> None:
        super().__init__()
        self.seed = seed

    def on_train_epoch_start(self, trainer: L.Trainer, pl_module: Any) -> None:
        # Seed, epoch and process alone decide on dropout, so a resumed run draws the same.
        torch.manual_seed(derive_seed(self.seed, trainer.current_epoch, trainer.global_rank))

    def on_train_epoch_end(self, trainer: Any, pl_module: Any) -> None:
        metrics = trainer.callback_metrics.items()
        losses = {name: value.item() for name, value in metrics if name.endswith("loss")}
        epoch = trainer.current_epoch + 1
        if not math.isfinite(sum(losses.values())):
            raise InputError(f"No finite loss in epoch {epoch}: choose a smaller learning_rate.")
        spent = self.time_elapsed("train")
        # Lightning logs the losses itself, but only after it has written the checkpoint: a run
        # that is killed in between would resume without them.
        last_step = trainer.global_step - 1
        trainer.logger.log_metrics(losses | {"seconds": spent}, last_step)
        left = spent / epoch * (trainer.max_epochs - epoch)
        shown = ", ".join(f"{name} {loss:.3f}" for name, loss in losses.items())
        line = f"epoch {epoch}/{trainer.max_epochs}: {shown}, {spent:.0f} s, {left:.0f} s left"
        trainer.print(line, flush=True)

    def on_save_checkpoint(
        self, trainer: L.Trainer, pl_module: Any, checkpoint: dict[str, Any]
    ) -> None:
        # Lightning doesn't keep it: a run that was killed before `train` marks it as finished would
        # train an epoch more.
        checkpoint[STOPPED] = trainer.should_stop


class WholeCheckpoints(TorchCheckpointIO):
    """Writes each checkpoint beside its place and then renames it, so that a kill loses none.

    Lightning writes it into the temporary folder and moves it, which copies it where that folder is
    on another disk.
    """

    def save_checkpoint(self, checkpoint: Any, path: Any, storage_options: Any = None) -> None:
        content = io.BytesIO()
        torch.save(checkpoint, content)
        write(path, content.getvalue())


def silence_lightning() -> None:
    """It reports its devices at every start, and warns of choices that we made on purpose."""
    warnings.filterwarnings("ignore", module="lightning")
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)


def accelerator() -> str:
    """A GPU by CUDA where there is one, else the processor.

    Not the GPU of a Mac, where PyTorch's LSTM has had silent errors (pytorch issues 92615, 90421).
    """
    return "cuda" if torch.cuda.is_available() else "cpu"


def precision() -> Any:
    """bfloat16 where the hardware is fast in it, else float32."""
    if torch.cuda.is_available():
        fast = torch.cuda.is_bf16_supported(including_emulation=False)
    elif hasattr(torch.cpu, "get_capabilities"):  # not before PyTorch 2.11
        has = torch.cpu.get_capabilities()
        # AMX is fast, and so is AVX-512 on AMD (which has sse4a), but not on Intel.
        fast = has.get("amx_bf16") or (has.get("avx512_bf16") and has.get("sse4a"))
    else:
        fast = False
    return "bf16-mixed" if fast else "32-true"


def run_folder(
    build: str | Path,
    network: CharLSTM,
    data: ShakespeareData,
    settings: Settings,
    callbacks: Sequence[L.Callback] = (),
    options: Mapping[str, Any] | None = None,
) -> Path:
    """The folder of a run: its name has a digest of all that the run depends on.

    That is the text, the settings, the initial weights, the arguments of network and callbacks, and
    the code of these, of the data and of `train`. So an equal run is found again, and no other one.
    `options` are the Trainer's: those that say where it runs don't count.
    """
    options = options or {}
    for name in REFUSED & options.keys():
        instead = "the settings have epochs and limit_batches"
        why = "it trains whole epochs and keeps their files"
        raise InputError(f"train takes no {name}, because {why}: {instead}.")
    text = data.split.train
    if network.chars != text.chars:
        need = "make a network with the characters of the text"
        raise InputError(f"{text.name} has other characters than the network: {need}.")
    check_agreement(network, data, settings)
    result_options = {name: value for name, value in options.items() if name not in WHERE}
    all_but_weights = digest(
        data.train_part.ids,
        data.split.validation.ids,
        data.split.test.ids,
        [weight.requires_grad for weight in network.parameters()],
        settings.model_dump(),
        list(callbacks),
        result_options,
        network_parts(network),
        type(data),
        train,
    )
    runs = Path(build).resolve() / "runs"
    name = f"{type(network).__name__}-{all_but_weights}"
    weights = digest_weights(network)
    # The same call again with the same network, whose weights that run has left, is that run. With
    # anything else changed, it is a further training, which begins with these weights.
    last_run, left_weights = trained_in.get(network, (runs, ""))
    is_same_call = last_run.parent == runs and last_run.name.startswith(name)
    if is_same_call and weights == left_weights and is_finished(last_run):
        return last_run
    run = runs / f"{name}-{weights}"
    if network in trained_in and not is_finished(run):
        print("The network was trained before: this training begins with its weights.")
    return run


def check_agreement(network: CharLSTM, data: ShakespeareData, settings: Settings) -> None:
    """Raise InputError if network or data were made with other settings, which would count."""
    wanted = settings.model_dump()
    of_network = {name: getattr(network, name, None) for name in OF_TRAINING}
    advice_for = {"network": "set it there, or make the network", "data": "make the data"}
    for what, own in (("network", of_network), ("data", data.settings.model_dump())):
        for name, value in own.items():
            other = wanted.get(name)
            if (value or 0) != (other or 0):  # without such a setting, it is off
                difference = f"The {what} has {name} = {value}, the settings have {other}"
                raise InputError(f"{difference}: {advice_for[what]} with the settings.")
    if data.carries_state != bool(wanted.get("carry_state")):
        kind = type(data).__name__
        raise InputError(f"{kind} doesn't fit carry_state: make_data of recipes.py finds the data.")


def network_parts(network: CharLSTM) -> list[Any]:
    """What a network is besides its weights: arguments, modules, and functions put into these."""
    modules = list(network.modules())
    changed: list[Any] = []  # functions that somebody put into it or hung on its weights
    for part in [*modules, *network.parameters()]:
        for name in ("forward_hooks", "forward_pre_hooks", "backward_hooks", "backward_pre_hooks"):
            changed += (getattr(part, f"_{name}", None) or {}).values()
    for module in modules:
        changed += [each for each in vars(module).values() if inspect.isroutine(each)]
    # The text of a network has the places and arguments of PyTorch's modules.
    return [network.config(), str(network), [type(module) for module in modules], changed]


def digest_weights(network: CharLSTM) -> str:
    return digest(*network.state_dict().values())


# Of each network that somebody still has: its last run, and `digest_weights` after it.
trained_in: WeakKeyDictionary[CharLSTM, tuple[Path, str]] = WeakKeyDictionary()


def read_curves(run: Path) -> dict[str, tuple[list[int], list[float]]]:
    """What a run logged, {name: (steps, values)}, with the parts between interruptions joined.

    Raises InputError if nothing is left of it.
    """
    value_at: dict[str, dict[int, float]] = defaultdict(dict)  # of each name, by step
    # Each start of the run has a log; by time, because version_10 comes before version_2 by name.
    # Where a step was logged twice, the later value counts.
    for path in sorted((run / "logs").glob("version_*/metrics.csv"), key=os.path.getmtime):
        for name, step, value in read_log(path):
            value_at[name][step] = value
    curves = {}
    for name, by_step in value_at.items():
        steps = sorted(by_step)
        curves[name] = (steps, [by_step[step] for step in steps])
    if "seconds" not in curves:
        raise InputError(f"{run} has lost its logs: delete it to train again.")
    return curves


def training_seconds(run: Path) -> float:
    """How long a finished run has trained, without its interruptions."""
    _, seconds = read_curves(run)["seconds"]
    return seconds[-1]


def read_log(path: Path) -> Iterator[tuple[str, int, float]]:
    """The values in one of Lightning's logs: name, step, value."""
    with path.open(newline="") as file:
        for row in csv.DictReader(file):
            is_cut = None in row.values()  # by a kill; the resumed run logs it again
            if is_cut:
                continue
            for name in row.keys() - {"step", "epoch"}:
                if row[name]:
                    yield name, int(row["step"]), float(row[name])
