"""From settings to trained networks: the network and the batches that they describe, many at once.

Small networks leave a second thread little to do. Two trainings side by side read about 1.4 times
as many characters a second as one after the other with two threads each.
"""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import lightning as L

from ..data import ShakespeareData, Split
from ..files import InputError
from ..model import CharLSTM
from ..settings import Settings
from ..training import is_finished, run_folder, train_in
from .copying import CopyLSTM
from .parallel import side_by_side
from .refinements import StrongLSTM
from .renaming import RenamedData
from .settings import BeyondSettings
from .streams import StreamData


class Training(NamedTuple):
    """A network and what it is trained with."""

    network: Any
    data: ShakespeareData
    settings: Settings
    callbacks: tuple[L.Callback, ...] = ()


def train_many(
    trainings: Mapping[Any, Training], build: str | Path, processes: int | None = None
) -> dict[Any, tuple[Any, Path]]:
    """Train all side by side: (trained network, folder of its run) by name, as from `train`.

    A finished run is reused, a stopped one resumes. The longest training begins first, or it would
    end alone. `processes` says how many train at once, by default one for each core. Raises
    InputError where two trainings have the same network.
    """
    if len({id(training.network) for training in trainings.values()}) < len(trainings):
        raise InputError("Two trainings have the same network: make one for each.")
    run_of = {name: run_folder(build, *training) for name, training in trainings.items()}
    jobs = {}
    runs = set()  # two processes must not write into one folder
    for name in sorted(trainings, key=lambda name: cost(trainings[name]), reverse=True):
        run = run_of[name]
        if run not in runs and not is_finished(run):
            runs.add(run)
            jobs[name] = partial(train_in, run, *trainings[name])
    side_by_side(jobs, processes)
    results = {}
    for name, training in trainings.items():
        train_in(run_of[name], *training)  # it is finished, so the network only gets its weights
        results[name] = (training.network, run_of[name])
    return results


def cost(training: Training) -> float:
    """How long it takes, in units that are the same for all: parameters times characters."""
    parameters = sum(weight.numel() for weight in training.network.parameters())
    return parameters * len(training.data.train_part.ids) * training.settings.epochs


def make_training(
    settings: Settings,
    split: Split,
    network_class: type[StrongLSTM] | None = None,
    sizes: dict[str, Any] | None = None,
    callbacks: tuple[L.Callback, ...] = (),
) -> Training:
    """What a recipe trains on the training part of `split`.

    `network_class` is another than the settings name, and `sizes` are its arguments besides those
    of training.
    """
    L.seed_everything(settings.seed, verbose=False)
    network = make_network(split.train.chars, settings, network_class, sizes)
    return Training(network, make_data(split, settings), settings, callbacks)


def make_network(
    chars: list[str],
    settings: Settings,
    network_class: type[StrongLSTM] | None = None,
    sizes: dict[str, Any] | None = None,
) -> Any:
    """The untrained network that the settings describe, or one of another class and sizes."""
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
        of_class = network_class or CharLSTM
        return of_class(chars, **(sizes or own_sizes), **options)
    options |= {
        "one_cycle": settings.one_cycle,
        "dropout": settings.dropout,
        "carry_state": settings.carry_state,
        "layer_norm": settings.layer_norm,
    }
    if network_class is not None:
        return network_class(chars, **(sizes or {}), **options)
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
