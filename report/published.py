"""The executed notebooks of the published run, in report/notebooks: how they get there, and back.

GitHub shows them with their figures. The report and the site are made of their outputs with the
text and code of `notebooks/`, in its order, so mending a sentence needs no run.
"""

from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

from report import render
from shakespeare.files import write

NOTEBOOKS = render.HERE.parent / "notebooks"
STORED = render.HERE / "notebooks"
WIDGET = "application/vnd.jupyter.widget-view+json"
MOVED = {  # links from report/notebooks
    "](glossary.md": "](../../notebooks/glossary.md",
    "](solutions/": "](../../notebooks/solutions/",
    "](../report/notebooks/": "](",
    "](../report/explorer.html": "](../explorer.html",
}


def store(build: Path, stored: Path = STORED) -> None:
    """Copy the executed notebooks of a run, after its numbers have been published."""
    for source in sorted(NOTEBOOKS.glob("0*.ipynb")):
        book = nbformat.read(build / source.name, as_version=4)
        refresh(book)
        for cell in book.cells:
            clean(cell)
        book.metadata = {"kernelspec": book.metadata["kernelspec"]}
        write(stored / source.name, f"{nbformat.writes(book)}\n".encode())


def refresh(book: nbformat.NotebookNode) -> None:
    """Show published numbers anew: when the notebook ran, they were those of the run before."""
    again = [cell for cell in book.cells if render.tags(cell) & {"imports", "published"}]
    part = nbformat.v4.new_notebook(cells=again)
    NotebookClient(
        part, kernel_name="python3", resources={"metadata": {"path": NOTEBOOKS}}
    ).execute()
    for cell, executed in zip(again, part.cells, strict=True):
        cell.outputs = executed.outputs


def clean(cell: nbformat.NotebookNode) -> None:
    """Take out of a cell what only the run needed: times, and widgets without their kernel."""
    cell.metadata = {"tags": sorted(render.tags(cell))} if render.tags(cell) else {}
    if cell.cell_type == "markdown":
        for link, moved in MOVED.items():
            cell.source = cell.source.replace(link, moved)
    for output in cell.get("outputs", []):
        output.get("data", {}).pop(WIDGET, None)


def course() -> dict[str, list[Any]]:
    """The cells of `notebooks/`, with the outputs of the published run."""
    chapters = {}
    for source in sorted(NOTEBOOKS.glob("0*.ipynb")):
        name = source.stem
        executed = {cell["id"]: cell for cell in render.read_cells(STORED / source.name, name)}
        cells = []
        for cell in render.read_cells(source, name):
            if cell["id"] in executed and cell["cell_type"] == "code":
                cell = cell | {"outputs": executed[cell["id"]]["outputs"]}
            cells.append(cell)
        chapters[name] = cells
    return chapters
