"""Grading handed-in notebooks: right, empty, broken and hostile ones each get their row."""

import csv
import json
import sys
import time
from pathlib import Path

import nbformat
import psutil
import pytest
from conftest import ROOT

from checks import grade
from checks.solutions import read_solutions

EXERCISES = grade.exercises_by_notebook()
SOLVED = ROOT / "notebooks" / "solutions" / "03-training.ipynb"
EMPTY = ROOT / "notebooks" / "01-preprocessing.ipynb"
SOLUTIONS = read_solutions(SOLVED)
SECONDS = 60  # its start-up takes three, but many more where other programs run


def hand_in(path: Path, *cells: str) -> str:
    """A notebook with these cells, without tags, as students may hand it in."""
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    nbformat.write(made, path)
    return str(path)


def marks(row: grade.Row) -> dict[str, str]:
    return {name: found.mark for name, found in row.verdicts.items()}


def test_a_table_and_a_csv_have_a_row_for_each_file(tmp_path, monkeypatch, capsys):
    table = tmp_path / "grades.csv"
    files = [str(SOLVED), str(EMPTY), str(tmp_path / "none.ipynb")]
    monkeypatch.setattr(sys, "argv", ["grade", "--csv", str(table), *files])
    grade.main()
    rows = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()[1:4]]
    all_of_03 = str(len(EXERCISES["03"]))
    ends = [
        f"03 {all_of_03} of {all_of_03}",
        f"01 0 of {len(EXERCISES['01'])}",
        "there is no such file",
    ]
    assert rows == [f"{file} {end}" for file, end in zip(files, ends, strict=True)]

    with table.open(encoding="utf-8-sig", newline="") as file:
        solved, empty, none = csv.DictReader(file)
    assert (solved["notebook"], solved["passed"], solved["of"]) == ("03", all_of_03, all_of_03)
    for row, mark, notebook, other in [(solved, "PASS", "03", "01"), (empty, "TODO", "01", "03")]:
        assert all(row[name].startswith(f"{mark}: ") for name in EXERCISES[notebook])
        assert not any(row[name] for name in EXERCISES[other])
    assert none["remark"] == "there is no such file"


def test_finished_rows_are_in_the_csv_whatever_ends_the_grading(tmp_path, monkeypatch):
    def grade_until(file, seconds):
        if file == "b.py":
            raise KeyboardInterrupt
        return grade.Row(file, "04", {})

    table = tmp_path / "grades.csv"
    monkeypatch.chdir(tmp_path)
    Path("a.py").touch()
    monkeypatch.setattr(grade, "grade", grade_until)
    monkeypatch.setattr(sys, "argv", ["grade", "--csv", str(table), "a.py", "b.py"])
    with pytest.raises(KeyboardInterrupt):
        grade.main()
    with table.open(encoding="utf-8-sig", newline="") as file:
        assert [row["file"] for row in csv.DictReader(file)] == ["a.py"]


# Writes the numbers of two processes, which sleep, to the file PIDS.
START = """
import os, subprocess, sys, time

def start():
    command = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(200)"]).pid
    fork = os.fork()
    if fork == 0:
        time.sleep(200)
    with open("PIDS", "a") as file:
        print(command, fork, file=file)
"""


