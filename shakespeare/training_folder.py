"""The folder of a training: what is in it, and whether the training can be resumed there.

run.json says what is trained, and curves.csv has the losses. last.ckpt and best.ckpt are
Lightning's checkpoints. When the training is finished, the network's config.json and
model.safetensors follow, with the weights of best.ckpt; the checkpoints stay. What `train` in
training.py does depends on what the folder has:

    nothing, or run.json alone                        `fit` begins
    the same run.json, last.ckpt                      `fit` resumes
    the same run.json, config.json, model.safetensors `train` loads the network
    anything else                                     `check_folder`, here, refuses
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
from .pretrained import copies_of_weights
from .settings import Settings

FIELDS = Settings.model_fields.items()
DEFAULTS = {name: field.default for name, field in FIELDS if not field.is_required()}


def describe(network: Any, data: Any, settings: Settings) -> dict[str, Any]:
    """What a training depends on: the content of run.json."""
    weights = safetensors.torch.save(copies_of_weights(network))
    return {
        "network": {"class": type(network).__name__, **network.config()},
        # The settings don't tell these: the network may have been trained before.
        "initial_weights": hashlib.sha256(weights).hexdigest(),
        "data": type(data).__name__,
        "training_text": data.split.train.hash,
        "validation_text": data.split.validation.hash,
        "training": settings.model_dump(),
    }


def check_folder(folder: Path, description: dict[str, Any]) -> None:
    """Raise InputError for a folder that has something else in it than this training."""
    if not folder.exists():
        return
    if not folder.is_dir():
        raise InputError(f"{folder} is no folder: give another one.")
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
    before = json.loads(path.read_text(encoding="utf-8"))
    # It may lack a setting that the code has now: then the training had the default.
    before["training"] = DEFAULTS | before["training"]
    now = json.loads(as_json(description))  # as it would be read again
    if before != now:
        raise InputError(f"{folder} was trained {difference(before, now)}: give another folder.")


def difference(before: dict[str, Any], now: dict[str, Any]) -> str:
    """What differs, in words: the first setting that does, or else text, data or weights."""
    for table in ("network", "training"):
        was = before[table]
        new = now[table]
        for name in {**new, **was}:
            if name == "chars":
                continue  # they only differ where the text does, which is said below
            if name not in was:
                return f"without {table}.{name}"
            if name not in new:
                return f"with {table}.{name} = {was[name]}"
            if was[name] != new[name]:
                return f"with {table}.{name} = {was[name]}, and not {new[name]}"
    if any(before.get(part) != now[part] for part in ("training_text", "validation_text")):
        return "on another text"
    if before.get("data") != now["data"]:
        return f"with other data, {before.get('data')}"
    return "from other initial weights"


def is_finished(folder: Path) -> bool:
    return all((folder / name).exists() for name in ("config.json", "model.safetensors"))


def is_from_notebook(of_class: type) -> bool:
    """Whether a class was defined in a notebook, whose code has no file."""
    return getattr(sys.modules[of_class.__module__], "__file__", None) is None


def forget(folder: Path) -> None:
    """Delete checkpoints and network, so that the training begins again.

    run.json stays: without it, the folder would no longer be that of a training.
    """
    for name in ("last.ckpt", "best.ckpt", "config.json", "model.safetensors"):
        (folder / name).unlink(missing_ok=True)


def read_curves(folder: Path, file_name: str = "curves.csv") -> dict[str, list[float]]:
    """curves.csv by column, with a value for each epoch: train_loss, val_loss and so on.

    "step" is how many batches were read by then, "seconds" how long the training took so far,
    without its interruptions. A callback may have written another such file into the folder.
    """
    with (folder / file_name).open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return {name: [float(row[name]) for row in rows] for name in rows[0]}


def load_checkpoint(path: Path) -> Any:
    """The weights in a checkpoint. Raises InputError if it is missing or damaged."""
    try:
        return torch.load(path, map_location="cpu", weights_only=True)["state_dict"]
    except Exception:  # of the disk, of zip, of pickle, which advises to open it less safely
        advice = f"delete {path.parent}, or train in another folder"
        raise InputError(f"{path} is missing or damaged: {advice}.") from None


def as_json(value: Any) -> bytes:
    return (json.dumps(value, indent=1) + "\n").encode()


def load_weights(network: Any, folder: Path) -> None:
    """Give a network the weights of its finished training."""
    network.load_state_dict(safetensors.torch.load_file(folder / "model.safetensors"))
