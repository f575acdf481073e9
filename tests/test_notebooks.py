"""The notebooks as readers see them: short visible cells, prose in Markdown, links that lead on."""

import ast
import json
import re
from pathlib import Path
from statistics import median

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
START = {
    """if {'COLAB_RELEASE_TAG', 'KAGGLE_KERNEL_RUN_TYPE'} & os.environ.keys():
    sys.path.insert(0, '..')
    subprocess.check_call([sys.executable, '-m', 'pip', 'install', '-q', '-e', '..[notebooks]'])""",
    "print(versions())",
    "results = Results(PROFILE, TEXT, CHANGES)",
    "settings, BUILD = (results.settings, results.folder)",
}
LINK = re.compile(r"\]\((?:[./]*([\w/-]+)\.(?:ipynb|md))?(?:#([^)\s]+))?\)")
SENTENCES = re.compile(r"[.!?][\"'”’*_)]*\s+\S")  # one ends and another begins

each_notebook = pytest.mark.parametrize("name", NOTEBOOKS)


def load() -> dict[str, list]:
    return {name: render.cells(path, name) for name, path in COURSE.items()}


def cells(name: str, kind: str = "code") -> list:
    notebook = nbformat.read(COURSE[name], as_version=4)
    return [cell for cell in notebook.cells if cell.cell_type == kind]


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
    body = ast.parse(imports.source).body
    others = [node for node in body if not isinstance(node, ast.Import | ast.ImportFrom)]
    assert set(map(ast.unparse, others)) <= START
    for cell in rest:
        assert tags(cell) <= TAGS - {"parameters", "imports"}, cell.id
        assert not cell.metadata.keys() - {"tags"}, f"{cell.id} is folded"
        assert cell.cell_type == "code" or not re.match("# ", cell.source), cell.id


@each_notebook
def test_code_cells_are_short(name: str):
    visible = [cell for cell in cells(name) if "imports" not in tags(cell)]
    lengths = []
    for cell in visible:
        body, length = ast.parse(cell.source).body, len(cell.source.splitlines())
        definition = isinstance(body[0], ast.FunctionDef | ast.ClassDef) and len(body) == 1
        assert length <= (30 if definition else 20), f"{cell.id} has {length} lines"
        lengths.append(length)
    assert median(lengths) <= 8


@each_notebook
def test_prose_is_in_markdown_and_figures_are_functions_of_the_course(name: str):
    for cell in cells(name):
        for node in nodes(cell.source, ast.JoinedStr):
            parts = [p.value if isinstance(p, ast.Constant) else "…" for p in node.values]
            assert not SENTENCES.search("".join(parts).strip()), f"{cell.id}: {''.join(parts)}"
        assert "Markdown(" not in cell.source, cell.id
        assert not re.search(r"\bmatplotlib\b|\bplt\b", cell.source), cell.id


@each_notebook
def test_no_cell_needs_what_only_shakespeare_has(name: str):
    """Of another text, cells tagged shakespeare-only are left out."""
    sets: dict[bool, set[str]] = {True: set(), False: set()}
    for cell in cells(name):
        own = "shakespeare-only" in tags(cell)
        names = nodes(cell.source, ast.Name)
        used = {node.id for node in names if isinstance(node.ctx, ast.Load)}
        sets[own] |= {node.id for node in names if isinstance(node.ctx, ast.Store)}
        sets[own] |= {node.name for node in nodes(cell.source, ast.FunctionDef | ast.ClassDef)}
        assert own or not used & (sets[True] - sets[False]), cell.id


def places(cells: list) -> list[tuple[str, str]]:
    """What can be linked to: the notebook, and what stands after the # of a link."""
    found = []
    for cell in cells:
        source = cell["source"]
        names = re.findall(r"\\label *{(.*?)}", source)
        if cell["cell_type"] == "markdown":
            headings = re.findall(r"(?m)^#+ (.+)$", source)
            names += [re.sub(r"[`*$]", "", heading).replace(" ", "-") for heading in headings]
        for call in nodes(source, ast.Call) if cell["cell_type"] == "code" else []:
            for show, kind, place in (("show_figure", "fig", 1), ("show_table", "tbl", 2)):
                if ast.unparse(call.func) == show:
                    names.append(f"{kind}-{ast.literal_eval(call.args[place])}")
        found += [(cell["chapter"], name) for name in names]
    return found


def lost(sources: list[tuple[str, str]], found: list[tuple[str, str]]) -> list[str]:
    """The links in sources, each with its name, that lead nowhere."""
    outputs = {label for _, label in found if re.match("(fig|tbl|eq)-", label)}
    there = {path.relative_to(ROOT / "notebooks").with_suffix("").as_posix() for path in FILES}
    return [
        f"{name}: {target}#{label}"
        for name, source in sources
        for target, label in LINK.findall(source)
        if (target and target not in there)
        or (label and label not in outputs and (target or name, label) not in found)
    ]


def test_labels_are_unique_and_links_lead_to_one():
    found = places([cell for notebook in load().values() for cell in notebook])
    outputs = [label for _, label in found if re.match("(fig|tbl|eq)-", label)]
    assert len(outputs) == len(set(outputs))
    assert not lost([(path.stem, path.read_text(encoding="utf-8")) for path in FILES], found)


def test_the_report_holds_what_it_links_to():
    shown = render.sections(load())
    prose = [(path.stem, path.read_text(encoding="utf-8")) for path in PROSE]
    found = places(shown) + [("", label) for _, text in prose for label in TABLE.findall(text)]
    links = [(cell["chapter"], cell["source"]) for cell in shown] + prose
    assert not [link for link in lost(links, found) if "solutions/" not in link]
