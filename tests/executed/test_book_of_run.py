"""The book of the run in build/smoke: all that the notebooks have is in it, and links arrive."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import nbformat
import pytest
from conftest import NOTEBOOKS, ROOT, Page
from fontTools.ttLib import TTFont
from test_book import letters_of_formulas

from report.book import write_book

RUN = ROOT / "build" / "smoke"
BESIDE = [RUN / "explorer.html", RUN / "report.pdf"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("book") / "book"
    write_book(RUN, folder, BESIDE)
    return folder


@pytest.fixture(scope="module")
def pages(folder: Path) -> dict[str, Page]:
    """The pages of the book by their files; the explorer is another work."""
    paths = [path for path in folder.glob("*.html") if path.name != "explorer.html"]
    return {path.name: Page(path) for path in paths}


def attributes(page: Page, name: str) -> Iterator[tuple[str, str]]:
    """All values of an attribute, each after its tag."""
    for tag, about in page.tags:
        if name in about:
            yield tag, about[name]


def one_line(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_page_has_all_cells_and_outputs(pages: dict[str, Page], name: str):
    notebook = nbformat.read(RUN / f"{name}.ipynb", as_version=4)
    page = pages[f"{name}.html"]
    ids = [value for _, value in attributes(page, "id")]
    assert len(ids) == len(set(ids))
    pictures = 0
    for cell in notebook.cells:
        if "injected-parameters" in cell.metadata.tags:
            continue
        if cell.cell_type == "code":
            assert one_line(cell.source) in page.text, cell.id
        for output in cell.get("outputs", []):
            pictures += "image/svg+xml" in output.get("data", {})
            for about in output.get("metadata", {}).values():
                assert "label" not in about or about["label"] in ids, cell.id
    markdown = sum(cell.cell_type == "markdown" for cell in notebook.cells)
    kinds = [value.split()[0] for tag, value in attributes(page, "class") if tag == "div"]
    assert kinds.count("markdown") == markdown
    alternatives = [value for tag, value in attributes(page, "alt")]
    assert len(alternatives) == pictures and all(alternatives)


def test_links_arrive_and_nothing_else_is_fetched(folder: Path, pages: dict[str, Page]):
    ids = {file: {value for _, value in attributes(page, "id")} for file, page in pages.items()}
    dead = []
    for file, page in pages.items():
        for tag, address in [*attributes(page, "href"), *attributes(page, "src")]:
            if address.startswith("http"):
                assert tag == "a", address
                continue
            target, _, section = address.partition("#")
            target = target or file
            if section and target in ids:
                arrives = unquote(section) in ids[target]
            else:
                arrives = (folder / target).exists()
            if not arrives:
                dead.append(address)
    assert not dead


def test_the_font_has_each_character_of_the_formulas(folder: Path, pages: dict[str, Page]):
    font = TTFont(folder / "math.woff").getBestCmap().keys()
    for file in pages:
        letters = letters_of_formulas((folder / file).read_text(encoding="utf-8"))
        assert letters <= font, (file, [chr(letter) for letter in letters - font])
