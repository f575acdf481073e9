"""The course as a newcomer runs it: `make report` in a fresh copy, in the profile smoke."""

import json
import logging
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import psutil
import pytest
from nbclient.exceptions import DeadKernelError

from report.execute import Terminal, describe

ROOT = Path(__file__).resolve().parent.parent


def make(folder: Path, *arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        ["make", f"PYTHON={sys.executable}", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MAKELEVEL", "PROMPT", "PROFILE", "TEXT")},
    )


def clone(folder: Path) -> Path:
    """A copy of the repository without what is made in it."""
    unwanted = shutil.ignore_patterns(".git", ".venv", "build", "*.egg-info", "__pycache__", ".*_cache")
    return shutil.copytree(ROOT, folder, ignore=unwanted)


@pytest.fixture(scope="module")
def course(tmp_path_factory) -> Path:
    """A copy of the repository in which `make report PROFILE=smoke` has run."""
    folder = clone(tmp_path_factory.mktemp("clone") / "a course, été")
    done = make(folder, "report", "PROFILE=smoke")
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    return folder


def test_report_is_made_and_what_is_published_is_left_alone(course: Path):
    assert (course / "build/smoke/shakespeare-lstm.pdf").read_bytes().startswith(b"%PDF")
    assert (course / "build/smoke/shakespeare-lstm.html").read_text().startswith("<!doctype html>")
    assert (
        "jupyter.widget" not in (course / "build/smoke/04-generation.ipynb").read_text()
    )  # the panel is for readers
    metrics = json.loads((course / "build/smoke/metrics.json").read_text())
    assert set(metrics) == {"preprocessing", "equations", "training", "generation"}
    for name in ("report/shakespeare-lstm.pdf", "report/metrics.json", "README.md"):
        assert (course / name).read_bytes() == (ROOT / name).read_bytes()


def test_nothing_changed_nothing_done(course: Path):
    before = {path: path.stat().st_mtime_ns for path in (course / "build").rglob("*") if path.is_file()}
    again = make(course, "report", "PROFILE=smoke")
    assert again.returncode == 0 and "cell" not in again.stdout
    assert before == {path: path.stat().st_mtime_ns for path in (course / "build").rglob("*") if path.is_file()}


def test_the_course_becomes_pages(course: Path):
    made = make(course, "pages", "PROFILE=smoke")
    assert made.returncode == 0 and "cell" not in made.stdout, made.stderr
    pages = {path.stem for path in (course / "build/smoke/pages").glob("*.html")}
    assert {"index", "shakespeare-lstm", *(path.stem for path in (ROOT / "notebooks").glob("*.ipynb"))} <= pages


def test_an_edit_of_the_last_notebook_runs_it_and_the_pdf_alone(course: Path):
    os.utime(course / "notebooks/04-generation.ipynb")
    plan = make(course, "-n", "report", "PROFILE=smoke").stdout
    assert "04-generation" in plan and "render.py" in plan
    assert not any(name in plan for name in ("01-preprocessing.ipynb build", "02-lstm", "03-training.ipynb build"))


def test_sample_writes_text_and_refuses_a_strange_prompt(course: Path):
    written = make(course, "sample", "PROFILE=smoke", "PROMPT=ROMEO:")
    assert written.returncode == 0 and written.stdout.startswith("ROMEO:") and len(written.stdout) > 400
    refused = make(course, "sample", "PROFILE=smoke", "PROMPT=ROMEO€")
    assert refused.returncode != 0 and "'€'" in refused.stderr and "Traceback" not in refused.stderr


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "holds no text"),
        ("Grüße".encode("latin-1") * 1000, "is not UTF-8"),
        (b"too short", "characters"),
        (b"a text of some length" * 200, "needs 5,140"),
    ],
    ids=["empty", "latin-1", "short", "no window in each part"],
)
def test_bad_text_stops_make_with_a_sentence(course: Path, content: bytes, sentence: str):
    (course / "bad.txt").write_bytes(content)
    done = make(course, "report", "PROFILE=smoke", "TEXT=bad.txt")
    assert done.returncode != 0
    assert "notebooks/01-preprocessing.ipynb, cell 01-" in done.stderr and sentence in done.stderr
    assert "(#" not in done.stderr  # it is the code that is named, not a heading near it
    assert "Traceback" not in done.stderr + done.stdout
    assert list((course / "build/smoke-bad.txt").glob("*.failed.ipynb"))
    assert not list((course / "build/smoke-bad.txt").glob("*.pdf"))


