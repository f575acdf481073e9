"""The course with the lowest versions of all packages that pyproject.toml allows."""

import os
import re
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

import pytest
from test_repository import ROOT, requirements

NEEDLESS = {"ruff", "mypy", "playwright"}  # for `make lint` and `make test-browser`


def run(*command: object, **options) -> subprocess.CompletedProcess:
    return subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False, **options)


@pytest.mark.skipif(sys.version_info[:2] > (3, 12), reason="the lowest versions have no packages for a newer Python")
def test_lowest_versions_pass_the_tests():
    """In an environment of its own, some 6 GB: the lowest torch comes from the index, where it brings CUDA along.

    Skipped where this cannot be installed. The tests of shipped losses and of the whole course are among those run.
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
        assert "ResolutionImpossible" not in installed.stderr, installed.stderr  # no skip: the ranges are wrong
        if installed.returncode:
            pytest.skip(f"{' '.join(lowest)} cannot be installed here: {installed.stderr[-500:]}")
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
        tested = run(python, "-m", "pytest", "-q", "-x", cwd=ROOT, env=environment | {"PYTHONPATH": str(ROOT)})
    assert tested.returncode == 0, tested.stdout[-4000:]
