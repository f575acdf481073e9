"""Read user text and write files; unusable input becomes a one-sentence error."""

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

PIECE = 1_000_000  # characters read at a time

# Control characters except tab and newline, the marks that change the direction of writing, and
# halves of surrogate pairs, which are in names that aren't UTF-8 and can't be printed.
CONTROL = r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"


def escape_control_chars(text: str) -> str:
    """The text, safe to print: control characters are shown as codes such as \\x1b or \\u202e."""
    return re.sub(CONTROL, lambda match: ascii(match[0]).strip("'"), text)  # '\x1b' in quotes


class InputError(ValueError):
    """Something the user gave cannot be used; the message says in one sentence what to do."""

    def __init__(self, message: str) -> None:
        super().__init__(escape_control_chars(message))  # the message may quote a file

    def _render_traceback_(self) -> list[str]:
        return [f"{type(self).__name__}: {self}"]  # IPython prints this line instead of a traceback


def read_pieces(path: str | Path) -> Iterator[str]:
    """Yield the UTF-8 text at `path` in pieces, every line end as "\\n". Raises InputError."""
    try:
        str(path).encode()  # raises an error for a name that is not UTF-8, which no result can hold
        file_path = Path(path).expanduser()  # not every shell does it in TEXT=~/story.txt
        if not file_path.is_file():
            raise InputError(f"There is no file {path}: give the path of a UTF-8 text file.")
        with file_path.open(encoding="utf-8-sig") as file:  # without a byte order mark
            piece = file.read(PIECE)
            while piece:
                if "\0" in piece:
                    raise InputError(f"{path} has the character NUL: save it as UTF-8 text.")
                yield piece
                piece = file.read(PIECE)
    except (UnicodeError, OSError, RuntimeError) as error:  # RuntimeError: no such home
        raise InputError(f"{path} cannot be read as UTF-8 text ({error}): check it.") from None


def write(path: str | Path, content: bytes) -> None:
    """Write the whole file or nothing: under another name first, renamed when complete."""
    partial = Path(f"{path}.{os.getpid()}.partial")
    try:
        partial.parent.mkdir(parents=True, exist_ok=True)
        partial.write_bytes(content)
        partial.replace(path)
    except OSError as error:
        with suppress(OSError):  # leave no half-written file on a full disk
            partial.unlink()
        raise InputError(f"{path} cannot be written: {error.strerror}.") from None