def test_ctrl_c_in_the_middle_of_a_cell_says_what_to_do(tmp_path: Path):
    busy = "print('epoch 1/1', flush=True)\nwhile True:\n    sum(range(1000))"
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(busy)])
    nbformat.write(notebook, tmp_path / "busy.ipynb")
    with (tmp_path / "log").open("w") as log:
        execute = subprocess.Popen(
            [sys.executable, ROOT / "report/execute.py", tmp_path / "busy.ipynb", tmp_path / "out.ipynb"],
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    while "busy: epoch 1/1" not in (tmp_path / "log").read_text():
        time.sleep(0.1)
    (kernel,) = psutil.Process(execute.pid).children()
    os.killpg(execute.pid, signal.SIGINT)
    assert execute.wait(timeout=60) == 130 and not psutil.pid_exists(kernel.pid)
    written = (tmp_path / "log").read_text()
    assert "The same command goes on from the last checkpoint." in written and "Traceback" not in written
    assert not (tmp_path / "out.ipynb").exists()


def test_no_room_for_the_results_is_told_in_a_sentence(tmp_path: Path):
    (tmp_path / "build").touch()  # a file where the folder belongs
    command = [sys.executable, "report/execute.py", "notebooks/01-preprocessing.ipynb", tmp_path / "build/01.ipynb"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1 and "build cannot be" in done.stderr and "Traceback" not in done.stderr


def execute(course: Path, notebook: str, *parameters: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "report/execute.py", f"notebooks/{notebook}.ipynb", "build/other.ipynb", *parameters],
        cwd=course,
        env=os.environ | {"PYTHONPATH": str(course)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_published_weights_do_not_stand_in_for_a_damaged_checkpoint(course: Path):
    (best,) = (course / "build/smoke/runs").glob("carried-*/best.ckpt")
    content = best.read_bytes()
    best.write_bytes(content[:1000])
    refused = execute(course, "04-generation", "PROFILE=smoke", "TEXT=input.txt")
    best.write_bytes(content)
    assert refused.returncode != 0 and "best.ckpt cannot be used" in refused.stderr


def test_numbers_of_changed_settings_are_not_taken_for_the_profile(course: Path):
    changed = execute(course, "01-preprocessing", "PROFILE=smoke", "TEXT=input.txt", 'CHANGES={"batch_size": 16}')
    assert changed.returncode == 0, changed.stderr
    refused = make(course, "report", "PROFILE=smoke")
    assert refused.returncode != 0 and "batch_size" in refused.stderr
    assert "delete build/smoke/01-preprocessing.ipynb and run the same command again" in refused.stderr


def test_unknown_profile_setting_and_missing_text_are_named(course: Path):
    assert "There is no setting PROFIL:" in make(course, "report", "PROFIL=smoke").stderr
    assert "smoke, quick, small or full" in make(course, "report", "PROFILE=fast").stderr
    assert "must be a file" in make(course, "report", "PROFILE=smoke", "TEXT=notebooks").stderr
    assert "There is no file nowhere.txt" in make(course, "report", "PROFILE=smoke", "TEXT=nowhere.txt").stderr


def test_what_a_corpus_holds_does_not_command_the_terminal(capsys):
    strange = "\x1b]52;c;ZXZpbA==\x07\x9b2J\u202e"
    for message in (
        f"Executing Cell {strange}",
        f"a line\nepoch {strange}\nstep {strange}",
    ):  # as papermill logs them
        Terminal("01", 3).emit(logging.makeLogRecord({"msg": message}))
    said = capsys.readouterr().out + describe(ValueError(strange), Path("copy"), Path("notebook"))
    assert all(line.isprintable() for line in said.splitlines()) and said.count("]52;c;ZXZpbA==") == 4


def test_a_kernel_that_dies_is_told_with_its_likely_cause():
    said = describe(DeadKernelError("Kernel died"), Path("copy"), Path("notebooks/03-training.ipynb"))
    assert "notebooks/03-training.ipynb: its kernel" in said and "memory" in said


def test_make_alone_lists_the_targets():
    listed = make(ROOT).stdout
    for target in (
        "setup",
        "data",
        "lab",
        "notebooks",
        "report",
        "pages",
        "sample",
        "weights",
        "bench",
        "test",
        "test-slow",
        "test-browser",
        "lint",
        "clean",
    ):
        assert f"\n  {target}" in listed
