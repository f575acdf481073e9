"""`make test` with the lowest versions in pyproject.toml; the versions of constraints.txt."""

import json
import re
import subprocess
import sys
import tempfile
import tomllib
import venv
from pathlib import Path

import pytest
from conftest import ROOT
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from test_make import make

NEEDLESS = {"ruff", "mypy", "playwright", "pre-commit", "nbstripout"}  # to make test


def lowest() -> list[str]:
    """Every dependency, those of the extras too, pinned to its range's lower bound."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"].values()
    found = map(Requirement, project["dependencies"] + [line for lines in extras for line in lines])
    bounds = {need.name: re.search(r">=([\d.]+)", str(need.specifier)) for need in found}
    return [f"{name}=={low[1]}" for name, low in bounds.items() if low and name not in NEEDLESS]


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
        venv.create(folder, with_pip=True)
        python = Path(folder) / "bin" / "python"
        install(python, *lowest(), "setuptools>=70.1")  # the first to build a wheel by itself
        tested = make(ROOT, "test", f"PYTHON={python}")
    assert tested.returncode == 0, tested.stdout[-4000:] + tested.stderr[-1000:]


def test_constraints_hold_every_package_and_fit_together():
    asked = ["-c", "constraints.txt", "--dry-run", "--ignore-installed", "--report", "-", ".[dev]"]
    solved = json.loads(install(sys.executable, *asked))
    needed = {canonicalize_name(package["metadata"]["name"]) for package in solved["install"]}
    listed = re.findall(r"(?m)^([\w.-]+)==", (ROOT / "constraints.txt").read_text(encoding="utf-8"))
    gpu = "nvidia|cuda|triton|shakespeare|setuptools"  # what torch needs for a GPU, and ourselves
    assert {name for name in needed if not re.match(gpu, name)} <= set(listed)
