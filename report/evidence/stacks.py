"""Stacks of layers of equal size."""

from pathlib import Path
from typing import Any, NamedTuple

from torch import Tensor

from course.results import count_parameters, training_seconds
from shakespeare.settings import Recipe

from .rungs import changed
from .train import Training, parameters_of


class Stack(NamedTuple):
    """A stack to train. Those of a series have about equally many parameters."""

    series: str
    recipe: Recipe

    def __str__(self) -> str:
        network = self.recipe.network
        return f"{self.series}, {network['num_layers']} x {network['hidden_size']}"


def widest(recipe: Recipe, limit: int, chars: list[str]) -> Recipe:
    """The recipe with the largest hidden size, a multiple of 4, within `limit` parameters."""
    size = 4
    wider = changed(recipe, {"network.hidden_size": size})
    while parameters_of(wider, chars) <= limit:
        recipe = wider
        size += 4
        wider = changed(recipe, {"network.hidden_size": size})
    return recipe


def stack_row(
    stack: Stack, training: Training, network: Any, folder: Path, losses: Tensor
) -> dict[str, Any]:
    """What is said of a stack; `losses` are carried, on the validation half."""
    return {
        "name": str(stack),
        "series": stack.series,
        "layers": stack.recipe.network["num_layers"],
        "hidden_size": stack.recipe.network["hidden_size"],
        "epochs": stack.recipe.training.epochs,
        "epochs_read": training.epochs_read(),
        "parameters": count_parameters(network),
        "minutes": training_seconds(folder) / 60,
        "carried_validation": losses.mean().item(),
    }
