"""One numbers file for each notebook, the trained model, and predictions that are computed once."""

import hashlib
import json
import os
import platform
from collections.abc import Callable, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save

from shakespeare import evaluation, model
from shakespeare.data import ShakespeareDataset
from shakespeare.files import InputError, read_pieces, write
from shakespeare.settings import TrainingSettings, build_folder, load_settings


class Results:
    """The settings, the folder and the numbers files of one profile and text, with `changes`.

    Raises InputError for an unusable text, profile or setting.
    """

    def __init__(self, profile: str, text: str, changes: dict[str, Any] | None = None) -> None:
        if not isinstance(changes, dict | None):
            raise InputError(
                f'CHANGES must be a dictionary such as {{"epochs": 6}}, not {changes}.'
            )
        self.settings = load_settings(profile, changes)
        self.folder = Path(os.path.relpath(build_folder(profile, text)))
        digest = hashlib.sha256()
        for piece in read_pieces(text):
            digest.update(piece.encode("utf-8", "surrogatepass"))
        if digest.digest() == hashlib.sha256().digest():
            raise InputError(f"{text} is empty: give a longer text.")
        self.made_with = {
            "profile": profile,
            "changes": dict(changes or {}),
            "text": Path(text).name,
            "fingerprint": digest.hexdigest()[:16],  # of the text
        }

    def save(self, notebook: str, numbers: Mapping[str, Any]) -> None:
        """Write the numbers of a notebook such as "03-training" and overwrite its earlier ones."""
        content = {"made_with": self.made_with, **numbers}
        text = json.dumps(content, indent=1, sort_keys=True, allow_nan=False) + "\n"
        write(self.folder / f"{notebook}.json", text.encode())

    def read(self, notebook: str) -> dict[str, Any]:
        """The numbers of another notebook; InputError if there are none for this text."""
        path = self.folder / f"{notebook}.json"
        try:
            numbers = json.loads(path.read_text(encoding="utf-8"))
            same = numbers["made_with"]["fingerprint"] == self.made_with["fingerprint"]
        except FileNotFoundError:
            raise InputError(f"There is no {path}: run notebook {notebook} first.") from None
        except (ValueError, KeyError, TypeError):
            raise InputError(f"{path} is damaged: run notebook {notebook} again.") from None
        if not same:
            raise InputError(f"{path} is about another text: run notebook {notebook} again.")
        return numbers

    def save_model(self, network: model.CharLSTM, notebook: str) -> None:
        """Write the model that a notebook trained; the notebook's numbers then name its weights."""
        network.save_pretrained(self.folder / "models" / notebook)
        self.made_with["weights"] = self._weights(notebook)

    def load_model(self, notebook: str) -> model.CharLSTM:
        """The model of a notebook; InputError if it is missing or has other settings."""
        training, self.made_with["weights"] = self.read(notebook), self._weights(notebook)
        facts = self.settings.model_dump(include=set(TrainingSettings.model_fields))
        trained = training.get("settings", {})
        changed = [name for name in facts if facts[name] != trained.get(name)]
        if changed or training["made_with"].get("weights") != self.made_with["weights"]:
            reason = f"with another {changed[0]}" if changed else "again since"
            raise InputError(f"The model was trained {reason}: run notebook {notebook} again.")
        return model.CharLSTM.from_pretrained(self.folder / "models" / notebook)

    def _weights(self, notebook: str) -> str:
        path = self.folder / "models" / notebook / "model.safetensors"
        if not path.exists():
            raise InputError(f"There is no {path}: run notebook {notebook} again.")
        return hashlib.sha256(path.read_bytes()).hexdigest()[:16]


def cached(
    run: Path,
    compute: Callable[..., torch.Tensor],
    network: model.CharLSTM,
    part: ShakespeareDataset,
    **options: Any,
) -> torch.Tensor:
    """`compute(network, part, **options)`, read from the run's folder if it was computed before.

    If code, weights, memory, characters or options differ, the result is computed again.
    """
    facts = [part.name, network.hparams.get("memory"), options]
    digest = hashlib.sha256(json.dumps(facts, sort_keys=True).encode())
    digest.update(part.data.numpy().tobytes())
    for weight in network.parameters():
        digest.update(weight.detach().cpu().numpy().tobytes())
    for source in (evaluation.__file__, model.__file__):
        digest.update(Path(source).read_bytes())
    path = run / f"{compute.__name__}-{digest.hexdigest()[:12]}.safetensors"
    try:
        return load(path.read_bytes())["result"]
    except (OSError, SafetensorError):  # missing or damaged
        write(path, save({"result": compute(network, part, **options)}))
    return load(path.read_bytes())["result"]


def versions() -> str:
    """What a result depends on besides the code: Python, packages, processor threads."""
    names = ("torch", "lightning", "numpy", "matplotlib")
    packages = ", ".join(f"{name} {metadata.version(name).partition('+')[0]}" for name in names)
    return f"Python {platform.python_version()}, {packages}, {torch.get_num_threads()} threads"
