"""A text whose probabilities don't fit into the memory is refused with a sentence."""

from types import SimpleNamespace

import psutil
import pytest

from course.results import Results

GIB = 2**30


@pytest.fixture
def machine_with(monkeypatch):
    def machine_with(memory: float) -> None:
        there = SimpleNamespace(total=int(memory * GIB))
        monkeypatch.setattr(psutil, "virtual_memory", lambda: there)

    return machine_with


def test_a_text_that_needs_too_much_is_refused_at_once(machine_with, write, refuses):
    path = write("".join(chr(0x4E00 + k) for k in range(20_000)) * 10)
    machine_with(24)
    with refuses("200,000 characters and 20,000 different ones", "34 GiB", "has 24", "shorter"):
        Results("quick", path)
    machine_with(64)
    Results("quick", path)
