"""What has changed since the last run: python -m report.sources PROFILE TEXT, for the Makefile.

make compares dates, but a source that was put back has its old date. So the folder of the results
has a file with a digest of the sources of each notebook, and one of the report's. It is written
only when they have changed, and then it is newer than what was made from them. It is also written
where a notebook's numbers aren't those that `report.execute` noted, but were made in JupyterLab.

Prints the folder.
"""

import os
import sys
from collections.abc import Iterable
from pathlib import Path

from shakespeare.digests import digest
from shakespeare.files import InputError, write
from shakespeare.settings import build_folder

ROOT = Path(__file__).resolve().parents[1]

OF_EACH_NOTEBOOK = (
    "shakespeare/**/*.py",
    "shakespeare/profiles/*.toml",
    "notebooks/**/*.py",
    "report/execute.py",
)
OF_REPORT = (
    "report/render.py",
    "report/*.lua",
    "report/*.md",
    "report/*.bib",
    "report/template.*",
    "report/style.css",
    "report/math.woff",
    "report/explorer/**/*.*",
    "report/metrics.json",
    "report/figures/*",
)


def main(profile: str, text: str) -> None:
    build = build_folder(profile, text)
    for notebook in ROOT.glob("notebooks/0*.ipynb"):
        if made_by_hand(build, notebook.stem):
            (build / "sources" / notebook.stem).unlink(missing_ok=True)
        note_notebook(build, notebook.stem)
    note(build / "sources" / "report", OF_REPORT)
    print(os.path.relpath(build))


def note_notebook(build: Path, name: str) -> None:
    """Note the sources of one notebook; also when it is executed, which may be much later."""
    note(build / "sources" / name, [*OF_EACH_NOTEBOOK, f"notebooks/{name}.ipynb"])


def note_numbers(build: Path, name: str) -> None:
    """Note the numbers that an executed notebook has saved."""
    numbers = build / f"{name}.json"
    if numbers.exists():  # a notebook may be executed into another folder
        write(build / "sources" / f"{name}.numbers", digest(numbers.read_bytes()).encode())


def made_by_hand(build: Path, name: str) -> bool:
    """Whether the numbers of a notebook are others than those noted."""
    numbers = build / f"{name}.json"
    noted = build / "sources" / f"{name}.numbers"
    if not numbers.exists():
        return False  # make sees that itself
    return not noted.exists() or noted.read_text() != digest(numbers.read_bytes())


def note(file: Path, patterns: Iterable[str]) -> None:
    """Write a digest of the sources that have these patterns, unless the file has it already."""
    sources = {path for pattern in patterns for path in ROOT.glob(pattern) if path.is_file()}
    now = digest(*[part for path in sorted(sources) for part in (path.name, path.read_bytes())])
    if not file.exists() or file.read_text() != now:
        write(file, now.encode())


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except InputError as error:
        sys.exit(str(error))
