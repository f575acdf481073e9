"""The paper's text, a run's executed notebooks, and the evidence -> the report, a PDF.

paper.md has the text. It names the figures and tables that it shows, those of the run and those at
full size, and the notebooks whose cells with the tag `appendix` it ends with. Python puts these
together, filter.lua builds the document, pandoc writes it, Typst sets the PDF.
"""

import copy
import json
import os
import re
import sys
from datetime import date
from pathlib import Path
from typing import Any

import jinja2
import nbformat
import pypandoc
import typst
from nbconvert.preprocessors import CoalesceStreamsPreprocessor

from report.explorer.build import build as build_explorer
from report.explorer.build import of_run
from shakespeare.files import TINY_SHAKESPEARE, InputError, write

HERE = Path(__file__).resolve().parent
BIBLIOGRAPHY = HERE / "references.bib"
os.environ["LC_ALL"] = "C.UTF-8"  # or pandoc cannot open a path such as café/

FIGURES = HERE / "figures"  # and tables, of the evidence

# A line of the paper in whose place something else appears: ![](#fig-gains) is a figure of this run
# with its caption, ![At full size](full-size#fig-gains) one of the evidence, whose caption says
# so, and ![](02-lstm-equations.ipynb) are the cells of an appendix.
INSERT = re.compile(r"(?m)^!\[(.*)\]\((full-size)?#?([\w.-]+)\)$")
# An entry of the bibliography: its key, and its address without a slash at the end.
WORK = re.compile(r"@\w+{(\S+),.*?url = {(.*?)/?}", re.DOTALL)


def report(build: Path, text_path: str | Path = "input.txt", prose_folder: Path = HERE) -> None:
    """Make the PDF and the explorer; each gets its name when it is complete.

    `text_path` is the text of the run, `prose_folder` has the report's own prose.
    """
    numbers = load_numbers(build)
    write_paper(build, numbers, build, prose_folder)
    # The explorer comes last, because it is worth less than the paper. It is also the file whose
    # date make compares: where it fails, make makes both again.
    build_explorer(build / "explorer.html", of_run(build, numbers, text_path))


def write_paper(run: Path, numbers: dict[str, Any], to: Path, prose_folder: Path = HERE) -> None:
    """Make the PDF, in the folder `to`, from a run and, if it is about our text, the evidence.

    `run` has executed notebooks, and `numbers` are what they saved.
    """
    facts = title_page(numbers)
    course = notebooks(run)
    full = read_metrics() if is_shakespeare(numbers["preprocessing"]) else None
    values = {"run": numbers, "full": full}
    pictures = of_run_and_evidence(course) if full else figures_and_tables(course)
    abstract = prose(prose_folder / "abstract.md", values)
    paper = prose(prose_folder / "paper.md", values)
    document = [abstract, *with_inserts(paper, course, pictures)]
    source = typst_source(to / "report", document, strict=has_shakespeare_cells(course))
    write(to / "shakespeare-lstm.pdf", pdf(to / "report", source, facts))


def read_metrics() -> dict[str, Any]:
    """The numbers at full size, by question, and those of the bench."""
    return json.loads((HERE / "metrics.json").read_text("utf-8"))


def title_page(numbers: dict[str, Any]) -> dict[str, str]:
    """What the template says about the report: its title, profile and date."""
    training = numbers["training"]
    profile = training["made_with"]["profile"]
    results = f"Results at full size, beside a run of the profile {profile}"
    if not is_shakespeare(training):
        results = f"Results of the profile {profile}, with {training['made_with']['text']}"
    day = date.fromisoformat(training["date"])
    return {
        "title": title(numbers["preprocessing"]),
        "results": results,
        "date": f"{day.day} {day:%B %Y}",
    }


def title(preprocessing: dict[str, Any]) -> str:
    """The title of the report, from the numbers of notebook 01."""
    text = "Shakespeare" if is_shakespeare(preprocessing) else preprocessing["title"]
    return f"{text}, one character at a time"


def is_shakespeare(numbers: dict[str, Any]) -> bool:
    """Whether a notebook's numbers are about Tiny Shakespeare."""
    return numbers["made_with"]["fingerprint"] == TINY_SHAKESPEARE


# Cells: a notebook cell is a dictionary with its type, source, metadata and outputs.


def notebooks(build: Path) -> dict[str, list[Any]]:
    """The cells of the executed notebooks, by name, in the course's order."""
    course = {}
    for path in sorted(build.glob("[0-9]*.ipynb")):
        is_complete = "." not in path.stem  # 03-training.failed.ipynb is not
        if is_complete:
            course[path.stem] = read_cells(path, path.stem)
    return course


def read_cells(path: Path, chapter: str) -> list[Any]:
    """The cells of a notebook, each with its chapter, which begins the labels of its headings."""
    try:
        notebook = nbformat.read(path, as_version=4)
    except ValueError:  # of JSON, or of what it has to contain
        raise InputError(f"{path} is damaged: delete it and run make again.") from None
    CoalesceStreamsPreprocessor().preprocess(notebook, {})
    return [cell | {"chapter": chapter} for cell in notebook.cells]


