"""Whenever `make report` is killed, it goes on where it was, and what it makes in the end is the same to the bit."""

import contextlib
import csv
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from pathlib import Path

import nbformat
import psutil
import pytest
import torch
from test_pipeline import ROOT, clone

from shakespeare.training import read_curves

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
DRAWN = {"03-13", "03-15", "03-33"}  # of these more than a number differs: a picture, how many lines there are
MAKE = ["make", f"PYTHON={sys.executable}", "report"]
MINE = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MAKELEVEL", "PROMPT", "PROFILE", "TEXT")}


class Course:
    """A fresh copy of the repository, and all processes that `make report` starts in it."""

    def __init__(self, folder: Path, profile: str = "smoke") -> None:
        self.folder, self.profile = folder, profile
        self.build, self.mark = folder / "build" / profile, uuid.uuid4().hex
        clone(folder)

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

    def until(self, arrived: Callable[[], object], make: subprocess.Popen, seconds: float = 300) -> None:
        """Wait for what `make` is to bring about; an error if it ends, or the time, before that."""
        end = time.monotonic() + seconds
        while not arrived():
            assert make.poll() is None and time.monotonic() < end, self.log()
            time.sleep(0.01)

    def done(self, make: subprocess.Popen) -> bool:
        assert make.wait(timeout=3_600) == 0, self.log()
        return True

    def trainings(self) -> set[Path]:
        """A folder for each start of a training."""
        return set(self.build.glob("runs/*/logs/version_*"))

    def executed(self) -> dict[str, int]:
        """The finished notebooks, and when each was."""
        paths = [path for path in self.build.glob("0?-*.ipynb") if ".failed" not in path.name]
        return {path.name: path.stat().st_mtime_ns for path in paths}

    def log(self) -> str:
        return (self.folder / "make.log").read_text()


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
    assert course.done(course.start())
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


def test_ctrl_c_and_a_kill_of_make_alone(whole, tmp_path):
    course = Course(tmp_path / "course")
    often(course)

    def kept() -> bool:
        return len(list(course.build.glob("runs/*/*.ckpt"))) > 1

    for number, begun in enumerate((lambda: "01-preprocessing: cell 2 " in course.log(), kept), 1):
        make = course.start()
        course.until(begun, make)
        os.killpg(make.pid, signal.SIGINT)  # the terminal sends it to make and all that runs in the foreground
        assert make.wait(timeout=20) != 0
        assert course.log().count("Stopped. The same command goes on from the last checkpoint.") == number
        assert "Traceback" not in course.log()
        time.sleep(3)
        assert not course.processes()
    for path in course.build.glob("runs/*/last.ckpt"):  # and the disk garbles what was written
        path.write_bytes(path.read_bytes()[:-1000])

    before, make = course.trainings(), course.start()
    course.until(lambda: course.trainings() - before, make)
    os.killpg(make.pid, signal.SIGKILL)  # the kernel is in a group of its own, and ends when it sees that it is alone
    make.wait()
    alone, make = {process.pid for process in course.processes()}, course.start()
    begun = course.log().count("03-training: cell 2 ")
    course.until(lambda: course.log().count("03-training: cell 2 ") > begun, make)
    assert not alone & {process.pid for process in course.processes()}  # never two that train
    assert course.done(make) and same(result(course), whole.result)
    assert "checkpoint passed over for the one before: " in course.log()
    assert "last.ckpt cannot be used" in course.log()


def test_a_second_make_is_refused_until_the_first_is_gone(tmp_path):
    course = Course(tmp_path / "course")
    first = course.start()
    course.until(lambda: "01-preprocessing: cell 2 " in course.log(), first)
    assert course.start().wait(timeout=60) != 0 and "Another make is at work in build/smoke" in course.log()
    assert course.start("make", "clean").wait(timeout=60) != 0 and course.log().count("Another make is at work") == 2
    assert first.poll() is None
    course.kill(first)
    again = course.start()  # the lock has gone with its holder
    time.sleep(5)
    assert again.poll() is None and course.log().count("Another make") == 2
    course.kill(again)


def often(course: Course) -> None:
    """A checkpoint every tenth of a second: half a minute is longer than smoke trains."""
    source = course.folder / "shakespeare/training.py"
    changed = source.read_text().replace("EVERY = timedelta(seconds=30)", "EVERY = timedelta(milliseconds=100)")
    assert changed != source.read_text()
    source.write_text(changed)


def where(run: Path) -> tuple[int, int]:
    """At which step of a training its newest checkpoint is, and how far its log goes."""
    steps = [0]
    for name in ("last.ckpt", "before.ckpt"):
        with contextlib.suppress(FileNotFoundError):
            steps.append(torch.load(run / name, weights_only=True)["global_step"])
            break
    logged = [step for curve in read_curves(run).values() for step in curve[0]] if (run / "logs").exists() else []
    return steps[-1], max(logged, default=0)


def goes_on(run: Path, version: int, step: int) -> bool | None:
    """Whether the log of this start of a training begins after `step`, None if it is empty: one in ten is logged."""
    path = run / "logs" / f"version_{version}" / "metrics.csv"
    with contextlib.suppress(FileNotFoundError, StopIteration, ValueError), path.open(newline="") as file:
        return step <= int(next(csv.DictReader(file))["step"]) <= step + 20
    return None


