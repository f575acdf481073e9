"""`make test` and `make test-course` with the lowest versions; the versions of constraints.txt."""

import json
import re
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

import pytest
from conftest import ROOT, clone, make, requirements
from packaging.utils import canonicalize_name

NEEDLESS = {"ruff", "mypy", "playwright", "pre-commit", "nbstripout"}  # to make test


def lowest() -> list[str]:
    """Every dependency, those of the extras too, pinned to its range's lower bound."""
    pins = []
    for requirement in requirements().values():
        bound = re.search(r">=([\d.]+)", str(requirement.specifier))
        if requirement.name not in NEEDLESS:
            pins.append(f"{requirement.name}=={bound[1]}")
    return pins


def install(python: object, *arguments: str) -> str:
    """What pip says; the test is skipped where there is no network or no room."""
    command = [str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    options = {"cwd": ROOT, "capture_output": True, "text": True, "check": False}
    done = subprocess.run([*command, *arguments], **options)
    elsewhere = "connection|timed out|name resolution|no space left"  # no fault of the ranges
    if done.returncode and re.search(elsewhere, done.stderr, re.IGNORECASE):
        pytest.skip(f"This cannot be installed here: {done.stderr[-500:]}")
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.skipif(sys.version_info >= (3, 13), reason="the lowest numpy has no newer wheel")
def test_the_tests_pass_with_the_lowest_versions():
    with tempfile.TemporaryDirectory() as folder:  # some 6 GB, so pytest must not keep it
        environment = Path(folder) / "environment"
        venv.create(environment, with_pip=True)
        python = environment / "bin" / "python"
        install(python, *lowest(), "setuptools>=70.1")  # the first to build a wheel by itself
        course = clone(Path(folder) / "course")  # nothing in it was made with other versions
        tested = make(course, "test", "test-course", f"PYTHON={python}", own_python=False)
    assert tested.returncode == 0, tested.stdout[-4000:] + tested.stderr[-1000:]


def test_constraints_hold_every_package_and_fit_together():
    asked = ["-c", "constraints.txt", "--dry-run", "--ignore-installed", "--report", "-", ".[dev]"]
    solved = json.loads(install(sys.executable, *asked))
    needed = {canonicalize_name(package["metadata"]["name"]) for package in solved["install"]}
    listed = re.findall(r"(?m)^([\w.-]+)==", (ROOT / "constraints.txt").read_text(encoding="utf-8"))
    gpu = "nvidia|cuda|triton|shakespeare|setuptools"  # what torch needs for a GPU, and ourselves
    assert {name for name in needed if not re.match(gpu, name)} <= set(listed)
