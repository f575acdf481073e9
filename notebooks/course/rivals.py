"""Compressors, measured as predictors that learn while they read: rivals of the networks.

A compressor predicts each character from those before it, and codes a character of probability p in
about -log2 p bits. So the size of a compressed file is a loss. What the held-out text costs a
compressor that has read the text before it is a difference of two sizes: that of the whole text,
and that of its beginning.

The difference misleads if the program treats the two files differently, as zpaq does, whose
settings depend on the size of a file. So everything is measured twice, the second time with zero
bytes before each file. They cost next to nothing, and what they cost cancels out.

bzip2 is left out. It works on blocks of 900,000 bytes, one by one, so it hasn't learned from all of
the text before the held-out part; and the zero bytes, which it shortens first, don't show this.

Notebook 05 shows the results ("Programs that learn while they read").
"""

import csv
import lzma
import math
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import pyppmd
import torch

from shakespeare.data import Corpus
from shakespeare.digests import is_tiny_shakespeare
from shakespeare.files import InputError

GROUP = "learning while reading"  # the protocol: compare losses within it only
PARTS = ("validation", "test", "held_out")
QUOTED = Path(__file__).resolve().parents[2] / "report" / "rivals.csv"
ZEROS = 150_000  # bytes before each file, or a multiple of them
TOLERANCE = 0.02  # by which the two measurements may differ, as a share of the loss
TIMEOUT = 120  # seconds for one file, of which zpaq needs four

PPMD_ORDER = 6  # characters of context
PPMD_MEMORY = 64 << 20  # bytes: when its memory is full, PPMd forgets, so it gets plenty


class Program(NamedTuple):
    """A compressor with its options; `size` returns how large it makes some bytes."""

    program: str
    options: str
    size: Callable[[bytes], int]

    @property
    def name(self) -> str:
        return full_name(self.program, self.options)


def full_name(program: str, options: str) -> str:
    return f"{program} {options}"


class Measured(NamedTuple):
    """The losses of a program by part, in nats per character, and what they took.

    `padded` are the losses with zero bytes before each file, or None if those weren't measured.
    `seconds` is how long it takes to compress the whole text.
    """

    program: str
    options: str
    plain: dict[str, float]
    padded: dict[str, float] | None
    seconds: float

    def agree(self) -> bool:
        """Whether zero bytes before the files make no difference that matters."""
        if self.padded is None:
            return True
        for part in PARTS:
            difference = abs(self.plain[part] - self.padded[part])
            if difference > TOLERANCE * self.padded[part]:
                return False
        return True

    def losses(self) -> dict[str, float]:
        """The losses to believe: where the two measurements differ, the padded ones."""
        if self.padded is None or self.agree():
            return self.plain
        return self.padded


# What a program reaches


def measure_all(
    programs: Sequence[Program], corpus: Corpus, check: bool = True
) -> tuple[dict[str, Measured], list[str]]:
    """What each program reaches, by name, and a sentence for each reason why one is missing.

    As many run at once as there are cores, the first ones first. Without `check` there are no
    measurements with zero bytes.
    """
    measured = {}
    problems = []
    with ThreadPoolExecutor(torch.get_num_threads()) as executor:
        futures = {}
        for program in programs:
            futures[program.name] = executor.submit(measure, program, corpus, check)
        for name, future in futures.items():
            try:
                measured[name] = future.result()
            except InputError as error:
                if str(error) not in problems:
                    problems.append(str(error))
    return measured, problems


def measure(program: Program, corpus: Corpus, check: bool = True) -> Measured:
    """Compress the text and its beginnings, then the same with zero bytes before them.

    Raises InputError if the program is missing, fails or hangs.
    """
    to_train_end, to_middle, whole = beginnings(corpus)
    start = time.perf_counter()
    size_of_whole = program.size(whole)
    seconds = time.perf_counter() - start
    sizes = [program.size(to_train_end), program.size(to_middle), size_of_whole]
    padded = None
    if check:
        zeros = bytes(how_many_zeros(len(to_train_end), len(whole)))
        padded_sizes = []
        for content in (to_train_end, to_middle, whole):
            padded_sizes.append(program.size(zeros + content))
        padded = losses(padded_sizes, corpus)
    plain = losses(sizes, corpus)
    return Measured(program.program, program.options, plain, padded, seconds)


