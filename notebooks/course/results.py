"""What the notebooks share: a folder with their numbers and trained networks."""

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import torch

from shakespeare.data import Corpus
from shakespeare.files import InputError, write
from shakespeare.pretrained import from_pretrained, save_pretrained
from shakespeare.settings import Recipe, load_recipe, read_profile
from shakespeare.training_folder import is_finished
from study.trained import count_parameters, versions

ROOT = Path(__file__).resolve().parents[2]
TEXT = ROOT / "input.txt"


class Results:
    """The folder of a profile, build/quick for example, with what the notebooks save in it.

    It sets PyTorch to one thread, so a notebook's numbers don't depend on how many cores there are,
    and two notebooks can run at the same time. Raises InputError for an unknown profile.
    """

    def __init__(self, profile: str) -> None:
        read_profile(profile)
        torch.set_num_threads(1)
        self.profile = profile
        self.folder = ROOT / "build" / profile
        with suppress(ValueError):  # on Windows, where another drive has no relative path
            self.folder = Path(os.path.relpath(self.folder))  # messages about its files are short
        self.made_with = {"profile": profile, "versions": versions()}

    @cached_property
    def corpus(self) -> Corpus:
        return Corpus.read(TEXT)

    def recipe(self, name: str) -> Recipe:
        """A recipe of the profile, "baseline" or "final"."""
        return load_recipe(self.profile, name)

    def by_profile(self, smoke: Any, quick: Any) -> Any:
        """One value to show that everything runs, and one for a lesson."""
        return smoke if self.profile == "smoke" else quick

    # Trained networks

    def trained(self, name: str, notebook: str) -> tuple[Any, Path]:
        """What another notebook has trained, and its folder. Raises InputError if it hasn't."""
        folder = self.folder / name
        if not is_finished(folder):
            raise InputError(f"There is no network in {folder}: run notebook {notebook} first.")
        return from_pretrained(folder), folder

    def save_network(self, network: Any, name: str) -> None:
        """Write a network with all that was chosen for it, such as how to draw from it."""
        save_pretrained(network, self.network_folder(name))

    def load_network(self, name: str, notebook: str) -> Any:
        """The network that a notebook has saved. Raises InputError if there is none."""
        folder = self.network_folder(name)
        if not folder.exists():
            raise InputError(f"There is no {folder}: run notebook {notebook} first.")
        return from_pretrained(folder)

    def network_folder(self, name: str) -> Path:
        return self.folder / "models" / name

    # Numbers

    def save(self, notebook: str, numbers: Mapping[str, Any]) -> None:
        """Write the numbers of a notebook such as "03-training" over its earlier ones."""
        content = {"made_with": self.made_with, **numbers}
        text = json.dumps(content, indent=1, sort_keys=True, allow_nan=False) + "\n"
        write(self.folder / f"{notebook}.json", text.encode())

    def load(self, notebook: str) -> dict[str, Any]:
        """The numbers of another notebook. Raises InputError if there are none."""
        path = self.folder / f"{notebook}.json"
        if not path.exists():
            raise InputError(f"There is no {path}: run notebook {notebook} first.")
        return json.loads(path.read_text(encoding="utf-8"))


def about_network(name: str, network: Any, loss: float) -> dict[str, Any]:
    """A network's row in the first table of the report."""
    return {
        "name": name,
        "size": f"{network.num_layers} × {network.hidden_size}",
        "parameters": count_parameters(network),
        "loss": loss,
    }


def trained_network(
    name: str, network: Any, folder: Path, seconds: float, loss: float
) -> dict[str, Any]:
    """The row of a network that was trained in this run, in a folder."""
    trained_at = (folder / "model.safetensors").stat().st_mtime
    day = date.fromtimestamp(trained_at).isoformat()
    return {**about_network(name, network, loss), "date": day, "seconds": seconds}
