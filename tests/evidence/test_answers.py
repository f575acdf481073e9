"""Answers: a run asks what is missing, and draws from all answers."""

import json

import pytest
from conftest import ROOT

from report.evidence import __main__ as evidence
from report.evidence import answers, setup


@pytest.fixture
def drawn():
    """The answers from which each run has drawn."""
    return []


@pytest.fixture
def ask(tmp_path, monkeypatch, drawn):
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
    monkeypatch.setattr(evidence, "draw", lambda found, folder: drawn.append(found))

    def ask(one: int = 1) -> None:
        value["one"] = one
        evidence.ask("smoke")

    return ask


def asked(out: str) -> list[str]:
    return [line.removeprefix("evidence: ") for line in out.splitlines() if "evidence:" in line]


def test_a_run_asks_what_is_missing_and_a_deleted_answer_again(ask, tmp_path, capsys):
    folder = tmp_path / "smoke" / "evidence"
    ask()
    assert asked(capsys.readouterr().out) == ["one", "two"]
    ask()
    assert asked(capsys.readouterr().out) == []
    (folder / "two.json").unlink()
    ask(one=3)
    assert asked(capsys.readouterr().out) == ["two"]
    assert answers.load(folder, "two") == {"double": 2}  # the answer is kept
    (folder / "one.json").unlink()
    ask(one=3)
    (folder / "two.json").unlink()
    ask()
    assert answers.load(folder, "two") == {"double": 6}


def test_a_run_draws_from_all_answers(ask, drawn):
    ask()
    assert drawn == [{"about": {"profile": "smoke"}, "one": {"one": 1}, "two": {"double": 2}}]


def test_a_missing_answer_is_refused_and_never_the_published_one(tmp_path, refuses):
    answers.save(tmp_path, "about", {})
    with refuses("counting.json is missing", "make evidence"):
        answers.load(tmp_path, "counting")
    with refuses("counting.json is missing", "make evidence"):
        answers.load_all(tmp_path, ["about", "counting"])


def test_published_answers_are_in_one_file():
    content = (ROOT / "report" / "metrics.json").read_text(encoding="utf-8")
    assert answers.published() == json.loads(content)
