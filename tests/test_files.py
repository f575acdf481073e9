"""Files are read or written whole, and messages are one sentence."""

import resource

from conftest import ROOT

from shakespeare import files
from shakespeare.files import InputError, is_tiny_shakespeare, read_text, text_hash


def test_an_error_is_its_sentence_in_a_notebook_too():
    error = InputError("my.txt is bad.")
    assert str(error) == "my.txt is bad."
    assert error._render_traceback_() == ["InputError: my.txt is bad."]  # what IPython prints


def test_the_shipped_text_has_a_name_in_a_clone_and_in_a_wheel(tmp_path, monkeypatch, write):
    monkeypatch.chdir(tmp_path)
    assert is_tiny_shakespeare(read_text("tiny-shakespeare"))
    monkeypatch.setattr(files, "INSTALLED", write("To be", "input.txt"))
    assert read_text("tiny-shakespeare") == "To be"


def test_a_text_is_known_by_its_characters():
    plays = (ROOT / "input.txt").read_text(encoding="utf-8")
    assert is_tiny_shakespeare(plays)
    assert not is_tiny_shakespeare(plays[:-1])
    assert text_hash("ab") == text_hash("a" + "b") != text_hash("ba")


def test_byte_order_mark_and_windows_line_ends_are_dropped(write):
    path = write("\ufeffone\r\ntwo\rthrée 🙂\n")
    assert read_text(path) == "one\ntwo\nthrée 🙂\n"


def test_what_is_no_text_is_refused(write, refuses, tmp_path):
    with refuses("no file", "absent.txt"):
        read_text(tmp_path / "absent.txt")
    for content, words in ((b"\xff\xfe", "UTF-8"), (b"a\0b", "NUL")):
        with refuses("strange.txt", words):
            read_text(write(content, "strange.txt"))


def test_a_file_is_written_whole_or_not_at_all(tmp_path, refuses):
    path = tmp_path / "new" / "numbers"
    files.write(path, b"old")
    assert [file.name for file in path.parent.iterdir()] == ["numbers"]
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))  # as if the disk were full
    try:
        with refuses("numbers cannot be written"):
            files.write(path, b"new" * 1000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert {file.name: file.read_bytes() for file in path.parent.iterdir()} == {"numbers": b"old"}
