"""Grade handed-in work: python -m checks.grade FILE ... [--csv FILE].

Each file is a row: which notebook it is, and how many exercises pass their checks. The CSV also has
what the check says about each exercise. A file that ends in .py is the capstone of notebook 04.

This runs the code in the files, which others wrote, with your rights on your machine. Each file
runs in a separate process, with limits for its time and, on Linux, its memory; processes that it
starts end with it, except on Windows. All this is against accidents: malicious code can do whatever
you can, and it can forge its marks, because its check runs in the same process.
"""

import argparse
import ast
import csv
import glob
import io
import json
import linecache
import os
import re
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import torch
from IPython.core.inputtransformer2 import TransformerManager

from shakespeare.files import InputError, escape_control_chars, write

from . import NOTEBOOKS, Verdict, find_checks, told, verdict
from .capstone import program_verdict
from .solutions import PROGRAM

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 60  # for a process; all checks of a notebook together take less than ten
GIGABYTES = 4  # for its data; the checks need less than one


class Row(NamedTuple):
    """What is known about one file."""

    file: str
    notebook: str  # "01" to "06", or nothing
    verdicts: dict[str, Verdict]  # by the name of the exercise
    remark: str = ""  # why there are none

    @property
    def passed(self) -> int:
        return sum(found.mark == "PASS" for found in self.verdicts.values())


def main() -> None:
    parser = argparse.ArgumentParser(
        "checks.grade", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("files", nargs="+", metavar="FILE", help="a handed-in notebook or program")
    parser.add_argument("--csv", metavar="FILE", help="also write a row for each file there")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="of a process, at most")
    given = parser.parse_args()

    files = expand(given.files)
    if not any(Path(file).is_file() for file in files):
        raise InputError(f"There is no file {' '.join(given.files)}: nothing is graded.")
    width = max(len(file) for file in files)
    print(f"{'file':{width}}  notebook  passed")
    rows = []
    for file in files:
        row = grade(file, given.seconds)
        rows.append(row)
        result = row.remark or f"{row.passed} of {len(row.verdicts)}"
        line = f"{row.file:{width}}  {row.notebook:8}  {result}"
        print(escape_control_chars(line), flush=True)
        if given.csv:  # after each file, so that no row is lost, whatever ends this
            content = as_csv(rows).encode("utf-8-sig", "backslashreplace")  # Excel needs the mark
            write(given.csv, content)
    if given.csv:
        print(f"What the checks say is in {given.csv}.")


def expand(patterns: list[str]) -> list[str]:
    """The files that patterns such as a/*.ipynb mean, which the shell of Windows leaves as is."""
    files = []
    for pattern in patterns:
        files += sorted(glob.glob(pattern)) or [pattern]
    return files


def as_csv(rows: list[Row]) -> str:
    """A row for each file, with a column for each exercise of their notebooks."""
    every = [*find_checks(), PROGRAM]
    names = [name for name in every if any(name in row.verdicts for row in rows)]
    table = io.StringIO()
    writer = csv.writer(table)
    writer.writerow(["file", "notebook", "passed", "of", "remark", *names])
    for row in rows:
        cells = []
        for name in names:
            found = row.verdicts.get(name)
            cells.append(f"{found.mark}: {found.words}" if found else "")
        counts = [row.passed, len(row.verdicts)]
        writer.writerow([row.file, row.notebook, *counts, row.remark, *cells])
    return table.getvalue()


# --- what a file is ---


def grade(file: str, seconds: float) -> Row:
    """The row of one file, whatever is in it."""
    if not Path(file).is_file():
        return Row(file, "", {}, "there is no such file")
    try:
        cells = read_cells(Path(file))
    except Exception:  # a file from anywhere may be broken in any way
        return Row(file, "", {}, "can't be read as a notebook or program")
    if file.endswith(".py"):
        return Row(file, "04", judge_all(cells, [PROGRAM], 5 * seconds))  # it trains
    notebook, names = which_notebook(cells)
    if not names:
        return Row(file, "", {}, "has no exercise of the course")
    found = judge_all(cells, names, seconds)
    return Row(file, notebook, {name: found[name] for name in names})


def read_cells(path: Path) -> list[str]:
    """The Python of the code cells: %%writefile, %%bash and others aren't this notebook's.

    A program is a single cell.
    """
    if path.suffix == ".py":
        return [path.read_text(encoding="utf-8", errors="replace")]
    content = json.loads(path.read_text(encoding="utf-8"))
    cells = []
    for cell in content["cells"]:
        source = re.sub(r"\A%%(time|capture).*", "", "".join(cell["source"]))
        if cell["cell_type"] == "code" and not source.startswith("%%"):
            cells.append(source)
    return cells


def which_notebook(cells: list[str]) -> tuple[str, list[str]]:
    """The notebook of which the cells define the most exercises, and all of its exercises."""
    exercises = exercises_by_notebook()
    found = {}
    for notebook, names in exercises.items():
        found[notebook] = sum(any(defines(cell, name) for cell in cells) for name in names)
    likeliest = max(found, key=lambda notebook: found[notebook])
    return (likeliest, exercises[likeliest]) if found[likeliest] else ("", [])


def exercises_by_notebook() -> dict[str, list[str]]:
    """The names of the exercises of "01", of "02", and so on."""
    exercises: dict[str, list[str]] = {}
    for name, check in find_checks().items():
        number = NOTEBOOKS.index(check.__module__.rpartition(".")[2]) + 1
        exercises.setdefault(f"{number:02}", []).append(name)
    return exercises