def tags(cell: Any) -> set[str]:
    return set(cell["metadata"].get("tags", []))


def with_inserts(
    paper: dict[str, str], course: dict[str, list[Any]], pictures: dict[str, Any]
) -> list[Any]:
    """The paper as cells: its text, and between its parts what it shows.

    A picture that a run doesn't have, because it wouldn't apply to its text, is left out.
    """
    shown: set[str] = set()
    cells: list[Any] = []
    lines: list[str] = []  # of the text since the last insert
    for line in paper["source"].splitlines():
        insert = INSERT.match(line)
        if insert is None:
            if line.startswith("!["):
                raise InputError(f"{line} isn't what the paper can show.")
            lines.append(line)
            continue
        cells.append(paper | {"source": "\n".join(lines)})
        lines = []
        origin, where, name = insert.groups()
        label = f"{where} {name}" if where else name
        if name.endswith(".ipynb"):
            notebook = name.removesuffix(".ipynb")
            if notebook not in course:
                raise InputError(f"The paper shows {name}, which there is not.")
            cells += appendix(course[notebook], shown)
        elif label in pictures:
            cells.append(with_origin(pictures[label], origin))
            shown.add(name)
        elif has_shakespeare_cells(course):
            raise InputError(f"The paper shows {label}, which there is not.")
    cells.append(paper | {"source": "\n".join(lines)})
    return cells


def of_run_and_evidence(course: dict[str, list[Any]]) -> dict[str, Any]:
    """Figures and tables of the run and, with "full-size" before their labels, of the evidence."""
    pictures = figures_and_tables(course)
    for label, cell in stored_pictures().items():
        pictures[f"full-size {label}"] = cell
    return pictures


def with_origin(cell: Any, origin: str) -> Any:
    """The cell of a figure or table, whose caption also says where it is from."""
    if not origin:
        return cell
    [output] = copy.deepcopy(cell["outputs"])
    about_of(output)["caption"] += f" *({origin}.)*"
    return cell | {"outputs": [output]}


def stored_pictures() -> dict[str, Any]:
    """By label, a cell for each figure and table of the evidence."""
    pictures = {}
    captions = json.loads((FIGURES / "captions.json").read_text("utf-8"))
    for label, about in captions.items():
        kind, suffix = ("image/svg+xml", "svg")
        if label.startswith("tbl-"):
            kind, suffix = ("text/markdown", "md")
        content = (FIGURES / f"{label}.{suffix}").read_text("utf-8")
        output = {
            "output_type": "display_data",
            "data": {kind: content},
            "metadata": {kind: about | {"label": label}},
        }
        pictures[label] = {
            "cell_type": "code",
            "source": "",
            "metadata": {},
            "outputs": [output],
            "chapter": "paper",
        }
    return pictures


def figures_and_tables(course: dict[str, list[Any]]) -> dict[str, Any]:
    """By label, a cell for each figure and table of the notebooks, with nothing else in it."""
    pictures = {}
    for cells in course.values():
        for cell in cells:
            for output in cell.get("outputs", []):
                label = label_of(output)
                if label is not None:
                    pictures[label] = cell | {"source": "", "outputs": [output]}
    return pictures


def about_of(output: Any) -> Any:
    """What `show_figure` or `show_table` says of an output: its label and so on; or None."""
    for about in output.get("metadata", {}).values():
        if isinstance(about, dict) and "label" in about:
            return about
    return None


def label_of(output: Any) -> str | None:
    about = about_of(output)
    return about["label"] if about else None


def appendix(cells: list[Any], shown: set[str]) -> list[Any]:
    """The cells of a notebook that belong to the report's appendix.

    Code is left out where it only serves to show a figure, a table or other code, and so are
    figures and tables that the report has shown before.
    """
    in_report = []
    for cell in cells:
        if "appendix" not in tags(cell):
            continue
        if cell["cell_type"] == "code":
            outputs = [output for output in cell["outputs"] if label_of(output) not in shown]
            source = "" if shows_something(cell["source"]) else cell["source"]
            cell = cell | {"source": source, "outputs": outputs}
        in_report.append(cell)
    return in_report


def shows_something(source: str) -> bool:
    """Whether code calls show_figure, show_table or show_source."""
    return any(line.startswith("show_") for line in source.splitlines())


def has_shakespeare_cells(course: dict[str, list[Any]]) -> bool:
    """Whether cells about Shakespeare are there; execute.py leaves them out of other texts."""
    for cells in course.values():
        for cell in cells:
            if "shakespeare-only" in tags(cell):
                return True
    return False


# Numbers, and the prose that names them.


def load_numbers(build: Path) -> dict[str, Any]:
    """What the notebooks saved, by name: that of 03-training is "training"."""
    numbers = {}
    for path in sorted(build.glob("[0-9]*.json")):
        name = path.stem.partition("-")[2].replace("-", "_")
        numbers[name] = json.loads(path.read_text(encoding="utf-8"))
    return numbers


