"""What a reader hasn't written yet, and the solutions in its place. (This imports no PyTorch.)"""

import ast
from pathlib import Path
from typing import Any

import nbformat

PROGRAM = "my_lstm.py"  # the capstone of notebook 04


def unwritten(source: str | bytes) -> list[ast.FunctionDef]:
    """The functions of some code whose body ends with `...`; none of what isn't plain Python."""
    try:
        tree = ast.parse(source)
    except SyntaxError:  # or a cell with IPython's magic
        return []
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and ast.unparse(node.body[-1]) == "...":
            found.append(node)
    return found


def insert_solutions(book: Any, folder: Path, name: str) -> None:
    """Replace what isn't written in a notebook by what its solutions in `folder` have.

    Where there are none, the notebook stays as it is.
    """
    if not (folder / name).exists():
        return
    solutions = read_solutions(folder / name)
    program = functions_of((folder / PROGRAM).read_text(encoding="utf-8"))
    for cell in book.cells:
        if cell.cell_type != "code" or "exercise" not in cell.metadata.get("tags", []):
            continue
        first_line, _, rest = cell.source.partition("\n")
        if first_line.startswith("%%writefile"):
            cell.source = f"{first_line}\n{completed(rest, program)}"
        else:
            cell.source = completed(cell.source, solutions)


def completed(source: str, functions: dict[str, str]) -> str:
    """The code, with each function that isn't written replaced by the one of its name."""
    lines = source.splitlines()
    for stub in sorted(unwritten(source), key=lambda node: node.lineno, reverse=True):
        if stub.name in functions:
            lines[stub.lineno - 1 : stub.end_lineno] = functions[stub.name].splitlines()
    return "\n".join(lines)


def functions_of(source: str) -> dict[str, str]:
    """The functions and methods of some code by their names, as they are written."""
    lines = source.splitlines()
    functions = {}
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef):
            functions[node.name] = "\n".join(lines[node.lineno - 1 : node.end_lineno])
    return functions


def read_solutions(path: Path) -> dict[str, str]:
    """By the name of an exercise, the code of its solution: a cell up to `check(name)`."""
    solutions = {}
    for cell in nbformat.read(path, as_version=4).cells:
        code, _, checked = cell.source.partition("\n\n\ncheck(")
        solutions[checked.removesuffix(")")] = code
    return solutions
