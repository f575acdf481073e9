"""Whenever `make report` is killed, it goes on where it was, and what it makes in the end is the same to the bit."""

import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path

import nbformat
import psutil
import pytest
import torch

from shakespeare.training import read_curves

ROOT = Path(__file__).resolve().parents[2]
KILLS = int(os.environ.get("KILLS", "20"))  # so many at least
MEASURED = {  # what is measured by the clock or read from the calendar, and so never the same twice
    ("training", "date"),
    ("training", "minutes"),
    ("training", "leak", "minutes"),
    ("generation", "characters_per_second"),
    ("generation", "speedup"),
}
TIMED = {  # cells that show such numbers; of them only 03-15 and 04-22 are in the report
    "03-13",  # lines of progress, with seconds
    "03-15",  # loss against minutes
    "03-33",  # lines of progress
    "03-37",  # a summary, with the minutes
    "04-22",  # characters per second
    "04-24",  # a summary, with the speed
}
MAKE = ["make", f"PYTHON={sys.executable}", "report"]
MINE = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MAKELEVEL", "PROMPT", "PROFILE", "TEXT")}


class Course:
    """A fresh copy of the repository, and all processes that `make report` starts in it."""

    def __init__(self, folder: Path, profile: str = "smoke") -> None:
        self.folder, self.profile = folder, profile
        self.build, self.mark = folder / "build" / profile, uuid.uuid4().hex
        unwanted = shutil.ignore_patterns(".git", ".venv", "build", "*.egg-info", "__pycache__", ".*_cache")
        shutil.copytree(ROOT, folder, ignore=unwanted)

    def start(self, *make: str) -> subprocess.Popen:
        with (self.folder / "make.log").open("a") as log:
            return subprocess.Popen(
                make or [*MAKE, f"PROFILE={self.profile}"],
                cwd=self.folder,
                env=MINE | {"MARK": self.mark},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def processes(self) -> list[psutil.Process]:
        """Make, notebook, kernel: kernels are in a session of their own, but inherit the mark."""
        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                if process.environ().get("MARK") == self.mark and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process)
        return found

    def kill(self, make: subprocess.Popen) -> None:
        while alive := self.processes():
            for process in alive:
                with contextlib.suppress(psutil.Error):
                    process.send_signal(signal.SIGKILL)
        make.wait()

    def executed(self) -> dict[str, int]:
        """The finished notebooks, and when each was."""
        paths = [path for path in self.build.glob("0?-*.ipynb") if ".failed" not in path.name]
        return {path.name: path.stat().st_mtime_ns for path in paths}

    def log(self) -> str:
        return (self.folder / "make.log").read_text()[-3000:]


def shown(metrics, keys=()):
    """The numbers that must be the same, {path: value}."""
    if keys in MEASURED:
        return {}
    if isinstance(metrics, dict):
        return {path: v for key, value in metrics.items() for path, v in shown(value, (*keys, key)).items()}
    return {keys: metrics}


def result(course: Course) -> dict:
    """All that must be the same: numbers, texts, weights and curves."""
    found = {"metrics": shown(json.loads((course.build / "metrics.json").read_text()))}
    for run in (course.build / "runs").iterdir():
        weights = torch.load(run / "best.ckpt", weights_only=True)["state_dict"]
        found[f"{run.name}, weights"] = {name: weight.numpy().tobytes() for name, weight in weights.items()}
        found[f"{run.name}, curves"] = {k: v for k, v in read_curves(run).items() if k != "seconds"}
    return found


def undisturbed(folder: Path, profile: str = "smoke") -> Course:
    """What comes out when nothing happens, and how long it takes."""
    course, start = Course(folder, profile), time.monotonic()
    assert course.start().wait() == 0, course.log()
    course.result, course.seconds = result(course), time.monotonic() - start
    return course


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> Course:
    return undisturbed(tmp_path_factory.mktemp("whole") / "course")


def same(found: dict, expected: dict) -> bool:
    assert found.keys() == expected.keys()
    for name, values in found.items():
        assert values.keys() == expected[name].keys(), name
        assert [key for key in values if values[key] != expected[name][key]] == [], name
    return True


def shown_by(cell) -> list:
    """The outputs of a cell; what is printed may come in one piece or in several."""
    printed = "".join(output.text for output in cell.outputs if output.output_type == "stream")
    return [printed, *(output.data for output in cell.outputs if "data" in output)]