def beginnings(corpus: Corpus) -> tuple[bytes, bytes, bytes]:
    """The text to the end of its training part, to that of its validation half, and all of it."""
    split = corpus.split()
    to_train_end = split.train.text().encode()
    to_middle = to_train_end + split.validation.text().encode()
    whole = to_middle + split.test.text().encode()
    return to_train_end, to_middle, whole


def losses(sizes: Sequence[int], corpus: Corpus) -> dict[str, float]:
    """Losses by part in nats per character, from the compressed sizes of the `beginnings`."""
    to_train_end, to_middle, whole = sizes
    split = corpus.split()
    return {
        "validation": nats(to_middle - to_train_end) / len(split.validation.ids),
        "test": nats(whole - to_middle) / len(split.test.ids),
        "held_out": nats(whole - to_train_end) / len(split.held_out.ids),
    }


def nats(size: int) -> float:
    """A number of bytes in nats."""
    return size * 8 * math.log(2)


def how_many_zeros(shortest: int, longest: int) -> int:
    """How many zero bytes to put before files of these lengths and those between.

    With them, no power of two lies between the lengths, or zpaq would still choose its settings
    differently: it does where the length, plus 4,095, gets another binary digit.
    """
    count = ZEROS
    while (shortest + count + 4_095).bit_length() != (longest + count + 4_095).bit_length():
        count += ZEROS
    return count


# The programs


def xz_size(content: bytes) -> int:
    return len(lzma.compress(content, preset=9 | lzma.PRESET_EXTREME))


def ppmd_size(content: bytes) -> int:
    encoder = pyppmd.Ppmd7Encoder(PPMD_ORDER, PPMD_MEMORY)  # PPMd7 is variant H
    return len(encoder.encode(content)) + len(encoder.flush())


def zpaq_size(method: int, content: bytes) -> int:
    """The size of the archive that zpaq writes, in a temporary folder. Raises InputError."""
    zpaq = shutil.which("zpaq")
    if zpaq is None:
        raise InputError("zpaq is not installed (Debian and Ubuntu have it as a package).")
    # The archive holds the names, so they are always the same. One thread: a core for each program.
    command = [zpaq, "add", "text.zpaq", "text", "-method", str(method), "-threads", "1"]
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "text").write_bytes(content)
        try:
            done = subprocess.run(
                command,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=TIMEOUT,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise InputError(f"zpaq was stopped after {TIMEOUT} seconds.") from None
        except OSError as error:
            raise InputError(f"zpaq cannot run: {error.strerror}.") from None
        archive = Path(folder) / "text.zpaq"
        if done.returncode != 0 or not archive.exists():
            raise InputError(f"zpaq failed with exit status {done.returncode}.")
        return archive.stat().st_size


PPMD = Program("PPMd", f"order {PPMD_ORDER}", ppmd_size)
PROGRAMS = (  # the slowest first
    Program("zpaq", "-m5", partial(zpaq_size, 5)),
    Program("zpaq", "-m4", partial(zpaq_size, 4)),
    Program("xz", "-9e", xz_size),
    PPMD,
)


# Their rows


def table_rows(measured: Mapping[str, Measured], corpus: Corpus) -> list[dict[str, Any]]:
    """A row for each program, the highest loss first, with its losses by part and `seconds`.

    Programs that weren't measured have the figures of report/rivals.csv; their `source` is
    "quoted", and a half may be None. Those figures are about Tiny Shakespeare, so there are none of
    them for another text.
    """
    rows = []
    for found in measured.values():
        row: dict[str, Any] = {
            "program": found.program,
            "options": found.options,
            "group": GROUP,
            **found.losses(),
            "seconds": found.seconds,
            "source": "measured here",
        }
        rows.append(row)
    if is_tiny_shakespeare([corpus.text()]):
        for row in quoted_rows():
            if name_of(row) not in measured:
                rows.append(row)
    return sorted(rows, key=lambda row: row["held_out"], reverse=True)


def name_of(row: Mapping[str, Any]) -> str:
    return full_name(row["program"], row["options"])


def quoted_rows() -> list[dict[str, Any]]:
    """The rows of report/rivals.csv."""
    rows = []
    with QUOTED.open(newline="", encoding="utf-8") as file:
        for line in csv.DictReader(file):
            row: dict[str, Any] = {**line, "source": "quoted"}
            for part in PARTS:
                row[part] = float(line[part]) if line[part] else None
            row["seconds"] = float(line["seconds"])
            rows.append(row)
    return rows
