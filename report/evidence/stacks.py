"""Stacks of layers of equal size, and how much a network reads."""

from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor

from course.results import count_parameters
from shakespeare.networks import make_network
from shakespeare.runs import Training, characters_read, training_seconds
from shakespeare.settings import Settings


def epochs_read(training: Training) -> float:
    """How much a training reads, as a multiple of the training text's length."""
    return characters_read(training) / len(training.split.train.ids)


# Stacks of layers


class Stack(NamedTuple):
    """A stack to train. Those of a series have about equally many parameters."""

    series: str
    settings: Settings

    def __str__(self) -> str:
        return f"{self.series}, {self.settings.num_layers} x {self.settings.hidden_size}"


def parameters_of(settings: Settings, chars: list[str]) -> int:
    """How many parameters a network has; on the device `meta`, a tensor has only a shape."""
    with torch.device("meta"):
        return count_parameters(make_network(chars, settings))


def widest(settings: Settings, limit: int, chars: list[str]) -> Settings:
    """With the largest hidden size, a multiple of 4, that needs no more than `limit` parameters."""
    wider = settings.model_copy(update={"hidden_size": 4})
    while parameters_of(wider, chars) <= limit:
        settings = wider
        wider = settings.model_copy(update={"hidden_size": settings.hidden_size + 4})
    return settings


def stack_row(
    stack: Stack, training: Training, network: Any, run: Path, losses: Tensor
) -> dict[str, Any]:
    """What is said of a stack; `losses` are carried, on the validation half."""
    return {
        "name": str(stack),
        "series": stack.series,
        "layers": stack.settings.num_layers,
        "hidden_size": stack.settings.hidden_size,
        "epochs": stack.settings.epochs,
        "epochs_read": epochs_read(training),
        "parameters": count_parameters(network),
        "minutes": training_seconds(run) / 60,
        "carried_validation": losses.mean().item(),
    }
