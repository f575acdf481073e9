"""Try an idea: train a recipe with some settings changed, and add what came out to a log.

python -m report.experiments NAME '{"profile": "quick", "recipe": "final", "copy_size": 0}' ["note"]

Each trial is a row of report/experiments.csv, whether it helped or not.
"""

import csv
import json
import sys
from datetime import date
from pathlib import Path
from typing import Any

import torch

from course.choices import choose_memory
from course.results import count_parameters
from shakespeare.beyond.mixture import evaluate
from shakespeare.beyond.recipes import Recipe, train_recipe
from shakespeare.beyond.settings import load_beyond
from shakespeare.data import Corpus
from shakespeare.evaluation import carried_predictions, cold_predictions, losses_of
from shakespeare.files import InputError
from shakespeare.training import precision, training_seconds

ROOT = Path(__file__).resolve().parents[1]
LOG = ROOT / "report" / "experiments.csv"
BUILD = ROOT / "build" / "experiments"
MEMORIES = (256, 512, 1024, 2048)  # characters back that a copy head may copy from when it reads
LOSSES = (  # the log has these columns
    ("cold", "validation"),
    ("cold", "test"),
    ("cold", "held_out"),
    ("carried", "validation"),
    ("carried", "test"),
    ("carried", "held_out"),
    ("cold_mixed", "held_out"),
    ("carried_mixed", "held_out"),
)


def trial(name: str, changes: dict[str, Any], note: str, corpus: Corpus, build: Path) -> dict:
    """Train and measure as notebook 05 does: a row of the log."""
    asked = {"profile": "quick", "recipe": "final"} | changes
    settings_changed = dict(asked)
    profile = settings_changed.pop("profile")
    recipe = settings_changed.pop("recipe")
    settings = load_beyond(profile, recipe, settings_changed)
    network, run = train_recipe(Recipe(settings, corpus.split()), build)
    row = {
        "name": name,
        "changes": json.dumps(asked),
        "seed": settings.seed,
        "epochs": settings.epochs,
        "parameters": count_parameters(network),
        "minutes": f"{training_seconds(run) / 60:.2f}",
        "threads": torch.get_num_threads(),
        "precision": precision(),
        "date": date.today().isoformat(),
        "note": note,
    }
    return row | measure(network, corpus)


def measure(network: Any, corpus: Corpus) -> dict[str, str]:
    """The columns of the log that are losses, in nats."""
    split = corpus.split()
    choose_memory(network, split.validation, MEMORIES)
    predictions = {
        "cold": cold_predictions(network, split.held_out),
        "carried": carried_predictions(network, split.held_out),
    }
    losses = evaluate(predictions, corpus)
    columns = {}
    for protocol, part in LOSSES:
        columns[f"{protocol}_{part}"] = f"{losses[protocol][part]:.4f}"
    # As much of the training text as is held out, to see how far the network overfits.
    seen = split.train.slice(0, len(split.held_out.ids), "first training")
    train_cold = losses_of(cold_predictions(network, seen), seen).mean()
    columns["train_cold"] = f"{train_cold:.4f}"
    return columns


def add(row: dict[str, Any], log: Path) -> None:
    """Add a row at the end of the log, in the order of its columns."""
    lines = log.read_text(encoding="utf-8")
    columns = next(csv.reader(lines.splitlines()))
    with log.open("a", newline="", encoding="utf-8") as file:
        if not lines.endswith("\n"):  # an editor may have left the last line open
            file.write("\n")
        csv.DictWriter(file, columns, lineterminator="\n").writerow(row)


def main(name: str, changes: str, note: str = "") -> None:
    corpus = Corpus.read(ROOT / "input.txt")
    row = trial(name, json.loads(changes), note, corpus, BUILD)
    print(row)
    add(row, LOG)


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    try:
        main(*sys.argv[1:])
    except (InputError, json.JSONDecodeError) as error:
        sys.exit(str(error))
