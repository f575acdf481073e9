"""Answers on disk, a file for each question: here, or else those that are published."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from shakespeare.files import write

Answers = dict[str, Any]  # the numbers of all questions, by question
METRICS = Path(__file__).resolve().parents[1] / "metrics.json"  # the answers that are published


def path_of(folder: Path, question: str) -> Path:
    return folder / f"{question}.json"


def save(folder: Path, question: str, numbers: dict[str, Any]) -> None:
    text = json.dumps(numbers, indent=1, allow_nan=False) + "\n"
    write(path_of(folder, question), text.encode())


def load(folder: Path, question: str) -> dict[str, Any]:
    """The numbers of an answer; where it wasn't asked here, those that are published.

    Raises KeyError where it isn't published, either.
    """
    path = path_of(folder, question)
    if path.exists():
        return json.loads(path.read_text(encoding="utf-8"))
    return json.loads(METRICS.read_text(encoding="utf-8"))[question]


def load_all(folder: Path, questions: Sequence[str]) -> dict[str, dict[str, Any]]:
    """All answers that are here or published, by question."""
    found = {}
    for question in questions:
        try:
            found[question] = load(folder, question)
        except KeyError:  # a new question that wasn't asked yet
            continue
    return found
