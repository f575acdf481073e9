"""The executed notebooks of the published run, in report/notebooks: how they get there, and back.

GitHub shows them with their figures. They have their outputs from the run, and text and code from
`notebooks/`, in its order, so mending a sentence needs no run. Paper and site are made of them.
"""

from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

from report import render
from report.execute import QUIET
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


def store(executed: Path, stored: Path = STORED) -> None:
    """Keep the outputs of executed notebooks, with the text and code of `notebooks/`."""
    for source in sorted(NOTEBOOKS.glob("0*.ipynb")):
        shown = nbformat.read(executed / source.name, as_version=4)
        book = nbformat.read(source, as_version=4)
        book.cells = join(book.cells, shown.cells)
        refresh(book)
        for cell in book.cells:
            clean(cell)
        book.metadata = {"kernelspec": shown.metadata["kernelspec"]}
        write(stored / source.name, f"{nbformat.writes(book)}\n".encode())


def join(cells: list[Any], executed: list[Any]) -> list[Any]:
    """The cells of a notebook with the outputs that their executed copies have.

    The profile of the run comes along: papermill sets it in a further cell.
    """
    shown = {cell["id"]: cell for cell in executed}
    joined = []
    for cell in cells:
        if cell["cell_type"] == "code" and cell["id"] in shown:
            cell["outputs"] = shown[cell["id"]]["outputs"]
        joined.append(cell)
        if "parameters" in render.tags(cell):
            joined += [each for each in executed if "injected-parameters" in render.tags(each)]
    return joined


def refresh(book: nbformat.NotebookNode) -> None:
    """Show published numbers anew: when the notebook ran, they were those of the run before."""
    again = [cell for cell in book.cells if render.tags(cell) & {"imports", "published"}]
    part = nbformat.v4.new_notebook(cells=again)
    NotebookClient(
        part,
        kernel_name="python3",
        resources={"metadata": {"path": NOTEBOOKS}},
        extra_arguments=QUIET,
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
        executed = render.read_cells(STORED / source.name, name)
        chapters[name] = join(render.read_cells(source, name), executed)
    return chapters
