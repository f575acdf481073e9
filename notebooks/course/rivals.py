"""Compressors, measured as predictors that learn while they read: rivals of the networks.

A compressor predicts each character from those before it, and codes a character of probability p in
about -log2 p bits. So the size of a compressed file is a loss. What the held-out text costs a
compressor that has read the text before it is a difference of two sizes: that of the whole text,
and that of its beginning.

xz and PPMd are measured here. zpaq and paq8px, which would have to be installed apart, are quoted
from report/rivals.csv. bzip2 is left out: it works on blocks of 900,000 bytes, one by one, so it
hasn't learned from all of the text before the held-out part.

Notebook 07 shows the results ("Programs that learn while they read").
"""

import csv
import lzma
import math
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pyppmd

from shakespeare.data import Corpus
from shakespeare.digests import is_tiny_shakespeare

GROUP = "learning while reading"  # the protocol: compare losses within it only
PARTS = ("validation", "test", "held_out")
QUOTED = Path(__file__).resolve().parents[2] / "report" / "rivals.csv"

PPMD_ORDER = 6  # characters of context
PPMD_MEMORY = 64 << 20  # bytes: when its memory is full, PPMd forgets, so it gets plenty


def xz_size(content: bytes) -> int:
    return len(lzma.compress(content, preset=9 | lzma.PRESET_EXTREME))


def ppmd_size(content: bytes) -> int:
    encoder = pyppmd.Ppmd7Encoder(PPMD_ORDER, PPMD_MEMORY)  # PPMd7 is variant H
    return len(encoder.encode(content)) + len(encoder.flush())


PROGRAMS = {  # those that are measured, with their options
    ("xz", "-9e"): xz_size,
    ("PPMd", f"order {PPMD_ORDER}"): ppmd_size,
}


def measure(size_of: Callable[[bytes], int], corpus: Corpus) -> dict[str, float]:
    """Losses by part in nats per character, and the `seconds` that the whole text takes.

    `size_of` returns how large a program makes some bytes.
    """
    split = corpus.split()
    to_train_end = split.train.text().encode()
    to_middle = to_train_end + split.validation.text().encode()
    whole = to_middle + split.test.text().encode()

    start = time.perf_counter()
    size = size_of(whole)
    seconds = time.perf_counter() - start
    size_90 = size_of(to_train_end)
    size_95 = size_of(to_middle)
    nats = 8 * math.log(2)  # in a byte
    return {
        "validation": nats * (size_95 - size_90) / len(split.validation.ids),
        "test": nats * (size - size_95) / len(split.test.ids),
        "held_out": nats * (size - size_90) / len(split.held_out.ids),
        "seconds": seconds,
    }


def table_rows(corpus: Corpus) -> list[dict[str, Any]]:
    """A row for each program, the highest loss first, with its losses by part and `seconds`.

    The figures of report/rivals.csv, whose `source` is "quoted", are about Tiny Shakespeare, so
    there are none of them for another text. Of these rows, a half may be None, and so may "plays",
    the loss on fourteen other plays.
    """
    rows: list[dict[str, Any]] = []
    for (program, options), size_of in PROGRAMS.items():
        about = {"program": program, "options": options, "group": GROUP, "source": "measured here"}
        rows.append(about | measure(size_of, corpus))
    if is_tiny_shakespeare([corpus.text()]):
        rows += quoted_rows()
    return sorted(rows, key=lambda row: row["held_out"], reverse=True)


def name_of(row: Mapping[str, Any]) -> str:
    return f"{row['program']} {row['options']}"


def quoted_rows() -> list[dict[str, Any]]:
    """The rows of report/rivals.csv."""
    rows = []
    with QUOTED.open(newline="", encoding="utf-8") as file:
        for line in csv.DictReader(file):
            row: dict[str, Any] = {**line, "source": "quoted"}
            for part in (*PARTS, "plays"):
                row[part] = float(line[part]) if line[part] else None
            row["seconds"] = float(line["seconds"])
            rows.append(row)
    return rows
