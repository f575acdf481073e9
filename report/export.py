"""Publish the weights that notebook 03 trained: python report/export.py BUILD, as `make weights` does."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

from shakespeare.course import load_metrics, trained_model
from shakespeare.data import ShakespeareDataset
from shakespeare.evaluation import both_protocols, evaluate
from shakespeare.files import InputError
from shakespeare.model import CharLSTM
from shakespeare.weights import write_weights

ROOT = Path(__file__).resolve().parents[1]


def main(build: Path) -> None:
    model, training = trained_model(build), load_metrics(build)["training"]
    name = training["profile"]
    if changes := training.get("changes"):
        raise InputError(f"The model in {build} was trained with CHANGES = {changes}: run notebook 03 without.")
    about = {
        key: training[key] for key in ("profile", "seed", "settings", "parameters", "versions", "date", "precision")
    }
    about |= {
        "corpus_sha256": hashlib.sha256((ROOT / "input.txt").read_bytes()).hexdigest(),
        "reproduce": f"make report PROFILE={name} && make weights PROFILE={name}",
    }
    # The losses are those of the file as it is read, in half precision, and not of the model before.
    write_weights(model, name, about, build)
    text = ShakespeareDataset(ROOT / "input.txt", seq_len=1)
    losses = evaluate(both_protocols(CharLSTM.from_pretrained(name, build), text), text)
    write_weights(model, name, about | {"losses": losses})
    for protocol, of in losses.items():
        print(f"{name}, {protocol}: {of['held_out']:.4f} (in float32 {training[protocol]['held_out']:.4f})")


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]))
    except InputError as error:
        sys.exit(f"{error}")
