"""Executed notebooks, prose and numbers -> the report, as PDF and as one HTML file.

Python chooses the cells, filter.lua builds the document, pandoc writes it, Typst sets the PDF.
"""

import base64
import json
import os
import re
import sys
from datetime import date
from functools import partial
from itertools import takewhile
from pathlib import Path
from typing import Any

import jinja2
import nbformat
import pypandoc
import typst
from nbconvert.preprocessors import CoalesceStreamsPreprocessor

from report.explorer.build import build as build_explorer
from shakespeare.files import InputError, write

HERE = Path(__file__).resolve().parent
TITLE = "Shakespeare, one character at a time"
os.environ["LC_ALL"] = "C.UTF-8"  # or pandoc cannot open a path such as café/
COURSE_ONLY = {"parameters", "injected-parameters", "imports", "course-only", "exercise"}  # tags


def notebooks(build: Path) -> dict[str, list[Any]]:
    """The cells of the executed notebooks, by name, in the course's order."""
    paths = sorted(path for path in build.glob("[0-9]*.ipynb") if "." not in path.stem)
    return {path.stem: cells(path, path.stem) for path in paths}


def cells(path: Path, chapter: str) -> list[Any]:
    """The cells of a notebook, each with its chapter, which begins the labels of its headings."""
    notebook = nbformat.read(path, as_version=4)
    CoalesceStreamsPreprocessor().preprocess(notebook, {})
    return [cell | {"chapter": chapter} for cell in notebook.cells]


def sections(course: dict[str, list[Any]]) -> list[Any]:
    """The report's part of the notebooks: of each a section, with the notebook's title."""
    found = []
    for title, *rest in course.values():
        found.append(title | {"source": title["source"].partition("\n")[0]})
        part = takewhile(lambda cell: not cell["source"].startswith("## Exercises"), rest)
        found += [cell for cell in part if COURSE_ONLY.isdisjoint(cell["metadata"].get("tags", []))]
    return found


def whole(course: dict[str, list[Any]]) -> bool:
    """Whether cells about Shakespeare are there; execute.py leaves them out of other texts."""
    cells = [cell for notebook in course.values() for cell in notebook]
    return any("shakespeare-only" in cell["metadata"].get("tags", []) for cell in cells)


def load_numbers(build: Path, profile: str) -> dict[str, Any]:
    """What the notebooks saved, by name; all from one run of the unchanged profile."""
    numbers: dict[str, Any] = {}
    expected: dict[str, Any] = {"profile": profile, "changes": {}}
    for path in sorted(build.glob("[0-9]*.json")):
        again = f"delete it and {path.with_suffix('.ipynb')}, then run the same command again"
        try:
            found = json.loads(path.read_text("utf-8"))
            made = dict(found["made_with"])
        except (ValueError, LookupError, TypeError, RecursionError):
            raise InputError(f"{path} is damaged: {again}.") from None
        if "settings" in found:  # this notebook trained a model, which the next ones load
            expected.pop("weights", None)
        expected = made | expected  # text, fingerprint and weights are those of the first
        if wrong := [key for key in expected if made.get(key, expected[key]) != expected[key]]:
            what = f"{wrong[0]} {made[wrong[0]]}, not {expected[wrong[0]]}"
            raise InputError(f"{path} was made with {what}: {again}.")
        numbers[path.stem.partition("-")[2].replace("-", "_")] = found
    return numbers


def prose(path: Path, numbers: dict[str, Any]) -> dict[str, str]:
    """A Markdown file as a cell. Text among its numbers shows as it is, not as Markdown."""

    def shown(value: Any) -> Any:
        if isinstance(value, str):
            return re.sub(r"([^\w\s]|_)", r"\\\1", value)
        return "–" if value is None else value  # None: this text has no such number

    def number(value: Any, spec: str) -> str | None:  # {{ training.loss | number(".3f") }}
        # + refuses what is missing
        return None if value is None else format(+value, spec).replace("%", " %")

    options = {"trim_blocks": True, "comment_start_string": "{--"}  # {# begins a label
    jinja = jinja2.Environment(undefined=jinja2.StrictUndefined, finalize=shown, **options)
    jinja.filters["number"] = number
    try:
        filled = jinja.from_string(path.read_text("utf-8")).render(numbers)
    except (jinja2.TemplateError, TypeError) as error:
        raise InputError(f"{path.name} cannot be filled with numbers: {error}.") from None
    return {"cell_type": "markdown", "source": filled, "chapter": path.stem}


