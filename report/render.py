"""The two documents, as PDF: the report of a run, and the paper.

run.md is filled with what the notebooks of a run handed over, paper.md and abstract.md with the
numbers of the evidence. Each names the figures and tables that it shows, and Python puts these
between its paragraphs. Then filter.lua builds the document, pandoc writes it, Typst sets the PDF.

    python -m report.render BUILD

writes BUILD/report.pdf, the report of a run. `make paper` writes the paper.
"""

import copy
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import jinja2
import nbformat
import pypandoc
from fontTools.ttLib import TTFont
from matplotlib import get_data_path

from shakespeare.files import InputError, write

HERE = Path(__file__).resolve().parent
BIBLIOGRAPHY = HERE / "references.bib"
FIGURES = HERE / "figures"  # and tables, of the evidence
os.environ["LC_ALL"] = "C.UTF-8"  # or pandoc cannot open a path such as café/

SECONDS = 20  # of computing, for Typst, which takes two or three

# A line in whose place something else appears: a figure, table or text by its label. Words in the
# brackets end its caption.
INSERT = re.compile(r"^!\[(.*)\]\(#([\w-]+)\)$", re.MULTILINE)
CONTENTS = "contents"  # the label of a list of sections
# An entry of the bibliography: its key, and its address without a slash at the end.
WORK = re.compile(r"@\w+{(\S+),.*?url = {(.*?)/?}", re.DOTALL)

# Of a document: {"chapter", "markdown"}, {"chapter", "output"} or {"chapter", "contents"}.
Part = dict[str, Any]


# --- the report of a run ---


def write_run(run: Path) -> None:
    """Make RUN/report.pdf from a run's executed notebooks, and what they saved."""
    numbers = load_numbers(run)
    answers = answers_of(numbers)
    trained = [network for answer in answers for network in answer["trained"]]
    made_with = numbers[0]["made_with"]
    day = written_day(max(network["date"] for network in trained))
    values = {"answers": answers, "trained": trained, "made_with": made_with}
    facts = {
        "title": made_with["title"],
        "subtitle": "One character at a time: what one run of the course found",
        "line": f"Profile {made_with['profile']}, {day}. {made_with['versions']}.",
        "floats": "no",
    }
    # A figure that another text doesn't have, because its cell is about Shakespeare, is left out.
    parts = with_inserts(prose(HERE / "run.md", values), figures_of(run), strict=False)
    write(run / "report.pdf", pdf(run / "report", parts, facts, strict=False))


def load_numbers(run: Path) -> list[dict[str, Any]]:
    """What each notebook saved, in the course's order."""
    return [parsed(path, json.loads) for path in sorted(run.glob("[0-9]*.json"))]


def parsed(path: Path, parse: Callable[[str], Any]) -> Any:
    """What a file of a run holds. Raises InputError where it is damaged."""
    try:
        return parse(path.read_text(encoding="utf-8"))
    except ValueError:  # of JSON, or of what a notebook has to contain
        raise InputError(f"{path} is damaged: delete it and run make again.") from None


