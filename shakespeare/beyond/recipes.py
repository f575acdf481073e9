"""From settings to a trained network: the network, the batches and the run that they describe."""

from pathlib import Path
from typing import Any

import lightning as L

from ..data import Corpus, ShakespeareData, Split
from ..training import run_folder, train
from .copying import CopyLSTM
from .renaming import RenamedData
from .settings import BeyondSettings
from .streams import StreamData
from .strong import StrongLSTM


def train_recipe(
    settings: BeyondSettings,
    corpus: Corpus,
    build: str | Path,
    kind: type[StrongLSTM] | None = None,
    sizes: dict[str, Any] | None = None,
    **options: Any,
) -> tuple[Any, Path]:
    """Train, or reuse a finished run: (network, run folder). The Trainer takes `options`.

    `kind` is another class of network, and `sizes` are its arguments besides those of training.
    """
    L.seed_everything(settings.seed, verbose=False)
    network = make_network(corpus.chars, settings, kind, sizes)
    data = make_data(corpus.split(), settings)
    run = run_folder(build, corpus, network, data, settings, **options)
    return train(network, data, run, settings, **options), run


def make_network(
    chars: list[str],
    settings: BeyondSettings,
    kind: type[StrongLSTM] | None = None,
    sizes: dict[str, Any] | None = None,
) -> Any:
    """The untrained network that the settings describe, or one of another `kind` and `sizes`."""
    options: dict[str, Any] = {
        "learning_rate": settings.learning_rate,
        "weight_decay": settings.weight_decay,
        "one_cycle": settings.one_cycle,
        "dropout": settings.dropout,
        "carry_state": settings.carry_state,
        "layer_norm": settings.layer_norm,
    }
    if kind is not None:
        return kind(chars, **(sizes or {}), **options)
    own_sizes: dict[str, Any] = {
        "embedding_size": settings.embedding_size,
        "hidden_size": settings.hidden_size,
        "num_layers": settings.num_layers,
    }
    if settings.copy_size > 0:
        copying = {"copy_size": settings.copy_size, "memory": settings.memory}
        return CopyLSTM(chars, **copying, **own_sizes, **options)
    return StrongLSTM(chars, **own_sizes, **options)


def make_data(split: Split, settings: BeyondSettings) -> ShakespeareData:
    """Random windows, streams, or streams with invented names."""
    if not settings.carry_state:
        return ShakespeareData(split, settings)
    if settings.rename_share == 0:
        return StreamData(split, settings)
    return RenamedData(split, settings)
