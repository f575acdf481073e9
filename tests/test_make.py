"""What make would do, and how executing one notebook fails; tried in copies of the repository."""

import logging
import os
import re
import shutil
import sys
from pathlib import Path

import papermill
import pytest
from conftest import NOTEBOOKS, ROOT, SMOKE, clone, make
from papermill.exceptions import PapermillExecutionError

from report import execute

# The page is a room that may be missing.
PAGE = " page" if (ROOT / "report" / "page").exists() else ""
EVERYTHING = f"01 02 03 04 05 06 07 report{PAGE}"


def plan(folder: Path) -> str:
    """The notebooks that make would execute, sorted, then the "report" and "page" it would make."""
    said = make(folder, "-n", "report", SMOKE)
    assert said.returncode == 0, said.stderr
    commands = r"execute\S* notebooks/(\d+)-|-m (report)\.render|-m report\.(page) build"
    found = re.findall(commands, said.stdout)
    notebooks = sorted(notebook for notebook, _, _ in found if notebook)
    return " ".join([*notebooks, *(report or page for _, report, page in found if report or page)])


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
    saving = {"01-preprocessing", "03-training", "05-beyond-the-report"}
    targets = []
    for name in NOTEBOOKS:
        targets += [f"{name}.json"] if name in saving else []
        targets += [f"{name}.ipynb"]
    targets += ["report.pdf", "explorer.html"]
    for second, name in enumerate(targets, 2_000):
        path = repository / "build" / "smoke" / name
        path.touch()
        os.utime(path, (second, second))
    return repository


@pytest.mark.parametrize(
    ("argument", "sentence"),
    [
        ("PROFILE=fast", "There is no profile fast: choose smoke or quick."),
        ("PROFILE=smoke; touch no", "There is no profile smoke; touch no: choose smoke or quick."),
    ],
)
def test_an_argument_that_cannot_be_used_gets_a_sentence(repository, argument, sentence):
    done = make(repository, "report", argument)
    assert done.returncode != 0 and sentence in done.stderr and "Traceback" not in done.stderr
    assert not (repository / "no").exists()


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ("notebooks/02-lstm-equations.ipynb", "02 report"),
        ("notebooks/03-training.ipynb", f"03 04 05 06 report{PAGE}"),
        ("notebooks/04-generation.ipynb", "04 report"),  # 05 doesn't need it
        ("shakespeare/beyond/copying.py", EVERYTHING),
        ("shakespeare/recipes/smoke.toml", EVERYTHING),
        ("notebooks/course/figures/equations.py", EVERYTHING),
        ("report/introduction.md", "report"),
        ("report/templates/report/index.md.j2", "report"),
        ("report/appendix.md", "report"),
        ("report/metrics.json", "report"),  # a notebook that quotes it isn't executed again
        ("report/figures/captions.json", "report"),
        ("shakespeare/weights/final/config.json", EVERYTHING),
        ("build/smoke/03-training.json", f"03 04 05 06 report{PAGE}"),  # a reader has run it since
    ],
)
def test_a_change_rebuilds_what_depends_on_it_and_nothing_else(built, changed, expected):
    assert plan(built) == ""
    (built / changed).touch()
    assert plan(built) == expected


@pytest.mark.skipif(not PAGE, reason="there is no page")
def test_a_change_of_the_page_rebuilds_the_page_alone(built):
    for changed in ("report/page/sources/network/lstm.js", "report/page/bundle.py"):
        (built / changed).touch()
    assert plan(built) == "page"


def test_numbers_that_are_missing_are_computed_again(built):
    (built / "build/smoke/03-training.json").unlink()
    assert plan(built) == f"03 04 05 06 report{PAGE}"


