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
METRICS = ROOT / "report" / "metrics.json"  # the answers that are published
CODE = [  # what measures, and what it reads; not what draws
    *HERE.glob("*.py"),
    *HERE.glob("*.toml"),
    HERE.parent / "rivals.csv",
    *(ROOT / "notebooks" / "course").glob("*.py"),
    *(ROOT / "notebooks" / "study").glob("*.py"),
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


def content(folder: Path, question: str) -> bytes:
    """An answer as it was written; where it wasn't asked here, what is published, without a stamp.

    Raises KeyError where it isn't published, either.
    """
    path = path_of(folder, question)
    if path.exists():
        return path.read_bytes()
    published = json.loads(METRICS.read_text(encoding="utf-8"))
    return json.dumps(published[question]).encode()


def load(folder: Path, question: str) -> dict[str, Any]:
    """The numbers of an answer, without its stamp."""
    numbers = json.loads(content(folder, question))
    numbers.pop("stamp", None)
    return numbers


def load_all(folder: Path, questions: Sequence[str]) -> dict[str, dict[str, Any]]:
    """All answers that are here or published, by question."""
    found = {}
    for question in questions:
        try:
            found[question] = load(folder, question)
        except KeyError:  # a new question that wasn't asked yet
            continue
    return found


def remarks(folder: Path, questions: Sequence[str]) -> list[str]:
    """A line for each answer that wasn't asked here, has other code than most, or read one that
    has changed since.
    """
    stamps = {}
    lines = []
    for question in questions:
        if path_of(folder, question).exists():
            stamps[question] = json.loads(content(folder, question))["stamp"]
        else:
            lines.append(f"{question}: not asked here, so the published answer stays.")
    [(usual, _)] = Counter(each["code"] for each in stamps.values()).most_common(1)
    for question, its_stamp in stamps.items():
        if its_stamp["code"] != usual:
            lines.append(f"{question}: asked with other code than most answers.")
        changed = []
        for name, before in its_stamp["read"].items():
            if hash_of(content(folder, name)) != before:
                changed.append(name)
        if changed:
            lines.append(f"{question}: it read an older answer to {', '.join(changed)}.")
    return lines
