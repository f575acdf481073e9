"""However often make is killed, the same command resumes and ends with the same bits."""

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import psutil
from conftest import ENVIRONMENT, ROOT, SMOKE, clone
from jupyter_client.manager import start_new_kernel

from shakespeare.training import is_finished, read_curves

KILLS = 10  # at least so many
INSIDE = 5  # so many of them inside an epoch
EPOCHS = 6  # of smoke's two none would last long enough to be hit
MEASURED = {"date", "minutes", "seconds", "characters_per_second", "speedup"}  # by the clock
# The ladder trains network after network; these are what it needs.
NOTEBOOKS = ("01-preprocessing", "03-training", "04-generation", "05-beyond-the-report")


class Course:
    """A copy of the repository with longer epochs, and the last `make notebooks` in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = clone(folder)
        self.build = folder / "build" / "smoke"
        self.starts = 0
        profile = folder / "shakespeare" / "profiles" / "smoke.toml"
        settings = profile.read_text()
        longer = settings.replace("epochs = 2", f"epochs = {EPOCHS}")
        longer = longer.replace("limit_batches = 20", "limit_batches = 99")
        assert longer != settings
        profile.write_text(longer)

    def start(self) -> None:
        self.starts += 1
        self.trainings_before = self.trainings()
        self.log = self.folder / f"make-{self.starts}.log"
        command = ["make", "notebooks", SMOKE, f"PYTHON={sys.executable}"]
        command.append(f"NOTEBOOKS={' '.join(NOTEBOOKS)}")
        with self.log.open("w") as log:
            self.make = subprocess.Popen(
                command,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                env=ENVIRONMENT,
                start_new_session=True,
                # Where Ctrl-C is ignored, as under nohup, a process inherits that.
                preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
            )

    def trainings(self) -> set[Path]:
        """One folder for each time that a training began or resumed."""
        return set(self.build.glob("runs/*/logs/version_*"))

    def trains(self) -> bool:
        """Whether a training that began since the last start isn't finished."""
        runs = {version.parents[1] for version in self.trainings() - self.trainings_before}
        return not all(is_finished(run) for run in runs)

    def wait(self, arrived: Callable[[], object], seconds: float = 300) -> None:
        """Wait until it arrived, make ended or the time is over."""
        end = time.monotonic() + seconds
        while not arrived() and self.make.poll() is None and time.monotonic() < end:
            time.sleep(0.02)

    def wait_seconds(self, seconds: float) -> None:
        self.wait(lambda: False, seconds)

    def runs(self) -> bool:
        return self.make.poll() is None

    def kill(self) -> None:
        """Kill make, papermill and the kernel, which has its own process session, at once."""
        make = psutil.Process(self.make.pid)
        for process in [make, *make.children(recursive=True)]:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        self.make.wait()

    def interrupt(self) -> None:
        """Press Ctrl-C, which the terminal sends to make and papermill."""
        os.killpg(self.make.pid, signal.SIGINT)
        assert self.make.wait(timeout=5) != 0
        said = self.log.read_text()
        assert "Stopped: the same command resumes" in said
        assert "Traceback" not in said

    def finish(self) -> None:
        assert self.make.wait(timeout=600) == 0, self.log.read_text()

    def executed(self) -> dict[str, int]:
        """The finished notebooks, and when each was finished."""
        paths = [self.build / f"{name}.ipynb" for name in NOTEBOOKS]
        return {path.name: path.stat().st_mtime_ns for path in paths if path.exists()}


def timeless(value: object) -> object:
    """Numbers of a notebook without those that a clock measured."""
    if isinstance(value, dict):
        return {key: timeless(part) for key, part in value.items() if key not in MEASURED}
    if isinstance(value, list):
        return [timeless(part) for part in value]
    return value


def result(course: Course) -> dict[str, object]:
    """All that must be the same: networks, numbers, texts and curves."""
    found: dict[str, object] = {}
    for path in course.build.glob("models/*/*"):
        found[f"{path.parent.name}/{path.name}"] = path.read_bytes()
    assert len(found) == 6  # three networks, each with its config and its weights
    for path in course.build.glob("0?-*.json"):
        found[path.name] = timeless(json.loads(path.read_text()))
    for run in (course.build / "runs").iterdir():
        curves = read_curves(run)
        curves.pop("seconds", None)
        found[run.name] = curves
    return found


def test_ctrl_c_and_ten_kills_change_nothing(tmp_path):
    undisturbed = Course(tmp_path / "undisturbed")
    undisturbed.start()
    undisturbed.finish()
    rng = random.Random(0)
    kills = 0
    inside = 0
    rounds = 0
    while kills < KILLS or inside < INSIDE:
        course = Course(tmp_path / f"course-{rounds}")
        rounds += 1
        executed: dict[str, int] = {}
        course.start()
        while course.runs() and (kills < KILLS or inside < INSIDE):
            aimed = 3 <= kills % 10 < 8  # while a network is trained; the others hit anywhere
            if aimed:
                course.wait(course.trains)
            if kills == 3 and course.runs():
                course.interrupt()
                course.start()
                course.wait(course.trains)
            course.wait_seconds(rng.uniform(0, 2 if aimed else 25))
            if course.runs():
                kills += 1
                inside += course.trains()
                executed = course.executed() | executed
                course.kill()
                course.start()
        course.finish()
        assert executed.items() <= course.executed().items(), "a notebook was run twice"
        assert result(course) == result(undisturbed)
    print(f"{kills} kills in {rounds} rounds, {inside} of them inside an epoch")


TRAIN_TWO = """
from shakespeare.beyond.recipes import make_training, train_many
from shakespeare.beyond.settings import load_beyond
from shakespeare.data import Corpus

split = Corpus.read("input.txt").split()
trainings = {{}}
for seed in (1, 2):
    settings = load_beyond("smoke", "rungs", {{"epochs": 500, "seed": seed}})
    trainings[f"seed {{seed}}"] = make_training(settings, split)
train_many(trainings, {build!r}, processes=2)
"""  # far longer than the test


def test_the_stop_button_of_jupyter_ends_the_processes_with_one_sentence(tmp_path):
    manager, client = start_new_kernel(kernel_name="python3", cwd=str(ROOT))
    try:
        client.execute(TRAIN_TWO.format(build=str(tmp_path)))
        printed = ""
        error = None
        while error is None:
            message = client.get_iopub_msg(timeout=120)
            if message["msg_type"] == "error":
                error = message["content"]["evalue"]
            elif message["msg_type"] == "stream":
                printed += message["content"]["text"]
                if "seed 1: epoch 1/500" in printed and "seed 2: epoch 1/500" in printed:
                    manager.interrupt_kernel()
        assert "were stopped" in error
        assert "Traceback" not in printed
        kernel = psutil.Process(manager.provisioner.pid)
        commands = [" ".join(child.cmdline()) for child in kernel.children(recursive=True)]
        assert not any("spawn_main" in command for command in commands)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
