"""Executed notebooks and metrics -> the report, as PDF and as one HTML file.

blocks.py makes one Markdown file of fenced blocks; pandoc and filter.lua read it. Typst sets the PDF in the look of
template.typ; template.html and style.css are the look of all HTML, that of pages.py too.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

import pypandoc
import typst

from report import blocks
from report.blocks import ReportError, fenced, read

HERE = Path(__file__).resolve().parent
ABOUT = {
    "title": "Shakespeare, one character at a time",
    "subtitle": "A character-level LSTM, from its equations to new text",
    "author": "The project's contributors",
}
STOPPED = "Stopped: give the same command again."
HTML = (
    "--to=html5",
    "--mathml",
    "--standalone",
    "--toc",
    "--toc-depth=2",
    "--eol=lf",
    "--syntax-highlighting=pygments",
)


def load_metrics(build: Path) -> Any:
    try:
        return json.loads(read(build / "metrics.json"))
    except (json.JSONDecodeError, RecursionError) as error:
        raise ReportError(
            f"{build / 'metrics.json'} is not JSON ({error}): delete it and the notebooks beside it, then run the "
            "same command again, which keeps the trained models."
        ) from None


def refuse_changed(metrics: Any, build: Path) -> None:
    """Raise ReportError where a notebook was run with settings that are not the profile's."""
    for path in sorted(build.glob("0?-*.ipynb")):
        section = metrics.get(path.stem.split("-", 1)[1].removeprefix("lstm-"), {})
        if changes := section.get("changes"):
            raise ReportError(
                f"the numbers of {path.stem} in {build / 'metrics.json'} come from a run with CHANGES = {changes}: "
                f"delete {path} and run the same command again, which computes those of the profile."
            )


def about(metrics: Any, profile: str) -> dict[str, str]:
    """What the title page says."""
    try:
        training = metrics["training"]
        day, versions = date.fromisoformat(training["date"]), str(training["versions"])
        dict(training["settings"])
    except (KeyError, TypeError, ValueError):
        raise ReportError(
            "metrics.json lacks training.date (an ISO date), training.versions or training.settings."
        ) from None
    if training.get("profile", profile) != profile:
        raise ReportError(f"metrics.json is of the profile {training['profile']!r}, not {profile!r}.")
    return ABOUT | {"profile": profile, "versions": versions, "date": f"{day.day} {day:%B %Y}"}


def workshop(folder: Path) -> Path:
    """The folder, empty but for one for figures."""
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "figures").mkdir(parents=True)
    return folder


def write(folder: Path, parts: Iterable[str]) -> None:
    (folder / "report.md").write_text("\n\n".join(part for part in parts if part) + "\n", encoding="utf-8")


def pandoc(folder: Path, out: str | Path, options: Iterable[str], facts: dict[str, str]) -> None:
    """Run pandoc on what `write` wrote. Facts are text for the template and the filter, not Markdown."""
    command = [pypandoc.get_pandoc_path(), "report.md", f"--output={out}", "--wrap=none", "--metadata=link-citations"]
    command += [f"--bibliography={HERE / 'references.bib'}", f"--lua-filter={HERE / 'filter.lua'}", *options]
    command += [f"--metadata={name}={value}" for name, value in facts.items()]
    environment = os.environ | {"LC_ALL": "C.UTF-8"}  # or it could not write a path such as this folder may have
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, encoding="utf-8", check=False)
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if not line.startswith(("[WARNING]", " "))]
        raise ReportError(" ".join(said))
    print(done.stderr, end="", file=sys.stderr)  # its warnings


def html(folder: Path, out: str | Path, facts: dict[str, str]) -> None:
    """By pandoc alone, in one file: the style stands in it, and filter.lua puts the pictures in."""
    (folder / "style").write_text(f"<style>\n{read(HERE / 'style.css')}</style>\n", encoding="utf-8")
    look = (f"--template={HERE / 'template.html'}", "--include-in-header=style")
    pandoc(folder, out, (*HTML, *look), {"lang": "en-GB", **facts})


def pdf(folder: Path, out: str, facts: dict[str, str]) -> None:
    """By pandoc and Typst, as PDF/UA-1: tagged for screen readers, with a text for each figure and equation."""
    pandoc(folder, "report.typ", ("--to=typst-citations", "--syntax-highlighting=idiomatic"), {})
    source = folder / "report.typ"
    head = '#import "template.typ": *\n#show: report.with(about)\n\n'
    source.write_text(head + source.read_text(encoding="utf-8"), encoding="utf-8")
    shutil.copy(HERE / "template.typ", folder)
    (folder / "about.json").write_text(json.dumps(facts), encoding="utf-8")
    try:
        try:
            typst.compile(source, output=folder / out, root=folder, format="pdf", pdf_standards="ua-1")
        except typst.TypstError as error:
            if "could not be displayed" not in str(error):
                raise
            # A text in a script for which this machine has no font: tagged all the same.
            typst.compile(source, output=folder / out, root=folder, format="pdf")
    except typst.TypstError as error:
        raise ReportError(f"Typst cannot set {source}: {error}") from None


def report(build: Path, profile: str, out: Path, prose: Path = HERE) -> None:
    """Make the PDF, and the HTML file beside it; they appear under their names only when both are complete."""
    metrics = load_metrics(build)
    refuse_changed(metrics, build)
    facts = about(metrics, profile)
    folder = workshop(build / "report")
    parts = [
        blocks.prose(prose / "abstract.md", metrics, "abstract"),
        fenced("chapter", "introduction"),
        blocks.prose(prose / "introduction.md", metrics),
        *blocks.sections(build, folder / "figures"),
        fenced("chapter", "conclusion"),
        blocks.prose(prose / "conclusion.md", metrics),
        fenced("references", ""),
        fenced("appendix", ""),
        fenced("chapter", "appendix"),
        blocks.prose(prose / "appendix.md", metrics),
        *blocks.appendix(metrics),
    ]
    write(folder, parts)
    html(folder, "report.html", facts | {"kind": "report"})
    pdf(folder, "report.pdf", facts)
    out.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(folder / "report.html", out.with_suffix(".html"))
    shutil.move(folder / "report.pdf", out)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=Path, required=True, help="folder of the executed notebooks and metrics.json")
    parser.add_argument("--profile", required=True, help="the profile that they were executed with")
    parser.add_argument("--out", type=Path, required=True, help="the PDF; the HTML file is put beside it")
    parser.add_argument("--prose", type=Path, default=HERE, help="folder of abstract.md, introduction.md and so on")
    options = parser.parse_args()
    try:
        report(options.build, options.profile, options.out, options.prose)
    except (ReportError, OSError) as error:  # OSError: a full disk, for example
        print(f"No report: {error}", file=sys.stderr)
        return 1
    print(f"{options.out} is ready.")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(STOPPED)
