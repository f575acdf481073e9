"""An installation that is killed is made anew by the next command, and two never work on one environment."""

import contextlib
import os
import random
import shutil
import subprocess
import time
from pathlib import Path

from test_kills import Course

SETUP = ["make", "setup"]
LOOK = """
from importlib.metadata import distributions
missing = [str(file) for found in distributions() for file in found.files or [] if not file.locate().exists()]
missing = [name for name in missing if not name.endswith(".pyc")]
assert not missing, missing[:5]
import jupyterlab, lightning, matplotlib, papermill, pypandoc, typst, shakespeare.course
"""


def complete(course: Course) -> bool:
    """Whether every file of every package is there, packages fit each other, and those of the course work."""
    python = course.folder / ".venv/bin/python"
    for check in (["-m", "pip", "check"], ["-c", LOOK]):
        done = subprocess.run([python, *check], cwd=course.folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    return True


def arrived(course: Course) -> Path | None:
    """Where the packages of an installation arrive, once some have."""
    with contextlib.suppress(FileNotFoundError):  # it is being removed
        for packages in course.folder.glob(".venv/lib/python*/site-packages"):
            if (packages / "numpy").exists() or len(list(packages.iterdir())) > 10:
                return packages
    return None


def test_killed_while_it_installs(tmp_path):
    rng, course = random.Random(0), Course(tmp_path / "course")
    try:
        for _ in range(3):
            make = course.start(*SETUP)
            course.until(lambda: not arrived(course), make)  # what a kill left is removed first
            course.until(lambda: arrived(course), make, 1_800)
            time.sleep(rng.uniform(0, 10))
            course.kill(make)
            assert not (course.folder / ".venv/.ready").exists()
        make = course.start(*SETUP)
        time.sleep(2)
        assert course.start(*SETUP).wait(timeout=900) != 0 and "Another make is at work in build" in course.log()
        assert course.done(make) and complete(course)
        start = time.monotonic()
        assert course.start(*SETUP).wait(timeout=900) == 0 and time.monotonic() - start < 5  # all is there

        # The same when an environment is brought up to date.
        packages = arrived(course)
        for name in ("lightning", "matplotlib"):
            subprocess.run([packages.parents[2] / "bin/python", "-m", "pip", "uninstall", "-qy", name], check=True)
        os.utime(course.folder / "pyproject.toml")
        make = course.start(*SETUP)
        course.until(lambda: any((packages / name).exists() for name in ("lightning", "matplotlib")), make, 1_800)
        course.kill(make)
        assert not (packages.parents[2] / ".ready").exists()
        assert course.start(*SETUP).wait(timeout=900) == 0 and complete(course), course.log()

        # An update that fails, without a network for example, leaves what there was.
        (course.folder / "pyproject.toml").write_text("strange")
        assert course.start(*SETUP).wait(timeout=900) != 0 and "could not be installed" in course.log()
        assert (packages.parents[2] / ".ready").exists() and complete(course)
    finally:
        shutil.rmtree(course.folder)  # large
