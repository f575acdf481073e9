"""Whether this machine has the memory that a text needs.

What takes memory are tables of probabilities: a row for each held-out character, and in it one
number for each character of the vocabulary.
"""

from pathlib import Path

import psutil
import torch

from shakespeare.files import InputError, read_pieces

FLOAT = 4  # bytes
# How many tables of all held-out text a notebook, or the evidence, has at once at most, measured:
# its networks' predictions in each protocol, those of the n-grams, and what comes up while it mixes
# two of them.
TABLES = {"smoke": 22, "quick": 22, "full": 31}
OF_PROCESS = 3  # of these, one process on its way to a prediction,
AT_ONCE = 3 * 64 * 256  # and further rows, for the windows that a network reads at once
IN_NOTEBOOK_02 = 2 * 64_000  # rows for the windows on which it measures its networks
BESIDES = 2**30  # bytes that any text needs: PyTorch, networks, figures


def check_memory(path: str | Path, profile: str) -> None:
    """Raise InputError for a text that needs more memory in this profile than the machine has."""
    characters = 0
    distinct = set[str]()
    for piece in read_pieces(path):
        characters += len(piece)
        distinct.update(piece)
    needed = needed_memory(characters, len(distinct), profile) / 2**30
    there = psutil.virtual_memory().total / 2**30
    if needed > there:
        raise InputError(
            f"{Path(path).name} has {characters:,} characters and {len(distinct):,} different "
            f"ones, for which the course needs {needed:.0f} GiB of memory, but this machine has "
            f"{there:.0f}: give a shorter text, or one with fewer different characters."
        )


def needed_memory(characters: int, vocab_size: int, profile: str) -> int:
    """Bytes that the course has at once, at most."""
    held_out = characters // 10
    processes = torch.get_num_threads()
    rows = max(
        TABLES[profile] * held_out,
        processes * (OF_PROCESS * held_out + min(AT_ONCE, 3 * held_out)),
        IN_NOTEBOOK_02,
    )
    return FLOAT * rows * vocab_size + BESIDES
