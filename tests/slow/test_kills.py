"""However make is stopped, the same command resumes and ends with the same bits."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import psutil
from conftest import ENVIRONMENT, SMOKE, clone

from shakespeare.training import is_finished, read_curves

MEASURED = {"date", "minutes", "seconds"}  # by the clock
NOTEBOOKS = ("01-preprocessing", "03-training")


def new_course(folder: Path) -> Path:
    """A copy of the repository with more and longer epochs: smoke's are over before a kill."""
    profile = clone(folder) / "shakespeare" / "profiles" / "smoke.toml"
    settings = profile.read_text()
    longer = settings.replace("epochs = 2", "epochs = 6")
    longer = longer.replace("limit_batches = 20", "limit_batches = 99")
    assert longer != settings
    profile.write_text(longer)
    return folder


def start(course: Path) -> subprocess.Popen:
    command = ["make", "notebooks", SMOKE, f"PYTHON={sys.executable}"]
    command.append(f"NOTEBOOKS={' '.join(NOTEBOOKS)}")
    with (course / "make.log").open("w") as log:
        return subprocess.Popen(
            command,
            stdout=log,
            stderr=log,
            cwd=course,
            env=ENVIRONMENT,
            start_new_session=True,
            # Where Ctrl-C is ignored, as under nohup, a process inherits that.
            preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
        )


def finish(course: Path, make: subprocess.Popen) -> None:
    assert make.wait(timeout=600) == 0, (course / "make.log").read_text()


def executed(course: Path) -> dict[str, int]:
    """The finished notebooks, and when each was finished."""
    paths = [course / "build" / "smoke" / f"{name}.ipynb" for name in NOTEBOOKS]
    return {path.name: path.stat().st_mtime_ns for path in paths if path.exists()}


def wait_for_training(course: Path, make: subprocess.Popen) -> None:
    """Until a network has been trained for a second."""
    trainings = "build/smoke/runs/*/logs/version_*"  # one each time that one begins or resumes
    before = set(course.glob(trainings))
    end = time.monotonic() + 300
    begun: set[Path] = set()
    while not begun:
        assert make.poll() is None and time.monotonic() < end
        time.sleep(0.02)
        begun = set(course.glob(trainings)) - before
    time.sleep(1)
    assert not all(is_finished(version.parents[1]) for version in begun)


def interrupt(course: Path, make: subprocess.Popen) -> None:
    """Press Ctrl-C, which the terminal sends to make and papermill."""
    os.killpg(make.pid, signal.SIGINT)
    assert make.wait(timeout=5) != 0
    said = (course / "make.log").read_text()
    assert "Stopped: the same command resumes" in said
    assert "Traceback" not in said


def kill(make: subprocess.Popen) -> None:
    """Kill make, papermill and the kernel, which has its own process session, at once."""
    process = psutil.Process(make.pid)
    for each in [process, *process.children(recursive=True)]:
        with contextlib.suppress(psutil.NoSuchProcess):
            each.kill()
    make.wait()


def timeless(value: object) -> object:
    """Numbers of a notebook without those that a clock measured."""
    if isinstance(value, dict):
        return {key: timeless(part) for key, part in value.items() if key not in MEASURED}
    if isinstance(value, list):
        return [timeless(part) for part in value]
    return value


def result(course: Path) -> dict[str, object]:
    """All that must be the same: networks, numbers, texts and curves."""
    build = course / "build" / "smoke"
    found: dict[str, object] = {}
    for path in build.glob("models/*/*"):
        found[f"{path.parent.name}/{path.name}"] = path.read_bytes()
    assert found
    for path in build.glob("0?-*.json"):
        found[path.name] = timeless(json.loads(path.read_text()))
    for run in (build / "runs").iterdir():
        curves = read_curves(run)
        curves.pop("seconds", None)
        found[run.name] = curves
    return found


def test_ctrl_c_and_a_kill_change_nothing(tmp_path):
    undisturbed = new_course(tmp_path / "undisturbed")
    finish(undisturbed, start(undisturbed))

    course = new_course(tmp_path / "course")
    make = start(course)
    wait_for_training(course, make)
    interrupt(course, make)
    make = start(course)
    wait_for_training(course, make)
    kill(make)
    before = executed(course)
    finish(course, start(course))
    assert before.items() <= executed(course).items(), "a notebook was run twice"
    assert result(course) == result(undisturbed)
