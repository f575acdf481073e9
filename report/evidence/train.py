"""How the networks are trained: each in its folder, many at the same time."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import lightning as L
import torch

from shakespeare.data import Split
from shakespeare.pretrained import NETWORKS, class_of
from shakespeare.settings import Recipe
from shakespeare.training import make_data, make_network, train
from shakespeare.training_folder import is_finished, load_weights
from study.trained import characters_read, count_parameters

from .pool import side_by_side

SPEED = 1e11  # operations a second on a core with bfloat16, to say roughly what a run costs


@dataclass
class Training:
    """What to train: a recipe, on the training part of a split.

    `data` is the class of its batches, if it is another one than the recipe names. `callbacks` are
    Lightning's. What the network learns `before`, it learns in a folder beside: it begins with the
    weights of the last step there.
    """

    recipe: Recipe
    split: Split
    data: Any = None
    callbacks: Sequence[L.Callback] = ()
    before: "Training | None" = None

    def train(self, folder: Path) -> Any:
        """Train the network in a folder, or load it if it was trained there."""
        network = make_network(self.recipe, self.split.train.chars)
        if self.data is None:
            data = make_data(self.recipe, self.split)
        else:
            data = self.data(self.split, self.recipe.training)
        if self.before is not None:
            self.before.train(before(folder))
            load_weights(network, last_step(before(folder)))
        return train(network, data, folder, self.callbacks)

    def cost(self) -> float:
        """How long it takes, in units that are the same for all: parameters times characters."""
        parameters = parameters_of(self.recipe, self.split.train.chars)
        return parameters * characters_read(self.recipe.training, self.split.train)


def before(folder: Path) -> Path:
    """Where a network learns what it learns before a training, whose folder is given."""
    return folder.with_name(f"{folder.name}-before")


def steps_in(folder: Path) -> list[int]:
    """The steps at which `Snapshots` saved the network of a training."""
    return sorted(int(each.name.removeprefix("step-")) for each in folder.glob("step-*"))


def last_step(folder: Path) -> Path:
    return folder / f"step-{steps_in(folder)[-1]}"


def network_at(training: Training, step: Path) -> Any:
    """The network as it was at a step, from the folder of a snapshot."""
    network = make_network(training.recipe, training.split.train.chars)
    load_weights(network, step)
    return network.eval()


def parameters_of(recipe: Recipe, chars: list[str]) -> int:
    """How many parameters a network has; on the device `meta`, a tensor has only a shape."""
    arguments = dict(recipe.network)
    cls = arguments.pop("class")
    if isinstance(cls, str):
        cls = class_of(cls, NETWORKS)
    with torch.device("meta"):
        return count_parameters(cls(chars, **arguments))


def train_all(trainings: Mapping[str, Training], build: Path) -> None:
    """Train all networks that aren't finished at the same time, each in its folder.

    The longest training begins first, or it would end alone. Raises InputError where a training's
    recipe has changed since its folder was made: then delete the folder.
    """
    by_cost = sorted(trainings, key=lambda name: trainings[name].cost(), reverse=True)
    jobs = {}
    for name in by_cost:
        folder = folder_of(name, build)
        if is_finished(folder):
            trainings[name].train(folder)  # only loaded, or refused
        else:
            jobs[name] = partial(train_in, folder, trainings[name])
    side_by_side(jobs)


def train_in(folder: Path, training: Training) -> None:
    training.train(folder)  # isn't returned: it would be copied from one process to the other


def folder_of(name: str, build: Path) -> Path:
    """build/runs/NAME, with a hyphen for what a shell might not take."""
    return build / "runs" / re.sub(r"[^\w-]+", "-", name)


def say_what_it_costs(trainings: Mapping[str, Training], build: Path) -> None:
    """Print how many trainings are left, and roughly how long they take."""
    left = []
    for name, training in trainings.items():
        if not is_finished(folder_of(name, build)):
            left.append(training)
    # A training takes six operations for each parameter and character that is read.
    minutes = sum(6 * training.cost() for training in left) / SPEED / 60
    print(
        f"Trainings that are left: {len(left)} of {len(trainings)}, "
        f"some {minutes:,.0f} minutes of one core that is fast in bfloat16, "
        "four times that on others; then about as long again to measure.",
        flush=True,
    )
