"""From settings to a trained network: the network, the batches and the run that they describe."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import lightning as L
import torch

from ..data import Corpus, ShakespeareData, Split
from ..model import CharLSTM
from ..settings import Settings
from ..training import run_folder, train
from .copying import CopyLSTM
from .parallel import Training, train_side_by_side
from .renaming import RenamedData
from .settings import BeyondSettings
from .streams import StreamData
from .strong import StrongLSTM


class Recipe(NamedTuple):
    """What to train on the training part of `split`.

    `kind` is another class of network, and `sizes` are its arguments besides those of training.
    """

    settings: Settings
    split: Split
    kind: type[StrongLSTM] | None = None
    sizes: dict[str, Any] | None = None
    callbacks: tuple[L.Callback, ...] = ()


def train_recipes(recipes: Mapping[Any, Recipe], build: str | Path) -> dict[Any, tuple[Any, Path]]:
    """Train all recipes side by side, or reuse finished runs: (network, run folder) by name."""
    trainings = {name: prepare(recipe, build) for name, recipe in recipes.items()}
    networks = train_side_by_side(trainings)
    return {name: (networks[name], trainings[name].run) for name in recipes}


def train_recipe(recipe: Recipe, build: str | Path) -> tuple[Any, Path]:
    """Train one recipe here, or reuse its finished run: (network, run folder)."""
    training = prepare(recipe, build)
    return train(*training), training.run


def prepare(recipe: Recipe, build: str | Path) -> Training:
    """The untrained network of a recipe, its batches and its run folder."""
    settings, split, kind, sizes, callbacks = recipe
    L.seed_everything(settings.seed, verbose=False)
    network = make_network(split.train.chars, settings, kind, sizes)
    data = make_data(split, settings)
    run = run_folder(build, whole(split), network, data, settings, callbacks)
    return Training(network, data, run, settings, callbacks)


def whole(split: Split) -> Corpus:
    """The text of which these are the parts; its characters are part of a run's name."""
    ids = torch.cat([split.train.ids, split.held_out.ids])
    return Corpus(ids, split.train.chars, split.train.name)


def make_network(
    chars: list[str],
    settings: Settings,
    kind: type[StrongLSTM] | None = None,
    sizes: dict[str, Any] | None = None,
) -> Any:
    """The untrained network that the settings describe, or one of another `kind` and `sizes`."""
    own_sizes: dict[str, Any] = {
        "embedding_size": settings.embedding_size,
        "hidden_size": settings.hidden_size,
        "num_layers": settings.num_layers,
    }
    options: dict[str, Any] = {
        "learning_rate": settings.learning_rate,
        "weight_decay": settings.weight_decay,
    }
    if not isinstance(settings, BeyondSettings):  # those of the student's recipe
        return CharLSTM(chars, **own_sizes, **options)
    options |= {
        "one_cycle": settings.one_cycle,
        "dropout": settings.dropout,
        "carry_state": settings.carry_state,
        "layer_norm": settings.layer_norm,
    }
    if kind is not None:
        return kind(chars, **(sizes or {}), **options)
    if settings.copy_size > 0:
        copying = {"copy_size": settings.copy_size, "memory": settings.memory}
        return CopyLSTM(chars, **copying, **own_sizes, **options)
    return StrongLSTM(chars, **own_sizes, **options)


def make_data(split: Split, settings: Settings) -> ShakespeareData:
    """Random windows, streams, or streams with invented names."""
    if not isinstance(settings, BeyondSettings) or not settings.carry_state:
        return ShakespeareData(split, settings)
    if settings.rename_share == 0:
        return StreamData(split, settings)
    return RenamedData(split, settings)
