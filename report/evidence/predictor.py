"""A network that predicts; each of its predictions is computed once, and kept as a file."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import safetensors.torch
from torch import Tensor

from shakespeare.data import Corpus
from shakespeare.evaluation import PROTOCOLS, losses_of
from shakespeare.files import write
from study.learning import learning_predictions

from .pool import side_by_side

# What a network predicts of a part: log-probabilities (characters, vocab_size).
Protocol = Callable[[Any, Corpus], Tensor]


def learning(rate: float) -> Protocol:
    """The protocol in which a network learns while it reads, with this step size."""
    return partial(learning_predictions, learning_rate=rate)


def protocols(rate: float) -> dict[str, Protocol]:
    """Cold, carried, and learning with this step size, by name."""
    return {**PROTOCOLS, "learning": learning(rate)}


class Predictor(NamedTuple):
    """A network, and the folder in which its predictions are kept."""

    network: Any
    folder: Path

    def predict(self, protocol: Protocol, part: Corpus) -> Tensor:
        """Log-probabilities (characters, vocab_size) of a part, from their file if it exists."""
        file = self.file(protocol, part)
        if not file.exists():
            result = protocol(self.network, part)
            write(file, safetensors.torch.save({"result": result}))
        return safetensors.torch.load(file.read_bytes())["result"]

    def file(self, protocol: Protocol, part: Corpus) -> Path:
        """Such as carried-1a2b3c4d-memory=1024.safetensors. The digits stand for the part."""
        function: Any = getattr(protocol, "func", protocol)  # of a partial
        words = [function.__name__.removesuffix("_predictions"), part.hash[:8]]
        options = dict(getattr(protocol, "keywords", {}))
        if hasattr(self.network, "memory"):  # it is chosen after the training
            options["memory"] = self.network.memory
        for name, value in sorted(options.items()):
            words.append(f"{name}={value}")
        return self.folder / f"{'-'.join(words)}.safetensors"


def predict_all(
    predictors: Sequence[Predictor], protocols: Iterable[Protocol], parts: Iterable[Corpus]
) -> None:
    """Compute what isn't computed yet, side by side; afterwards `predict` reads it."""
    jobs = {}
    for protocol, part, predictor in product(protocols, parts, predictors):
        file = predictor.file(protocol, part)
        if not file.exists():
            jobs[file] = partial(store, predictor, protocol, part)  # each file once
    side_by_side(jobs)


def store(predictor: Predictor, protocol: Protocol, part: Corpus) -> None:
    predictor.predict(protocol, part)  # isn't returned: processes would copy it


def losses_of_each(
    predictors: Sequence[Predictor], protocol: Protocol, part: Corpus
) -> list[Tensor]:
    """The losses in nats of each, (characters,)."""
    predict_all(predictors, [protocol], [part])
    return [losses_of(predictor.predict(protocol, part), part) for predictor in predictors]