def answers_of(numbers: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What the notebooks handed over, and last, if one compares them, the run beside full size."""
    answers = [of_notebook["answer"] for of_notebook in numbers]
    beside = [of_notebook["beside"] for of_notebook in numbers if "beside" in of_notebook]
    return answers + beside


def figures_of(run: Path) -> dict[str, Part]:
    """By label, the figures, tables and texts that a run's notebooks show."""
    figures = {}
    for path in sorted(run.glob("[0-9]*.ipynb")):
        is_complete = "." not in path.stem  # 03-training.failed.ipynb is not
        if is_complete:
            for output in outputs_of(path):
                about = about_of(output)
                if about is not None:
                    figures[about["label"]] = {"chapter": path.stem, "output": output}
    return figures


def outputs_of(path: Path) -> list[Any]:
    """The outputs of a notebook's cells."""
    notebook = parsed(path, partial(nbformat.reads, as_version=4))
    return [output for cell in notebook.cells for output in cell.get("outputs", [])]


def about_of(output: Any) -> Any:
    """What the course's `show_figure` and the like say of an output: its label and so on."""
    for about in output.get("metadata", {}).values():
        if isinstance(about, dict) and "label" in about:
            return about
    return None


def written_day(iso: str) -> str:
    """A day such as 2025-03-09 as it is written: 9 March 2025."""
    day = date.fromisoformat(iso)
    return f"{day.day} {day:%B %Y}"


# --- the paper ---


def write_paper(to: Path) -> None:
    """Make the paper in the folder `to`, from what is published: metrics.json and figures."""
    values = values_of_paper()
    paper = prose(HERE / "paper.md", values)
    abstract = prose(HERE / "abstract.md", values)
    parts = [abstract, *with_inserts(paper, stored_pictures(), strict=True)]
    about = values["about"]
    facts = {
        "title": "Shakespeare, one character at a time",
        "subtitle": "What loss does a character-level LSTM really reach?",
        "line": f"The project’s contributors, {written_day(about['date'])}.",
        "floats": "yes",
    }
    write(to / "shakespeare-lstm.pdf", pdf(to / "paper", parts, facts, strict=True))


def read_metrics() -> dict[str, Any]:
    """The numbers at full size, by question."""
    return json.loads((HERE / "metrics.json").read_text("utf-8"))


def stored_pictures() -> dict[str, Part]:
    """By label, the figures and tables of the evidence."""
    pictures = {}
    for label, about in read_captions().items():
        if label.startswith("tbl-"):
            kind, suffix = "text/markdown", "md"
        else:
            kind, suffix = "image/svg+xml", "svg"
        content = (FIGURES / f"{label}.{suffix}").read_text("utf-8")
        output = {"data": {kind: content}, "metadata": {kind: about | {"label": label}}}
        pictures[label] = {"chapter": "paper", "output": output}
    return pictures


def values_of_paper() -> dict[str, Any]:
    """What the paper is filled with: the numbers that are published, and `made_by`."""
    return read_metrics() | {"made_by": made_by()}


def made_by() -> str:
    """From each figure and table of the paper to the function that draws it, in Markdown."""
    captions = read_captions()
    makers = []
    for _, label in INSERT.findall((HERE / "paper.md").read_text("utf-8")):
        maker = captions[label]["made_by"].rpartition("/")[2]  # without its folder
        makers.append(f"[it](#{label}) by `{maker}`")
    return ", ".join(makers)


def read_captions() -> dict[str, Any]:
    """What is said of each figure and table of the evidence."""
    return json.loads((FIGURES / "captions.json").read_text("utf-8"))


# --- text, with what it shows ---


def prose(path: Path, values: dict[str, Any]) -> Part:
    """A Markdown file, filled with values: {{ losses.final.carried | number(".3f") }}."""
    environment = jinja2.Environment(
        undefined=jinja2.StrictUndefined,
        finalize=as_text,
        trim_blocks=True,
        comment_start_string="{--",  # because {# begins a label
        comment_end_string="--}",
    )
    environment.filters |= FILTERS
    try:
        filled = environment.from_string(path.read_text("utf-8")).render(values)
    except (jinja2.TemplateError, TypeError) as error:
        raise InputError(f"{path.name} cannot be filled with numbers: {error}.") from None
    return {"chapter": path.stem, "markdown": filled}


def with_inserts(text: Part, pictures: dict[str, Part], strict: bool) -> list[Part]:
    """The text, and between its parts what it shows; what isn't there is an error if `strict`."""
    parts: list[Part] = []
    lines: list[str] = []  # of the text since the last insert
    for line in text["markdown"].splitlines():
        insert = INSERT.match(line)
        if insert is None:
            if line.startswith("!["):
                raise InputError(f"{line} isn't what {text['chapter']}.md can show.")
            lines.append(line)
            continue
        parts.append(text | {"markdown": "\n".join(lines)})
        lines = []
        words, label = insert.groups()
        if label == CONTENTS:
            parts.append({"chapter": text["chapter"], "contents": True})
        elif label in pictures:
            parts.append(with_words(pictures[label], words))
        elif strict:
            raise InputError(f"{text['chapter']}.md shows {label}, which isn't there.")
    parts.append(text | {"markdown": "\n".join(lines)})
    return parts


def with_words(picture: Part, words: str) -> Part:
    """A figure or table whose caption ends with these words."""
    if not words:
        return picture
    picture = copy.deepcopy(picture)
    about_of(picture["output"])["caption"] += f" *({words}.)*"
    return picture


# --- what templates can do with numbers ---


class Markdown(str):
    """What a notebook wrote as Markdown, as its captions are."""


def as_text(value: Any) -> Any:
    """A value among the prose: a string appears as it is, unless it is Markdown."""
    if value is None:
        return "–"  # there is no such number
    if isinstance(value, str) and not isinstance(value, Markdown):
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


def duration(seconds: float) -> str:
    """Jinja's filter `duration`: 4.8 s, 48 s, or 3.2 min."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.1f} min"


FILTERS = {
    "number": format_number,
    "interval": format_interval,
    "in_words": in_words,
    "duration": duration,
    "as_markdown": Markdown,
}


# --- the document ---


def pdf(folder: Path, parts: list[Part], facts: dict[str, str], strict: bool) -> bytes:
    """The parts as a PDF; a link that leads nowhere is an error if `strict`.

    `facts` are what template.typ asks for: the words of the title page, and "floats", which says
    whether figures may move to where they fit. What pandoc and Typst read is written to the folder.
    """
    (folder / "figures").mkdir(parents=True, exist_ok=True)
    source = folder / "document.typ"
    source.write_text(typst_source(folder, parts, strict), encoding="utf-8")
    out = folder / "document.pdf"
    has_ended = typeset(source, out, facts)
    if not has_ended:
        print("Some letters of the figures can't be set, and are shown as □.", flush=True)
        for figure in (folder / "figures").glob("*.svg"):
            figure.write_text(with_known_letters(figure.read_text("utf-8")), encoding="utf-8")
        has_ended = typeset(source, out, facts)
    if not has_ended:
        raise InputError(f"Typst doesn't end after {SECONDS} seconds of computing: use other text.")
    return out.read_bytes()


def typeset(source: Path, out: Path, facts: dict[str, str]) -> bool:
    """Let Typst set the document; whether it has ended.

    It never returns from some letters that no font of it has.
    """
    command = [sys.executable, "-m", "report.typeset", str(SECONDS), str(source), str(out)]
    command += [f"{name}={value}" for name, value in facts.items()]
    done = subprocess.run(command, capture_output=True, encoding="utf-8")
    if done.returncode > 0:
        raise InputError(f"Typst cannot set the document: {done.stderr.strip()}")
    return done.returncode == 0  # below 0, it was ended


def with_known_letters(svg: str) -> str:
    """A figure in which only letters are left that DejaVu Sans Mono has, which Typst has, too."""
    known = TTFont(f"{get_data_path()}/fonts/ttf/DejaVuSansMono.ttf").getBestCmap()
    return "".join(letter if letter.isascii() or ord(letter) in known else "□" for letter in svg)


def typst_source(folder: Path, parts: list[Part], strict: bool) -> str:
    """The parts as one document of Typst.

    Pandoc itself gets no text: filter.lua reads the parts from parts.json, and writes the figures
    beside it.
    """
    content = {"parts": parts, "works": works(), "strict": strict}
    (folder / "parts.json").write_text(json.dumps(content), encoding="utf-8")
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


def main() -> None:
    """The command line: BUILD; an error becomes one sentence."""
    try:
        write_run(Path(sys.argv[1]))
    except (ValueError, OSError) as error:  # an InputError, a damaged notebook, a full disk
        raise SystemExit(f"No report: {error}") from None
    except KeyboardInterrupt:
        raise SystemExit("Stopped: run the same command again.") from None


if __name__ == "__main__":
    main()
