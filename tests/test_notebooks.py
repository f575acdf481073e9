"""The notebooks as readers see them: all code in sight, prose in Markdown, links that lead on."""

import ast
import json
import re
from pathlib import Path

import nbformat
import pytest
from conftest import ROOT
from test_make import NOTEBOOKS

from report import render

COURSE = {name: ROOT / "notebooks" / f"{name}.ipynb" for name in NOTEBOOKS}
SOLUTIONS = sorted((ROOT / "notebooks" / "solutions").glob("*.ipynb"))
FILES = [*COURSE.values(), *SOLUTIONS, ROOT / "notebooks" / "glossary.md"]
PROSE = [ROOT / "report" / f"{name}.md" for name in ("introduction", "conclusion", "appendix")]
TABLE = re.compile(r"{#(tbl-[\w-]+)}")
TAGS = {"parameters", "imports", "course-only", "show-code", "exercise", "shakespeare-only"}
INSTALL = """\
if {'COLAB_RELEASE_TAG', 'KAGGLE_KERNEL_RUN_TYPE'} & os.environ.keys():
    sys.path.insert(0, '..')
    subprocess.check_call([sys.executable, '-m', 'pip', 'install', '-q', '-e', '..[notebooks]'])"""
# What the folded cell may hold besides imports.
FOLDED = re.compile(
    r"print\(versions\(\)\)|results = Results\(.*\)|settings = results\..*|BUILD = results\.folder"
)
LINK = re.compile(r"\]\((?:[./]*([\w/-]+)\.(?:ipynb|md))?(?:#([^)\s]+))?\)")

each_notebook = pytest.mark.parametrize("name", NOTEBOOKS)


def load() -> dict[str, list]:
    return {name: render.read_cells(path, name) for name, path in COURSE.items()}


def code_cells(name: str) -> list:
    notebook = nbformat.read(COURSE[name], as_version=4)
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def tags(cell) -> set[str]:
    return set(cell.metadata.get("tags", []))


def nodes(source: str, kind: type) -> list:
    return [node for node in ast.walk(ast.parse(source)) if isinstance(node, kind)]


def test_make_executes_all_notebooks_of_the_course():
    listed = re.search(r"(?m)^NOTEBOOKS := (.*)", (ROOT / "Makefile").read_text())[1].split()
    assert listed == list(NOTEBOOKS)
    assert [p.stem for p in sorted((ROOT / "notebooks").glob("0*.ipynb"))] == listed


@pytest.mark.parametrize(
    "path", [*COURSE.values(), *SOLUTIONS], ids=lambda p: f"{p.parent.stem} {p.stem}"
)
def test_a_notebook_is_valid_and_holds_no_outputs(path: Path):
    source = path.read_text(encoding="utf-8")
    notebook = nbformat.reads(source, as_version=4)
    nbformat.validate(notebook)
    assert len({cell.id for cell in notebook.cells}) == len(notebook.cells)
    for cell in notebook.cells:
        assert not cell.get("outputs") and not cell.get("execution_count"), cell.id
    tidy = json.dumps(json.loads(source), indent=1, sort_keys=True, ensure_ascii=False)
    assert source == f"{tidy}\n"


@each_notebook
def test_a_notebook_begins_with_title_parameters_and_imports(name: str):
    title, parameters, imports, *rest = nbformat.read(COURSE[name], as_version=4).cells
    assert title.cell_type == "markdown" and title.source.startswith("# ")
    assert tags(title) == {"course-only"} and tags(parameters) == {"parameters"}
    assert tags(imports) == {"imports"} and imports.metadata.jupyter == {"source_hidden": True}
    assert re.findall(r"(?m)^([A-Z]+) = ", parameters.source) == ["PROFILE", "TEXT", "CHANGES"]
    for node in ast.parse(imports.source).body:
        if not isinstance(node, ast.Import | ast.ImportFrom):
            statement = ast.unparse(node)
            assert statement == INSTALL or FOLDED.fullmatch(statement), statement
    for cell in rest:
        assert tags(cell) <= TAGS - {"parameters", "imports"}, cell.id
        assert not cell.metadata.keys() - {"tags"}, f"{cell.id} is folded"
        assert cell.cell_type == "code" or not re.match("# ", cell.source), cell.id


@each_notebook
def test_no_cell_needs_what_only_shakespeare_has(name: str):
    """Of another text, cells tagged shakespeare-only are left out."""
    anywhere = set[str]()  # names that are there with any text
    shakespeare_only = set[str]()
    for cell in code_cells(name):
        names = nodes(cell.source, ast.Name)
        used = {node.id for node in names if isinstance(node.ctx, ast.Load)}
        new = {node.id for node in names if isinstance(node.ctx, ast.Store)}
        new |= {node.name for node in nodes(cell.source, ast.FunctionDef | ast.ClassDef)}
        if "shakespeare-only" in tags(cell):
            shakespeare_only |= new
        else:
            anywhere |= new
            assert not used & (shakespeare_only - anywhere), cell.id


def places(cells: list) -> list[tuple[str, str]]:
    """What can be linked to: the notebook, and what comes after the # of a link."""
    found = []
    for cell in cells:
        names = re.findall(r"\\label *{(.*?)}", cell["source"])
        names += headings(cell) if cell["cell_type"] == "markdown" else output_labels(cell)
        found += [(cell["chapter"], name) for name in names]
    return found


def headings(cell) -> list[str]:
    found = []
    for heading in re.findall(r"(?m)^#+ (.+)$", cell["source"]):
        found.append(re.sub(r"[`*$]", "", heading).replace(" ", "-"))
    return found


def output_labels(cell) -> list[str]:
    """The labels of the figures and tables that a cell shows."""
    found = []
    for call in nodes(cell["source"], ast.Call):
        function = ast.unparse(call.func)
        if function == "show_figure":  # (figure, label, ...)
            found.append(f"fig-{ast.literal_eval(call.args[1])}")
        if function == "show_table":  # (columns, rows, label, ...)
            found.append(f"tbl-{ast.literal_eval(call.args[2])}")
    return found


def lost(sources: list[tuple[str, str]], found: list[tuple[str, str]]) -> list[str]:
    """The links in sources, each with its name, that lead nowhere."""
    outputs = [label for _, label in found if is_output(label)]
    there = {path.relative_to(ROOT / "notebooks").with_suffix("").as_posix() for path in FILES}
    missing = []
    for name, source in sources:
        for target, label in LINK.findall(source):
            is_there = not target or target in there
            is_found = not label or label in outputs or (target or name, label) in found
            if not (is_there and is_found):
                missing.append(f"{name}: {target}#{label}")
    return missing


def is_output(label: str) -> bool:
    """Whether it labels a figure, a table or an equation: no two of the course share one."""
    return label.startswith(("fig-", "tbl-", "eq-"))


def test_labels_are_unique_and_links_lead_to_one():
    found = places([cell for notebook in load().values() for cell in notebook])
    outputs = [label for _, label in found if is_output(label)]
    assert len(outputs) == len(set(outputs))
    assert not lost([(path.stem, path.read_text(encoding="utf-8")) for path in FILES], found)


def test_the_report_holds_what_it_links_to():
    shown = render.sections(load())
    prose = [(path.stem, path.read_text(encoding="utf-8")) for path in PROSE]
    found = places(shown) + [("", label) for _, text in prose for label in TABLE.findall(text)]
    links = [(cell["chapter"], cell["source"]) for cell in shown] + prose
    assert not [link for link in lost(links, found) if "solutions/" not in link]
