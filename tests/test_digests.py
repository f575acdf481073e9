"""A digest changes with what a result was made from, and with nothing else."""

import importlib
import os
import sys
import threading
import time
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from torch.optim.swa_utils import get_ema_avg_fn

from shakespeare import digests
from shakespeare.digests import digest
from shakespeare.training import train

CODE = '''"""About this module."""
import torch
from .lower import twice


def compute(x):
    """Return 4 x."""
    return twice(twice(x))  # a comment
'''
SAME = CODE.replace("Return 4 x.", "Other words.").replace("  # a comment", "")
LOWER = "def twice(x):\n    return 2 * x\n"


@pytest.fixture
def compute_of(tmp_path, monkeypatch):
    """The function `compute` of a package that is written anew, as after a start of Python."""
    monkeypatch.setattr(digests, "OURS", ("shakespeare", "mine"))
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "__init__.py").touch()

    def compute_of(code=CODE, lower=LOWER):
        for name, source in (("upper", code), ("lower", lower)):
            path = tmp_path / "mine" / f"{name}.py"
            path.write_text(source)
        for name in ("mine", "mine.upper", "mine.lower"):
            sys.modules.pop(name, None)
        digests.imports_of.cache_clear()
        digests.meaning_of_file.cache_clear()
        importlib.invalidate_caches()
        compute = importlib.import_module("mine.upper").compute
        monkeypatch.setattr(digests, "IMPORTED", time.time())
        return compute

    return compute_of


def test_code_counts_by_its_meaning_with_all_that_it_imports(compute_of):
    before = digest(compute_of())
    assert digest(compute_of(SAME)) == before
    assert digest(compute_of(CODE.replace("twice(twice(x))", "twice(x)"))) != before
    assert digest(compute_of(lower=LOWER.replace("2 * x", "x + x"))) != before


def test_code_that_was_edited_after_its_import_is_refused(compute_of, tmp_path, refuses):
    compute = compute_of()
    time.sleep(0.05)
    os.utime(tmp_path / "mine" / "lower.py", (1_000, 1_000))  # as after `cp -p` or `mv`
    with refuses("lower.py was edited", "restart the kernel"):
        digest(compute)


def test_what_has_code_of_a_users_own_is_never_the_same_again(compute_of, monkeypatch):
    compute = compute_of()
    monkeypatch.setattr(digests, "OURS", ())
    for own in (compute, partial(pow, compute), SimpleNamespace(of=[compute])):
        assert digest(own) != digest(own)


def test_what_saves_writes_and_measures_is_no_part_of_a_training():
    code = digests.with_imports(train.__module__)
    assert code >= {"shakespeare.data", "shakespeare.model"}
    assert not code & {"shakespeare.pretrained", "shakespeare.sampling", "shakespeare.evaluation"}


def test_objects_of_libraries_count_with_what_they_were_made_with(refuses):
    values = [1, 2, {"a"}, {"b"}, torch.ones(2), torch.ones(2).numpy() + 1, Path("a"), range(3)]
    values += [partial(pow, 2), partial(pow, 3), get_ema_avg_fn(0.9), get_ema_avg_fn(0.8)]
    several = [SimpleNamespace(of=value) for value in values]
    assert len({digest(one) for one in several}) == len(several)
    same = [SimpleNamespace(of=[get_ema_avg_fn(0.9), {"a", "b"}]) for _ in range(2)]
    assert digest(same[0]) == digest(same[1])
    with refuses("SimpleNamespace", "simple"):
        digest(SimpleNamespace(of=threading.Lock()))  # it has no description


def test_all_parts_count_and_so_does_where_they_end():
    ids = torch.tensor([1, 2])
    parts = [["ab", "c"], ["a", "bc"], [{"a": 1}], [{"a": 2}], [ids], [ids.flip(0)], [ids, ids]]
    assert len({digest(*part) for part in parts}) == len(parts)
    assert digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1})