@pytest.mark.skipif(not PAGE, reason="there is no page")
def test_a_page_that_fails_costs_no_report(built: Path):
    (built / "report" / "filter.lua").touch()
    (built / "report" / "page" / "sources" / "explorer.css").touch()
    python = built / "python"  # fails where it should make the page
    pdf = built / "build" / "smoke" / "report.pdf"
    python.write_text(
        f'#!/bin/sh\ncase "$*" in *render*) echo new > {pdf};; *page*) exit 1;; '
        f'*) exec "{sys.executable}" "$@";; esac\n'
    )
    python.chmod(0o755)
    done = make(built, "report", SMOKE, f"PYTHON={python}", own_python=False)
    assert done.returncode != 0 and pdf.read_text() == "new\n"


def test_what_a_notebook_saved_before_it_failed_is_kept(built: Path):
    (built / "notebooks" / "03-training.ipynb").touch()
    python = built / "python"  # fails where it should execute a notebook
    saved = "build/smoke/03-training.json"
    python.write_text(
        f'#!/bin/sh\ncase "$*" in *execute*) echo new > {saved}; exit 1;; esac\n'
        f'exec "{sys.executable}" "$@"\n'
    )
    python.chmod(0o755)
    done = make(built, "notebooks", SMOKE, f"PYTHON={python}", own_python=False)
    assert done.returncode != 0
    assert (built / saved).read_text() == "new\n"


def test_what_a_lesson_has_trained_goes_before_it_is_executed(built: Path):
    (built / "notebooks" / "05-beyond-the-report.ipynb").touch()
    said = make(built, "-n", "notebooks", SMOKE).stdout
    assert "rm -rf build/smoke/better build/smoke/final" in said and "copies" not in said


def test_sample_writes_right_after_cloning(repository: Path):
    shutil.rmtree(repository / "build", ignore_errors=True)
    prompt = "Nay; $HOME & 'tis"  # nothing of it means anything to the shell
    written = make(repository, "sample", f"PROMPT={prompt}")
    assert written.returncode == 0, written.stderr
    assert written.stdout.startswith(prompt) and len(written.stdout) > 400
    assert "The network final writes" in written.stderr


@pytest.mark.parametrize(
    ("trained", "expected"),
    [
        (["baseline"], "build/smoke/models/baseline"),
        (["baseline", "final"], "build/smoke/models/final"),
    ],
)
def test_sample_takes_the_best_network_that_is_there(built: Path, trained, expected):
    for name in trained:
        (built / "build" / "smoke" / "models" / name).mkdir(parents=True)
    assert f"--model {expected}" in make(built, "-n", "sample", SMOKE).stdout


def failure(tmp_path: Path) -> str:
    with pytest.raises(SystemExit) as stopped:
        execute.main(ROOT / "notebooks/03-training.ipynb", tmp_path / "out/03.ipynb", {})
    assert not (tmp_path / "out/03.ipynb").exists()
    return str(stopped.value)


def test_a_notebook_that_cannot_be_executed_gets_a_sentence(tmp_path, monkeypatch):
    def end_with(error):
        def execute_notebook(*_, **__):
            raise error

        monkeypatch.setattr(papermill, "execute_notebook", execute_notebook)

    end_with(PapermillExecutionError(7, 4, "", "ValueError", "no \x1b[2J", []))
    said = failure(tmp_path)
    assert "03-training.ipynb, cell 7: ValueError: no \\x1b[2J" in said
    assert str(tmp_path / "out/03.failed.ipynb") in said
    assert (tmp_path / "out/03.failed.ipynb").exists()


def test_of_all_that_is_printed_the_terminal_shows_the_epochs(capsys):
    line = "epoch 1/3: train_loss 2.6, val_loss 2.5, 8 s, 16 s left"
    said = f"a table\n{line} \x1b[2J\nthe best epoch 1/3: none"
    handler = execute.Epochs("03-training")
    handler.emit(logging.LogRecord("papermill", logging.INFO, "", 0, said, None, None))
    assert capsys.readouterr().out == f"\r03-training: {line} \\x1b[2J\n"