def test_killed_again_and_again_it_comes_to_the_same(whole, tmp_path):
    rng, kills, resumed, rounds, lost = random.Random(0), 0, 0, 0, []
    while kills < KILLS:
        rounds += 1
        course = Course(tmp_path / f"course{rounds}")
        often(course)
        done, make, stopped = {}, course.start(), {}
        while make.poll() is None and kills < KILLS:
            # Every other time as soon as a network is being trained, else whenever; training is short in smoke.
            aimed, seen = kills % 2 == 1, course.trainings()
            later = rng.uniform(0, 3)
            until = time.monotonic() + whole.seconds * (1 if aimed else rng.uniform(0, 0.3))
            while make.poll() is None and time.monotonic() < until:
                time.sleep(0.01)
                if aimed and course.trainings() - seen:
                    aimed, until = False, time.monotonic() + later
            if make.poll() is None:
                course.kill(make)
                kills += 1
                assert done.items() <= course.executed().items(), "a finished notebook was executed again"
                done = course.executed()
                for run in course.build.glob("runs/*"):
                    step, logged = where(run)
                    stopped[run, len(list(run.glob("logs/version_*")))] = step
                    lost.append(max(logged - step, 0))
                make = course.start()
        assert course.done(make)
        assert done.items() <= course.executed().items(), "a finished notebook was executed again"
        assert same(result(course), whole.result)
        checked = [goes_on(run, version, step) for (run, version), step in stopped.items()]
        assert False not in checked, "a training did not go on from its checkpoint"
        resumed += sum(found is True and step > 0 for found, step in zip(checked, stopped.values(), strict=True))
        assert not course.processes()
    lost_at_most = max(lost, default=0)
    print(f"{kills} kills in {rounds} rounds, {resumed} times a training went on, {lost_at_most} steps lost at most")
    assert resumed and lost_at_most <= 50  # of a checkpoint every tenth of a second


PROGRAM = """
import os, signal, sys
from datetime import timedelta
from pathlib import Path
import torch
from shakespeare import training
from shakespeare.data import ShakespeareData, ShakespeareDataset
from shakespeare.model import CharLSTM

left = int(sys.argv[2])

def operation(kind):
    original = getattr(Path, kind)
    def act(path, argument):
        global left
        if ".ckpt" in path.name:
            left -= 1
            if left == 0:
                if kind == "write_bytes":
                    original(path, argument[: len(argument) // 2])
                os.kill(os.getpid(), signal.SIGKILL)
        return original(path, argument)
    return act

Path.write_bytes, Path.replace = operation("write_bytes"), operation("replace")
training.EVERY = timedelta(0)
torch.manual_seed(0)
text = ShakespeareDataset("input.txt", seq_len=32)
model = CharLSTM(text.chars, 8, 12, 1, dropout=0.2, learning_rate=1e-2, one_cycle=True, carry_state=True)
data = ShakespeareData(text.split(), batch_size=32, seq_len=32, seed=1)
training.fit(model, data, Path(sys.argv[1]), max_epochs=2, limit_train_batches=30)
"""


def test_killed_at_each_moment_of_writing_a_checkpoint(tmp_path):
    (tmp_path / "program.py").write_text(PROGRAM)

    def run(folder: Path, left: int) -> int:
        command = [sys.executable, tmp_path / "program.py", folder, str(left)]
        environment = MINE | {"PYTHONPATH": str(ROOT)}
        return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=False).returncode

    assert run(tmp_path / "whole", 0) == 0
    step, halves = 0, 0
    for left in (1, 2, 5, 6, 7, 8, 40, 41):  # the old one put aside, the new one half written, complete, in its place
        assert run(tmp_path / "killed", left) == -signal.SIGKILL
        halves += len(list((tmp_path / "killed").glob("*.partial")))
        before, (step, _) = step, where(tmp_path / "killed")
        assert step > before or left < 5, "a checkpoint was lost"
    assert run(tmp_path / "killed", 0) == 0
    assert halves and not list((tmp_path / "killed").glob("*.partial"))
    ours, expected = (
        torch.load(tmp_path / name / "best.ckpt", weights_only=True)["state_dict"] for name in ("killed", "whole")
    )
    assert all(torch.equal(weight, expected[name]) for name, weight in ours.items())


KILLED = """
import os, runpy, signal, sys
import typst

def compile(source, output, **options):
    output.write_bytes(b"%PDF-1.7 and no more")
    os.kill(os.getpid(), signal.SIGKILL)

typst.compile = compile
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def test_killed_while_the_pdf_is_written(whole):
    made = [whole.build / f"shakespeare-lstm.{end}" for end in ("pdf", "html")]
    before = [path.read_bytes() for path in made]
    made[0].unlink()
    command = [sys.executable, "-c", KILLED, "report/render.py", "--build", whole.build, "--profile", "smoke"]
    environment = MINE | {"PYTHONPATH": str(whole.folder)}
    killed = subprocess.run([*command, "--out", made[0]], cwd=whole.folder, env=environment, check=False)
    assert killed.returncode == -signal.SIGKILL and not made[0].exists()
    executed = whole.executed()
    assert whole.done(whole.start()) and whole.executed() == executed
    assert [path.read_bytes() for path in made] == before


def without_numbers(cell) -> str:
    return re.sub(r"[\d.,]+", "0", str(shown_by(cell)))


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
                if cell.id not in DRAWN:
                    assert without_numbers(cell) == without_numbers(other), cell.id
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
