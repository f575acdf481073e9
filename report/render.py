"""Executed notebooks and metrics -> the PDF report, by nbconvert, pandoc and Typst.

Everything becomes one Markdown file of fenced blocks, each of them one cell, output, figure or table. `filter.lua`
reads the blocks one by one, so that whatever stands in one cannot spill into the next; `template.typ` is the look.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import nbformat
import pypandoc
import typst
from nbconvert.filters import strip_ansi
from nbconvert.preprocessors import CoalesceStreamsPreprocessor, TagRemovePreprocessor

HERE = Path(__file__).parent
NOTEBOOKS = ("01-preprocessing", "02-lstm-equations", "03-training", "04-generation")
ABOUT = {
    "title": "Shakespeare, one character at a time",
    "subtitle": "A character-level LSTM, from its equations to new text",
    "author": "The project's contributors",
}
UNBROKEN = 88  # characters of output that fit in a line; Typst breaks longer lines, but at spaces only


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
    return f"{fence} {kind}\n{text}\n{fence}"


def markdown(text: str) -> str:
    return fenced("{.cell}", text)


def plain(text: str) -> str:
    """Program output: never parsed, colours removed, endless words cut to the page's width."""
    text = re.sub(rf"(\S{{{UNBROKEN}}})(?=\S)", r"\1\n", strip_ansi(text)).strip("\n")
    return fenced("{.output}", text) if text.strip() else ""


def captioned(kind: str, about: dict[str, str], **more: str) -> str:
    """A figure or table, which needs a label and a caption, and a figure also an alt text."""
    for name in ("label", "caption", "alt")[: 3 if kind == "fig" else 2]:
        if not str(about.get(name, "")).strip():
            raise ReportError(f"has a {'figure' if kind == 'fig' else 'table'} without {name}")
    if not re.fullmatch(rf"{kind}-[\w.-]+", about["label"]):
        raise ReportError(f"has the label {about['label']!r}, which should look like {kind}-name")
    return fenced(f"{{.{kind}}}", json.dumps(about | more, ensure_ascii=False))


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
        size = f"{width[1]}pt" if width and float(width[1]) < 440 else "100%"
        block = captioned("fig", about, width=size)
        (figures / f"{about['label']}.svg").write_text(svg, encoding="utf-8")
        return block
    if any(kind.startswith("image/") for kind in data):
        raise ReportError("shows a picture without caption and alt text: use show_figure")
    if "text/markdown" in data:
        about = metadata.get("text/markdown", {})
        if "label" in about:
            return captioned("tbl", about, table=data["text/markdown"])
        return "" if about.get("role") == "caption" else markdown(data["text/markdown"])
    return plain(data.get("text/plain", ""))


def notebook_blocks(path: Path, figures: Path) -> Iterator[str]:
    """An executed notebook as blocks, without what its tags hide."""
    try:
        notebook = nbformat.reads(read(path), as_version=4)
    except nbformat.reader.NotJSONError:
        raise ReportError(f"{path} is not a notebook.") from None
    hide = TagRemovePreprocessor(
        enabled=True,
        remove_cell_tags={"remove-cell", "injected-parameters"},
        remove_input_tags={"remove-input"},
        remove_all_outputs_tags={"remove-output"},
    )
    for preprocessor in (CoalesceStreamsPreprocessor(enabled=True), hide):
        notebook, _ = preprocessor.preprocess(notebook, {})
    yield fenced("{.chapter}", path.stem)
    for number, cell in enumerate(notebook.cells):
        if cell.cell_type == "markdown":
            yield markdown(cell.source)
        elif cell.cell_type == "code":
            if cell.source.strip() and not cell.metadata.get("transient", {}).get("remove_source"):
                yield fenced("{.python}", cell.source)
            for output in cell.outputs:
                try:
                    yield output_block(output, figures)
                except ReportError as error:
                    raise ReportError(f"{path.name}: cell {cell.get('id', number)} {error}.") from None


# --- prose ------------------------------------------------------------------------------------------------


def fill(text: str, metrics: Any, name: str) -> str:
    """Put metrics in place of {{dotted.path}} and {{dotted.path:.3f}}; a number that is missing is an error."""

    def value(match: re.Match[str]) -> str:
        found = metrics
        try:
            for key in match["path"].split("."):
                found = found[int(key)] if isinstance(found, list) else found[key]
            shown = format(found, match["spec"] or "")
        except (KeyError, IndexError, TypeError, ValueError):
            raise ReportError(f"{name}: {match[0]} is not among the metrics.") from None
        return re.sub(r"([^\w\s])", r"\\\1", shown) if isinstance(found, str) else shown

    return re.sub(r"\{\{\s*(?P<path>[^{}:]*?)\s*(?::(?P<spec>[^{}]*))?\}\}", value, text)


