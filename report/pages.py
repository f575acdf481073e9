"""Executed notebooks -> the course as HTML pages, and a first page with their contents.

python -m report.pages BUILD makes them of a run, without BUILD of that in report/notebooks.
"""

import re
import shutil
import sys
from pathlib import Path
from typing import Any

from course.results import read_numbers
from report import render

NOTEBOOKS = render.HERE.parent / "notebooks"
# A heading in HTML: its level, its label, its words.
HEADING = re.compile(r'<(h[1-6])[^>]* id="(sec-[^"]*)">(.*?)</h')


def pages(build: Path, sources: Path = NOTEBOOKS) -> None:
    """The pages of a run, in BUILD/pages."""
    name = render.title(read_numbers(build / "01-preprocessing.json", {}))
    write_pages(build / "pages", render.notebooks(build), name, build, sources)


def site() -> None:
    """The pages of the run in report/notebooks, in build/site."""
    stored = render.HERE / "notebooks"
    name = render.title(read_numbers(stored / "01-preprocessing.json", {}))
    folder = render.HERE.parent / "build" / "site"
    write_pages(folder, render.notebooks(stored), name, render.HERE, NOTEBOOKS)


def write_pages(
    to: Path, course: dict[str, list[Any]], name_of_course: str, report: Path, sources: Path
) -> None:
    """Make the folder of pages; it gets its name only when all are complete.

    `report` has the paper and the explorer, which are copied there.
    """
    strict = render.has_shakespeare_cells(course)
    course["glossary"] = [render.prose(sources / "glossary.md", {})]
    for path in sorted(sources.glob("solutions/*.ipynb")):
        name = f"solutions-{path.stem}"
        course[name] = render.read_cells(path, name)

    folder = to.with_name(f"{to.name}-unfinished")
    made = make_pages(folder, course, name_of_course)
    made["index"] = make_index(folder, made, name_of_course)
    linked = render.link_pages(made, strict)

    shutil.rmtree(folder / "pages", ignore_errors=True)
    (folder / "pages").mkdir()
    for name, text in linked.items():
        (folder / "pages" / f"{name}.html").write_text(text, encoding="utf-8")
    for name in ("shakespeare-lstm.html", "shakespeare-lstm.pdf", "explorer.html"):
        shutil.copy(report / name, folder / "pages")
    shutil.rmtree(to, ignore_errors=True)
    (folder / "pages").rename(to)
    shutil.rmtree(folder)


def make_pages(folder: Path, course: dict[str, list[Any]], name_of_course: str) -> dict[str, str]:
    """A page of HTML for each of the course's parts, with links to the previous and the next."""
    names = list(course)
    made = {}
    for k, name in enumerate(names):
        facts = {"kind": "page", "pagetitle": f"{title(course[name])} – {name_of_course}"}
        if k > 0:
            previous = names[k - 1]
            facts["previous"] = f"{previous}.html"
            facts["previous-title"] = title(course[previous])
        if k + 1 < len(names):
            following = names[k + 1]
            facts["next"] = f"{following}.html"
            facts["next-title"] = title(course[following])
        made[name] = render.pandoc("html", folder, course[name], facts)
    return made


def title(cells: list[Any]) -> str:
    """The title of a notebook: the first line of its first cell, a heading in Markdown."""
    return cells[0]["source"].partition("\n")[0].removeprefix("# ")


def make_index(folder: Path, made: dict[str, str], name_of_course: str) -> str:
    """The first page: a short text, and the headings of all pages."""
    contents = ""
    for name, page in made.items():
        is_notebook = name[0].isdigit()
        levels = ["h1", "h2"] if is_notebook else ["h1"]  # for the others the title is enough
        for level, label, words in HEADING.findall(page):
            if level in levels:
                contents += f'<li class="{level}"><a href="#{label}">{words}</a></li>\n'
    words = [render.prose(render.HERE / "index.md", {})]
    page = render.pandoc("html", folder, words, {"kind": "index", "title": name_of_course})
    return page.replace("</main>", f"<ul>\n{contents}</ul>\n</main>")


if __name__ == "__main__":
    if len(sys.argv) == 1:
        site()
    else:
        render.run_command(pages)
