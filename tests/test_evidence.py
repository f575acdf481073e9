"""A stopped run of the evidence asks what it hasn't answered yet."""

import os
from types import SimpleNamespace

import pytest

from report.evidence import __main__ as evidence
from shakespeare.files import InputError


@pytest.fixture
def run(tmp_path, monkeypatch):
    """A run whose network is older than its two first answers of three."""
    monkeypatch.setattr(evidence, "QUESTIONS", dict.fromkeys(["one", "two", "three"]))
    network = tmp_path / "run" / "model.safetensors"
    network.parent.mkdir()
    folder = tmp_path / "evidence"
    folder.mkdir()
    (folder / "code.txt").write_text(evidence.IMPORTED)
    answers = {name: folder / f"{name}.json" for name in evidence.QUESTIONS}
    paths = [network, answers["one"], answers["two"]]
    for second, path in enumerate(paths):
        path.write_text("{}")
        os.utime(path, (second, second))
    networks = {"a": (None, network.parent)}
    return SimpleNamespace(
        folder=folder, networks=networks, path=answers.__getitem__, network=network
    )


def test_a_stopped_run_goes_on_after_its_last_answer(run):
    assert evidence.questions_left(run) == ["three"]
    assert run.path("one").exists()


@pytest.mark.parametrize("changed", ["code", "network"])
def test_all_is_asked_again_after_a_change(run, changed, monkeypatch):
    if changed == "network":
        os.utime(run.network, (9, 9))
    else:
        monkeypatch.setattr(evidence, "IMPORTED", "that of other code")
    assert evidence.questions_left(run) == ["one", "two", "three"]
    assert [path.name for path in run.folder.iterdir()] == ["code.txt"]


def test_a_question_after_an_older_answer_is_asked_again(run):
    os.utime(run.path("one"), (0, 0))
    assert evidence.questions_left(run) == ["one", "two", "three"]


def test_code_that_is_edited_meanwhile_is_noticed(tmp_path, monkeypatch):
    code = tmp_path / "code.py"
    code.write_text("1")
    monkeypatch.setattr(evidence, "CODE", [code])
    with pytest.raises(InputError, match="edited"):
        evidence.about(SimpleNamespace())


def test_what_follows_an_answer_that_was_asked_again_by_its_name_is_asked_again(run):
    os.utime(run.path("one"), (5, 5))
    assert evidence.questions_left(run) == ["two", "three"]
