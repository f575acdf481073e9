"""What the notebooks share: a folder with their settings, numbers and trained networks."""

import json
import os
import platform
from collections.abc import Mapping
from contextlib import suppress
from importlib import metadata
from pathlib import Path
from typing import Any

import torch

from shakespeare.files import TINY_SHAKESPEARE, InputError, read_text, text_hash, write
from shakespeare.pretrained import from_pretrained, save_pretrained
from shakespeare.settings import Settings, build_folder, load_settings, read_profile

from .display import is_interactive


class Results:
    """The folder of one profile, text and `changes`, with what the notebooks save in it.

    Raises InputError for an unusable text, profile or setting.
    """

    def __init__(self, profile: str, text: str, changes: dict[str, Any] | None = None) -> None:
        self.profile = profile
        self.text = text
        self.changes = changes or {}
        self.settings("final")  # refuses a setting that is unknown
        self.folder = build_folder(profile, text, self.changes)
        with suppress(ValueError):  # on Windows, where another drive has no relative path
            self.folder = Path(os.path.relpath(self.folder))  # messages about its files are short
        self.made_with = {
            "profile": profile,
            "changes": self.changes,
            "text": Path(text).name,
            "fingerprint": text_hash(read_text(text)),
        }
        if is_interactive() and self.made_with["fingerprint"] != TINY_SHAKESPEARE:
            # `make` leaves out the cells that speak of it, JupyterLab doesn't.
            about = "cells that speak of Shakespeare aren't about it"
            print(f"Your text is {self.made_with['text']}: {about}.")

    def settings(self, recipe: str = "baseline", more: dict[str, Any] | None = None) -> Settings:
        """What a recipe trains, with the changes; the student's has those that it knows."""
        changes = self.changes | (more or {})
        if recipe == "baseline":
            known = {"limit_batches", "precision", *read_profile(self.profile)[recipe]}
            changes = {name: value for name, value in changes.items() if name in known}
        return load_settings(self.profile, recipe, changes)

    def by_profile(self, smoke: Any, quick: Any) -> Any:
        """One value to show that everything runs, one for a lesson, which `full` takes, too."""
        return smoke if self.profile == "smoke" else quick

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
        try:
            return json.loads(path.read_text(encoding="utf-8"))
        except ValueError:
            raise InputError(f"{path} is damaged: run notebook {notebook} again.") from None

    def save_network(self, network: Any, name: str) -> None:
        """Write a network that was trained here, with all that was chosen for it."""
        save_pretrained(network, self.network_folder(name))

    def load_network(self, name: str, notebook: str) -> Any:
        """The network that a notebook has saved. Raises InputError if there is none."""
        folder = self.network_folder(name)
        if not folder.exists():
            raise InputError(f"There is no {folder}: run notebook {notebook} first.")
        return from_pretrained(folder)

    def network_folder(self, name: str) -> Path:
        return self.folder / "models" / name


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
