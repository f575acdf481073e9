"""Networks on disk: config.json and model.safetensors in a folder, as on the Hugging Face Hub."""

import json
import math
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from .files import InputError, write
from .networks import is_known, network_class
from .sampling import probabilities
from .settings import Settings, check_setting

SHIPPED = Path(__file__).resolve().parent / "weights"

# In files of earlier versions: another name, and settings of the training.
RENAMED = {"StrongLSTM": "NormDropoutLSTM"}
OF_TRAINING = ("learning_rate", "weight_decay", "one_cycle", "carry_state")


def save_pretrained(network: Any, folder: str | Path) -> None:
    """Write config.json and model.safetensors, the latter last.

    Raises InputError for a network that couldn't be loaded again.
    """
    config, weights = files_of(network)
    write(Path(folder) / "config.json", config)
    write(Path(folder) / "model.safetensors", weights)


def files_of(network: Any) -> tuple[bytes, bytes]:
    """The contents of both files. Raises InputError for a network that couldn't be loaded again."""
    name = type(network).__name__
    config = {"architecture": name, **network.config(), "facts": network.facts}
    weights = {key: weight.contiguous() for key, weight in network.state_dict().items()}
    try:
        if not is_known(network):
            raise ValueError(f"{name} is a class of your own")
        check(build(config), weights)
        text = json.dumps(config, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
        content = safetensors.torch.save(weights, metadata={"format": "pt"})
    except Exception as error:  # of the checks, of json, of safetensors (weights that are tied)
        instead = "save its state_dict() instead"
        raise InputError(f"{name} couldn't be loaded again ({reason(error)}): {instead}.") from None
    return text.encode(), content


def from_pretrained(name: str | Path = "full") -> Any:
    """A shipped network, "full", "small" or "baseline", or that of a folder, such as "./full".

    It is ready to use, in single precision, on the processor. Raises InputError if there is none or
    if a file is damaged. Runs no code from the files.
    """
    folder = find_folder(name)
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        weights = safetensors.torch.load_file(folder / "model.safetensors")
        network = build(config)
        check(network, weights)
        in_single = {key: weight.float() for key, weight in weights.items()}
        network.load_state_dict(in_single, assign=True)  # they replace those without values
    except Exception as error:  # json, safetensors and torch each raise their own
        raise InputError(f"{folder} has no network that works ({reason(error)}).") from None
    return network.eval()


def find_folder(name: str | Path) -> Path:
    """The folder of a network. A bare word is a shipped network, if there is one of that name."""
    shipped = {path.parent.name: path.parent for path in SHIPPED.glob("*/config.json")}
    if isinstance(name, str) and name in shipped:  # Path("./full") is no bare word
        return shipped[name]
    if not (Path(name) / "config.json").is_file():
        names = ", ".join(sorted(shipped))
        raise InputError(f"There is no network {name}: choose {names}, or a folder with one.")
    return Path(name)


def build(config: dict[str, Any]) -> Any:
    """The network that a config.json describes, its weights without values and without memory."""
    arguments = {name: value for name, value in config.items() if name not in OF_TRAINING}
    architecture = arguments.pop("architecture")
    facts = arguments.pop("facts", {})
    for name, value in arguments.items():
        if name in Settings.model_fields:  # or building it might take for ever
            check_setting(name, value)
    chars = arguments["chars"]
    if not isinstance(chars, list):
        raise ValueError("chars is not a list")
    for character in chars:
        character.encode()  # raises an error for half of a surrogate pair, which JSON can hold
        if len(character) != 1:
            raise ValueError(f"{character!r} is not a character")
    if len(set(chars)) < len(chars):
        raise ValueError("a character comes twice")
    of_class = network_class(RENAMED.get(architecture, architecture))
    with torch.device("meta"), Unfilled():
        network = of_class(**arguments)
    check_facts(facts)
    network.facts = facts
    return network


class Unfilled(TorchFunctionMode):
    """Leaves out `normal_`, which imports a compiler for two seconds where there are no values."""

    def __torch_function__(
        self, function: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        kwargs = kwargs or {}
        if function is torch.nn.init.normal_:
            return kwargs["tensor"]
        return function(*args, **kwargs)


def check_facts(facts: dict[str, Any]) -> None:
    """Raise an error where a network can't write with these."""
    probabilities(torch.zeros(2), **facts.get("sampling", {}))
    if "mixture" in facts:
        mixture = facts["mixture"]
        probabilities(torch.zeros(2), **mixture.get("sampling", {}))
        if not math.isfinite(mixture["network"] + mixture["ngram"]):
            raise ValueError("an exponent of the mixture is not finite")


def check(network: Any, weights: dict[str, Tensor]) -> None:
    """Raise ValueError unless these are finite weights for this network."""
    expected = {name: weight.shape for name, weight in network.state_dict().items()}
    found = {name: weight.shape for name, weight in weights.items()}
    for name in sorted(expected.keys() | found.keys()):
        if expected.get(name) != found.get(name):
            shapes = f"{found.get(name)} instead of {expected.get(name)}"
            raise ValueError(f"the weight {name} has the shape {shapes}")
        if not weights[name].isfinite().all():
            raise ValueError(f"the weight {name} is not finite")


def reason(error: Exception) -> str:
    """An error in one line, which may quote a file and so is cut."""
    line = str(error).strip().partition("\n")[0]
    return line[:200] if line else type(error).__name__
