"""What make executes where the reader hasn't written a function yet."""

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from checks.solutions import insert_solutions, unwritten

IMPORT = "from checks import check"
STUB = f'{IMPORT}\n\n\ndef double(x):\n    """Twice x."""\n    ...\n\n\ncheck(double)'
PROGRAM = "%%writefile {MINE}/my_lstm.py\ndef main():\n    ..."


@pytest.fixture
def folder(tmp_path):
    solution = "import math\n\n\ndef double(x):\n    return 2 * x\n\n\ncheck(double)"
    nbformat.write(new_notebook(cells=[new_code_cell(solution)]), tmp_path / "01.ipynb")
    (tmp_path / "my_lstm.py").write_text("def main():\n    print()\n")
    return tmp_path


def inserted(source, folder, **metadata):
    """What is executed in place of a cell."""
    cell = new_code_cell(source, metadata=metadata or {"tags": ["exercise"]})
    book = new_notebook(cells=[cell])
    insert_solutions(book, folder, "01.ipynb")
    return book.cells[0].source


def test_a_solution_takes_the_place_of_a_stub(folder):
    code = inserted(STUB, folder)
    assert code.startswith("from checks import check\n\n\nimport math\n\n\ndef double(x):")
    assert code.endswith("    return 2 * x\n\n\ncheck(double)") and "..." not in code
    assert inserted(PROGRAM, folder) == PROGRAM.replace("...", "print()")


def test_what_the_reader_has_written_stays(folder):
    own = STUB.replace("...", "return x + x")
    assert inserted(own, folder) == own
    program = PROGRAM.replace("...", "return 1")
    assert inserted(program, folder) == program
    assert inserted(STUB, folder, tags=[]) == STUB


def test_what_is_half_written_is_completed(folder):
    program = f"{PROGRAM}\n\n\ndef own():\n    return 1"
    assert inserted(program, folder) == program.replace("...", "print()")


@pytest.mark.parametrize("source", ["%timeit 1\n...", "def double(x:\n    ...", "!pip list"])
def test_what_is_not_plain_python_stays(folder, source):
    assert inserted(source, folder) == source


def test_without_solutions_everything_stays(tmp_path):
    assert inserted(STUB, tmp_path) == STUB


def test_a_body_of_dots_is_unwritten():
    assert [stub.name for stub in unwritten(STUB)] == ["double"]
    assert not unwritten("def double(x):\n    y = ...\n    return x[..., 0]")
