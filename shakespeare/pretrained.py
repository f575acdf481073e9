"""Networks on disk: config.json and model.safetensors in a folder, as on the Hugging Face Hub."""

import json
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from torch.overrides import TorchFunctionMode

from .files import InputError, write
from .sampling import probabilities

SHIPPED = Path(__file__).resolve().parent / "weights"

# The classes that files name, with their modules, which are imported when they are asked for: a new
# network is one more line. NETWORKS is for config.json and a recipe's table `network`, and DATA
# for the setting `data` of its table `training`.
NETWORKS = {
    "CharLSTM": "model",
    "NormDropoutLSTM": "beyond.norm_dropout",
    "CopyLSTM": "beyond.copying",
}
DATA = {
    "RandomWindows": "data",
    "Streams": "beyond.streams",
    "RenamedStreams": "beyond.renaming",
}


def class_of(name: str, table: Mapping[str, str]) -> Any:
    """The class of this name in one of the tables. Raises InputError for an unknown one."""
    if name not in table:
        known = f"choose one of {', '.join(table)}, or name it in {Path(__file__).name}"
        raise InputError(f"There is no class {name}: {known}.")
    return getattr(import_module(f".{table[name]}", __package__), name)


def save_pretrained(network: Any, folder: str | Path) -> None:
    """Write config.json and then model.safetensors, with which a training counts as finished."""
    config = {"architecture": type(network).__name__, **network.config(), "facts": network.facts}
    text = json.dumps(config, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    write(Path(folder) / "config.json", text.encode())
    content = safetensors.torch.save(copies_of_weights(network), metadata={"format": "pt"})
    write(Path(folder) / "model.safetensors", content)


def copies_of_weights(network: Any) -> dict[str, torch.Tensor]:
    """The weights of a network, each by itself: safetensors takes none that share their memory."""
    weights = network.state_dict().items()
    return {name: weight.clone(memory_format=torch.contiguous_format) for name, weight in weights}


def from_pretrained(name: str | Path = "final") -> Any:
    """The network of a folder, or a shipped one: "final", "small" or "baseline".

    It is ready to use, in single precision, on the processor. Raises InputError if there is none or
    if a file is damaged. Runs no code from the files.
    """
    folder = find_folder(name)
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        # Raises an error for NaN, infinity and half a character, which no file of ours has.
        json.dumps(config, ensure_ascii=False, allow_nan=False).encode()
        in_file = safetensors.torch.load_file(folder / "model.safetensors")
        weights = {key: weight.float() for key, weight in in_file.items()}
        network = build(config, most_layers=len(weights))
        for key, weight in weights.items():
            if not weight.isfinite().all():
                raise ValueError(f"the weight {key} is not finite")
        assign(network, weights)
        with torch.inference_mode():
            logits, _ = network.eval()(torch.zeros(1, 2, dtype=torch.long))
        if not logits.isfinite().all():  # some values fail only when they are used
            raise ValueError("its weights are too large")
    except Exception as error:  # json, safetensors and torch each raise their own
        raise InputError(f"{folder} has no network that works ({reason(error)}).") from None
    return network


def assign(network: Any, weights: dict[str, torch.Tensor]) -> None:
    """Put weights in the place of those without values; where two were tied, they stay tied."""
    names: dict[int, list[str]] = {}  # of each parameter
    for name, parameter in network.named_parameters(remove_duplicate=False):
        names.setdefault(id(parameter), []).append(name)
    network.load_state_dict(weights, assign=True)
    for first, *others in names.values():
        for name in others:
            module, _, attribute = name.rpartition(".")
            setattr(network.get_submodule(module), attribute, network.get_parameter(first))


def find_folder(name: str | Path) -> Path:
    """The folder of a network, or else that of the shipped one with this name."""
    if (Path(name) / "config.json").is_file():
        return Path(name)
    if (Path(name) / "run.json").is_file():
        raise InputError(f"The training in {name} isn't finished: its command resumes it.")
    shipped = {path.parent.name: path.parent for path in SHIPPED.glob("*/config.json")}
    if str(name) not in shipped:
        names = ", ".join(sorted(shipped))
        raise InputError(f"There is no network {name}: choose {names}, or a folder with one.")
    return shipped[str(name)]


def build(config: dict[str, Any], most_layers: int) -> Any:
    """The network that a config.json describes, its weights without values and without memory."""
    arguments = dict(config)
    of_class = class_of(arguments.pop("architecture"), NETWORKS)
    facts = arguments.pop("facts", {})
    chars = arguments["chars"]
    if chars != list(dict.fromkeys("".join(chars))):
        raise ValueError("chars is no list of different characters")
    if arguments["num_layers"] > most_layers:  # or building them might take for ever
        raise ValueError("it has more layers than weights")
    with torch.device("meta"), WithoutValues():
        network = of_class(**arguments)
    check_facts(facts)
    network.facts = facts
    return network


class WithoutValues(TorchFunctionMode):
    """Leaves out `normal_`, because tensors without values need no random ones.

    On such tensors, it would import PyTorch's compiler, which takes two seconds.
    """

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


def reason(error: Exception) -> str:
    """An error in one line, which may quote a file and so is cut."""
    lines = [line.strip() for line in str(error).strip().splitlines()]
    return "; ".join(lines)[:200] if lines else type(error).__name__
