"""Answers: a run asks what is missing; what was not asked here is what is published."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from report.evidence import __main__ as evidence
from report.evidence import answers, setup
from report.evidence.answers import METRICS
from report.evidence.losses import PUBLISHED, write_losses


@pytest.fixture
def ask(tmp_path, monkeypatch):
    """Asks two questions without any training; the second one reads the answer to the first."""
    value = {"one": 1}
    questions = {
        "one": lambda e: dict(value),
        "two": lambda e: {"double": 2 * e.load("one")["one"]},
    }
    monkeypatch.setattr(setup, "BUILD", tmp_path)
    monkeypatch.setattr(evidence, "QUESTIONS", questions)
    monkeypatch.setattr(evidence, "on_input", lambda e: {})
    monkeypatch.setattr(evidence, "about", lambda e: {"profile": "smoke"})
    monkeypatch.setattr(evidence, "draw", lambda *_: None)

    def ask(names: list[str] | None = None, one: int = 1) -> None:
        value["one"] = one
        evidence.ask("smoke", names)

    return ask


def asked(out: str) -> list[str]:
    return [line.removeprefix("evidence: ") for line in out.splitlines() if "evidence:" in line]


def test_a_run_asks_what_is_missing_and_a_question_again_by_its_name(ask, tmp_path, capsys):
    folder = tmp_path / "smoke" / "evidence"
    ask()
    assert asked(capsys.readouterr().out) == ["one", "two"]
    ask()
    assert asked(capsys.readouterr().out) == []
    (folder / "two.json").unlink()
    ask(one=3)
    assert asked(capsys.readouterr().out) == ["two"]
    assert answers.load(folder, "two") == {"double": 2}  # the answer is kept
    ask(["one"], one=3)
    ask(["two"])
    assert answers.load(folder, "two") == {"double": 6}


def test_all_answers_are_those_that_were_asked(ask, tmp_path):
    ask()
    assert answers.load_all(tmp_path / "smoke" / "evidence", ["about", "one", "two", "three"]) == {
        "about": {"profile": "smoke"},
        "one": {"one": 1},
        "two": {"double": 2},
    }


def test_what_was_not_asked_here_is_what_is_published(tmp_path):
    folder = tmp_path / "smoke" / "evidence"
    published = json.loads(METRICS.read_text(encoding="utf-8"))
    assert answers.load(folder, "counting") == published["counting"]


def test_losses_of_a_question_join_those_of_others(tmp_path):
    e = SimpleNamespace(folder=tmp_path)
    write_losses(e, {"contexts|learning": torch.full((3,), 1.5)})
    write_losses(e, {"a new one|learning": torch.full((3,), 2.5)})
    with np.load(tmp_path / "score" / "losses.npz") as file, np.load(PUBLISHED) as published:
        assert file.files == [*published.files, "a new one|learning"]
        assert file["contexts|learning"].tolist() == [1.5] * 3
        assert np.array_equal(file["counting|carried"], published["counting|carried"])
