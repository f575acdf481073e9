"""What comes in from a user and what is written: whatever cannot be used gets one sentence. A reader may skip it."""

from __future__ import annotations

import codecs
import io
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path


def harmless(text: str) -> str:
    """The text as a terminal may have it: what would command it or turn a line round shows as \\x1b or \\u202e."""
    commands = r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]"
    return re.sub(commands, lambda found: repr(found[0])[1:-1], text)


class InputError(ValueError):
    """Something a user handed over cannot be used; the message is one sentence that says why and what to do."""

    def __init__(self, message: str) -> None:
        super().__init__(harmless(message))  # it may quote a file

    def _render_traceback_(self) -> list[str]:
        return [f"{type(self).__name__}: {self}"]  # IPython prints this in place of a traceback


def read_pieces(path: str | Path, size: int = 1 << 20) -> Iterator[str]:
    """The UTF-8 text at `path` in pieces, line ends as "\\n". Raises InputError when there is no usable text."""
    path, blank, read = text_path(path), True, 0
    decoder = io.IncrementalNewlineDecoder(codecs.getincrementaldecoder("utf-8-sig")(), translate=True)
    try:
        if path.is_dir():
            raise InputError(f"{path} is a folder: give the path of a text file.")
        if path.exists() and not path.is_file():
            raise InputError(f"{path} is no ordinary file: give the path of a text file.")
        with path.open("rb") as file:
            while raw := file.read(size):
                read += len(raw)
                piece = decoder.decode(raw)
                if "\0" in piece:
                    raise InputError(f"{path} holds NUL bytes, so it is not plain text: save it as UTF-8 text first.")
                blank = blank and not piece.strip()
                yield piece
            yield decoder.decode(b"", final=True)
    except FileNotFoundError:
        raise InputError(f"There is no file {path}: check the path, or run `make data` for input.txt.") from None
    except UnicodeDecodeError as error:
        at = read - len(error.object) + error.start
        utf_16 = at == 0 and error.object.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
        found = "looks like UTF-16, not UTF-8" if utf_16 else f"is not UTF-8 (byte {at:,})"
        raise InputError(f"{path} {found}: save it as UTF-8 text first.") from None
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}): check the path and its permissions.") from None
    if blank:
        raise InputError(f"{path} holds no text: give a file with at least some ten thousand characters.")


def read_text(path: str | Path) -> str:
    """The whole of a text file as one string; errors as in `read_pieces`."""
    return "".join(read_pieces(path))


def text_path(path: object) -> Path:
    """`path` as a Path; InputError for what cannot be one."""
    if not isinstance(path, str | os.PathLike) or "\0" in str(path):
        raise InputError(f"The path of a text must be a string such as 'input.txt', not {path!r}.")
    return Path(path)


def whole(name: str, value: object, least: int = 1, most: int = 2**63 - 1) -> None:
    """Raise InputError unless `value` is a whole number from `least` to `most`: True and 2.0 are none."""
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise InputError(f"{name} must be a whole number of at least {least}, not {value!r}.")
    if value > most:
        raise InputError(f"{name} must be at most {most:,}, not {value:,}.")


def number(name: str, value: object, least: float = 0, most: float = sys.float_info.max) -> None:
    """Raise InputError unless `value` is a finite number from `least` to `most`."""
    if not isinstance(value, int | float) or isinstance(value, bool) or not least <= value <= most:
        allowed = f"from {least} upwards" if most == sys.float_info.max else f"from {least} to {most}"
        raise InputError(f"{name} must be a number {allowed}, not {value!r}.")


def write(path: str | Path, content: bytes) -> None:
    """Write a whole file or nothing: under another name first, renamed when it is complete.

    Raises InputError where nothing can be written, for example on a full disk.
    """
    path = Path(path)
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    try:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            partial.write_bytes(content)
            partial.replace(path)
        except OSError:
            partial.unlink(missing_ok=True)  # half a file takes room on a full disk
            raise
    except OSError as error:
        raise unwritable(path, error) from None


def unwritable(path: str | Path, error: OSError) -> InputError:
    return InputError(f"{path} cannot be written ({error.strerror}): make room on the disk or check permissions.")
