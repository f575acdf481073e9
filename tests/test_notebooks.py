"""The notebooks as readers see them: their form, and the numbers that they quote."""

import ast
import json
import os
import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import jinja2
import nbformat
import pytest
from conftest import ROOT

from report import render

BACKWARD = ROOT / "notebooks" / "backward-pass.ipynb"  # a section of 02 that is a file
COURSE = {path.stem: path for path in sorted((ROOT / "notebooks").glob("0*.ipynb"))}
PICTURES = ROOT / "notebooks" / "course" / "pictures"
SOLUTIONS = sorted((ROOT / "notebooks" / "solutions").glob("*.ipynb"))
METRICS = render.read_metrics()
TAGS = {"parameters", "exercise", "report", "remove-input", "answer"}

each_notebook = pytest.mark.parametrize("name", COURSE)


def code_cells(name: str) -> list:
    notebook = nbformat.read(COURSE[name], as_version=4)
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def tags(cell) -> set[str]:
    return set(cell["metadata"].get("tags", []))


def markdown_cells(name: str) -> list:
    notebook = nbformat.read(COURSE[name], as_version=4)
    return [cell for cell in notebook.cells if cell.cell_type == "markdown"]


def nodes(source: str, kind: type) -> list:
    if source.startswith("%%writefile"):  # a separate program
        return []
    return [node for node in ast.walk(ast.parse(source)) if isinstance(node, kind)]


@pytest.mark.parametrize(
    "path", [*COURSE.values(), BACKWARD, *SOLUTIONS], ids=lambda p: f"{p.parent.stem} {p.stem}"
)
def test_a_notebook_is_valid_and_holds_no_outputs_and_no_unknown_tags(path: Path):
    source = path.read_text(encoding="utf-8")
    notebook = nbformat.reads(source, as_version=4)
    nbformat.validate(notebook)
    assert len({cell.id for cell in notebook.cells}) == len(notebook.cells)
    for cell in notebook.cells:
        assert not cell.get("outputs") and not cell.get("execution_count"), cell.id
        assert tags(cell) <= TAGS, cell.id
        assert set(cell.metadata) <= {"tags", "shakespeare"}, cell.id
    tidy = json.dumps(json.loads(source), indent=1, sort_keys=True, ensure_ascii=False)
    assert source == f"{tidy}\n"


def test_the_backward_pass_by_hand_agrees(monkeypatch, capsys):
    """It stops where a derivative isn't PyTorch's."""
    monkeypatch.chdir(BACKWARD.parent)
    namespace: dict[str, Any] = {}
    for cell in nbformat.read(BACKWARD, as_version=4).cells:
        if cell.cell_type == "code":
            exec(cell.source, namespace)
    assert "agree with PyTorch's" in capsys.readouterr().out


# --- links ---


def markdown(path: Path) -> str:
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".ipynb":
        return text
    cells = nbformat.reads(text, as_version=4).cells
    return "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")


def headings(path: Path) -> set[str]:
    """The ids that JupyterLab gives to headings."""
    found = re.findall(r"(?m)^#+ (.+)$", markdown(path).replace("`", ""))
    return {heading.strip().replace(" ", "-") for heading in found}


GLOSSARY = ROOT / "notebooks" / "glossary.md"


@pytest.mark.parametrize("path", [*COURSE.values(), BACKWARD, GLOSSARY], ids=lambda path: path.stem)
def test_a_link_leads_to_a_heading_or_to_a_picture(path: Path):
    text = markdown(path)
    pictures = [each.read_text("utf-8") for each in PICTURES.glob("*.py")]
    for name, target in re.findall(r"\]\(([\w-]*\.ipynb)?#([^)\s]+)\)", text):
        kind, _, label = target.partition("-")
        if kind in ("fig", "tbl", "txt"):  # show() puts the label there, where it is interactive
            assert not name, f"{target} is in another notebook"
            assert any(f'"{label}"' in source for source in [*pictures, text]), target
        else:
            where = path.with_name(name) if name else path
            assert target in headings(where), f"{name}#{target}"


# --- what the report prints ---


def report_cells(name: str) -> list:
    notebook = nbformat.read(COURSE[name], as_version=4)
    return [cell for cell in notebook.cells if "report" in tags(cell)]


@each_notebook
def test_a_notebook_has_one_answer_and_the_report_prints_it_without_code(name: str):
    [answer] = [cell for cell in code_cells(name) if "answer" in tags(cell)]
    assert {"report", "remove-input"} <= tags(answer)


