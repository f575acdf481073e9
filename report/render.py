"""The report of a run, as PDF: python -m report.render BUILD writes BUILD/report.pdf.

It is the notebooks of the run as they ran: their cells with the tag `report`, between an
introduction and a conclusion that are filled with the run's numbers. Its appendix is filled with
the published numbers of metrics.json, and shows the figures and tables of report/figures that it
names. nbconvert makes Markdown of all, pandoc and filter.lua make a document for Typst of it.
"""

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
from nbconvert.exporters import MarkdownExporter
from nbformat import v4
from traitlets.config import Config

from shakespeare.files import InputError, write

HERE = Path(__file__).resolve().parent
LESSONS = HERE.parent / "notebooks"
BIBLIOGRAPHY = HERE / "references.bib"
FIGURES = HERE / "figures"  # and tables, of the appendix
os.environ["LC_ALL"] = "C.UTF-8"  # or pandoc cannot open a path such as café/

# A line in whose place a figure or table appears, by its label.
INSERT = re.compile(r"^!\[\]\(#([\w-]+)\)$")
# An entry of the bibliography: its key, and its address without a slash at the end.
WORK = re.compile(r"@\w+{(\S+),.*?url = {(.*?)/?}", re.DOTALL)

# The Markdown of notebooks. Whatever a text holds can't be HTML, TeX or a command of Typst.
MARKDOWN = (
    "markdown_strict-raw_html+pipe_tables+tex_math_dollars+backtick_code_blocks"
    "+fenced_code_blocks+fenced_code_attributes+fenced_divs+all_symbols_escapable"
    "+intraword_underscores+strikeout+smart+lists_without_preceding_blankline+startnum"
    "+space_in_atx_header+table_captions+table_attributes"
)


# --- the report ---


def write_run(run: Path) -> None:
    """Make RUN/report.pdf from a run's executed notebooks, and the numbers that they saved."""
    folder = run / "report"
    values = values_of_run(run)
    chapters = [chapter("introduction", text_alone("introduction.md", values), folder)]
    for lesson in sorted(LESSONS.glob("[0-9][0-9]-*.ipynb")):
        name = lesson.stem.partition("-")[2]
        executed = nbformat.read(run / lesson.name, as_version=4)
        chapters.append(chapter(name, cells_of_report(executed), folder))
    chapters.append(chapter("conclusion", text_alone("conclusion.md", values), folder))
    chapters.append(chapter("appendix", appendix(read_metrics()), folder))
    made_with = values["made_with"]
    day = written_day(max(network["date"] for network in values["trained"]))
    facts = {
        "title": "Text generation with an LSTM",
        "subtitle": "The report of a run on Tiny Shakespeare",
        "line": f"Profile {made_with['profile']}, {day}. {made_with['versions']}.",
    }
    write(run / "report.pdf", pdf(folder, chapters, facts))


def values_of_run(run: Path) -> dict[str, Any]:
    """What introduction and conclusion are filled with."""
    counting = read_numbers(run / "01-preprocessing.json")
    training = read_numbers(run / "03-training.json")
    beyond = read_numbers(run / "05-beyond-the-report.json")
    return {
        "made_with": training["made_with"],
        "counting": counting,
        "training": training,
        "beyond": beyond,
        "trained": training["trained"] + beyond["trained"],
        "shipped": training["shipped"] + beyond["shipped"],
        "published": read_metrics()["networks"],
    }


def read_numbers(path: Path) -> dict[str, Any]:
    """What a notebook of a run has saved."""
    return json.loads(path.read_text(encoding="utf-8"))


def cells_of_report(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """The notebook with the cells that the report prints."""
    notebook.cells = [cell for cell in notebook.cells if "report" in cell.metadata.get("tags", [])]
    return notebook


def text_alone(name: str, values: dict[str, Any]) -> nbformat.NotebookNode:
    """A filled text, as a notebook with a single cell."""
    return v4.new_notebook(cells=[v4.new_markdown_cell(prose(HERE / name, values))])


def written_day(iso: str) -> str:
    """A day such as 2025-03-09 as it is written: 9 March 2025."""
    day = date.fromisoformat(iso)
    return f"{day.day} {day:%B %Y}"


# --- its appendix ---


def read_metrics() -> dict[str, Any]:
    """The published numbers, by question."""
    return json.loads((HERE / "metrics.json").read_text("utf-8"))


def appendix(metrics: dict[str, Any]) -> nbformat.NotebookNode:
    """What one run can't show."""
    return with_inserts(prose(HERE / "appendix.md", metrics), stored_pictures())


def stored_pictures() -> dict[str, Any]:
    """By label, the figures and tables of the appendix, as outputs of a notebook."""
    pictures = {}
    captions = json.loads((FIGURES / "captions.json").read_text("utf-8"))
    for label, about in captions.items():
        if label.startswith("tbl-"):
            kind, suffix = "text/markdown", "md"
        else:
            kind, suffix = "image/svg+xml", "svg"
        content = (FIGURES / f"{label}.{suffix}").read_text("utf-8")
        about = {kind: about | {"label": label}}
        pictures[label] = v4.new_output("display_data", {kind: content}, metadata=about)
    return pictures


def with_inserts(text: str, pictures: dict[str, Any]) -> nbformat.NotebookNode:
    """A text as a notebook, in which cells show the figures and tables that it names."""
    cells = []
    lines: list[str] = []  # of the text since the last insert
    for line in text.splitlines():
        insert = INSERT.match(line)
        if insert is None:
            lines.append(line)
            continue
        cells.append(v4.new_markdown_cell("\n".join(lines)))
        lines = []
        label = insert[1]
        shown = [pictures[label]]
        cells.append(v4.new_code_cell(outputs=shown, metadata={"tags": ["remove-input"]}))
    cells.append(v4.new_markdown_cell("\n".join(lines)))
    return v4.new_notebook(cells=cells)


# --- text, filled with numbers ---


def prose(path: Path, values: dict[str, Any]) -> str:
    """A Markdown file, filled with values: {{ tenths.ranges.final.mean | number(".2f") }}."""
    environment = jinja2.Environment(
        undefined=jinja2.StrictUndefined,
        finalize=as_text,
        trim_blocks=True,
        comment_start_string="{--",  # because {# begins a label
        comment_end_string="--}",
    )
    environment.filters |= FILTERS
    return environment.from_string(path.read_text("utf-8")).render(values)


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
    "day": written_day,
    "as_markdown": Markdown,
}