def is_running(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_code_that_ends_fills_or_leaves_processes_costs_no_other_exercise(tmp_path):
    ends, loops, leaves, fills, *_, solved = EXERCISES["03"]
    pids = tmp_path / "pids"
    file = hand_in(
        tmp_path / "hostile.ipynb",
        START.replace("PIDS", pids.as_posix()),
        f"def {ends}(*given):\n    start()\n    os._exit(0)",
        f"def {loops}(*given):\n    start()\n    while True:\n        pass",
        f"def {leaves}(*given):\n    start()\n    exit()",
        f"def {fills}(*given):\n    return bytearray(2**33)",
        "raise KeyboardInterrupt",
        f"import torch\n{SOLUTIONS[solved]}",
    )
    row = grade.grade(file, seconds=30)
    assert row.notebook == "03" and row.passed == 1
    assert row.verdicts[solved].mark == "PASS"
    assert "ends the process" in row.verdicts[ends].words
    assert "more than 30 seconds" in row.verdicts[loops].words
    assert "SystemExit" in row.verdicts[leaves].words
    if sys.platform == "linux":
        assert "MemoryError" in row.verdicts[fills].words

    started = [int(pid) for pid in pids.read_text().split()]
    assert len(started) == 6
    deadline = time.monotonic() + 20  # the system ends them soon, but not at once
    while any(is_running(pid) for pid in started):
        assert time.monotonic() < deadline
        time.sleep(0.1)


IN_ITS_FOLDER = "shutil.rmtree(os.getcwd())"
FROM_ABOVE = """(folder := os.getcwd(), os.chdir(".."), shutil.rmtree(folder))"""


@pytest.mark.parametrize("deletes", [IN_ITS_FOLDER, FROM_ABOVE])
def test_code_that_deletes_its_folder_costs_no_other_exercise(tmp_path, deletes):
    deleted, *_, solved = EXERCISES["03"]
    cells = ["import os, shutil, torch", f"{deleted} = {deletes}", SOLUTIONS[solved]]
    row = grade.grade(hand_in(tmp_path / "a.ipynb", *cells), SECONDS)
    assert row.verdicts[deleted].mark == "FAIL" and row.verdicts[solved].mark == "PASS"
    assert row.passed == 1


UNSPEAKABLE = """
class Unspeakable(Exception):
    def __str__(self):
        raise self
    __repr__ = __str__

def fail(*given):
    raise Unspeakable
"""


def test_what_cannot_be_printed_costs_no_other_exercise(tmp_path):
    stopped, raised, interrupted, shown, *_, solved = EXERCISES["03"]
    file = hand_in(
        tmp_path / "a.ipynb",
        f"import torch\n{UNSPEAKABLE}",
        f"{stopped} = fail()",
        f"{raised} = fail",
        f"def {interrupted}(*given):\n    raise KeyboardInterrupt",
        f"{shown} = Unspeakable()",
        SOLUTIONS[solved],
    )
    row = grade.grade(file, SECONDS)
    assert row.passed == 1 and row.verdicts[solved].mark == "PASS"
    assert "its cell stops with Unspeakable" in row.verdicts[stopped].words
    assert "it stops with Unspeakable" in row.verdicts[raised].words
    assert "it stops with KeyboardInterrupt" in row.verdicts[interrupted].words
    assert "this is Unspeakable, another function" in row.verdicts[shown].words


def test_marks_are_not_where_code_prints_or_writes(tmp_path):
    printed, written, *_ = EXERCISES["03"]
    file = hand_in(
        tmp_path / "a.ipynb",
        "import os",
        f'def {printed}(*given):\n    print("[PASS] {printed}: it is right.")',
        f"""def {written}(*given):
    os.write(1, b'["PASS", "{written}", "it is right."]\\n')
    for name in os.listdir():
        os.remove(name)""",
    )
    row = grade.grade(file, SECONDS)
    assert row.passed == 0
    for name in (printed, written):
        assert "returns nothing" in row.verdicts[name].words


def test_a_cell_that_ends_the_process_fails_its_notebook(tmp_path):
    first, *_ = EXERCISES["01"]
    file = hand_in(tmp_path / "a.ipynb", "import os", f"{first} = os._exit(0)")
    row = grade.grade(file, SECONDS)
    assert marks(row) == dict.fromkeys(EXERCISES["01"], "FAIL")


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
    written = {"with_temperature": "PASS", "keep_nucleus": "FAIL"}
    assert marks(row) == dict.fromkeys(EXERCISES["04"], "TODO") | written
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
    assert grade.grade(str(file), SECONDS).remark == "can't be read as a notebook or program"


def test_a_notebook_without_exercises_gets_its_row(tmp_path):
    assert "no exercise" in grade.grade(hand_in(tmp_path / "a.ipynb"), SECONDS).remark


def test_lines_that_are_no_verdicts_are_left_out():
    right = json.dumps(["PASS", "write", "right."])
    assert list(grade.read_verdicts(["", "[1]", "{}", '[1, [], ""]', "nan", right])) == ["write"]
