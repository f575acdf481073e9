"""Answers on disk: numbers with a stamp, which says what they were made with.

A stamp is for information alone. It has a hash of the code that measured, the versions, the
precision, the date, and a hash of each earlier answer that was read.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from course.results import versions
from shakespeare.files import write

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
CODE = [  # what measures, and what it reads; not what draws
    *HERE.glob("*.py"),
    *HERE.glob("*.toml"),
    HERE.parent / "published.csv",
    HERE.parent / "rivals.csv",
    *(ROOT / "notebooks" / "course").glob("*.py"),
    *(ROOT / "shakespeare").rglob("*.py"),
    *(ROOT / "shakespeare").rglob("*.toml"),
    ROOT / "input.txt",
]


def hash_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]


# Computed when this file is imported: it is the code that runs, whatever is edited meanwhile.
AT_START = hash_of(b"".join(path.read_bytes() for path in sorted(CODE)))


def path_of(folder: Path, question: str) -> Path:
    return folder / f"{question}.json"


def stamp(precision: str, read: dict[str, str]) -> dict[str, Any]:
    return {
        "code": AT_START,
        "versions": versions(),
        "precision": precision,
        "date": date.today().isoformat(),
        "read": read,
    }


def save(folder: Path, question: str, numbers: dict[str, Any]) -> None:
    text = json.dumps(numbers, indent=1, allow_nan=False) + "\n"
    write(path_of(folder, question), text.encode())


def load(folder: Path, question: str) -> dict[str, Any]:
    """The numbers of an answer, without its stamp."""
    numbers = json.loads(path_of(folder, question).read_text(encoding="utf-8"))
    numbers.pop("stamp", None)  # "about" has none
    return numbers


def load_all(folder: Path) -> dict[str, dict[str, Any]]:
    """All answers that are there, by question."""
    return {path.stem: load(folder, path.stem) for path in folder.glob("*.json")}


def remarks(folder: Path, questions: Sequence[str]) -> list[str]:
    """A line for each answer with other code than most, or that read one that has changed since."""
    hashes = {}
    stamps = {}
    for question in questions:
        content = path_of(folder, question).read_bytes()
        hashes[question] = hash_of(content)
        stamps[question] = json.loads(content)["stamp"]
    [(usual, _)] = Counter(each["code"] for each in stamps.values()).most_common(1)
    lines = []
    for question, its_stamp in stamps.items():
        if its_stamp["code"] != usual:
            lines.append(f"{question}: asked with other code than most answers.")
        changed = [name for name, before in its_stamp["read"].items() if hashes[name] != before]
        if changed:
            lines.append(f"{question}: it read an older answer to {', '.join(changed)}.")
    return lines
