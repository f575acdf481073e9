"""Runs: one call trains a network, or finds what was trained before.

    settings = load_settings("quick")
    split = Corpus.read("input.txt").split()
    network, run = train(Training(settings, split), "build/quick", label="baseline")

A run is a folder. settings.json says all that it depends on, curves.csv has the losses, last.ckpt
and best.ckpt are Lightning's, and at the end there are the network's config.json and
model.safetensors, with the weights of best.ckpt.
"""

import csv
import hashlib
import json
import re
import sys
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import lightning as L
import safetensors.torch
import torch

from .data import RandomWindows, Split
from .files import InputError, code_hash, write
from .model import CharLSTM
from .networks import is_known, make_network, network_class
from .pretrained import files_of, save_pretrained
from .settings import Settings
from .training import Learner, best_precision, fit, make_trainer


@dataclass
class Training:
    """What to train: a network of the settings' class, on the training part of a split.

    `network` is another class than the settings name, `data` another than `make_data` finds (both
    called with what it has), and `init_from` is a network whose weights are the initial ones.
    `callbacks` are Lightning's. What your classes and callbacks are told otherwise than by the
    settings belongs into `adds`, or the run would be found again when it changes.
    """

    settings: Settings
    split: Split
    network: Any = None
    data: Any = None
    init_from: CharLSTM | None = None
    callbacks: Sequence[L.Callback] = ()
    adds: dict[str, Any] = field(default_factory=dict)

    def make_network(self) -> Any:
        """The untrained network, which is the same each time."""
        torch.manual_seed(self.settings.seed)
        network = make_network(self.split.train.chars, self.settings, self.network)
        if self.init_from is not None:
            network.load_state_dict(self.init_from.state_dict())
        return network

    def make_data(self) -> Any:
        make = self.data or data_class(self.settings)
        return make(self.split, self.settings)

    def description(self) -> dict[str, Any]:
        """What the trained network depends on: the content of settings.json."""
        network = self.network or network_class(self.settings.network)
        data = self.data or data_class(self.settings)
        classes = [network, data, *(type(callback) for callback in self.callbacks)]
        precision = self.settings.precision or best_precision()
        return {
            "settings": self.settings.model_dump() | {"precision": precision},
            "classes": [each.__name__ for each in classes],
            "text": self.split.whole.hash,
            "init_from": weights_hash(self.init_from) if self.init_from else None,
            "adds": self.adds,
            "code": code_of(classes),
        }


def train(
    training: Training, build: str | Path, label: str = "run", **where: Any
) -> tuple[Any, Path]:
    """Train a network; returns it, ready to use, and the folder of its run in `build`.

    At the end it has the weights with the lowest loss on cold validation windows. A finished run is
    not trained again, and a stopped one resumes after its last finished epoch: a run is found by
    what it depends on, while `label` is for people. A class defined in a notebook is trained again
    at each call. `where` says on what the Trainer runs: accelerator, devices, num_nodes, strategy.
    """
    run = run_folder(training, build, label)
    return train_in(run, training, **where), run


def train_many(
    trainings: Mapping[str, Training], build: str | Path, processes: int | None = None
) -> dict[str, tuple[Any, Path]]:
    """Train all side by side: (trained network, folder of its run) by label, as from `train`.

    Small networks leave a second thread little to do, so two trainings side by side read more
    characters a second than one after the other. The longest begins first, or it would end alone.
    """
    from .beyond.many import side_by_side

    run_of: dict[str, Path] = {}
    by_digits: dict[str, Path] = {}  # equal trainings have one run, that of the first one
    for label, training in trainings.items():
        run = run_folder(training, build, label)
        run_of[label] = by_digits.setdefault(digits_of(run), run)
    todo: dict[Path, str] = {}
    for label in sorted(trainings, key=lambda label: cost(trainings[label]), reverse=True):
        if not is_finished(run_of[label]):
            todo.setdefault(run_of[label], label)
    jobs = {}
    for run, label in todo.items():
        jobs[label] = partial(train_elsewhere, run, trainings[label], OF_CORE)
    side_by_side(jobs, processes)
    results = {}
    for label, training in trainings.items():
        results[label] = (load_run(run_of[label], training), run_of[label])
    return results


def train_elsewhere(run: Path, training: Training, code: dict[str, str]) -> None:
    """Train in a run that another process has named, which has imported this code."""
    if code != OF_CORE:
        raise InputError("The package was edited after its import: restart Python or the kernel.")
    train_in(run, training)