# --- notebooks, as Markdown ---

# What a terminal would take for commands, and other characters that can't be printed.
TERMINAL = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b\n]*[\x07\x1b]\\?")
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def clean(text: str) -> str:
    return CONTROL.sub("\ufffd", TERMINAL.sub("", text))


def fenced(text: str, kind: str) -> str:
    """A block of code of this class, whatever is in the text."""
    text = clean(text)
    runs = re.findall("`+", text)
    fence = "`" * max([3, *(len(run) + 1 for run in runs)])
    return f"{fence} {{.{kind}}}\n{text}\n{fence}"


def one_line(text: str) -> str:
    return " ".join(clean(text).split())


def quoted(text: str) -> str:
    """The value of an attribute."""
    escaped = re.sub(r'([\\"])', r"\\\1", one_line(text))
    return f'"{escaped}"'


SETTINGS = {
    "NbConvertBase": {"display_data_priority": ["image/svg+xml", "text/markdown", "text/plain"]},
    "CoalesceStreamsPreprocessor": {"enabled": True},  # lines that a cell prints are one output
    "ExtractOutputPreprocessor": {"extract_output_types": {"image/svg+xml"}},
    "TagRemovePreprocessor": {"enabled": True, "remove_input_tags": {"remove-input"}},
    "TemplateExporter": {
        "template_name": "report",
        "extra_template_basedirs": [str(HERE / "templates")],
        "filters": {"clean": clean, "fenced": fenced, "one_line": one_line, "quoted": quoted},
    },
}


def chapter(name: str, notebook: nbformat.NotebookNode, folder: Path) -> str:
    """All cells of a notebook, as a Div for filter.lua; their figures go into the folder."""
    where = {"unique_key": name, "output_files_dir": "figures"}
    body, resources = MarkdownExporter(config=Config(SETTINGS)).from_notebook_node(notebook, where)
    (folder / "figures").mkdir(parents=True, exist_ok=True)
    for file, content in resources["outputs"].items():
        (folder / file).write_bytes(content)
    return f'\n:::::: {{.chapter name="{name}"}}\n\n{body}\n\n::::::\n'


# --- the document ---


def pdf(folder: Path, chapters: list[str], facts: dict[str, str]) -> bytes:
    """The chapters as a PDF, with the words of its title page.

    What pandoc and Typst read is written to the folder.
    """
    markdown = "".join(chapters)
    (folder / "document.md").write_text(markdown, encoding="utf-8")  # to look at
    source = folder / "document.typ"
    source.write_text(typst_source(markdown, folder), encoding="utf-8")
    # PDF/UA-1: tagged for screen readers, with an alt text for each figure and equation.
    return typst.compile(source, sys_inputs=facts, pdf_standards=["ua-1"])


def typst_source(markdown: str, folder: Path) -> str:
    """What pandoc and filter.lua make of the chapters, whose figures are in the folder."""
    metadata = {
        "lang": "en-GB",
        "link-citations": True,
        "reference-section-title": "References",
        "works": works(),
    }
    (folder / "metadata.json").write_text(json.dumps(metadata), encoding="utf-8")
    options = [
        "--wrap=none",
        "--columns=100000",  # so that no table counts as wide: Typst finds the widths itself
        "--metadata-file=metadata.json",
        f"--template={HERE}/template.typ",
        f"--lua-filter={HERE}/filter.lua",
        f"--bibliography={BIBLIOGRAPHY}",
    ]
    # "-citations": filter.lua has resolved them, so pandoc must not leave them to Typst.
    to = "typst-citations"
    try:
        return pypandoc.convert_text(markdown, to, MARKDOWN, options, cworkdir=str(folder))
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
    except (ValueError, OSError) as error:  # an InputError, a missing file, a full disk
        raise SystemExit(f"No report: {error}") from None
    except KeyboardInterrupt:
        raise SystemExit("Stopped: run the same command again.") from None


if __name__ == "__main__":
    main()
