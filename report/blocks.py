"""Executed notebooks, prose and metrics -> blocks of Markdown, for render.py.

A block is a fenced piece: one cell, output, figure or table. `filter.lua` reads them one by one, so that whatever
stands in one cannot spill into the next.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path
from typing import Any

import nbformat
from nbconvert.filters import strip_ansi
from nbconvert.preprocessors import CoalesceStreamsPreprocessor, TagRemovePreprocessor

NOTEBOOKS = ("01-preprocessing", "02-lstm-equations", "03-training", "04-generation")
UNBROKEN = 88  # characters of output that fit in a line; Typst breaks longer lines, but at spaces only
WIDGET = "application/vnd.jupyter.widget-view+json"


class ReportError(Exception):
    """What is wrong with the input, in one sentence."""


def read(path: Path) -> str:
    """The file's text, or a ReportError."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ReportError(f"{path} cannot be read ({error}).") from None


# --- blocks: the fenced pieces that filter.lua knows -----------------------------------------------------


def fenced(kind: str, text: str) -> str:
    """The text as a fenced block, in more backticks than it has itself."""
    text = re.sub(r"[^\n\t\x20-\x7e\xa0-\U0010ffff]", "\ufffd", text.replace("\r\n", "\n"))
    fence = "`" * max([3, *(len(run) + 1 for run in re.findall("`+", text))])
    return f"{fence} {{.{kind}}}\n{text}\n{fence}"


def plain(text: str) -> str:
    """Program output: never parsed, colours removed, endless words cut to the page's width."""
    text = re.sub(rf"(\S{{{UNBROKEN}}})(?=\S)", r"\1\n", strip_ansi(text)).strip("\n")
    return fenced("output", text) if text.strip() else ""


def captioned(kind: str, about: dict[str, str], **more: str) -> str:
    """A figure or table, which needs a label and a caption, and a figure also an alt text."""
    for name in ("label", "caption", "alt")[: 3 if kind == "fig" else 2]:
        if not str(about.get(name, "")).strip():
            raise ReportError(f"has a {'figure' if kind == 'fig' else 'table'} without {name}")
    if not re.fullmatch(rf"{kind}-[\w.-]+", about["label"]):
        raise ReportError(f"has the label {about['label']!r}, which should look like {kind}-name")
    return fenced(kind, json.dumps(about | more, ensure_ascii=False))


def table(header: list[str], rows: list[list[str]], label: str, caption: str) -> str:
    """A table of plain text as a block."""
    lines = [header, [":--"] * len(header), *([literal(cell) for cell in row] for row in rows)]
    text = "\n".join("| " + " | ".join(line) + " |" for line in lines)
    return captioned("tbl", {"label": label, "caption": caption}, table=text)


def literal(text: str) -> str:
    """The text such that Markdown shows it as it is."""
    return re.sub(r"([^\w\s]|_)", r"\\\1", text)


# --- notebooks --------------------------------------------------------------------------------------------


def output_block(output: Any, figures: Path) -> str:
    """One output of a cell as a block: a stream, a figure, a table, prose or plain text."""
    if output.output_type == "stream":
        return plain(output.text)
    if output.output_type == "error":
        raise ReportError(f"failed with {output.ename}: {output.evalue}")
    data, metadata = output.data, output.metadata
    if "image/svg+xml" in data:
        svg, about = data["image/svg+xml"], metadata.get("image/svg+xml", {})
        width = re.search(r'<svg[^>]*?\swidth="([\d.]+)pt"', svg)
        narrow = {"width": f"{width[1]}pt"} if width and float(width[1]) < 440 else {}
        block = captioned("fig", about, **narrow)
        (figures / f"{about['label']}.svg").write_text(svg, encoding="utf-8")
        return block
    if any(kind.startswith("image/") for kind in data):
        raise ReportError("shows a picture without caption and alt text: use show_figure")
    if "text/markdown" in data:
        about = metadata.get("text/markdown", {})
        if "label" in about:
            return captioned("tbl", about, table=data["text/markdown"])
        return "" if about.get("role") == "caption" else fenced("cell", data["text/markdown"])
    return "" if WIDGET in data else plain(data.get("text/plain", ""))


def executed(path: Path, **remove: set[str]) -> list[Any]:
    """The cells of an executed notebook, without those that TagRemovePreprocessor is asked to remove."""
    text = read(path)
    try:
        notebook = nbformat.reads(text, as_version=4)
        nbformat.validate(notebook)
    except Exception:  # nbformat raises many kinds
        raise ReportError(f"{path} is not a notebook.") from None
    for preprocessor in (CoalesceStreamsPreprocessor(enabled=True), TagRemovePreprocessor(enabled=True, **remove)):
        notebook, _ = preprocessor.preprocess(notebook, {})
    return notebook.cells


def outputs(cell: Any, figures: Path, where: Path) -> Iterator[str]:
    for output in cell.get("outputs", []):
        try:
            yield output_block(output, figures)
        except ReportError as error:
            raise ReportError(f"{where.name}: cell {cell.get('id', '')} {error}.") from None


