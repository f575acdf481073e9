"""A network's folder and a text become a page, or there is one sentence why not."""

import json
import sys

import pytest
from conftest import ROOT, Page, small_baseline, train_recipe

from report.page import __main__ as command


@pytest.fixture
def trained(excerpt, write, tmp_path):
    """The path of a text, and the folder of a network that has learned it."""
    text = write(excerpt.text())
    train_recipe(small_baseline(epochs=1), excerpt.split(), tmp_path / "mine")
    return text, tmp_path / "mine"


def test_a_trained_network_and_its_text_become_a_page(trained, excerpt, write, tmp_path, capsys):
    text, folder = trained
    out = tmp_path / "new" / "mine.html"
    command.build(str(folder), str(text), out)
    megabytes = out.stat().st_size / 1e6
    said = capsys.readouterr().out
    assert said == f"The page is {out} ({megabytes:.1f} MB): open it in a browser.\n"
    page = Page(out)
    assert "learned from text.txt." in page.text
    config = json.loads(page.scripts["config"])
    assert config["chars"] == excerpt.chars and config["hidden_size"] == 32
    assert config["initial"]["text"] in excerpt.split().test.text()
    assert json.loads(page.scripts["to-learn"]) == excerpt.text()
    assert "recording" not in page.scripts and config["cells"] == []

    other = write(excerpt.text() * 2, "other.txt")
    command.build(str(folder), str(other), out)
    assert "learned from another text than other.txt." in Page(out).text


def test_what_cannot_become_a_page_is_one_sentence_and_writes_nothing(
    trained, write, tmp_path, refuses
):
    text, folder = trained
    out = tmp_path / "page.html"
    (tmp_path / "folder.html").mkdir()
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    for arguments, *words in (
        (("nowhere", text, out), "no network nowhere"),
        ((folder, tmp_path / "none.txt", out), "no file"),
        ((folder, write("€" * 5000, "strange.txt"), out), "'€'"),
        ((folder, write("Citizen\n" * 50, "short.txt"), out), "short.txt is too short"),
        ((folder, text, text), "ends with .html"),  # the text isn't overwritten
        ((folder, text, tmp_path / "folder.html"), "folder.html can't be a page"),
        ((folder, text, text / "page.html"), "page.html cannot be written"),
    ):
        network, path, page = arguments
        with refuses(*words):
            command.build(str(network), str(path), page)
    assert not out.exists()
    assert {path: path.read_bytes() for path in before} == before


def test_the_published_page_has_what_lies_beside_it(tmp_path, monkeypatch):
    out = tmp_path / "small.html"
    monkeypatch.setattr(sys, "argv", ["report.page", "small", str(ROOT / "input.txt"), str(out)])
    command.main()
    page = Page(out)
    assert "learned from Shakespeare's plays" in page.text and "How copying was born" in page.text
    assert len(json.loads(page.scripts["config"])["cells"]) > 3