def prose(path: Path, numbers: dict[str, Any]) -> dict[str, str]:
    """A Markdown file as a cell, filled with numbers: {{ training.loss | number(".3f") }}."""
    environment = jinja2.Environment(
        undefined=jinja2.StrictUndefined,
        finalize=as_text,
        trim_blocks=True,
        comment_start_string="{--",  # because {# begins a label
        comment_end_string="--}",
    )
    environment.filters |= FILTERS
    try:
        filled = environment.from_string(path.read_text("utf-8")).render(numbers)
    except (jinja2.TemplateError, TypeError) as error:
        raise InputError(f"{path.name} cannot be filled with numbers: {error}.") from None
    return {"cell_type": "markdown", "source": filled, "chapter": path.stem}


def as_text(value: Any) -> Any:
    """A value among the prose: a string appears as it is, not as Markdown."""
    if value is None:
        return "–"  # this text has no such number
    if isinstance(value, str):
        return re.sub(r"([^\w\s]|_)", r"\\\1", value)
    return value


def format_number(value: Any, spec: str) -> str | None:
    """Jinja's filter `number`. Raises an error for what isn't a number, or is missing."""
    if value is None:
        return None  # `as_text` shows it as a dash
    if isinstance(value, jinja2.Undefined):
        str(value)  # raises Jinja's own error, which says what is missing
    if not isinstance(value, int | float):
        raise TypeError(f"{value!r} is not a number")
    text = format(value, spec)
    if not re.search("[1-9]", text):
        text = format(0, spec)  # not -0.000
    return text.replace("%", " %").replace("-", "−")  # a hyphen by a minus sign


def format_interval(bounds: Any, spec: str) -> str:
    """Jinja's filter `interval`: 0.1 to 0.3. Raises an error as `format_number` does."""
    low, high = bounds  # what is missing raises Jinja's own error here
    return f"{format_number(low, spec)} to {format_number(high, spec)}"


def in_words(count: int) -> str:
    """Jinja's filter `in_words`, for counts up to ten."""
    words = "zero one two three four five six seven eight nine ten"
    return words.split()[count]


FILTERS = {"number": format_number, "interval": format_interval, "in_words": in_words}


# The document.


def typst_source(folder: Path, cells: list[Any], strict: bool) -> str:
    """The cells as one document of Typst; a link that leads nowhere is an error if `strict`.

    Pandoc itself gets no text: filter.lua reads the cells from a file and writes figures beside it.
    """
    content = {"cells": cells, "works": works(), "strict": strict}
    (folder / "figures").mkdir(parents=True, exist_ok=True)
    (folder / "cells.json").write_text(json.dumps(content), encoding="utf-8")
    options = [
        "--wrap=none",
        f"--template={HERE}/template.typ",
        f"--lua-filter={HERE}/filter.lua",
        f"--bibliography={BIBLIOGRAPHY}",
        "--metadata=link-citations=True",
        "--metadata=lang=en-GB",
        "--metadata=reference-section-title=References",
    ]
    # "-citations": filter.lua has resolved them, so pandoc must not leave them to Typst.
    to = "typst-citations"
    try:
        return pypandoc.convert_text("", to, "markdown", options, cworkdir=str(folder))
    except RuntimeError as error:
        raise InputError(said_by_filter(str(error))) from None


def said_by_filter(error: str) -> str:
    """The sentence in an error of pandoc, between the filter's name and Lua's trace."""
    said = error.rpartition("filter.lua: ")[2].partition("stack traceback")[0]
    return " ".join(said.split())


def works() -> dict[str, str]:
    """The keys of the works in the bibliography, by their addresses."""
    key_of = {}
    for key, address in WORK.findall(BIBLIOGRAPHY.read_text("utf-8")):
        key_of[address] = key
    return key_of


def pdf(folder: Path, source: str, facts: dict[str, str]) -> bytes:
    """PDF/UA-1: tagged for screen readers, with an alt text for each figure and equation."""
    document = source.encode()
    try:
        return typst.compile(document, root=folder, sys_inputs=facts, pdf_standards=["ua-1"])
    except typst.TypstError as error:
        if "could not be displayed" not in str(error):
            raise InputError(f"Typst cannot set the report: {error}") from None
    # No font has a script of the text: the PDF is tagged all the same, but not to the standard.
    return typst.compile(document, root=folder, sys_inputs=facts)


def main() -> None:
    """The command line: BUILD, TEXT; an error becomes one sentence."""
    try:
        report(*map(Path, sys.argv[1:]))
    except (ValueError, OSError) as error:  # an InputError, a damaged notebook, a full disk
        raise SystemExit(f"No report: {error}") from None
    except KeyboardInterrupt:
        raise SystemExit("Stopped: run the same command again.") from None


if __name__ == "__main__":
    main()
