"""What the notebooks share: settings, numbers files, trained networks, predictions made once."""

import json
import os
import platform
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import Any, NamedTuple

import safetensors.torch
import torch
from safetensors import SafetensorError

from shakespeare import pretrained
from shakespeare.beyond.parallel import side_by_side
from shakespeare.beyond.recipes import make_training
from shakespeare.beyond.settings import BeyondSettings, load_beyond
from shakespeare.data import Corpus
from shakespeare.digests import TINY_SHAKESPEARE, digest, text_digest
from shakespeare.evaluation import PROTOCOLS
from shakespeare.files import InputError, read_pieces, write
from shakespeare.model import CharLSTM
from shakespeare.settings import Settings, build_folder, load_settings
from shakespeare.training import network_parts

from .display import is_interactive
from .memory import check_memory


class Results:
    """The settings, the folder and the numbers files of one profile and text, with `changes`.

    Raises InputError for an unusable text, profile or setting.
    """

    def __init__(self, profile: str, text: str, changes: dict[str, Any] | None = None) -> None:
        if changes is None:
            changes = {}
        if not isinstance(changes, dict):
            raise InputError(
                f'CHANGES must be a dictionary such as {{"epochs": 6}}, not {changes}.'
            )
        load_beyond(profile, "final", changes)  # raises an error for what no recipe knows
        check_memory(text, profile)
        self.profile = profile
        self.text = text
        self.changes = changes
        self.folder = build_folder(profile, text)
        with suppress(ValueError):  # on Windows, where another drive has no relative path
            self.folder = Path(os.path.relpath(self.folder))  # messages about its files are short
        self.made_with = {
            "profile": profile,
            "changes": dict(changes),
            "text": Path(text).name,
            "fingerprint": text_digest(read_pieces(text)),
        }
        if is_interactive() and self.made_with["fingerprint"] != TINY_SHAKESPEARE:
            # `make` leaves out the cells that speak of it, JupyterLab doesn't.
            about = "cells that speak of Shakespeare aren't about it"
            print(f"Your text is {self.made_with['text']}: {about}.")
        # What `weights_digest` said of each network when it was saved or loaded here, by its name:
        # another notebook may replace the files meanwhile.
        self.weights: dict[str, str] = {}

    def settings(self) -> Settings:
        """What the student's recipe trains, with those of the changes that it knows."""
        known = {}
        for name, value in self.changes.items():
            if name in Settings.model_fields:
                known[name] = value
        return load_settings(self.profile, "baseline", known)

    def beyond(self, recipe: str) -> BeyondSettings:
        """What the recipe rungs, final or page trains, with the changes."""
        return load_beyond(self.profile, recipe, self.changes)

    def by_profile(self, smoke: Any, quick: Any) -> Any:
        """One value to show that everything runs, one for a lesson, which `full` takes, too."""
        return smoke if self.profile == "smoke" else quick

    def save(self, notebook: str, numbers: Mapping[str, Any], network: str | None = None) -> None:
        """Write the numbers of a notebook such as "03-training" and overwrite its earlier ones.

        Where the numbers are about a network that was saved or loaded here, `network` is its name,
        such as "final". Then the file names its weights. Raises InputError if the text has changed.
        """
        made_with = dict(self.made_with)
        if network is not None:
            if network not in self.weights:
                raise InputError(f"Run the cell that saves the network {network} again, then this.")
            made_with["weights"] = self.weights[network]
        if text_digest(read_pieces(self.text)) != made_with["fingerprint"]:
            raise InputError(f"{self.text} has changed: restart the kernel and run all cells.")
        content = {"made_with": made_with, **numbers}
        text = json.dumps(content, indent=1, sort_keys=True, allow_nan=False) + "\n"
        write(self.folder / f"{notebook}.json", text.encode())

    def load(self, notebook: str) -> dict[str, Any]:
        """The numbers of another notebook; InputError if there are none for this text."""
        path = self.folder / f"{notebook}.json"
        if not path.exists():
            raise InputError(f"There is no {path}: run notebook {notebook} first.")
        return read_numbers(path, {"fingerprint": self.made_with["fingerprint"]})

    def save_network(self, network: CharLSTM, name: str) -> None:
        """Write a network that was trained here, with all that was chosen for it."""
        network.save_pretrained(self.network_folder(name))
        self.weights[name] = weights_digest(self.network_folder(name))

    def load_network(self, name: str, notebook: str, settings: Settings) -> Any:
        """The network `name` that `notebook` trained. Raises InputError as `check_network` does."""
        self.check_network(name, notebook, settings)
        return pretrained.load(self.network_folder(name))

    def check_network(self, name: str, notebook: str, settings: Settings) -> None:
        """Raise InputError if `notebook` has not trained the network `name` with these settings.

        Its weights have to be those that the notebook's numbers are about.
        """
        numbers = self.load(notebook)
        weights = numbers["made_with"].get("weights")
        check_weights(self.network_folder(name), weights, notebook)
        trained_with = numbers.get("settings", {})
        for setting, value in settings.model_dump().items():
            if trained_with.get(setting) != value:
                reason = f"The network was trained with another {setting}"
                raise InputError(f"{reason}: run notebook {notebook} again.")
        self.weights[name] = weights

    def network_folder(self, name: str) -> Path:
        return self.folder / "models" / name


