"""Train one setting as notebook 03 does and add a line to report/experiments.csv.

An ablation wants {"memories": [256]} among its changes: its rows copy from as many characters as in training.

python report/experiments.py NAME '{"profile": "quick", "copy_size": 0}' ["a note"]
"""

from __future__ import annotations

import csv
import json
import sys
from datetime import date
from pathlib import Path

import torch

from shakespeare.course import settings
from shakespeare.data import ShakespeareDataset
from shakespeare.evaluation import both_protocols, choose_memory, cold_losses, evaluate
from shakespeare.files import InputError
from shakespeare.training import load, precision, read_curves, train

ROOT = Path(__file__).resolve().parents[1]
LOG = ROOT / "report" / "experiments.csv"


def main(name: str, changes: dict, note: str = "") -> None:
    shown = json.dumps(changes)
    p = settings(changes.pop("profile", "quick"), changes)
    text = ShakespeareDataset(ROOT / "input.txt", seq_len=p.seq_len)
    path = train(p, text, ROOT / "build" / "experiments")
    model, seconds = load(path), read_curves(path.parent)["seconds"][1][-1]
    choose_memory(model, text.split().validation, p.memories)
    losses = evaluate(both_protocols(model, text), text)
    first = text.split().train.part(0, len(text.split().held_out.data), "first training")
    row = {"name": name, "profile and changes": shown, "seed": p.seed, "epochs": p.epochs}
    row |= {"parameters": sum(weight.numel() for weight in model.parameters())}
    row |= {"minutes": f"{seconds / 60:.1f}", "threads": torch.get_num_threads()}
    row |= {"precision": precision(), "date": date.today().isoformat(), "code": "report/experiments.py"}
    row |= {"train_cold": f"{float(cold_losses(model, first).mean()):.4f}"}
    row |= {f"{protocol}_{part}": f"{loss:.4f}" for protocol, of in losses.items() for part, loss in of.items()}
    row |= {"note": note}
    print(row)
    add(row)


def add(row: dict) -> None:
    """Put a line at the end of LOG, in its columns."""
    with LOG.open("r+", newline="", encoding="utf-8") as file:
        lines = file.read()
        columns = next(csv.reader(lines.splitlines()))
        file.write("" if lines.endswith("\n") else "\n")  # an editor may have left the last line open
        csv.DictWriter(file, columns, extrasaction="ignore", lineterminator="\n").writerow(row)


if __name__ == "__main__":
    try:
        main(sys.argv[1], json.loads(sys.argv[2]), *sys.argv[3:])
    except InputError as error:
        sys.exit(f"{error}")
