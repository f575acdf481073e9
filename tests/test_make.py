"""What make would do, and how executing one notebook fails; tried in copies of the repository."""

import logging
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import papermill
import pytest
from conftest import ROOT
from nbclient.exceptions import DeadKernelError

from report import execute

NOTEBOOKS = (
    "01-preprocessing",
    "02-lstm-equations",
    "03-training",
    "04-generation",
    "05-beyond-the-report",
    "06-inside-the-network",
    "07-further-experiments",
)
SMOKE = "PROFILE=smoke"
GIVEN = {"MAKEFLAGS", "MAKELEVEL", "PROFILE", "PROMPT", "PYTHON", "PYTHONPATH", "TEXT"}
ENVIRONMENT = {name: value for name, value in os.environ.items() if name not in GIVEN}


def clone(folder: Path) -> Path:
    """A copy of the repository, without what was built in it."""
    built = (".git", ".venv", "build", "*.egg-info", "__pycache__", ".*_cache", "*.partial")
    return shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns(*built))


def make(folder: Path, *arguments: str, own_python: bool = True) -> subprocess.CompletedProcess:
    """Run make in a folder, with the Python that runs the tests."""
    command = ["make", *arguments]
    if own_python:
        command.append(f"PYTHON={sys.executable}")
    options = {"capture_output": True, "text": True, "check": False}
    return subprocess.run(command, cwd=folder, env=ENVIRONMENT, **options)


def plan(folder: Path, *arguments: str) -> str:
    """The notebooks that make would execute, and "report" if it would render, in this order."""
    said = make(folder, "-n", "report", SMOKE, *arguments)
    assert said.returncode == 0, said.stderr
    found = re.findall(r"execute\.py notebooks/(\d+)-|-m (report)\.render", said.stdout)
    return " ".join(notebook or report for notebook, report in found)


@pytest.fixture(scope="module")
def repository(tmp_path_factory) -> Path:
    return clone(tmp_path_factory.mktemp("clone") / "course")


@pytest.fixture
def built(repository: Path) -> Path:
    """A copy in which make finds everything built, each file a second after those before it."""
    shutil.rmtree(repository / "build", ignore_errors=True)
    (repository / "build" / "smoke").mkdir(parents=True)
    for path in repository.rglob("*"):
        os.utime(path, (1_000, 1_000))
    targets = [f"{name}.{suffix}" for name in NOTEBOOKS for suffix in ("json", "ipynb")]
    targets += ["shakespeare-lstm.html", "shakespeare-lstm.pdf", "explorer.html"]
    for second, name in enumerate(targets, 2_000):
        path = repository / "build" / "smoke" / name
        path.touch()
        os.utime(path, (second, second))
    return repository


def test_make_alone_lists_every_target(repository: Path):
    listed = make(repository).stdout
    (targets,) = re.findall(r"(?m)^\.PHONY: (.*)", (ROOT / "Makefile").read_text())
    for target in set(targets.split()) - {"help"}:
        assert re.search(rf"(?m)^  {target} +\w", listed), target
    assert make(repository, "help").stdout == listed


@pytest.mark.parametrize(
    ("argument", "sentence"),
    [
        ("PROFILE=fast", "There is no profile 'fast': choose one of smoke, quick, full."),
        ("TEXT=nowhere.txt", "There is no file nowhere.txt"),
        ("TEXT=my text.txt", "TEXT and PROFILE are one word each"),
    ],
)
def test_an_argument_that_cannot_be_used_gets_a_sentence(repository, argument, sentence):
    done = make(repository, "report", argument)
    assert done.returncode != 0 and sentence in done.stderr and "Traceback" not in done.stderr


def test_nothing_is_done_again_where_nothing_changed(built: Path):
    assert plan(built) == ""


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ("notebooks/01-preprocessing.ipynb", "01 03 04 05 06 07 report"),
        ("notebooks/02-lstm-equations.ipynb", "02 report"),
        ("notebooks/03-training.ipynb", "03 04 05 06 07 report"),
        ("notebooks/04-generation.ipynb", "04 05 06 07 report"),
        ("notebooks/05-beyond-the-report.ipynb", "05 06 07 report"),
        ("notebooks/06-inside-the-network.ipynb", "06 report"),
        ("notebooks/07-further-experiments.ipynb", "07 report"),
        ("shakespeare/model.py", "01 02 03 04 05 06 07 report"),
        ("shakespeare/beyond/copying.py", "01 02 03 04 05 06 07 report"),
        ("shakespeare/profiles/smoke.toml", "01 02 03 04 05 06 07 report"),
        ("notebooks/course/figures/equations.py", "01 02 03 04 05 06 07 report"),
        ("build/smoke/03-training.json", "03 04 05 06 07 report"),  # written by a copy, by hand
        ("input.txt", ""),  # its characters decide
        ("report/published.csv", "05 06 07 report"),
        ("report/rivals.csv", "05 06 07 report"),
        ("report/style.css", "report"),
        ("report/paper.md", "report"),
        ("report/explorer/network/lstm.js", "report"),
        ("notebooks/solutions/01-preprocessing.ipynb", ""),
        ("tests/test_make.py", ""),
    ],
)
def test_a_change_rebuilds_what_depends_on_it_and_nothing_else(built, changed, expected):
    os.utime(built / changed)
    assert " ".join(sorted(plan(built).split())) == expected


