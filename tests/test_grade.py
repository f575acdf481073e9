"""Grading handed-in notebooks: right, empty, broken and hostile ones each get their row."""

import csv
import json
import sys
from pathlib import Path

import nbformat
import pytest
from conftest import ROOT

from course import grade

SOLVED = ROOT / "notebooks" / "solutions" / "03-training.ipynb"
EMPTY = ROOT / "notebooks" / "01-preprocessing.ipynb"
SECONDS = 15  # its start-up takes three


def hand_in(path: Path, *cells: str) -> str:
    """A notebook with these cells, without tags, as students may hand it in."""
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    nbformat.write(made, path)
    return str(path)


def marks(row: grade.Row) -> dict[str, str]:
    return {name: found.mark for name, found in row.verdicts.items()}


def solution(name: str) -> str:
    """The code of a solution of notebook 03."""
    cells = nbformat.read(SOLVED, as_version=4).cells
    return next(cell.source for cell in cells if f"def {name}(" in cell.source)


def test_a_table_and_a_csv_have_a_row_for_each_file(tmp_path, monkeypatch, capsys):
    table = tmp_path / "grades.csv"
    files = [str(SOLVED), str(EMPTY), str(tmp_path / "none.ipynb")]
    monkeypatch.setattr(sys, "argv", ["grade", "--csv", str(table), *files])
    grade.main()
    rows = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()[1:4]]
    ends = ["03 6 of 6", "01 0 of 2", "there is no such file"]
    assert rows == [f"{file} {end}" for file, end in zip(files, ends, strict=True)]

    with table.open(encoding="utf-8-sig", newline="") as file:
        solved, empty, none = csv.DictReader(file)
    assert (solved["notebook"], solved["passed"], solved["of"]) == ("03", "6", "6")
    assert solved["cut_first"].startswith("PASS: ") and not solved["loss_in_nats"]
    assert empty["loss_in_nats"].startswith("TODO: ") and not empty["cut_first"]
    assert none["remark"] == "there is no such file"


def test_code_that_ends_or_fills_its_process_costs_no_other_exercise(tmp_path):
    file = hand_in(
        tmp_path / "hostile.ipynb",
        "import os, torch",
        "def hold_out(count, share):\n    os._exit(0)",
        "def cross_entropy(logits, y):\n    while True:\n        pass",
        "def train_on(network, optimizer, batches, loss_of):\n    exit()",
        "def leaked_share(*given):\n    return bytearray(2**33)",
        'def cut_first(length, seq_len, share):\n    print("[PASS] cut_first: it is right.")',
        "raise KeyboardInterrupt",
        solution("losses_in_windows"),
    )
    row = grade.grade(file, SECONDS)
    assert row.notebook == "03" and row.passed == 1
    assert set(marks(row).values()) == {"FAIL", "PASS"}
    assert "ends the process" in row.verdicts["hold_out"].words
    assert "more than 15 seconds" in row.verdicts["cross_entropy"].words
    assert "SystemExit" in row.verdicts["train_on"].words
    if sys.platform == "linux":
        assert "MemoryError" in row.verdicts["leaked_share"].words
    assert "returns nothing" in row.verdicts["cut_first"].words
    assert marks(row)["losses_in_windows"] == "PASS"


def test_a_cell_that_ends_the_process_fails_its_notebook(tmp_path):
    file = hand_in(tmp_path / "a.ipynb", "import os", "loss_in_nats = os._exit(0)")
    row = grade.grade(file, SECONDS)
    assert marks(row) == {"loss_in_nats": "FAIL", "witten_bell": "FAIL"}


def test_cells_are_found_without_tags_and_one_that_fails_stops_no_other(tmp_path):
    file = hand_in(
        tmp_path / "a.ipynb",
        "%pip install something\nimport nowhere\nimport torch",
        "def divided(logits, tau):\n    return logits / tau",
        "%%time\nwith_temperature = lambda logits, tau: divided(logits, tau).softmax(-1)",
        "def keep_nucleus(p, top_p:\n    return p",
        "%%writefile my_lstm.py\ndef write():\n    ...",
        "while True:\n    pass",
    )
    row = grade.grade(file, SECONDS)
    assert marks(row) == {"write": "TODO", "with_temperature": "PASS", "keep_nucleus": "FAIL"}
    assert "isn't in the notebook" in row.verdicts["write"].words
    assert "SyntaxError" in row.verdicts["keep_nucleus"].words


def test_where_there_is_nothing_to_grade_the_last_table_stays(tmp_path, monkeypatch, refuses):
    table = tmp_path / "grades.csv"
    table.write_text("of last week")
    monkeypatch.setattr(sys, "argv", ["grade", "--csv", str(table), str(tmp_path / "*.ipynb")])
    with refuses("There is no file", "nothing is graded"):
        grade.main()
    assert table.read_text() == "of last week"


def test_the_answer_is_in_the_cell_with_the_check(tmp_path):
    right = "def loss_in_nats(p, ids):\n    return -p[range(len(ids)), ids].log().mean()"
    scratch = "def loss_in_nats(p, ids):\n    return 0.0"
    file = hand_in(tmp_path / "a.ipynb", scratch, f"{right}\n\n\ncheck(loss_in_nats)", scratch)
    assert marks(grade.grade(file, SECONDS))["loss_in_nats"] == "PASS"


def test_the_capstone_is_a_program(tmp_path):
    solution = ROOT / "notebooks" / "solutions" / "my_lstm.py"
    assert marks(grade.grade(str(solution), 60)) == {"my_lstm.py": "PASS"}
    file = tmp_path / "my_lstm.py"
    file.write_text("import os\nos._exit(0)\n")
    [found] = grade.grade(str(file), SECONDS).verdicts.values()
    assert found.mark == "FAIL" and "ends the process" in found.words


@pytest.mark.parametrize(
    "content", [b"", b"\x89PNG\xff", b"[]", b'{"cells": [{"cell_type": "code"}]}']
)
def test_a_file_that_is_no_notebook_gets_its_row(tmp_path, content):
    file = tmp_path / "a.ipynb"
    file.write_bytes(content)
    assert grade.grade(str(file), SECONDS).remark == "can't be read as a notebook"


def test_a_notebook_without_exercises_gets_its_row(tmp_path):
    assert "no exercise" in grade.grade(hand_in(tmp_path / "a.ipynb"), SECONDS).remark


def test_lines_that_are_no_verdicts_are_left_out():
    """Code that is graded may write where the verdicts are written."""
    right = json.dumps(["PASS", "write", "right."])
    assert list(grade.read_verdicts(["", "[1]", "{}", '[1, [], ""]', "nan", right])) == ["write"]
