"""What is quoted: losses and code that others have published, and losses of a compression program.

A compression program predicts each character from those before it, and codes a character of
probability p in about -log2 p bits. So the size of a compressed file is a loss. What the held-out
text costs a program that has read the text before it is a difference of two sizes: that of the
whole text, and that of its beginning.
"""

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .measures import PARTS

FOLDER = Path(__file__).resolve().parents[1]


def others() -> list[dict[str, str]]:
    """The rows of report/others.csv: losses of other models on the last 10 %."""
    return read("others.csv")


def programs() -> list[dict[str, Any]]:
    """The rows of report/programs.csv, with losses as numbers.

    "plays" is the mean of "by_play", or None where plays weren't measured. Those on plays are of
    30,000 characters of each, as in full; beside the short plays of smoke, they mean nothing.
    """
    rows = []
    for line in read("programs.csv"):
        by_play = [float(loss) for loss in line["by_play"].split()]
        row: dict[str, Any] = {**line, "by_play": by_play}
        row |= {part: float(line[part]) for part in PARTS}
        row["plays"] = sum(by_play) / len(by_play) if by_play else None
        rows.append(row)
    return rows


def survey() -> list[dict[str, str]]:
    """The rows of report/survey.csv: how public projects hold out text, by their code."""
    return read("survey.csv")


def name_of(program: Mapping[str, Any]) -> str:
    return f"{program['program']} {program['options']}"


def read(name: str) -> list[dict[str, str]]:
    with (FOLDER / name).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))
