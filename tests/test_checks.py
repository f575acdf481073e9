"""Solutions pass, stubs are to be done, usual mistakes are named."""

import re
import sys
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
import torch
from checks_tried import RIGHT, WRONG
from conftest import ROOT
from matplotlib import pyplot as plt

from checks import check, find_checks, own_or, preprocessing, verdict

FOLDER = ROOT / "notebooks"
SOLUTIONS = sorted((FOLDER / "solutions").glob("*.ipynb"))
NOTEBOOKS = [FOLDER / path.name for path in SOLUTIONS]


def code_of(path: Path, tag: str | None = None) -> list[str]:
    """The code cells of a notebook, or those with a tag."""
    sources = []
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "code" and (tag is None or tag in cell.metadata.get("tags", [])):
            sources.append(cell.source)
    return sources


def exercises(path: Path) -> list[str]:
    """The names of the functions that a notebook asks for."""
    return re.findall(r"(?m)^check\((\w+)\)$", "\n".join(code_of(path)))


def printed_lines(capsys) -> list[str]:
    """What checks have printed, a line for each."""
    lines = capsys.readouterr().out.splitlines()
    return [line for line in lines if re.match(r"\[[A-Z]+\]", line)]


def judged(name: str, function: Callable) -> tuple[str, str]:
    """The mark and the words for an answer to an exercise."""

    def answer(*given):
        return function(*given)

    answer.__name__ = name
    found = verdict(answer)
    assert found.name == name
    return found.mark, found.words


def test_every_exercise_has_a_check_and_a_solution():
    names = [exercises(path) for path in NOTEBOOKS]
    assert names == [exercises(path) for path in SOLUTIONS]
    assert sorted(name for some in names for name in some) == sorted(find_checks())


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_stubs_are_to_be_done_and_stop_nothing(path: Path, capsys):
    namespace: dict = {}
    for source in code_of(path, "exercise"):
        if re.search(r"(?m)^(from checks import .*\bcheck\b|check\()", source):
            exec(source, namespace)
    starts = [line.split(":")[0] for line in printed_lines(capsys)]
    assert starts == [f"[TODO] {name}" for name in exercises(path)]


@pytest.mark.parametrize("path", SOLUTIONS, ids=lambda path: path.stem)
def test_solutions_pass(path: Path, capsys, monkeypatch):
    monkeypatch.chdir(path.parent)
    plt.switch_backend("Agg")
    namespace: dict = {}
    for source in code_of(path):
        exec(source, namespace)
    plt.close("all")
    lines = printed_lines(capsys)
    assert [line.split(":")[0] for line in lines] == [f"[PASS] {name}" for name in exercises(path)]
    assert not any("nan" in line for line in lines)


@pytest.mark.parametrize("name", find_checks())
def test_each_mistake_is_told_by_its_sentence(name: str):
    module = sys.modules[find_checks()[name].__module__]
    for sentence, function in getattr(module, name.upper(), {}).items():
        assert judged(name, function) == ("FAIL", sentence)
    for words, function in WRONG[name].items():
        mark, said = judged(name, function)
        assert mark == "FAIL" and words in said, (words, said)


@pytest.mark.parametrize("name", find_checks())
def test_right_answers_pass_whatever_their_style(name: str):
    module = sys.modules[find_checks()[name].__module__]
    for function in [getattr(module, name), *RIGHT[name]]:
        assert judged(name, function)[0] == "PASS", function


def test_reading_everything_again_is_right_but_slow():
    (slow, *_) = RIGHT["write"]
    assert judged("write", slow) == (
        "PASS",
        "right, but slow: with the state, the network needn't read the whole text each time.",
    )


# --- the checks themselves ---


def test_a_lambda_is_known_by_the_name_that_it_was_given():
    namespace: dict = {}
    exec("loss_in_nats = lambda p, ids: -p[range(len(ids)), ids].log().mean()", namespace)
    found = verdict(namespace["loss_in_nats"])
    assert (found.mark, found.name) == ("PASS", "loss_in_nats")


def test_printing_is_not_returning():
    def answer(*given):
        print(given)

    for name in find_checks():
        answer.__name__ = name
        found = verdict(answer)
        assert found.mark == "FAIL" and found.words.startswith("it returns nothing")


def test_a_solution_takes_the_place_of_what_fails(capsys):
    def loss_in_nats(p, ids): ...

    right = preprocessing.loss_in_nats
    assert own_or(loss_in_nats, right) is right
    assert "Your loss_in_nats doesn't pass" in capsys.readouterr().out
    assert own_or(right, loss_in_nats) is right
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("returned", ["text", {}, (None, None), float("nan")], ids=str)
def test_nothing_is_raised_whatever_is_returned(returned):
    for name in find_checks():
        assert judged(name, lambda *given: returned)[0] == "FAIL"


def test_an_error_is_told_with_its_line(tmp_path, capsys):
    path = tmp_path / "cell.py"
    path.write_text("@decorator\ndef keep_nucleus(p, top_p):\n    return p.nothing\n")
    namespace: dict = {"decorator": torch.no_grad()}
    exec(compile(path.read_text(), str(path), "exec"), namespace)
    check(namespace["keep_nucleus"])
    printed = capsys.readouterr().out
    assert printed.startswith("[FAIL] keep_nucleus: it stops with AttributeError")
    assert "in the line: return p.nothing" in printed