def summary(cell: Any) -> str:
    """What stands on a fold: which code is behind it."""
    if tagged(cell, "injected-parameters"):
        return "Settings of this run"
    made = re.findall(r'"label": "(fig|tbl)-([\w.-]+)"', json.dumps(cell.get("outputs", [])))
    kinds = dict.fromkeys({"fig": "figure", "tbl": "table"}[kind] for kind, _ in made)
    return f"Code of the {' and '.join(kinds)} “{'”, “'.join(name for _, name in made)}”" if made else "Code"


def page(path: Path, figures: Path) -> Iterator[str]:
    """A notebook whole, as a page of the course; what JupyterLab folds is folded."""
    for cell in executed(path):
        if cell.cell_type == "markdown":
            yield from unfolded(cell.source)
        elif cell.cell_type == "code":
            code = fenced("python", cell.source) if cell.source.strip() else ""
            hidden = cell.metadata.get("jupyter", {}).get("source_hidden") or tagged(cell, "injected-parameters")
            yield from [fenced("open", summary(cell)), code, fenced("close", "")] if hidden else [code]
            yield from outputs(cell, figures, path)


def unfolded(source: str) -> Iterator[str]:
    """A Markdown cell as blocks; of all HTML, only a pair <details><summary>Hint</summary> and </details> counts."""
    for piece in re.split(r"(?m)^(<details><summary>.*?</summary>|</details>)$", source):
        if piece.startswith("<details>"):
            yield fenced("open", piece.removeprefix("<details><summary>").removesuffix("</summary>"))
        else:
            yield fenced("close", "") if piece == "</details>" else fenced("cell", piece)


def tagged(cell: Any, tag: str) -> bool:
    return tag in cell.metadata.get("tags", [])


def sections(build: Path, figures: Path) -> Iterator[str]:
    """All notebooks as sections of the report: prose and results, no code, nothing of the course alone.

    A tag `section-results` opens the section Results, or goes on with it if there is one.
    """
    found: dict[str, list[str]] = {}
    for name in NOTEBOOKS:
        path = build / f"{name}.ipynb"
        here = found.setdefault(name, [fenced("chapter", name)])
        cells = executed(
            path,
            remove_cell_tags={"remove-cell", "injected-parameters", "course-only", "exercise"},
            remove_all_outputs_tags={"remove-output"},
        )
        for cell in cells:
            if cell.cell_type == "markdown" and cell.source.startswith("## Exercises"):
                break
            for tag in cell.metadata.get("tags", []):
                if tag.startswith("section-"):
                    title = tag.removeprefix("section-").replace("-", " ").capitalize()
                    new = title not in found
                    here = found.setdefault(title, [])
                    here += [fenced("chapter", name)] + [fenced("cell", f"# {title}")] * new
            here += [fenced("cell", cell.source)] if cell.cell_type == "markdown" else outputs(cell, figures, path)
    for blocks in found.values():
        yield from blocks


# --- prose ------------------------------------------------------------------------------------------------


def fill(text: str, metrics: Any, name: str) -> str:
    """Put metrics in place of {{dotted.path}} and {{dotted.path:.3f}}; a number that is missing is an error."""

    def value(match: re.Match[str]) -> str:
        found = metrics
        try:
            for key in match["path"].split("."):
                found = found[int(key)] if isinstance(found, list) else found[key]
            shown = "–" if found is None else format(found, match["spec"] or "")  # None: this text has no such number
        except (KeyError, IndexError, TypeError, ValueError):
            raise ReportError(f"{name}: {match[0]} is not among the metrics.") from None
        return literal(shown) if isinstance(found, str) else shown

    return re.sub(r"\{\{\s*(?P<path>[^{}:]*?)\s*(?::(?P<spec>[^{}]*))?\}\}", value, text)


def prose(path: Path, metrics: Any, kind: str = "cell") -> str:
    """A prose file with its numbers."""
    return fenced(kind, fill(read(path), metrics, path.name))


def appendix(metrics: Any) -> Iterator[str]:
    """Two tables: what the results were made with."""
    training = metrics["training"]
    environment = []
    for version in str(training["versions"]).split(", "):  # "torch 2.6.0", "2 threads"
        number = re.search(r"\S*\d\S*", version)
        what = version.replace(number[0], "").strip() if number else version
        environment.append([what, number[0] if number else ""])
    yield table(["part", "version or number"], environment, "tbl-environment", "What the notebooks ran with.")
    settings = [[name.replace("_", " "), str(value)] for name, value in training["settings"].items()]
    caption = f"The profile *{literal(str(training['profile']))}*, as it stands in `shakespeare/course.py`."
    half = (len(settings) + 1) // 2
    rows = [[*left, *right] for left, right in zip_longest(settings[:half], settings[half:], fillvalue=["", ""])]
    yield table(["setting", "value"] * 2, rows, "tbl-all-settings", caption)
