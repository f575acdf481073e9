"""Trained weights on disk that anyone may open: safetensors and JSON, nothing that runs code."""

from __future__ import annotations

import contextlib
import json
import re
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load, save
from torch import Tensor

from .files import InputError, whole, write

WEIGHTS = Path(__file__).parent / "weights"  # the published models
LARGEST = 1 << 30  # bytes of weights, and with an optimizer of a checkpoint, that are opened
# What a file may ask for at most; all but `memory` are held against its tensors, too.
LIMITS = {"num_layers": 64} | dict.fromkeys(("embedding_size", "hidden_size", "copy_size", "memory"), 1 << 16)


def write_weights(model: Any, name: str, about: dict[str, Any], folder: str | Path = WEIGHTS) -> None:
    """Write the weights in half precision, and beside them `about`: where they come from and what they are worth."""
    halves = {key: value.half().contiguous() for key, value in model.state_dict().items()}
    folder, name = Path(folder), Path(name).name  # wherever the name comes from, nothing lands elsewhere
    options = dict(model.hparams) | ({"memory": model.copy_head.memory} if model.copy_head else {})
    text = json.dumps(about | {"options": options}, indent=1, ensure_ascii=False)
    write(folder / f"{name}.safetensors", save(halves))
    write(folder / f"{name}.json", f"{text}\n".encode())


@contextlib.contextmanager
def suspected(path: Path, advice: str, largest: int = LARGEST) -> Iterator[None]:
    """Opens no file that is too large; whatever one makes a library raise is an InputError that names it."""
    try:
        if path.stat().st_size > largest:
            raise ValueError(f"more than {largest:,} bytes")
        yield
    except Exception as error:
        raise InputError(f"{path} cannot be used ({in_short(error)}): {advice}.") from None


def in_short(error: Exception) -> str:
    """The first sentence of an error, for a place in brackets."""
    kind = "" if isinstance(error, ValueError) else f"{type(error).__name__}: "
    return kind + re.split(r"[.:]*\s*\n|[.!?] |[.:]+$", str(error))[0][:200]


def within(name: str, value: Any) -> int:
    """The size `value`, if it is one that the course could have written."""
    if name != "copy_size" or value != 0:
        whole(name, value)
    if value > LIMITS[name]:
        raise ValueError(f"{name} = {value} is too much")
    return value


def assemble(make: Any, options: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> Any:
    """`make(**options)` with these weights, in evaluation mode and float32; any error means that they do not fit.

    The two are compared before memory is taken: a file may claim a network of any size.
    """
    chars = options["chars"]
    if not all(isinstance(c, str) and len(c) == 1 for c in chars) or chars != sorted(set(chars)):
        raise ValueError("chars must be sorted single characters")
    "".join(chars).encode()  # half a surrogate pair is no character
    for name in LIMITS.keys() & options.keys():
        within(name, options[name])
    if not 0 <= options.get("dropout", 0) < 1:
        raise ValueError(f"dropout = {options['dropout']} is no share")
    for key, tensor in tensors.items():  # a strided tensor can be larger than its file
        plain = tensor.layout == torch.strided and tensor.dtype in (torch.half, torch.float)
        if not plain or not tensor.is_contiguous():
            raise ValueError(f"{key} is no plain tensor of numbers")
    with torch.device("meta"):  # shapes without numbers
        model = make(**options)
    expected = model.state_dict()
    for key in sorted(expected.keys() | tensors.keys()):
        if key not in tensors or key not in expected or tensors[key].shape != expected[key].shape:
            raise ValueError(f"{key} is not as the options say")
    model.load_state_dict(tensors, assign=True)
    if not all(bool(torch.isfinite(tensor).all()) for tensor in tensors.values()):
        raise ValueError("some of its numbers are not finite")
    return model.to("cpu", torch.float).eval()


def parts_of(stored: Any) -> Iterator[Any]:
    """All that stands in nested dictionaries, lists and tuples."""
    if isinstance(stored, Mapping | list | tuple):
        for part in stored.values() if isinstance(stored, Mapping) else stored:
            yield from parts_of(part)
    else:
        yield stored


def swells(tensor: Tensor) -> bool:
    """Whether a tensor is larger than what is stored of it, as expanded, sparse and meta tensors are."""
    if tensor.device.type != "cpu" or tensor.layout != torch.strided:
        return True
    return tensor.numel() * tensor.element_size() > tensor.untyped_storage().nbytes()


def read_checkpoint(make: Any, path: str | Path, advice: str = "delete it, and the run starts anew") -> Any:
    """The network that Lightning left at `path`: nothing but tensors and plain values is unpickled.

    Raises InputError for anything else, and for a network that does not fit its own description.
    """
    with suspected(Path(path), advice):
        with zipfile.ZipFile(path) as parts:
            if sum(part.file_size for part in parts.infolist()) > Path(path).stat().st_size:
                raise ValueError("it is compressed")  # PyTorch writes none, and it may swell
            if broken := parts.testzip():  # torch.load does not look at check sums
                raise ValueError(f"its part {broken} is damaged")
        stored = torch.load(path, map_location="cpu", weights_only=True)
        if any(swells(part) for part in parts_of(stored) if isinstance(part, Tensor)):
            raise ValueError("a tensor in it claims more than there is")
        return assemble(make, stored["hyper_parameters"], stored["state_dict"])


def read_weights(make: Any, name: str, folder: str | Path = WEIGHTS) -> Any:
    """`make(**options)` with the weights `name`, in evaluation mode and float32.

    Raises InputError when there are none of this name or when the two files do not belong together.
    """
    weights, about = (Path(folder) / f"{name}.{end}" for end in ("safetensors", "json"))
    if not (weights.is_file() and about.is_file()):
        there = ", ".join(sorted(path.stem for path in Path(folder).glob("*.safetensors"))) or "none"
        raise InputError(f"There is no published model {name!r} in {folder}: choose from {there}.")
    with suspected(about, "restore it", 1 << 20):
        options = json.loads(about.read_text(encoding="utf-8"))["options"]
    with suspected(weights, f"restore it and {about.name}, which belong together"):
        return assemble(make, options, load(weights.read_bytes()))
