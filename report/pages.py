"""Executed notebooks -> the course as HTML pages, and a first page that leads to them and to the report.

Each page is one file that needs nothing else: no network, no fonts, no scripts.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import sys
from pathlib import Path

from report import blocks
from report.blocks import NOTEBOOKS, ReportError, fenced, read
from report.render import ABOUT, HERE, STOPPED, html, workshop, write

SOURCES = HERE.parent / "notebooks"


def contents(source: str) -> list[str]:
    """The titles in a Markdown text, its own first."""
    return re.findall(r"^##? +(.+?) *$", re.sub(r"```.*?```", "", source, flags=re.DOTALL), re.MULTILINE)


def prose_of(path: Path) -> str:
    """What stands in a Markdown file, or in the Markdown of a notebook, cells and outputs."""
    if path.suffix == ".md":
        return read(path)
    written = []
    for cell in blocks.executed(path):
        written += [cell.source] if cell.cell_type == "markdown" else []
        written += [output.data.get("text/markdown", "") for output in cell.get("outputs", []) if "data" in output]
    return "\n\n".join(written)


def labels(text: str) -> list[str]:
    """The labels that blocks give to equations, figures and tables."""
    return re.findall(r"\\label\s*{(eq-[\w.-]+)}", text) + re.findall(r'"label": "((?:fig|tbl)-[\w.-]+)"', text)


def first_page(titles: dict[str, list[str]]) -> str:
    """What stands on index.html: the pages, those of the course with their sections."""
    lines = [read(HERE / "index.md")]
    for name, (title, *sections) in titles.items():
        lines.append(f"- [{title}]({name}.html)\n")
        for section in sections if name in NOTEBOOKS else []:
            words = re.sub(r"[^A-Za-z0-9]+", "-", re.sub("[`*$]", "", section))
            lines.append(f"    - [{section}]({name}.html#sec-{name.partition('-')[2]}-{words})")
    return "\n".join(lines)


def check_links(out: Path) -> None:
    """Every link from one page to another must lead somewhere."""
    texts = {path.name: read(path) for path in out.glob("*.html")}
    for name, text in texts.items():
        for page, label in re.findall(r'href="([\w-]+\.html)(?:#([^"]*))?"', text):
            if page not in texts or (label and f'id="{label}"' not in texts[page]):
                raise ReportError(f"{name} links to {page}#{label}, which is nowhere.")


def pages(build: Path, out: Path, report: Path, sources: Path) -> None:
    """Make the pages; the folder appears under its name only when all are complete."""
    shelf = {name: build / f"{name}.ipynb" for name in NOTEBOOKS}
    shelf |= {path.stem: path for path in sources.glob("glossary.md")}
    shelf |= {f"solutions-{path.stem}": path for path in sorted(sources.glob("solutions/*.ipynb"))}
    titles = {name: contents(prose_of(path)) for name, path in shelf.items()}
    made = (workshop(build / "course") / "pages").resolve()
    made.mkdir()

    folder = workshop(build / "course" / "index")
    write(folder, [fenced("cell", first_page(titles))])
    html(folder, made / "index.html", {"kind": "index", **ABOUT})
    parts = {}
    for name, path in shelf.items():
        folder = workshop(build / "course" / name)
        cells = blocks.page(path, folder / "figures") if path.suffix == ".ipynb" else [fenced("cell", read(path))]
        parts[name] = [fenced("chapter", name), *cells, fenced("references", "")]
    homes = {label: name for name in parts for label in labels("\n".join(parts[name]))}
    names = list(shelf)
    for number, name in enumerate(names):
        elsewhere = {label: f"{home}.html#{label}" for label, home in homes.items() if home != name}
        write(build / "course" / name, [fenced("elsewhere", json.dumps(elsewhere)), *parts[name]])
        facts = {"kind": "page", "pagetitle": f"{titles[name][0]} – {ABOUT['title']}"}
        for way, other in (("previous", number - 1), ("next", number + 1)):
            if other in range(len(names)):
                facts |= {way: f"{names[other]}.html", f"{way}-title": titles[names[other]][0]}
        html(build / "course" / name, made / f"{name}.html", facts)

    for path in (report, report.with_suffix(".html")):
        shutil.copy(path, made)
    check_links(made)
    shutil.rmtree(out, ignore_errors=True)
    shutil.move(made, out)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=Path, required=True, help="folder of the executed notebooks")
    parser.add_argument("--report", type=Path, required=True, help="the report's PDF, with its HTML file beside it")
    parser.add_argument("--out", type=Path, required=True, help="the folder of the pages")
    parser.add_argument("--sources", type=Path, default=SOURCES, help="folder of solutions/ and glossary.md")
    options = parser.parse_args()
    try:
        pages(options.build, options.out, options.report, options.sources)
    except (ReportError, OSError) as error:  # OSError: a full disk, for example
        print(f"No pages: {error}", file=sys.stderr)
        return 1
    print(f"{options.out / 'index.html'} is ready.")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(STOPPED)