@pytest.mark.parametrize(
    ("deleted", "made"),
    [
        ("02-lstm-equations.ipynb", "02 report"),
        ("02-lstm-equations.json", "02 report"),
        ("shakespeare-lstm.pdf", "report"),
        ("explorer.html", "report"),
    ],
)
def test_what_was_deleted_is_made_again(built: Path, deleted: str, made: str):
    (built / "build" / "smoke" / deleted).unlink()
    assert plan(built) == made


def test_a_text_of_your_own_has_its_own_folder_and_so_has_each_change_of_it(built: Path):
    everything = "01 02 03 04 05 06 07 report"
    text = built / "own.txt"
    text.write_text("To be")
    said = make(built, "-n", "report", SMOKE, "TEXT=own.txt").stdout
    (folder,) = set(re.findall(r"build/smoke-own-\w+", said))
    assert "TEXT=own.txt" in said and "build/smoke/" not in said
    assert plan(built, "TEXT=own.txt") == everything
    shutil.copytree(built / "build" / "smoke", built / folder)  # as if it had been made
    assert plan(built, "TEXT=own.txt") == ""
    text.write_text("To bo")
    os.utime(text, (1_000, 1_000))  # older than all that was made, as after `mv` or `unzip`
    assert plan(built, "TEXT=own.txt") == everything


def test_make_finds_a_text_in_the_home_folder(built: Path):
    text = built / "own.txt"
    text.write_text("To be")
    said = make(built, "-n", "report", SMOKE, "TEXT=~/own.txt", f"HOME={built}")
    assert f"TEXT={text}" in said.stdout, said.stderr


def test_make_uses_its_environment_or_the_python_you_name(built: Path):
    os.utime(built / "report" / "style.css")
    assert f"{sys.executable} -m report.render" in make(built, "-n", "report", SMOKE).stdout
    python = built / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    (built / ".venv" / ".ready").touch()  # else make would install everything
    said = make(built, "-n", "report", SMOKE, own_python=False)
    shutil.rmtree(built / ".venv")
    assert "\n.venv/bin/python -m report.render" in f"\n{said.stdout}", said.stderr


def test_sample_writes_right_after_cloning(repository: Path):
    shutil.rmtree(repository / "build", ignore_errors=True)
    written = make(repository, "sample", "PROMPT=ROMEO:")
    assert written.returncode == 0, written.stderr
    assert written.stdout.startswith("ROMEO:") and len(written.stdout) > 400
    assert "The network full writes" in written.stderr


@pytest.mark.parametrize(
    ("trained", "expected"),
    [
        ([], "full --ngrams input.txt"),
        (["baseline"], "build/smoke/models/baseline -- "),  # nobody chose exponents for it
        (["baseline", "final"], "build/smoke/models/final --ngrams input.txt"),
    ],
)
def test_sample_takes_the_best_network_that_is_there(built: Path, trained, expected):
    for name in trained:
        (built / "build" / "smoke" / "models" / name).mkdir(parents=True)
    assert f"--model {expected}" in make(built, "-n", "sample", SMOKE).stdout


def failure(tmp_path: Path, *arguments: str) -> str:
    with pytest.raises(SystemExit) as stopped:
        execute.main(ROOT / "notebooks/03-training.ipynb", tmp_path / "out/03.ipynb", *arguments)
    return str(stopped.value)


def test_a_notebook_that_cannot_be_executed_gets_a_sentence(tmp_path, monkeypatch):
    assert "has no parameter PROFIL: it has PROFILE" in failure(tmp_path, {"PROFIL": "smoke"})

    def die(*_, **__):
        raise DeadKernelError("Kernel died")

    monkeypatch.setattr(papermill, "execute_notebook", die)
    assert "03-training.ipynb: the kernel died, most likely out of memory" in failure(tmp_path, {})
    shutil.rmtree(tmp_path / "out")
    (tmp_path / "out").touch()  # a file where the folder belongs
    assert "out cannot be written (File exists)" in failure(tmp_path, {})


def shown(capsys, said: str) -> str:
    """What the terminal shows of what the cells of notebook 03 print."""
    handler = execute.Epochs("03-training")
    handler.emit(logging.LogRecord("papermill", logging.INFO, "", 0, said, None, None))
    return capsys.readouterr().out


def test_of_all_that_is_printed_the_terminal_shows_the_epochs(capsys):
    said = "a table\nepoch 1/3: val_loss 2.5 \x1b[2J\nthe end"
    assert shown(capsys, said) == "\r03-training: epoch 1/3: val_loss 2.5 \\x1b[2J\n"


@pytest.mark.parametrize("name", ["the baseline", "('dropout', 2)", "part: 1/4", "an epoch 2"])
def test_the_terminal_names_the_network_of_an_epoch(capsys, name):
    line = f"{name}: epoch 1/3: val_loss 2.5, 8 s, 16 s left"
    said = f"{name}: a table\n{line}\nthe best epoch 1/3: none"
    assert shown(capsys, said) == f"\r03-training: {line}\n"


@pytest.mark.parametrize("whole", [True, False])
def test_cells_about_shakespeare_are_left_out_of_other_texts(tmp_path, monkeypatch, whole):
    monkeypatch.setattr(papermill, "execute_notebook", lambda *_, **__: None)
    (tmp_path / "own.txt").write_text("To be")
    text = ROOT / "input.txt" if whole else tmp_path / "own.txt"
    source = ROOT / "notebooks/01-preprocessing.ipynb"
    execute.main(source, tmp_path / "01.ipynb", {"TEXT": str(text)})
    cells = nbformat.read(tmp_path / "01.ipynb", as_version=4).cells
    assert any("shakespeare-only" in cell.metadata.get("tags", []) for cell in cells) == whole
    assert cells[0].source.startswith("# Preprocessing")
