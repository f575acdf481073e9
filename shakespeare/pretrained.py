"""Networks on disk: config.json and model.safetensors in a folder, as on the Hugging Face Hub."""

import json
import math
from importlib import import_module
from pathlib import Path
from typing import Any

import safetensors.torch
import torch

from .files import InputError, write
from .sampling import check_options

SHIPPED = Path(__file__).resolve().parent / "weights"

# The modules of the networks' classes. Only these classes are ever built from a file.
HOMES = {
    "CharLSTM": "shakespeare.model",
    "StrongLSTM": "shakespeare.beyond.strong",
    "CopyLSTM": "shakespeare.beyond.copying",
    "ResidualLSTM": "shakespeare.beyond.peers",
    "AttentionLSTM": "shakespeare.beyond.peers",
    "Transformer": "shakespeare.beyond.peers",
}


def save(network: Any, folder: str | Path) -> None:
    """Write the network's class, arguments, facts and weights into `folder`."""
    config = {
        "architecture": type(network).__name__,
        **network.config(),
        "facts": network.facts,
    }
    text = json.dumps(config, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    weights = safetensors.torch.save(network.state_dict(), metadata={"format": "pt"})
    write(Path(folder) / "model.safetensors", weights)
    write(Path(folder) / "config.json", text.encode())


def load(name: str | Path) -> Any:
    """The network of a folder, or a shipped one by its name; ready to use, on the processor.

    Raises InputError if there is none or if a file is damaged. Runs no code from the files.
    """
    folder = find(name)
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        network = build(config)
        weights = safetensors.torch.load_file(folder / "model.safetensors")
        network.load_state_dict(weights, strict=True)
        check(network.eval())
    except Exception as error:  # json, safetensors and torch each raise their own
        reason = f"{type(error).__name__}: {error}".partition("\n")[0]
        raise InputError(f"The network in {folder} is damaged ({reason}): restore it.") from None
    return network


def check(network: Any) -> None:
    """Raise an error of some kind for a network that cannot write."""
    for character in network.chars:
        character.encode()  # no text, or not one that can be printed
        if len(character) != 1:
            raise ValueError(f"{character!r} is not a character")
    if len(set(network.chars)) < len(network.chars):
        raise ValueError("a character comes twice")
    for name, weight in network.state_dict().items():
        if not weight.isfinite().all():
            raise ValueError(f"{name} is not finite")
    check_options(network.facts.get("sampling", {}))
    if "mixture" in network.facts:
        mixture = network.facts["mixture"]
        if not math.isfinite(mixture["network"] + mixture["ngram"]):
            raise ValueError("an exponent is not finite")
        check_options(mixture.get("sampling", {}))
    with torch.no_grad():
        _, state = network(torch.zeros(1, 2, dtype=torch.long))
        network.stepper(state)(torch.zeros(1, dtype=torch.long))


def find(name: str | Path) -> Path:
    """The folder of a network."""
    for folder in (SHIPPED / name, Path(name)):
        if (folder / "config.json").is_file():
            return folder
    shipped = ", ".join(sorted(path.parent.name for path in SHIPPED.glob("*/config.json")))
    raise InputError(f"There is no network {name}: choose {shipped}, or a folder with one.")


def build(config: dict[str, Any]) -> Any:
    """An untrained network as described by the contents of a config.json."""
    arguments = dict(config)
    kind = class_of(arguments.pop("architecture"))
    facts = arguments.pop("facts", {})
    network = kind(**arguments)
    network.facts = facts
    return network


def class_of(architecture: str) -> Any:
    return getattr(import_module(HOMES[architecture]), architecture)
