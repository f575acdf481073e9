"""What other processes run in test_pool.py: they import this file alone, which takes less time."""

import os
import signal
import sys
import time
from functools import partial
from pathlib import Path

import torch

from report.evidence.pool import side_by_side
from shakespeare.files import InputError


def print_lines(count: int) -> None:
    for number in range(count):
        print(f"line {number} {'.' * 1000}\n")
    print("the last one", end="")


def change(weights: torch.Tensor) -> int:
    """Set weights to zero; returns the number of threads."""
    weights.zero_()
    return torch.get_num_threads()


def print_and_die() -> None:
    print("last words")
    signal.raise_signal(signal.SIGKILL)


def fail() -> None:
    raise InputError("It's torn.")


def say_so_and_wait(folder: str) -> None:
    (Path(folder) / f"process-{os.getpid()}").touch()
    time.sleep(1000)


def wait_side_by_side(folder: str) -> None:
    """What another Python does in a test."""
    try:
        job = partial(say_so_and_wait, folder)
        side_by_side({"a": job, "b": job}, processes=2)
    except InputError as error:
        print(error, file=sys.stderr)