def pandoc(suffix: str, folder: Path, cells: list[Any], facts: dict[str, str]) -> str:
    """The cells as one document, "html" with style and pictures in it, or "typ"."""
    bibliography, style = HERE / "references.bib", (HERE / "style.css").read_text("utf-8")
    style = style.replace("MATH", base64.b64encode((HERE / "math.woff").read_bytes()).decode())
    works = re.findall(r"(?s)@\w+{(\S+),.*?url = {(.*?)/?}", bibliography.read_text("utf-8"))
    content = {"cells": cells, "works": {address: key for key, address in works}}
    (folder / "figures").mkdir(parents=True, exist_ok=True)
    (folder / "cells.json").write_text(json.dumps(content))
    options = ["--mathml", "--toc", "--toc-depth=2", "--wrap=none", f"--variable=style:{style}"]
    options += [f"--template={HERE}/template.{suffix}", f"--lua-filter={HERE}/filter.lua"]
    options += [f"--bibliography={bibliography}"]
    facts = {"lang": "en-GB", "reference-section-title": "References", **facts}
    options += [f"--metadata={k}={v}" for k, v in {"link-citations": True, **facts}.items()]
    options += ["--number-sections"] if facts["kind"] == "report" else []
    to = {"html": "html", "typ": "typst-citations"}[suffix]
    try:
        return pypandoc.convert_text("", to, "markdown", options, cworkdir=str(folder))
    except RuntimeError as error:
        said = re.sub(r"(?s)^.*filter\.lua: |stack traceback.*", "", str(error))
        raise InputError(" ".join(said.split())) from None


def pdf(folder: Path, cells: list[Any], facts: dict[str, str]) -> bytes:
    """PDF/UA-1: tagged for screen readers, with an alt text for each figure and equation."""
    source = pandoc("typ", folder, cells, facts).encode()
    for standards in (["ua-1"], []):
        try:
            return typst.compile(source, root=folder, sys_inputs=facts, pdf_standards=standards)
        except typst.TypstError as error:
            # Where no font has a script of the text, the PDF is tagged, but not to the standard.
            if not standards or "could not be displayed" not in str(error):
                raise InputError(f"Typst cannot set the report: {error}") from None


def link_pages(pages: dict[str, str], strict: bool) -> dict[str, str]:
    """The HTML pages with links to each other's labels; if not `strict`, a lost link is words."""
    ids = {name: set(re.findall(r'<[^>]* id="([^"]+)"', text)) for name, text in pages.items()}
    home = {label: name for name in ids for label in ids[name]}

    def link(here: str, found: re.Match[str]) -> str:
        label, rest, words = found.groups()
        if label in home:
            page = "" if label in ids[here] else f"{home[label]}.html"
            return f'<a href="{page}#{label}"{rest}'
        if strict:
            raise InputError(f"{here}: the link to {label} leads nowhere.")
        return words

    anchor = r'(?s)<a href="#([^"]*)"([^>]*>(.*?)</a>)'
    return {name: re.sub(anchor, partial(link, name), text) for name, text in pages.items()}


def report(build: Path, profile: str, texts: Path = HERE) -> None:
    """Make the PDF and the HTML file; they get their names only when both are complete."""
    numbers = load_numbers(build, profile)
    names = ("abstract", "introduction", "conclusion", "appendix")
    before, opening, after, end = (prose(texts / f"{name}.md", numbers) for name in names)
    course = notebooks(build)
    document = [before, opening, *sections(course), after, end]
    day = date.fromisoformat(numbers["training"]["date"])
    text = numbers["training"]["made_with"]["text"]
    made = profile if text == "input.txt" else f"{profile}, with {text}"
    facts = {"kind": "report", "title": TITLE, "profile": made, "date": f"{day:%-d %B %Y}"}
    page = pandoc("html", build / "report", document, facts)
    page = link_pages({"The report": page}, strict=whole(course))["The report"]
    paper = pdf(build / "report", document, facts)
    write(build / "shakespeare-lstm.html", page.encode())
    write(build / "shakespeare-lstm.pdf", paper)
    build_explorer(build / "explorer.html")


def run(work: Any) -> None:
    """The command line of `work`: BUILD, then PROFILE; what goes wrong is one sentence."""
    try:
        work(Path(sys.argv[1]), *sys.argv[2:])
    except (ValueError, OSError) as error:  # also a damaged notebook, a full disk
        raise SystemExit(f"No {work.__name__}: {error}") from None
    except KeyboardInterrupt:
        raise SystemExit("Stopped: run the same command again.") from None


if __name__ == "__main__":
    run(report)