def defines(cell: str, name: str) -> bool:
    """Whether a cell defines the exercise; by its text, because it may not be valid Python."""
    return re.search(rf"^(async )?def {name}\b|^{name}\s*(:.*)?=(?!=)", cell, re.M) is not None


# --- judge in other processes ---


def judge_all(cells: list[str], names: list[str], seconds: float) -> dict[str, Verdict]:
    """The verdicts of one notebook. The exercise that stops a process costs the others nothing."""
    found: dict[str, Verdict] = {}
    left = names
    while left:
        has_started, verdicts, why = in_a_process(cells, left, seconds)
        found |= verdicts
        left = [name for name in left if name not in verdicts]
        # Without a start, a cell is to blame, which would stop the next process, too.
        for name in left[:1] if has_started else left:
            found[name] = Verdict("FAIL", name, f"it {why}" if has_started else f"a cell {why}")
        left = [name for name in left if name not in found]
    return found


def in_a_process(
    cells: list[str], names: list[str], seconds: float
) -> tuple[bool, dict[str, Verdict], str]:
    """Whether all cells have run; the verdicts until the process ended; why it ended early."""
    places = [str(ROOT), str(ROOT / "notebooks")]
    settings = {"PYTHONPATH": os.pathsep.join(places), "PYTHONUTF8": "1", "MPLBACKEND": "agg"}
    why = "ends the process that checks it."
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        tempfile.TemporaryFile() as said,  # it has no name by which the code could overwrite it
    ):
        process = subprocess.Popen(
            [sys.executable, "-c", "from checks import grade; grade.judge()"],
            cwd=folder,  # what the code writes goes with it
            env=os.environ | settings,
            stdin=subprocess.PIPE,
            stdout=said,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # so it has a process group, which `end` kills
        )
        try:
            process.communicate(json.dumps([cells, names]).encode(), timeout=seconds)
        except subprocess.TimeoutExpired:
            why = f"runs for more than {seconds:g} seconds."
        finally:
            end(process)
        said.seek(0)
        lines = said.read().decode("utf-8", "replace").splitlines()
    return bool(lines), read_verdicts(lines[1:]), why


def end(process: subprocess.Popen) -> None:
    """Kill a process and all that it has started, which may outlive it."""
    if sys.platform == "win32":  # which has no process groups
        process.kill()
    else:
        with suppress(OSError):  # all have ended
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def read_verdicts(lines: list[str]) -> dict[str, Verdict]:
    """The verdicts by name; a line that isn't one was cut off, or is a fork's."""
    verdicts = {}
    for line in lines:
        with suppress(ValueError, TypeError):
            mark, name, words = json.loads(line)
            verdicts[name] = Verdict(mark, name, words)
    return verdicts


def judge() -> None:
    """In the other process: run the cells, then write a line for each exercise."""
    limit_memory()
    torch.set_num_threads(1)
    cells, names = json.load(sys.stdin)
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as said:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # where the code prints from now on
        answers: dict[str, Any] = {}
        errors: dict[str, str] = {}
        if names == [PROGRAM]:
            Path(PROGRAM).write_text(cells[0], encoding="utf-8")
        else:
            answers, errors = run(cells, names)
        print("The cells have run.", file=said, flush=True)
        for name in names:
            try:
                found = judge_one(name, answers, errors)
            except BaseException as error:  # an answer may raise anything, even when it is printed
                found = Verdict("FAIL", name, f"it stops with {told(error)}")
            print(json.dumps(found), file=said, flush=True)


def judge_one(name: str, answers: dict[str, Any], errors: dict[str, str]) -> Verdict:
    if name == PROGRAM:
        return program_verdict(PROGRAM)
    if name in answers:
        found = verdict(answers[name])
        if found.name == name:
            return found
        return Verdict("FAIL", name, f"this is {found.name}, another function.")
    if name in errors:
        return Verdict("FAIL", name, f"its cell stops with {errors[name]}")
    return Verdict("TODO", name, "it isn't in the notebook.")


def limit_memory() -> None:
    """Other systems don't keep such a limit, or have none."""
    if sys.platform == "linux":
        import resource

        size = GIGABYTES * 2**30
        resource.setrlimit(resource.RLIMIT_DATA, (size, size))


def run(cells: list[str], names: list[str]) -> tuple[dict[str, Any], dict[str, str]]:
    """By the name of an exercise, the answer to it, and the error of its cell.

    If several cells define it, the answer is that of the cell with its check.

    Of the exercises' cells, all runs except bare calls such as check(f); of others, which may train
    for minutes, only imports and definitions.
    """
    namespace: dict[str, Any] = {"__name__": "__main__"}
    answers: dict[str, Any] = {}
    errors: dict[str, str] = {}
    for number, cell in enumerate(cells):
        file = f"<cell {number}>"
        linecache.cache[file] = (len(cell), None, cell.splitlines(True), file)  # for tracebacks
        defined = [name for name in names if defines(cell, name)]
        try:
            parsed = ast.parse(TransformerManager().transform_cell(cell))  # understands %magic
        except Exception as error:
            errors |= dict.fromkeys(defined, told(error))
            continue
        for statement in parsed.body:
            if not is_definition(statement) and (not defined or isinstance(statement, ast.Expr)):
                continue
            try:
                exec(compile(ast.Module([statement], []), file, "exec"), namespace)
            except BaseException as error:  # exit() raises SystemExit
                errors |= dict.fromkeys(defined, told(error))
        for name in defined:
            if name in namespace and (name not in answers or f"check({name})" in cell):
                answers[name] = namespace[name]
    return answers, errors


def is_definition(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Import | ast.ImportFrom | ast.FunctionDef | ast.ClassDef)


if __name__ == "__main__":
    try:
        main()
    except InputError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit(130)
