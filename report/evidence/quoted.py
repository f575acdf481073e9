"""What is quoted: losses and code that others have published; and trials that we compared."""

import csv
from collections import Counter
from pathlib import Path
from typing import Any

from .setup import Evidence

FOLDER = Path(__file__).resolve().parents[1]


def quoted(e: Evidence) -> dict[str, Any]:
    """How many independent projects hold out text in which way, and how many trials we saw."""
    independent = [row for row in survey() if row["independent"] == "yes"]
    return {
        "projects": len(independent),
        "held_out": dict(sorted(Counter(row["held_out"] for row in independent).items())),
        "trials": len(read("trials.csv")),
    }


def others() -> list[dict[str, str]]:
    """The rows of report/others.csv: losses of other models on the last 10 %."""
    return read("others.csv")


def survey() -> list[dict[str, str]]:
    """The rows of report/survey.csv: how public projects hold out text, by their code."""
    return read("survey.csv")


def read(name: str) -> list[dict[str, str]]:
    with (FOLDER / name).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))