def cost(training: Training) -> float:
    """How long it takes, in units that are the same for all: parameters times characters."""
    with torch.device("meta"):  # where tensors have no values
        network = training.make_network()
    parameters = sum(weight.numel() for weight in network.parameters())
    return parameters * characters_read(training)


def characters_read(training: Training) -> int:
    """How many characters a training reads."""
    settings = training.settings
    in_epoch = len(training.split.train.ids)
    if settings.limit_batches is not None:
        in_epoch = min(in_epoch, settings.limit_batches * settings.batch_size * settings.seq_len)
    return settings.epochs * in_epoch


def run_folder(training: Training, build: str | Path, label: str) -> Path:
    """build/runs/LABEL-1a2b3c4d: the digits stand for all that the training depends on."""
    runs = Path(build).resolve() / "runs"
    digits = hashlib.sha256(as_json(training.description())).hexdigest()[:8]
    found = sorted(runs.glob(f"*-{digits}"))  # with another label, perhaps
    name = re.sub(r"[^\w-]+", "-", label)  # any shell can take it
    return found[0] if found else runs / f"{name}-{digits}"


def digits_of(run: Path) -> str:
    return run.name.rpartition("-")[2]


def train_in(run: Path, training: Training, **where: Any) -> Any:
    """Train in a folder, or resume there, unless that is done. Returns the network."""
    if not is_finished(run):
        write(run / "settings.json", as_json(training.description()))
        network = training.make_network()
        if is_known(network):
            files_of(network)  # refuses what couldn't be saved, before the training
        learner = Learner(network, training.settings, training.make_data())
        trainer = make_trainer(run, training.settings, training.callbacks, **where)
        fit(trainer, learner, run / "last.ckpt")
        best = torch.load(run / "best.ckpt", map_location="cpu", weights_only=True)
        learner.load_state_dict(best["state_dict"])
        if is_known(network):
            save_pretrained(network.cpu(), run)
        else:  # a class of one's own, which another program couldn't load
            weights = safetensors.torch.save(network.cpu().state_dict())
            write(run / "model.safetensors", weights)
    return load_run(run, training)


def load_run(run: Path, training: Training) -> Any:
    """The network of a finished run, ready to use."""
    network = training.make_network()
    network.load_state_dict(safetensors.torch.load_file(run / "model.safetensors"))
    return network.eval()


def read_description(run: Path) -> dict[str, Any]:
    """What `Training.description` said of a run. Raises InputError if its file is damaged."""
    try:
        description = json.loads((run / "settings.json").read_text(encoding="utf-8"))
        dict(description["settings"])
    except (ValueError, KeyError, TypeError):
        raise InputError(f"{run / 'settings.json'} is damaged: give another folder.") from None
    return description


def is_finished(run: Path) -> bool:
    return (run / "model.safetensors").exists()


def read_curves(run: Path) -> dict[str, list[float]]:
    """A run's curves.csv by column, with a value for each epoch: train_loss, val_loss and so on.

    "step" is how many batches were read by then, "seconds" how long the training took so far.
    """
    with (run / "curves.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return {name: [float(row[name]) for row in rows] for name in rows[0]}


def training_seconds(run: Path) -> float:
    """How long a run has trained, without its interruptions."""
    return read_curves(run)["seconds"][-1]


# --- what a run depends on ---


def data_class(settings: Settings) -> Any:
    """Random windows, streams, or streams with invented names."""
    if settings.rename_share > 0:
        from .beyond.renaming import RenamedStreams

        return RenamedStreams
    if settings.carry_state:
        from .beyond.streams import Streams

        return Streams
    return RandomWindows


def as_json(value: Any) -> bytes:
    return (json.dumps(value, indent=1, sort_keys=True) + "\n").encode()


def weights_hash(network: CharLSTM) -> str:
    return hashlib.sha256(safetensors.torch.save(network.state_dict())).hexdigest()


def module_hash(module: str) -> str:
    file = getattr(sys.modules[module], "__file__", None)
    if file is None:  # a notebook's code: nobody can tell whether it is still the same
        return uuid.uuid4().hex
    return code_hash(file)


CORE = ("data", "model", "networks", "runs", "settings", "training")
OF_CORE = {name: module_hash(f"{__package__}.{name}") for name in CORE}


def code_of(classes: Sequence[type]) -> dict[str, str]:
    """Hashes of the files that train, by module: the core's, those of classes and their bases."""
    modules = {base.__module__ for each in classes for base in each.__mro__}
    code = dict(OF_CORE)
    for module in modules:
        if module.partition(".")[0] not in ("builtins", "torch", "lightning"):
            code[module] = module_hash(module)
    return code
