"""Networks on disk: config.json and model.safetensors in a folder, as on the Hugging Face Hub."""

import json
import sys
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from torch import Tensor

from .files import InputError, write
from .sampling import check_options

SHIPPED = Path(__file__).resolve().parent / "weights"

# The modules of the networks' classes. Only these classes are ever built from a file.
MODULE_OF = {
    "CharLSTM": "shakespeare.model",
    "StrongLSTM": "shakespeare.beyond.refinements",
    "CopyLSTM": "shakespeare.beyond.copying",
    "ResidualLSTM": "shakespeare.beyond.peers",
    "AttentionLSTM": "shakespeare.beyond.peers",
    "Transformer": "shakespeare.beyond.peers",
}

# What we load from strangers. The largest numbers in config.json: layers take time to build before
# the weights are compared with them, and no weight shows how far back a network copies or looks.
LARGEST = {"num_layers": 100, "num_blocks": 100, "context": 10_000}
LARGEST_OTHER = 1_000_000
LARGEST_CONFIG = 10_000_000  # bytes
MOST_KEYS = 2**26  # numbers in the keys that a copy head keeps for each text: 256 MB
LARGEST_WEIGHT = 65_504  # in half precision: with such weights no sum in an LSTM overflows
LARGEST_EXPONENT = 1_000_000  # of the mixture with n-grams


def save(network: Any, folder: str | Path) -> None:
    """Write the network's class, arguments, facts and weights into `folder`.

    Raises InputError for a class of somebody's own, which `load` wouldn't find.
    """
    architecture = type(network).__name__
    if type(network).__module__ != MODULE_OF.get(architecture):
        advice = "save its state_dict() instead"
        raise InputError(f"{architecture} isn't a class of this package: {advice}.")
    config = {
        "architecture": architecture,
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
    folder = find_folder(name)
    try:
        return read_folder(folder)
    except Exception as error:  # json, safetensors and torch each raise their own
        reason = f"{type(error).__name__}: {error}".partition("\n")[0]
        if len(reason) > 200:  # it may quote the file
            reason = f"{reason[:200]}..."
        raise InputError(f"The network in {folder} is damaged ({reason}): restore it.") from None


def find_folder(name: str | Path) -> Path:
    """The folder of a network. A bare word is a shipped network, if there is one of that name."""
    shipped = {path.parent.name: path.parent for path in SHIPPED.glob("*/config.json")}
    folder = Path(name)
    is_folder = (folder / "config.json").is_file()
    if isinstance(name, str) and name in shipped:
        if is_folder:
            hint = f'write "./{name}" for the folder of that name'
            print(f'"{name}" is the shipped network: {hint}.', file=sys.stderr)
        return shipped[name]
    if not is_folder:
        names = ", ".join(sorted(shipped))
        raise InputError(f"There is no network {name}: choose {names}, or a folder with one.")
    return folder


def read_folder(folder: Path) -> Any:
    """The network of a folder. Raises an error of some kind for one that cannot write."""
    path = folder / "config.json"
    if path.stat().st_size > LARGEST_CONFIG:
        raise ValueError("config.json is too large")
    config = json.loads(path.read_text(encoding="utf-8"))
    check_vocabulary(config["chars"])
    check_numbers(config)
    check_facts(config.get("facts", {}))
    with torch.device("meta"):  # weights without values take no memory, whatever their size
        network = build(config)
    weights = read_weights(folder / "model.safetensors", network.state_dict())
    network.load_state_dict(weights, assign=True)  # they replace those without values
    network.to("cpu").eval()  # Lightning remembers where a network was built
    check_predictions(network)
    return network


def check_vocabulary(chars: list[str]) -> None:
    if not isinstance(chars, list):
        raise ValueError("chars is not a list")
    for character in chars:
        character.encode()  # raises an error for half of a surrogate pair, which JSON can hold
        if len(character) != 1:
            raise ValueError(f"{character!r} is not a character")
    if len(set(chars)) < len(chars):
        raise ValueError("a character comes twice")


def check_numbers(config: dict[str, Any]) -> None:
    for name, value in config.items():
        if name not in ("architecture", "chars", "facts"):
            largest = LARGEST.get(name, LARGEST_OTHER)
            is_number = isinstance(value, int | float)
            if not is_number or not 0 <= value <= largest:  # not a number (nan) is refused, too
                raise ValueError(f"{name} is not a number from 0 to {largest:,}")
    if config.get("memory", 0) * config.get("copy_size", 0) > MOST_KEYS:
        raise ValueError("the memory is too large for this copy_size")


def check_facts(facts: dict[str, Any]) -> None:
    check_options(facts.get("sampling", {}))
    if "mixture" in facts:
        mixture = facts["mixture"]
        for name in ("network", "ngram"):
            if not abs(mixture[name]) <= LARGEST_EXPONENT:  # so that nan is refused, too
                raise ValueError(f"the exponent {name} is not finite or too large")
        check_options(mixture.get("sampling", {}))


def read_weights(path: Path, expected: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The weights of a file, in float32, if they have the names and shapes of `expected`."""
    if not path.is_file():
        raise ValueError(f"there is no {path.name}")
    weights = {}
    with safetensors.safe_open(path, framework="pt") as file:
        # The header has all names and shapes: they are compared before any weight is read.
        names = set(file.keys())
        for name, weight in expected.items():
            if name not in names:
                raise ValueError(f"{name} is missing")
            stored = file.get_slice(name).get_shape()
            shape = list(weight.shape)
            if stored != shape:
                raise ValueError(f"{name} has the shape {stored} instead of {shape}")
        unknown = names - expected.keys()
        if unknown:
            raise ValueError(f"{min(unknown)} is unknown")
        for name in expected:
            weight = file.get_tensor(name)
            if not weight.is_floating_point():
                raise ValueError(f"{name} has the type {weight.dtype}")
            # A copy, because safetensors returns a view of the file, which may change.
            weights[name] = weight.to(torch.float32, copy=True)
            if not (weights[name].abs() <= LARGEST_WEIGHT).all():  # so that nan is refused, too
                raise ValueError(f"{name} is not finite or too large")
    return weights


@torch.no_grad()
def check_predictions(network: Any) -> None:
    """Raise an error of some kind unless the network predicts: its sizes may not fit together.

    It is asked in both ways, by `forward` and by `stepper`.
    """
    ids = torch.arange(len(network.chars))[:100]  # each character, unless there are many
    logits, state = network(ids[None])
    step = network.stepper(state)
    if not logits.isfinite().all() or not step(ids[:1]).isfinite().all():
        raise ValueError("its predictions are not finite")


def build(config: dict[str, Any]) -> Any:
    """An untrained network as described by the contents of a config.json."""
    arguments = dict(config)
    network_class = class_of(arguments.pop("architecture"))
    facts = arguments.pop("facts", {})
    network = network_class(**arguments)
    network.facts = facts
    return network


def class_of(architecture: str) -> Any:
    return getattr(import_module(MODULE_OF[architecture]), architecture)