@each_notebook
def test_what_the_report_prints_does_not_speak_to_a_learner(name: str):
    exercise = r"exercise|next cell|cells? after|[Gg]uess before|own_|check\(|\byours?\b|\bpress\b"
    for cell in report_cells(name):
        if "remove-input" not in tags(cell):
            assert not re.search(exercise, cell.source), cell.id
        assert "exercise" not in tags(cell), cell.id


@each_notebook
def test_no_cell_of_the_report_ends_with_a_colon_before_one_that_is_left_out(name: str):
    notebook = nbformat.read(COURSE[name], as_version=4)
    for cell, following in pairwise(notebook.cells):
        if "report" in tags(cell) and cell.cell_type == "markdown":
            is_printed = "report" in tags(following)
            assert is_printed or not cell.source.rstrip().endswith(":"), cell.id


# --- what they import ---


@each_notebook
def test_a_notebook_has_one_thread_before_it_computes(name: str):
    """Then no thread waits for another, which is slow beside other programs (see test_results)."""
    statements = []
    for cell in code_cells(name):
        if not tags(cell) & {"parameters", "exercise"}:
            statements += ast.parse(cell.source).body
    computes = [each for each in statements if not isinstance(each, ast.Import | ast.ImportFrom)]
    assert ast.unparse(computes[0]) == "results = Results(PROFILE)"


@pytest.mark.parametrize("path", SOLUTIONS, ids=lambda path: path.stem)
def test_solutions_find_the_course_where_they_are_opened(path: Path):
    """Without make and without an installed `course`: the kernel starts in notebooks/solutions."""
    cells = nbformat.read(path, as_version=4).cells
    first = next(cell.source for cell in cells if cell.cell_type == "code")
    where = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    command = [sys.executable, "-c", f"{first}\nprint(check.__module__)"]
    said = subprocess.run(command, cwd=path.parent, env=where, capture_output=True, text=True)
    assert said.stdout == "checks\n", said.stderr


def test_notebooks_that_train_no_large_network_do_not_wait_for_lightning():
    """Its import takes longer than PyTorch's."""
    code = []
    for name in COURSE:
        if name.startswith(("01", "02", "04", "06")):
            cells = code_cells(name)
            for cell in cells:
                imports = nodes(cell.source, ast.Import | ast.ImportFrom)
                code += [ast.unparse(each) for each in imports]
    code.append("import sys\nassert 'torch' in sys.modules and 'lightning' not in sys.modules")
    command = [sys.executable, "-c", "\n".join(code)]
    subprocess.run(command, cwd=ROOT / "notebooks", check=True, stdout=subprocess.DEVNULL)


# --- the numbers that they quote ---


def fill(expression: str, metrics: dict[str, Any]) -> str:
    """What an expression such as "training.loss | number('.3f')" gives."""
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined)
    environment.filters |= render.FILTERS
    return environment.from_string("{{ " + expression + " }}").render(metrics)


def has_number(text: str, number: str) -> bool:
    """Whether a number is in a text, and not only a part of a longer one."""
    whole = rf"(?<![\d.,−]){re.escape(number)}(?!\d|[.,]\d)"
    return re.search(whole, " ".join(text.split())) is not None


def misquoted(cell, metrics: dict[str, Any]) -> list[str]:
    """What is wrong with the numbers of a Markdown cell, one line for each.

    The cell's own metadata lists an expression for each number of the evidence that it quotes.
    """
    wrong = []
    filled = []
    for expression in cell.metadata.get("shakespeare", {}).get("numbers", []):
        try:
            number = fill(expression, metrics)
        except (jinja2.TemplateError, TypeError, ValueError) as error:
            wrong.append(f"{cell.id}: {expression} can't be filled ({error})")
            continue
        filled.append(number)
        if not has_number(cell.source, number):
            wrong.append(f"{cell.id}: {expression} is {number}, which isn't in the text")
    if not wrong:
        wrong = unlisted_losses(cell, filled)
    return wrong


def unlisted_losses(cell, listed: list[str]) -> list[str]:
    """What looks like a loss, with three decimals, in a cell whose metadata doesn't list it."""
    prose = re.sub(r"`[^`]*`", "", cell.source)
    wrong = []
    for loss in re.findall(r"(?<![\d.,])\d+\.\d{3}(?!\d)", prose):
        if not any(has_number(number.lstrip("+−"), loss) for number in listed):
            wrong.append(f"{cell.id}: {loss} isn't listed in the cell's metadata")
    return wrong


@each_notebook
def test_prose_quotes_the_numbers_of_the_evidence(name: str):
    """After new evidence, this test shows which sentences have to be read again."""
    wrong = []
    for cell in markdown_cells(name):
        if "exercise" not in tags(cell):
            wrong += misquoted(cell, METRICS)
    assert not wrong, "\n".join(wrong)
