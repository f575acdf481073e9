"""Predictions of trained networks, made once: each is a file in the folder of the training."""

import hashlib
import inspect
from collections.abc import Callable, Iterable
from functools import cache, partial
from pathlib import Path
from typing import Any, NamedTuple

import safetensors.torch
from torch import Tensor

from shakespeare.data import Corpus
from shakespeare.evaluation import PROTOCOLS
from shakespeare.files import write

from .jobs import RunJobs, one_by_one


class Prediction(NamedTuple):
    """`compute(network, part, **options)`, by the network that was trained in `folder`.

    For a single one there is `cached`; `cache_all` computes many.
    """

    folder: Path
    compute: Callable[..., Tensor]
    network: Any
    part: Corpus
    options: dict[str, Any]

    def file(self) -> Path:
        """Where the result is kept, such as carried-1a2b3c4d-memory=1024-5e6f.safetensors.

        The digits stand for the text of the part, and for the code of `compute`.
        """
        words = [self.compute.__name__.removesuffix("_predictions"), self.part.hash[:8]]
        options = dict(self.options)
        if hasattr(self.network, "memory"):  # it is chosen after the training
            options["memory"] = self.network.memory
        for name, value in sorted(options.items()):
            words.append(f"{name}={value}")
        words.append(code_hash(inspect.getfile(self.compute))[:4])
        return self.folder / f"{'-'.join(words)}.safetensors"

    def result(self) -> Tensor:
        """Read from the file, or computed, if that is missing."""
        file = self.file()
        if not file.exists():
            result = self.compute(self.network, self.part, **self.options)
            write(file, safetensors.torch.save({"result": result}))
        return safetensors.torch.load(file.read_bytes())["result"]


def cached(
    folder: Path, compute: Callable[..., Tensor], network: Any, part: Corpus, **options: Any
) -> Tensor:
    """`compute(network, part, **options)`, read from a file if it was computed before."""
    return Prediction(folder, compute, network, part, options).result()


def cache_all(predictions: Iterable[Prediction], run_jobs: RunJobs = one_by_one) -> None:
    """Compute those that are missing; afterwards `cached` reads them."""
    jobs = {}
    for prediction in predictions:
        file = prediction.file()
        if not file.exists():
            jobs[file] = partial(store, prediction)  # two with the same file are computed once
    run_jobs(jobs)


def store(prediction: Prediction) -> None:
    prediction.result()  # isn't returned: it would be copied from one process to the other


def cold_and_carried(folder: Path, network: Any, part: Corpus) -> dict[str, Tensor]:
    """Log-probabilities (characters, vocab_size) of a part, by protocol, from `cached`."""
    return {name: cached(folder, compute, network, part) for name, compute in PROTOCOLS.items()}


@cache  # what was imported stays what it is, even if the file is edited meanwhile
def code_hash(file: str) -> str:
    """Digits that stand for the code in a file."""
    return hashlib.sha256(Path(file).read_bytes()).hexdigest()
