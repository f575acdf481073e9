"""Train one setting as notebook 05 does and add a line to report/experiments.csv.

python -m report.experiments NAME '{"profile": "quick", "copy_size": 0}' ["a note"]
"""

import csv
import json
import sys
from datetime import date
from pathlib import Path

import torch

from shakespeare import evaluation
from shakespeare.data import ShakespeareDataset
from shakespeare.files import InputError
from shakespeare.settings import load_settings
from shakespeare.training import precision, read_curves, train

ROOT = Path(__file__).resolve().parents[1]
LOG = ROOT / "report" / "experiments.csv"


def main(name: str, changes: dict, note: str = "") -> None:
    shown = json.dumps(changes)
    p = load_settings(changes.pop("profile", "quick"), changes)
    text = ShakespeareDataset(ROOT / "input.txt", seq_len=p.seq_len)
    model, run = train(p, text, ROOT / "build" / "experiments")
    split = text.split()
    evaluation.choose_memory(model, split.validation, p.memories)
    predictions = {
        "cold": evaluation.cold_predictions(model, split.held_out),
        "carried": evaluation.carried_predictions(model, split.held_out),
    }
    losses = evaluation.evaluate(predictions, text)
    first = split.train.slice(0, len(split.held_out.data), "first training")
    train_cold = evaluation.losses_of(evaluation.cold_predictions(model, first), first).mean()
    row = {
        "name": name,
        "profile and changes": shown,
        "seed": p.seed,
        "epochs": p.epochs,
        "parameters": sum(weight.numel() for weight in model.parameters()),
        "minutes": f"{read_curves(run)['seconds'][1][-1] / 60:.1f}",
        "threads": torch.get_num_threads(),
        "precision": precision(),
        "date": date.today().isoformat(),
        "code": "report/experiments.py",
        "train_cold": f"{train_cold:.4f}",
        "note": note,
    }
    for way, of in losses.items():
        row |= {f"{way}_{part}": f"{loss:.4f}" for part, loss in of.items()}
    print(row)
    add(row)


def add(row: dict) -> None:
    """Put a line at the end of LOG, in its columns."""
    with LOG.open("r+", newline="", encoding="utf-8") as file:
        lines = file.read()
        columns = next(csv.reader(lines.splitlines()))
        if not lines.endswith("\n"):  # an editor may have left the last line open
            file.write("\n")
        csv.DictWriter(file, columns, extrasaction="ignore", lineterminator="\n").writerow(row)


if __name__ == "__main__":
    try:
        main(sys.argv[1], json.loads(sys.argv[2]), *sys.argv[3:])
    except InputError as error:
        sys.exit(str(error))
