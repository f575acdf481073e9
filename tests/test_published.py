"""The executed notebooks of the published run: how they are stored, and what is shown of them."""

import nbformat
import pytest
from nbformat import v4

from report import published

WIDGET = "application/vnd.jupyter.widget-view+json"


def cell(kind: str, identity: str, source: str, *tags: str, outputs=()):
    """A cell of a notebook, with an identity by which it is found again."""
    metadata = {"tags": list(tags)} if tags else {}
    if kind == "code":
        return v4.new_code_cell(source, id=identity, metadata=metadata, outputs=list(outputs))
    return v4.new_markdown_cell(source, id=identity, metadata=metadata)


def says(text: str):
    return v4.new_output("stream", name="stdout", text=text)


def save(path, *cells) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(v4.new_notebook(cells=cells, metadata={"kernelspec": KERNEL}), path)


KERNEL = {"name": "python3", "display_name": "Python 3"}
FIGURE = cell("code", "figure", "print(best)", "published", outputs=[says("of the run before")])
IMPORTS = cell("code", "imports", "best = 'of this run'", "imports")
RESULT = cell("code", "result", "1 + 1", outputs=[says("2")])
PANEL = cell(
    "code",
    "panel",
    "panel",
    outputs=[v4.new_output("display_data", data={WIDGET: {}, "text/plain": "a panel"})],
)


@pytest.fixture
def folders(tmp_path, monkeypatch):
    """A notebook, in which a sentence was mended since it was executed, and its executed copy."""
    notebooks, build, stored = tmp_path / "notebooks", tmp_path / "full", tmp_path / "stored"
    links = "[it](glossary.md) [that](solutions/01-a.ipynb) [here](../report/notebooks/01-a.ipynb)"
    save(
        build / "01-a.ipynb",
        cell("markdown", "words", links),
        IMPORTS,
        FIGURE,
        RESULT,
        PANEL,
    )
    save(
        notebooks / "01-a.ipynb",
        cell("markdown", "words", "Mended."),
        cell("code", "result", "1 + 1"),
        cell("code", "figure", "print(best)", "published"),
        cell("code", "new", "3"),
    )
    monkeypatch.setattr(published, "NOTEBOOKS", notebooks)
    monkeypatch.setattr(published, "STORED", stored)
    published.store(build, stored)
    return stored


def test_what_is_stored_has_its_links_and_new_published_figures_and_no_widgets(folders):
    book = nbformat.read(folders / "01-a.ipynb", as_version=4)
    words, _, figure, result, panel = book.cells
    assert words.source.count("](../../notebooks/") == 2 and "[here](01-a.ipynb)" in words.source
    assert figure.outputs[0].text == "of this run\n"
    assert result.outputs[0].text == "2"
    assert panel.outputs[0].data == {"text/plain": "a panel"}


def test_a_sentence_can_be_mended_without_a_run(folders):
    [cells] = published.course().values()
    words, result, figure, new = cells
    assert words["source"] == "Mended."
    assert result["outputs"][0]["text"] == "2" and figure["outputs"] and not new["outputs"]
