"""A stopped run of the evidence asks what it hasn't answered yet."""

import os
from types import SimpleNamespace

import pytest

from report.evidence import __main__ as evidence


@pytest.fixture
def run(tmp_path, monkeypatch):
    """A run whose code and network are older than its two first answers of three."""
    monkeypatch.setattr(evidence, "QUESTIONS", dict.fromkeys(["one", "two", "three"]))
    code = tmp_path / "code.py"
    network = tmp_path / "run" / "model.safetensors"
    network.parent.mkdir()
    monkeypatch.setattr(evidence, "CODE", [code])
    folder = tmp_path / "evidence"
    folder.mkdir()
    answers = {name: folder / f"{name}.json" for name in evidence.QUESTIONS}
    paths = [code, network, answers["one"], answers["two"]]
    for second, path in enumerate(paths):
        path.write_text("{}")
        os.utime(path, (second, second))
    networks = {"a": (None, network.parent)}
    return SimpleNamespace(
        folder=folder, networks=networks, path=answers.__getitem__, code=code, network=network
    )


def test_a_stopped_run_goes_on_after_its_last_answer(run):
    assert evidence.questions_left(run) == ["three"]
    assert run.path("one").exists()


@pytest.mark.parametrize("changed", ["code", "network"])
def test_all_is_asked_again_after_a_change(run, changed):
    os.utime(getattr(run, changed), (9, 9))
    assert evidence.questions_left(run) == ["one", "two", "three"]
    assert not run.folder.exists()


def test_what_follows_an_answer_that_was_asked_again_by_its_name_is_asked_again(run):
    os.utime(run.path("one"), (5, 5))
    assert evidence.questions_left(run) == ["two", "three"]
