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


LINKS = "[it](glossary.md) [that](solutions/01-a.ipynb) [here](../report/notebooks/01-a.ipynb)"


@pytest.fixture
def folders(tmp_path, monkeypatch):
    """A notebook, which was mended since it was executed, and what is stored of it."""
    notebooks, build, stored = tmp_path / "notebooks", tmp_path / "full", tmp_path / "stored"
    parameters = cell("code", "parameters", "PROFILE = 'quick'", "parameters")
    given = cell("code", "given", "PROFILE = 'full'", "injected-parameters")
    save(
        build / "01-a.ipynb",
        cell("markdown", "words", "To be mended."),
        IMPORTS,
        parameters,
        given,
        FIGURE,
        RESULT,
        PANEL,
    )
    save(
        notebooks / "01-a.ipynb",
        cell("markdown", "words", f"Mended: {LINKS}."),
        IMPORTS,
        parameters,
        cell("code", "result", "1 + 1"),
        cell("code", "figure", "print(best)", "published"),
        cell("code", "panel", "panel"),
        cell("code", "new", "3"),
    )
    monkeypatch.setattr(published, "NOTEBOOKS", notebooks)
    monkeypatch.setattr(published, "STORED", stored)
    published.store(build, stored)
    return stored


def stored_cells(folder):
    return {each.id: each for each in nbformat.read(folder / "01-a.ipynb", as_version=4).cells}


def test_what_is_stored_has_the_outputs_of_the_run_and_no_widgets(folders):
    cells = stored_cells(folders)
    assert list(cells)[:4] == ["words", "imports", "parameters", "given"]
    assert list(cells)[4:] == ["result", "figure", "panel", "new"]
    assert cells["result"].outputs[0].text == "2"
    assert cells["panel"].outputs[0].data == {"text/plain": "a panel"}


def test_sentences_and_published_figures_are_mended_without_a_run(folders):
    cells = stored_cells(folders)
    assert cells["words"].source.startswith("Mended")
    assert cells["words"].source.count("](../../notebooks/") == 2
    assert "[here](01-a.ipynb)" in cells["words"].source
    assert cells["figure"].outputs[0].text == "of this run\n"


def test_paper_and_site_show_what_is_stored(folders):
    [cells] = published.course().values()
    assert cells[0]["source"] == f"Mended: {LINKS}."
    assert cells[4]["outputs"][0]["text"] == "2"
