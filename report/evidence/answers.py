"""Answers on disk, a file for each question; and those that are published, in one file."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from shakespeare.files import InputError, write

Answers = dict[str, Any]  # the numbers of all questions, by question
METRICS = Path(__file__).resolve().parents[1] / "metrics.json"


def path_of(folder: Path, question: str) -> Path:
    return folder / f"{question}.json"


def save(folder: Path, question: str, numbers: dict[str, Any]) -> None:
    text = json.dumps(numbers, indent=1, allow_nan=False) + "\n"
    write(path_of(folder, question), text.encode())


def load(folder: Path, question: str) -> dict[str, Any]:
    """The numbers of an answer. Raises InputError where the question wasn't asked."""
    path = path_of(folder, question)
    if not path.exists():
        raise InputError(f"{path} is missing: run make evidence to its end.")
    return json.loads(path.read_text(encoding="utf-8"))


def load_all(folder: Path, questions: Sequence[str]) -> Answers:
    return {question: load(folder, question) for question in questions}


def published() -> Answers:
    """All answers that are published."""
    return json.loads(METRICS.read_text(encoding="utf-8"))
