"""Executed notebooks -> the course as HTML pages, and a first page with their contents."""

import re
import shutil
from pathlib import Path

from report import render


def pages(build: Path, sources: Path = render.HERE.parent / "notebooks") -> None:
    """Make the folder of pages; it gets its name only when all are complete."""
    course, folder = render.notebooks(build), build / "course"
    strict = render.whole(course)
    course["glossary"] = [render.prose(sources / "glossary.md", {})]
    for path in sorted(sources.glob("solutions/*.ipynb")):
        name = f"solutions-{path.stem}"
        course[name] = render.cells(path, name)
    titles = {name: re.match("# (.*)", page[0]["source"])[1] for name, page in course.items()}
    names, made, contents = ["", *course, ""], {}, ""
    for before, name, after in zip(names, names[1:], names[2:], strict=False):
        facts = {"kind": "page", "pagetitle": f"{titles[name]} – {render.TITLE}"}
        for way, other in (("previous", before), ("next", after)):
            facts |= {way: f"{other}.html", f"{way}-title": titles[other]} if other else {}
        made[name] = render.pandoc("html", folder, course[name], facts)
        heading = f'<(h[{"12" if name[0].isdigit() else "1"}])[^>]* id="(sec-[^"]*)">(.*?)</h'
        for level, label, words in re.findall(heading, made[name]):
            contents += f'<li class="{level}"><a href="#{label}">{words}</a></li>\n'
    index, facts = render.prose(render.HERE / "index.md", {}), {"kind": "index"}
    first = render.pandoc("html", folder, [index], facts | {"title": render.TITLE})
    made["index"] = first.replace("</main>", f"<ul>\n{contents}</ul>\n</main>")

    shutil.rmtree(folder / "pages", ignore_errors=True)
    (folder / "pages").mkdir()
    for name, text in render.link_pages(made, strict).items():
        (folder / "pages" / f"{name}.html").write_text(text, encoding="utf-8")
    for name in ("shakespeare-lstm.html", "shakespeare-lstm.pdf", "explorer.html"):
        shutil.copy(build / name, folder / "pages")
    shutil.rmtree(build / "pages", ignore_errors=True)
    (folder / "pages").rename(build / "pages")


if __name__ == "__main__":
    render.run(pages)
