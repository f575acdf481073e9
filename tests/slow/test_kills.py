"""However often `make report` is killed, the same command resumes and ends with the same bits."""

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
from test_make import ENVIRONMENT, NOTEBOOKS, SMOKE, clone

from shakespeare.training import read_curves

KILLS, INSIDE = 10, 5  # at least so many, so many of them inside an epoch
EPOCHS = 8  # of smoke's two none would last long enough to be hit
MEASURED = {"date", "minutes", "seconds", "characters_per_second", "speedup"}  # by the clock


class Course:
    """A copy of the repository with longer epochs, and the last `make report` in it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.build, self.starts = clone(folder), folder / "build" / "smoke", 0
        settings = folder / "shakespeare" / "settings.py"
        declared = settings.read_text()
        epochs = "smoke=2, small=10", f"smoke={EPOCHS}, small=10"
        batches = 'None for all", smoke=20', 'None for all", smoke=99'
        for before, after in (epochs, batches):
            assert declared.count(before) == 1
            declared = declared.replace(before, after)
        settings.write_text(declared)

    def start(self) -> None:
        self.starts, self.begun = self.starts + 1, self.trainings()
        self.log = self.folder / f"make-{self.starts}.log"
        command = ["make", f"PYTHON={sys.executable}", "report", SMOKE]
        with self.log.open("w") as log:
            options = {"cwd": self.folder, "env": ENVIRONMENT, "start_new_session": True}
            self.make = subprocess.Popen(command, stdout=log, stderr=log, **options)

    def trainings(self) -> set[Path]:
        """One folder for each time that the training of a rung in notebook 05 began or resumed."""
        return set(self.build.glob("runs/carried-*/logs/version_*"))

    def trains(self) -> bool:
        """Whether a training that began since the last start has an epoch to go."""
        runs = {version.parents[1] for version in self.trainings() - self.begun}
        done = (read_curves(run).get("seconds", ([], []))[0] for run in runs)
        return any(len(epochs) < EPOCHS for epochs in done)

    def wait(self, arrived: Callable[[], object], seconds: float = 300) -> None:
        """Wait until it arrived, make ended or the time is over."""
        end = time.monotonic() + seconds
        while not arrived() and self.make.poll() is None and time.monotonic() < end:
            time.sleep(0.02)

    def kill(self) -> None:
        """Kill make, papermill and the kernel, which has its own process session, at once."""
        make = psutil.Process(self.make.pid)
        for process in [make, *make.children(recursive=True)]:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        self.make.wait()

    def interrupt(self) -> None:
        """Press Ctrl-C, which the terminal sends to make and papermill; then start again."""
        os.killpg(self.make.pid, signal.SIGINT)
        assert self.make.wait(timeout=5) != 0
        said = self.log.read_text()
        assert "Stopped: the same command resumes" in said and "Traceback" not in said
        self.start()

    def finish(self) -> None:
        assert self.make.wait(timeout=600) == 0, self.log.read_text()

    def executed(self) -> dict[str, int]:
        """The finished notebooks, and when each was finished."""
        paths = [self.build / f"{name}.ipynb" for name in NOTEBOOKS]
        return {path.name: path.stat().st_mtime_ns for path in paths if path.exists()}


def timeless(value: object) -> object:
    if isinstance(value, dict):
        return {key: timeless(v) for key, v in value.items() if key not in MEASURED}
    return [timeless(v) for v in value] if isinstance(value, list) else value


def result(course: Course) -> dict[str, object]:
    """All that must be the same: weights, numbers, texts and curves."""
    found: dict[str, object] = {
        path.parent.name: path.read_bytes()
        for path in course.build.glob("models/*/model.safetensors")
    }
    assert len(found) == 2
    for path in course.build.glob("0?-*.json"):
        found[path.name] = timeless(json.loads(path.read_text()))
    for run in (course.build / "runs").iterdir():
        found[run.name] = {k: v for k, v in read_curves(run).items() if k != "seconds"}
    return found


def test_ctrl_c_and_ten_kills_change_nothing(tmp_path):
    undisturbed = Course(tmp_path / "undisturbed")
    undisturbed.start()
    undisturbed.finish()
    rng, kills, inside, rounds = random.Random(0), 0, 0, 0
    while kills < KILLS or inside < INSIDE:
        course, done, rounds = Course(tmp_path / f"course-{rounds}"), {}, rounds + 1
        course.start()
        while course.make.poll() is None and (kills < KILLS or inside < INSIDE):
            aimed = 3 <= kills % 10 < 8  # while a network is trained; the others hit anywhere
            if aimed:
                course.wait(course.trains)
            if kills == 3:
                course.interrupt()
                course.wait(course.trains)
            course.wait(lambda: False, rng.uniform(0, 2 if aimed else 25))
            if course.make.poll() is None:
                kills, inside, done = kills + 1, inside + course.trains(), course.executed() | done
                course.kill()
                course.start()
        course.finish()
        assert done.items() <= course.executed().items(), "a notebook was run twice"
        assert result(course) == result(undisturbed)
    print(f"{kills} kills in {rounds} rounds, {inside} of them inside an epoch")
