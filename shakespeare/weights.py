"""Room 7: trained weights on disk that anyone may open: safetensors and JSON, nothing that runs code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save

from .data import InputError
from .files import write

WEIGHTS = Path(__file__).parent / "weights"  # the published models


def write_weights(model: Any, name: str, about: dict[str, Any], folder: str | Path = WEIGHTS) -> None:
    """Write the weights in half precision, and beside them `about`: where they come from and what they are worth."""
    halves = {key: value.half().contiguous() for key, value in model.state_dict().items()}
    options = dict(model.hparams) | ({"memory": model.copy_head.memory} if model.copy_head else {})
    text = json.dumps(about | {"options": options}, indent=1, ensure_ascii=False)
    write(Path(folder) / f"{name}.safetensors", save(halves))
    write(Path(folder) / f"{name}.json", f"{text}\n".encode())


def read_weights(make: Any, name: str, folder: str | Path = WEIGHTS) -> Any:
    """`make(**options)` with the weights `name`, in evaluation mode and float32.

    Raises InputError when there are none of this name or when the two files do not belong together.
    """
    weights, about = (Path(folder) / f"{name}.{end}" for end in ("safetensors", "json"))
    if not (weights.exists() and about.exists()):
        there = ", ".join(sorted(path.stem for path in Path(folder).glob("*.safetensors"))) or "none"
        raise InputError(f"There is no published model {name!r} in {folder}: choose from {there}.")
    try:
        model = make(**json.loads(about.read_text(encoding="utf-8"))["options"])
        tensors = {key: value.float() for key, value in load(weights.read_bytes()).items()}
        model.load_state_dict(tensors)
    except (ValueError, TypeError, KeyError, RuntimeError, SafetensorError) as error:
        reason = str(error).splitlines()[0].rstrip(".:")
        raise InputError(f"{weights} and {about.name} do not make a model ({reason}): restore both.") from None
    if not all(bool(torch.isfinite(tensor).all()) for tensor in tensors.values()):
        raise InputError(f"{weights} holds numbers that are not finite: restore the file.")
    return model.eval()
