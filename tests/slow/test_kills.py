"""However a training or make is stopped, the same command resumes and ends as if it hadn't been."""

import contextlib
import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import torch
from conftest import ENVIRONMENT, ROOT, SMOKE, clone, curves, heed_ctrl_c

from shakespeare.training_folder import is_finished

MEASURED = {"date", "minutes", "seconds"}  # by the clock
NOTEBOOKS = ("01-preprocessing", "03-training", "05-beyond-the-report")

# A training from the command line


def start_training(text: Path, folder: Path) -> subprocess.Popen:
    """Eight epochs, each of a second or less."""
    command = [sys.executable, "-m", "shakespeare", "train", text, folder, "--profile", "smoke"]
    for change in ("training.epochs=8", "training.limit_batches=40", "network.dropout=0.2"):
        command += ["--set", change]
    return subprocess.Popen(
        command,
        env=ENVIRONMENT | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=heed_ctrl_c,
    )


def test_a_training_that_is_killed_at_any_moment_ends_as_if_it_had_not_been(tmp_path):
    text = tmp_path / "text.txt"
    text.write_text((ROOT / "input.txt").read_text(encoding="utf-8")[:200_000], encoding="utf-8")
    whole = tmp_path / "whole"
    process = start_training(text, whole)
    said, wrong = process.communicate(timeout=600)
    assert process.returncode == 0, wrong
    assert said.count("epoch ") == 8

    stopped = tmp_path / "stopped"
    moments = random.Random(1)
    finished = 0
    stops = 0
    while not is_finished(stopped):
        process = start_training(text, stopped)
        said = process.stdout.readline() + process.stdout.readline()  # until an epoch has ended
        first = re.search(r"epoch (\d)/8:", said)
        if finished < 8:
            assert int(first[1]) == finished + 1
            time.sleep(moments.uniform(0, 1.5))  # till somewhere in the next one, or after it
            stops += 1
            os.killpg(process.pid, moments.choice([signal.SIGKILL, signal.SIGINT]))
        _, wrong = process.communicate(timeout=600)
        assert "Traceback" not in wrong
        if process.returncode == 1:
            assert wrong.startswith("Training was stopped: the same command")
        if (stopped / "last.ckpt").exists():
            finished = torch.load(stopped / "last.ckpt", weights_only=True)["epoch"] + 1
    assert stops >= 3
    assert curves(stopped) == curves(whole)
    for name in ("config.json", "model.safetensors"):
        assert (stopped / name).read_bytes() == (whole / name).read_bytes()


# Notebooks by make


def new_course(folder: Path) -> Path:
    """A copy of the repository with more and longer epochs: smoke's are over before a kill."""
    profile = clone(folder) / "shakespeare" / "recipes" / "smoke.toml"
    settings = profile.read_text()
    longer = settings.replace("epochs = 2", "epochs = 6")
    longer = longer.replace("limit_batches = 20", "limit_batches = 99")
    assert longer != settings
    profile.write_text(longer)
    return folder


def start(course: Path) -> subprocess.Popen:
    command = ["make", "notebooks", SMOKE, f"PYTHON={sys.executable}"]
    command.append(f"LESSONS={' '.join(NOTEBOOKS)}")
    with (course / "make.log").open("w") as log:
        return subprocess.Popen(
            command,
            stdout=log,
            stderr=log,
            cwd=course,
            env=ENVIRONMENT,
            start_new_session=True,
            preexec_fn=heed_ctrl_c,
        )


def finish(course: Path, make: subprocess.Popen) -> None:
    assert make.wait(timeout=600) == 0, (course / "make.log").read_text()


def executed(course: Path) -> dict[str, int]:
    """The finished notebooks, and when each was finished."""
    paths = [course / "build" / "smoke" / f"{name}.ipynb" for name in NOTEBOOKS]
    return {path.name: path.stat().st_mtime_ns for path in paths if path.exists()}


def trainings(course: Path) -> dict[Path, int]:
    """The folders of trainings, and when each began or resumed last."""
    runs = course.glob("build/smoke/*/run.json")
    return {run.parent: run.stat().st_mtime_ns for run in runs}


def wait_for_training(course: Path, make: subprocess.Popen) -> None:
    """Until a network has been trained for a second."""
    before = trainings(course)
    end = time.monotonic() + 300
    while trainings(course) == before:
        assert make.poll() is None and time.monotonic() < end
        time.sleep(0.02)
    time.sleep(1)
    assert not all(is_finished(folder) for folder in trainings(course))


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
    for folder in trainings(course):
        found[f"{folder.name}/curves.csv"] = curves(folder)
        for path in [*folder.glob("config.json"), *folder.rglob("*.safetensors")]:
            found[str(path.relative_to(build))] = path.read_bytes()
    assert {"better/model.safetensors", "final/model.safetensors"} <= found.keys()
    for path in build.glob("0?-*.json"):
        found[path.name] = timeless(json.loads(path.read_text()))
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
