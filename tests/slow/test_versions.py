"""The course with the lowest versions of all packages that pyproject.toml allows."""

import json
import os
import re
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name
from test_repository import ROOT, requirements

ELSEWHERE = "connection|timed out|name resolution|no space left"  # what is no fault of the ranges
NEEDLESS = {"ruff", "mypy", "playwright"}  # for `make lint` and `make test-browser`


def run(*command: object, **options) -> subprocess.CompletedProcess:
    return subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False, **options)


@pytest.mark.skipif(sys.version_info[:2] > (3, 12), reason="the lowest versions have no packages for a newer Python")
def test_lowest_versions_pass_the_tests():
    """In an environment of its own, some 6 GB: the lowest torch comes from the index, where it brings CUDA along.

    Skipped without a network or room for it. The tests of shipped losses and of the whole course are among those run.
    """
    lowest = [
        f"{name}=={re.search(r'>=([0-9.]+)', str(requirement.specifier))[1]}"
        for name, requirement in requirements().items()
        if name not in NEEDLESS
    ]
    with tempfile.TemporaryDirectory() as folder:  # large, so not one of those that pytest keeps
        venv.create(folder, with_pip=True)
        python = Path(folder) / "bin" / "python"
        installed = run(python, "-m", "pip", "install", "-q", "--disable-pip-version-check", *lowest)
        if installed.returncode and re.search(ELSEWHERE, installed.stderr, re.IGNORECASE):
            pytest.skip(f"{' '.join(lowest)} cannot be installed here: {installed.stderr[-500:]}")
        assert installed.returncode == 0, installed.stderr  # the ranges are wrong
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
        tested = run(python, "-m", "pytest", "-q", "-x", cwd=ROOT, env=environment | {"PYTHONPATH": str(ROOT)})
    assert tested.returncode == 0, tested.stdout[-4000:]


def test_the_versions_of_the_published_numbers_can_be_installed():
    asked = ["-c", "constraints.txt", "--dry-run", "--ignore-installed", "--quiet", "--report", "-", ".[dev]"]
    solved = run(sys.executable, "-m", "pip", "install", *asked, cwd=ROOT)
    if solved.returncode and re.search(ELSEWHERE, solved.stderr, re.IGNORECASE):
        pytest.skip(f"They cannot be looked up here: {solved.stderr[-500:]}")
    assert solved.returncode == 0, solved.stderr
    needed = {canonicalize_name(package["metadata"]["name"]) for package in json.loads(solved.stdout)["install"]}
    listed = re.findall(r"(?m)^([\w.-]+)==", (ROOT / "constraints.txt").read_text(encoding="utf-8"))
    needed = {name for name in needed if not re.match("nvidia|cuda|triton|shakespeare|setuptools", name)}
    assert needed <= set(listed)  # and for a GPU, what torch brings along
