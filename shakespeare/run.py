"""The folder of a training: run.json, which says what it is, and whether it can be resumed.

In it are run.json, curves.csv with the losses, Lightning's last.ckpt and best.ckpt, and at the end
the network's config.json and model.safetensors, with the weights of best.ckpt.
"""

import csv
import hashlib
import json
import sys
from pathlib import Path
from typing import Any

import safetensors.torch
import torch

from .files import InputError
from .pretrained import reason
from .settings import Settings


def describe(network: Any, data: Any, settings: Settings) -> dict[str, Any]:
    """What a training depends on: the content of run.json."""
    weights = safetensors.torch.save(network.state_dict())
    return {
        "network": {"class": type(network).__name__, **network.config()},
        "initial_weights": hashlib.sha256(weights).hexdigest(),  # it may be trained already
        "data": type(data).__name__,
        "training_text": data.split.train.hash,
        "validation_text": data.split.validation.hash,
        "training": settings.model_dump(),
    }


def check_folder(folder: Path, description: dict[str, Any]) -> None:
    """Raise InputError for a folder that has something else in it than this training."""
    if folder.is_file():
        raise InputError(f"{folder} is a file: give a folder.")
    if not folder.exists():
        return
    # A kill may have left run.json half written, under its other name.
    is_new = all(path.suffix == ".partial" for path in folder.iterdir())
    if is_new:
        return
    path = folder / "run.json"
    if not path.is_file():
        raise InputError(f"{folder} has other files in it: give a new folder.")
    has_trained = (folder / "last.ckpt").exists() or is_finished(folder)
    if not has_trained:
        return  # nothing is lost
    try:
        before = dict(json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError):
        raise InputError(f"{path} is damaged: give another folder.") from None
    now = json.loads(as_json(description))  # as it would be read again
    if before != now:
        raise InputError(f"{folder} was trained {difference(before, now)}: give another folder.")


def difference(before: dict[str, Any], now: dict[str, Any]) -> str:
    """What was otherwise before, in words: the first setting, or else what is not a setting."""
    for table in ("network", "training"):
        was = before.get(table, {})
        for name, value in now[table].items():
            if name == "chars":
                continue  # of another text
            if name not in was:
                return f"without {table}.{name}"
            if was[name] != value:
                return f"with {table}.{name} = {was[name]}, and not {value}"
    others = [name.replace("_", " ") for name in now if before.get(name) != now[name]]
    return f"with another {' and '.join(others)}"


def is_finished(folder: Path) -> bool:
    return all((folder / name).exists() for name in ("config.json", "model.safetensors"))


def is_from_notebook(of_class: type) -> bool:
    """Whether a class was defined in a notebook, whose code has no file."""
    return getattr(sys.modules[of_class.__module__], "__file__", None) is None


def forget(folder: Path) -> None:
    """Delete what a training has written, but for run.json: the folder stays one of a training."""
    for name in ("last.ckpt", "best.ckpt", "config.json", "model.safetensors"):
        (folder / name).unlink(missing_ok=True)


def read_curves(folder: Path) -> dict[str, list[float]]:
    """curves.csv by column, with a value for each epoch: train_loss, val_loss and so on.

    "step" is how many batches were read by then, "seconds" how long the training took so far,
    without its interruptions.
    """
    with (folder / "curves.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return {name: [float(row[name]) for row in rows] for name in rows[0]}


def load_checkpoint(path: Path) -> Any:
    """Raises InputError if it is missing or damaged."""
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except Exception:  # of the disk, of zip, of pickle, which advises to open it less safely
        advice = f"delete {path.parent}, or train in another folder"
        raise InputError(f"{path} is missing or damaged: {advice}.") from None


def as_json(value: Any) -> bytes:
    return (json.dumps(value, indent=1) + "\n").encode()


def load_weights(network: Any, folder: Path) -> None:
    """Give a network the weights of its finished training. Raises InputError if it is damaged."""
    path = folder / "model.safetensors"
    try:
        network.load_state_dict(safetensors.torch.load_file(path))
    except Exception as error:  # safetensors and torch each raise their own
        damaged = f"{path} is damaged ({reason(error)})"
        raise InputError(f"{damaged}: delete it, and it is written again.") from None