def weights_digest(folder: Path) -> str:
    """A digest of the weights of a network, and of the code by which networks are trained."""
    path = folder / "model.safetensors"
    if not path.exists():
        raise InputError(f"There is no {path}: run the notebook that trains it again.")
    return digest(path.read_bytes(), make_training)


def check_weights(folder: Path, weights: str | None, notebook: str) -> None:
    """Raise InputError unless the folder has the network with the `weights` of some numbers."""
    if weights_digest(folder) != weights:
        changed = f"The network in {folder}, or the code that trains it, has changed"
        raise InputError(f"{changed}: run notebook {notebook} again.")


def read_numbers(path: Path, expected: Mapping[str, Any]) -> dict[str, Any]:
    """The numbers that a notebook saved. Raises InputError if they are damaged or made otherwise.

    `expected` is what their `made_with` has to say: the profile, the text and so on.
    """
    again = f"delete it and run notebook {path.stem}, or make, again"
    try:
        numbers = json.loads(path.read_text(encoding="utf-8"))
        made_with = dict(numbers["made_with"])
    except (ValueError, KeyError, TypeError, RecursionError):
        raise InputError(f"{path} is damaged: {again}.") from None
    for fact, value in expected.items():
        if made_with.get(fact) != value:
            difference = f"{fact} {made_with.get(fact)}, not {value}"
            raise InputError(f"{path} was made with {difference}: {again}.")
    return numbers


class Prediction(NamedTuple):
    """`compute(network, part, **options)`, whose result is kept in the folder of a run.

    For a single one there is `cached`. Where many may be missing, `cache_side_by_side` computes
    these at once before.
    """

    run: Path
    compute: Callable[..., torch.Tensor]
    network: CharLSTM
    part: Corpus
    options: dict[str, Any] = {}  # noqa: RUF012 nobody changes it

    def file(self) -> Path:
        """Where the result is kept: the name has a digest of all that the result depends on."""
        name = digest(
            network_parts(self.network),
            *self.network.state_dict().values(),
            self.part.ids,
            self.options,
            self.compute,
        )
        return self.run / f"{self.compute.__name__}-{name}.safetensors"

    def result(self) -> torch.Tensor:
        """Read from the file, or computed, if that is missing or damaged."""
        file = self.file()
        try:
            return safetensors.torch.load(file.read_bytes())["result"]
        except (OSError, SafetensorError, KeyError):
            result = self.compute(self.network, self.part, **self.options)
            write(file, safetensors.torch.save({"result": result}))
            return result


def cached(
    run: Path,
    compute: Callable[..., torch.Tensor],
    network: CharLSTM,
    part: Corpus,
    **options: Any,
) -> torch.Tensor:
    """`compute(network, part, **options)`, read from a file if it was computed before."""
    return Prediction(run, compute, network, part, options).result()


def cache_side_by_side(predictions: Mapping[Any, Prediction]) -> None:
    """Compute those that are missing, at once on all cores; afterwards `cached` reads them."""
    jobs = {}
    files = set()  # two names may ask for the same result, which is computed once
    for name, prediction in predictions.items():
        file = prediction.file()
        if file not in files and not file.exists():
            files.add(file)
            jobs[name] = partial(store, prediction)
    side_by_side(jobs)


def store(prediction: Prediction) -> None:
    prediction.result()  # isn't returned: it would be copied from one process to the other


def predict_side_by_side(predictions: Mapping[Any, Prediction]) -> dict[Any, torch.Tensor]:
    """What `cached` returns for each, by name; those that are missing are computed at once."""
    cache_side_by_side(predictions)
    return {name: prediction.result() for name, prediction in predictions.items()}


def cold_and_carried(run: Path, network: CharLSTM, part: Corpus) -> dict[str, torch.Tensor]:
    """Log-probabilities (characters, vocab_size) of a part, by protocol, from `cached`."""
    return {name: cached(run, compute, network, part) for name, compute in PROTOCOLS.items()}


def count_parameters(network: torch.nn.Module) -> int:
    return sum(weight.numel() for weight in network.parameters())


def versions() -> str:
    """What a result depends on besides code and hardware: Python, packages, threads."""
    packages = []
    for name in ("torch", "lightning", "numpy", "matplotlib"):
        version = metadata.version(name).partition("+")[0]
        packages.append(f"{name} {version}")
    threads = torch.get_num_threads()
    return f"Python {platform.python_version()}, {', '.join(packages)}, {threads} threads"
