"""Files are read or written whole, and messages are one safe sentence."""

import resource

from shakespeare import files
from shakespeare.files import InputError, escape_control_chars, read_text

STRANGE = "\x1b]52;c;ZXZpbA==\x07\x9b2J\r\u202e"  # commands a terminal


def test_what_commands_a_terminal_is_escaped_and_the_rest_is_kept():
    assert escape_control_chars("Zwölf\n\té €🙂") == "Zwölf\n\té €🙂"
    error = InputError(f"{STRANGE} is bad.")
    assert str(error) == r"\x1b]52;c;ZXZpbA==\x07\x9b2J\r\u202e is bad."
    assert error._render_traceback_() == [f"InputError: {error}"]  # in a notebook


def test_byte_order_mark_and_windows_line_ends_are_dropped(write):
    path = write("\ufeffone\r\ntwo\rthrée 🙂\n")
    assert read_text(path) == "one\ntwo\nthrée 🙂\n"


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
