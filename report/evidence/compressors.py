"""Compressors, measured as predictors that learn while they read: rivals of the networks.

A compressor predicts each character from those before it, and codes a character of probability p in
about -log2 p bits. So the size of a compressed file is a loss. What the held-out text costs a
compressor that has read the text before it is a difference of two sizes: that of the whole text,
and that of its beginning.

PPMd is measured here. zpaq and paq8px, which would have to be installed apart, are quoted from
report/rivals.csv.
"""

import csv
import math
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyppmd

from shakespeare.data import Corpus

from .measures import PARTS

QUOTED = Path(__file__).resolve().parents[1] / "rivals.csv"

PPMD_ORDER = 6  # characters of context
PPMD_MEMORY = 64 << 20  # bytes: when its memory is full, PPMd forgets, so it gets plenty
NATS = 8 * math.log(2)  # in a byte


def ppmd_size(text: str) -> int:
    """Bytes of a text that PPMd has compressed."""
    encoder = pyppmd.Ppmd7Encoder(PPMD_ORDER, PPMD_MEMORY)  # PPMd7 is variant H
    return len(encoder.encode(text.encode())) + len(encoder.flush())


def measure(corpus: Corpus, plays: Sequence[Corpus] = ()) -> dict[str, Any]:
    """PPMd's losses in nats per character, and the `seconds` that the whole text takes.

    They are by part of `corpus`, and "by_play" those of other texts after the training text.
    """
    split = corpus.split()
    train = split.train.text()
    to_middle = train + split.validation.text()
    start = time.perf_counter()
    size = ppmd_size(to_middle + split.test.text())
    seconds = time.perf_counter() - start
    size_90 = ppmd_size(train)
    size_95 = ppmd_size(to_middle)
    by_play = []
    for play in plays:
        more = ppmd_size(train + play.text()) - size_90
        by_play.append(NATS * more / len(play.ids))
    return {
        "validation": NATS * (size_95 - size_90) / len(split.validation.ids),
        "test": NATS * (size - size_95) / len(split.test.ids),
        "held_out": NATS * (size - size_90) / len(split.held_out.ids),
        "by_play": by_play,
        "seconds": seconds,
    }


def table_rows(corpus: Corpus, plays: Sequence[Corpus] = ()) -> list[dict[str, Any]]:
    """A row for each program, the highest loss first, with its losses by part and `seconds`.

    Those of report/rivals.csv have the `source` "quoted". "plays" is the mean of "by_play", or None
    where plays were not measured. (The quoted losses are those on 30,000 characters of each play,
    as in full; beside the short plays of smoke, they mean nothing.)
    """
    about = {"program": "PPMd", "options": f"order {PPMD_ORDER}", "source": "measured here"}
    rows = [about | measure(corpus, plays), *quoted_rows()]
    for row in rows:
        by_play = row["by_play"]
        row["plays"] = sum(by_play) / len(by_play) if by_play else None
    return sorted(rows, key=lambda row: row["held_out"], reverse=True)


def name_of(row: Mapping[str, Any]) -> str:
    return f"{row['program']} {row['options']}"


def quoted_rows() -> list[dict[str, Any]]:
    """The rows of report/rivals.csv."""
    rows = []
    with QUOTED.open(newline="", encoding="utf-8") as file:
        for line in csv.DictReader(file):
            row: dict[str, Any] = {**line, "source": "quoted"}
            row |= {part: float(line[part]) for part in PARTS}
            row["by_play"] = [float(loss) for loss in line["by_play"].split()]
            row["seconds"] = float(line["seconds"])
            rows.append(row)
    return rows
