"""Stacks of layers of equal size, and how much a network reads."""

from pathlib import Path
from typing import Any, NamedTuple

import torch

from course.results import count_parameters
from shakespeare.beyond.peers import gradient_norms
from shakespeare.beyond.recipes import make_network
from shakespeare.beyond.refinements import StrongLSTM
from shakespeare.beyond.settings import BeyondSettings
from shakespeare.data import Split
from shakespeare.settings import Settings
from shakespeare.training import training_seconds


def characters_in_batch(settings: Settings) -> int:
    return settings.batch_size * settings.seq_len


def batches_in_epoch(settings: Settings, split: Split) -> int:
    return settings.limit_batches or len(split.train.ids) // characters_in_batch(settings)


def epochs_read(settings: Settings, split: Split) -> float:
    """How much a training reads, as a multiple of the training text's length."""
    batches = settings.epochs * batches_in_epoch(settings, split)
    return batches * characters_in_batch(settings) / len(split.train.ids)


def with_half_epochs(settings: Settings, split: Split) -> Any:
    """The settings, with half of the batches of each epoch."""
    half = max(1, batches_in_epoch(settings, split) // 2)
    return settings.model_copy(update={"limit_batches": half})


# Stacks of layers


class Stack(NamedTuple):
    """A stack to train. Those of a series have about equally many parameters."""

    series: str
    layers: int
    hidden_size: int
    settings: BeyondSettings
    network_class: type[StrongLSTM]

    def __str__(self) -> str:
        return f"{self.series}, {self.layers} x {self.hidden_size}"

    def sizes(self) -> dict[str, int]:
        return sizes_of(self.settings, self.layers, self.hidden_size)


def sizes_of(settings: Settings, layers: int, hidden_size: int) -> dict[str, int]:
    return {
        "embedding_size": settings.embedding_size,
        "hidden_size": hidden_size,
        "num_layers": layers,
    }


def parameters_of(stack: Stack, chars: list[str]) -> int:
    """How many parameters a stack has; on the device `meta`, a tensor has only a shape."""
    with torch.device("meta"):
        return count_parameters(
            make_network(chars, stack.settings, stack.network_class, stack.sizes())
        )


def widest(stack: Stack, limit: int, chars: list[str]) -> Stack:
    """With the largest hidden size, a multiple of 4, that needs no more than `limit` parameters."""
    wider = stack._replace(hidden_size=4)
    while parameters_of(wider, chars) <= limit:
        stack = wider
        wider = stack._replace(hidden_size=stack.hidden_size + 4)
    return stack


def stack_row(
    stack: Stack, network: StrongLSTM, run: Path, losses: torch.Tensor, split: Split
) -> dict[str, Any]:
    """What is said of a stack; `losses` are carried, on the validation half."""
    return {
        "name": str(stack),
        "series": stack.series,
        "layers": stack.layers,
        "hidden_size": stack.hidden_size,
        "epochs": stack.settings.epochs,
        "epochs_read": epochs_read(stack.settings, split),
        "parameters": count_parameters(network),
        "minutes": training_seconds(run) / 60,
        "carried_validation": losses.mean().item(),
        "gradients": gradient_norms(network, split.validation),
    }