def prose_block(path: Path, metrics: Any) -> str:
    """A prose file with its numbers, under a title of its own or else the file's name."""
    text = fill(read(path), metrics, path.name)
    titled = path.stem == "abstract" or re.search("^# ", text, re.MULTILINE)
    return markdown(text if titled else f"# {path.stem.capitalize()}\n\n{text}")


def document(build: Path, prose: Path, metrics: Any, figures: Path) -> Iterator[str]:
    """The whole report as blocks."""
    yield "```{=typst}\n#abstract[\n```"
    yield prose_block(prose / "abstract.md", metrics)
    yield "```{=typst}\n]\n#contents\n```"
    yield fenced("{.chapter}", "introduction")
    yield prose_block(prose / "introduction.md", metrics)
    for name in NOTEBOOKS:
        yield from notebook_blocks(build / f"{name}.ipynb", figures)
    yield fenced("{.chapter}", "conclusion")
    yield prose_block(prose / "conclusion.md", metrics)
    yield "# References {-}\n\n::: {#refs}\n:::"


def about(metrics: Any, profile: str) -> dict[str, str]:
    """What the title page says."""
    try:
        training = metrics["training"]
        day, versions = date.fromisoformat(training["date"]), str(training["versions"])
    except (KeyError, TypeError, ValueError):
        raise ReportError("metrics.json lacks training.date (an ISO date) or training.versions.") from None
    if training.get("profile", profile) != profile:
        raise ReportError(f"metrics.json is of the profile {training['profile']!r}, not {profile!r}.")
    return ABOUT | {"profile": profile, "versions": versions, "date": f"{day.day} {day:%B %Y}"}


def render(build: Path, profile: str, out: Path, prose: Path = HERE) -> None:
    """Make the PDF; it appears under its name only when it is complete."""
    try:
        metrics = json.loads(read(build / "metrics.json"))
    except json.JSONDecodeError as error:
        raise ReportError(f"{build / 'metrics.json'} is not JSON ({error}).") from None
    folder = build / "report"
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "figures").mkdir(parents=True)
    shutil.copy(HERE / "template.typ", folder)
    (folder / "about.json").write_text(json.dumps(about(metrics, profile)), encoding="utf-8")
    blocks = [block for block in document(build, prose, metrics, folder / "figures") if block]
    (folder / "report.md").write_text("\n\n".join(blocks) + "\n", encoding="utf-8")

    command = [pypandoc.get_pandoc_path(), "report.md", "--output=report.typ", "--to=typst-citations", "--wrap=none"]
    command += ["--syntax-highlighting=idiomatic", f"--lua-filter={HERE.resolve() / 'filter.lua'}"]
    command += [f"--bibliography={(HERE / 'references.bib').resolve()}", "--metadata=link-citations"]
    pandoc = subprocess.run(command, cwd=folder, capture_output=True, encoding="utf-8")
    if pandoc.returncode:
        raise ReportError(pandoc.stderr.strip())
    print(pandoc.stderr, end="", file=sys.stderr)  # its warnings

    source = folder / "report.typ"
    head = '#import "template.typ": *\n#show: report.with(about)\n\n'
    source.write_text(head + source.read_text(encoding="utf-8"), encoding="utf-8")
    partial = out.with_name(f"{out.name}.partial")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        typst.compile(source, output=partial, root=folder, format="pdf")
        partial.replace(out)
    except typst.TypstError as error:
        raise ReportError(f"Typst cannot set {source}: {error}") from None
    finally:
        partial.unlink(missing_ok=True)


def main() -> int:
    parser = argparse.ArgumentParser(description="Turn executed notebooks and their metrics into the PDF report.")
    parser.add_argument("--build", type=Path, required=True, help="folder of the notebooks and metrics.json")
    parser.add_argument("--profile", required=True, help="smoke, quick, small or full")
    parser.add_argument("--out", type=Path, required=True, help="the PDF")
    parser.add_argument(
        "--prose", type=Path, default=HERE, help="folder of abstract.md, introduction.md, conclusion.md"
    )
    options = parser.parse_args()
    try:
        render(options.build, options.profile, options.out, options.prose)
    except ReportError as error:
        print(f"No report: {error}", file=sys.stderr)
        return 1
    print(f"{options.out} is ready.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