@pytest.mark.parametrize("profile", ["smoke", "quick"])
def test_the_same_twice(profile, tmp_path, request):
    smoke = profile == "smoke"
    whole = request.getfixturevalue("whole") if smoke else undisturbed(tmp_path / "whole", profile)
    course = undisturbed(tmp_path / "course", profile)
    assert same(course.result, whole.result)

    timed = set()
    for path in course.executed():
        ours, theirs = (nbformat.read(build / path, as_version=4) for build in (course.build, whole.build))
        for cell, other in zip(ours.cells, theirs.cells, strict=True):
            if cell.cell_type == "code" and shown_by(cell) != shown_by(other):
                timed.add(cell.id)
                cell.outputs = other.outputs
        nbformat.write(ours, course.build / path)
    assert timed <= TIMED

    shutil.copy(whole.build / "metrics.json", course.build)
    render = [sys.executable, "report/render.py", "--build", course.build, "--profile", profile]
    environment = MINE | {"PYTHONPATH": str(course.folder)}
    subprocess.run([*render, "--out", tmp_path / "again.pdf"], cwd=course.folder, env=environment, check=True)
    for end in (".pdf", ".html"):
        made = (whole.build / "shakespeare-lstm").with_suffix(end)
        assert (tmp_path / "again").with_suffix(end).read_bytes() == made.read_bytes(), "not the times alone differ"


def test_ctrl_c_stops_all_of_it_and_says_what_to_do(tmp_path):
    course = Course(tmp_path / "course")
    make = course.start()
    while "01-preprocessing: cell 2 " not in course.log():
        time.sleep(0.1)
    os.killpg(make.pid, signal.SIGINT)  # the terminal sends it to make and all that runs in the foreground
    assert make.wait(timeout=30) != 0
    assert "Stopped. The same command goes on from the last checkpoint." in course.log()
    assert "Traceback" not in course.log()
    time.sleep(3)
    assert not course.processes()


def test_a_second_make_is_refused_until_the_first_is_gone(tmp_path):
    course = Course(tmp_path / "course")
    first = course.start()
    while "01-preprocessing: cell 2 " not in course.log():
        time.sleep(0.1)
    assert course.start().wait() != 0 and "Another make is at work in build/smoke" in course.log()
    assert first.poll() is None
    course.kill(first)
    again = course.start()  # the lock has gone with its holder
    time.sleep(5)
    assert again.poll() is None and course.log().count("Another make") == 1
    course.kill(again)


def test_killed_again_and_again_it_comes_to_the_same(whole, tmp_path):
    rng, kills, resumed, rounds = random.Random(0), 0, 0, 0
    while kills < KILLS:
        rounds += 1
        course = Course(tmp_path / f"course{rounds}")
        source = course.folder / "shakespeare/training.py"  # half a minute is longer than smoke trains
        often = source.read_text().replace("EVERY = timedelta(seconds=30)", "EVERY = timedelta(milliseconds=100)")
        assert often != source.read_text()
        source.write_text(often)
        done, make = {}, course.start()
        while make.poll() is None and kills < KILLS:
            # Every other time as soon as a network is being trained, else whenever; training is short in smoke.
            aimed, seen = kills % 2 == 1, set(course.build.glob("runs/*/logs/version_*"))
            later = rng.uniform(0, 3)
            until = time.monotonic() + whole.seconds * (1 if aimed else rng.uniform(0, 0.3))
            while make.poll() is None and time.monotonic() < until:
                time.sleep(0.01)
                if aimed and set(course.build.glob("runs/*/logs/version_*")) - seen:
                    aimed, until = False, time.monotonic() + later
            if make.poll() is None:
                course.kill(make)
                kills += 1
                assert done.items() <= course.executed().items(), "a finished notebook was executed again"
                done = course.executed()
                make = course.start()
        assert make.wait() == 0, course.log()
        assert done.items() <= course.executed().items(), "a finished notebook was executed again"
        assert same(result(course), whole.result)
        resumed += sum(len(list(run.glob("logs/version_*/metrics.csv"))) - 1 for run in course.build.glob("runs/*"))
        assert not course.processes()
    print(f"{kills} kills in {rounds} rounds, {resumed} of them in training")
    assert resumed
