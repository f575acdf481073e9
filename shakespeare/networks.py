"""The networks by name: from settings to an untrained network."""

import inspect
from importlib import import_module
from typing import Any

from .files import InputError
from .settings import Settings

# The classes with their modules, which are imported when they are asked for.
NETWORKS = {
    "CharLSTM": "model",
    "NormDropoutLSTM": "beyond.norm_dropout",
    "CopyLSTM": "beyond.copying",
    "ResidualLSTM": "beyond.peers",
    "AttentionLSTM": "beyond.peers",
    "Transformer": "beyond.peers",
}
# Settings of parts that only some networks have; they are off by default.
PARTS = ("dropout", "layer_norm", "copy_size", "memory", "heads", "context")


def network_class(name: str) -> Any:
    """The class of this name. Raises InputError for an unknown one."""
    if name not in NETWORKS:
        raise InputError(f"There is no network {name}: choose one of {', '.join(NETWORKS)}.")
    module = import_module(f".{NETWORKS[name]}", __package__)
    return getattr(module, name)


def is_known(network: Any) -> bool:
    """Whether the network's class is the one of its name, so that a file can name it."""
    name = type(network).__name__
    return name in NETWORKS and type(network) is network_class(name)


def make_network(chars: list[str], settings: Settings, of_class: Any = None) -> Any:
    """An untrained network of the class that the settings name, or of another one.

    Its constructor gets the settings that it has as arguments. Raises InputError where a part is
    switched on that the network lacks, because the setting would do nothing.
    """
    network = of_class or network_class(settings.network)
    known = arguments_of(network)
    arguments = {}
    for name, field in Settings.model_fields.items():
        value = getattr(settings, name)
        if name in known:
            arguments[name] = value
        elif name in PARTS and value != field.default:
            off = f"set it to {field.default}, or choose another network"
            raise InputError(f"{network.__name__} has no {name}: {off}.")
    return network(chars, **arguments)


def arguments_of(network: Any) -> set[str]:
    """What a constructor takes; with **options it also takes what that of its parent does."""
    names = set[str]()
    for each in network.__mro__:
        parameters = inspect.signature(each).parameters
        names.update(parameters)
        if all(one.kind != one.VAR_KEYWORD for one in parameters.values()):
            break
    return names
