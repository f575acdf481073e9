"""What is said of a trained network: its size, its time, what it has read, and by what."""

import platform
from importlib import metadata
from pathlib import Path

import torch

from shakespeare.data import Corpus
from shakespeare.settings import Settings
from shakespeare.training_folder import read_curves


def count_parameters(network: torch.nn.Module) -> int:
    return sum(weight.numel() for weight in network.parameters())


def training_seconds(folder: Path) -> float:
    """How long a network has trained, without interruptions."""
    return read_curves(folder)["seconds"][-1]


def characters_read(settings: Settings, train: Corpus) -> int:
    """How many characters a training reads."""
    in_epoch = len(train.ids)
    if settings.limit_batches is not None:
        in_epoch = min(in_epoch, settings.limit_batches * settings.batch_size * settings.seq_len)
    return settings.epochs * in_epoch


def versions() -> str:
    """What a result depends on besides code and hardware: Python, packages, threads."""
    packages = []
    for name in ("torch", "lightning", "numpy", "matplotlib"):
        version = metadata.version(name).partition("+")[0]
        packages.append(f"{name} {version}")
    count = torch.get_num_threads()
    threads = "1 thread" if count == 1 else f"{count} threads"
    return f"Python {platform.python_version()}, {', '.join(packages)}, {threads}"
