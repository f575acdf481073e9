"""Read user text and write files; unusable input becomes a one-sentence error."""

import hashlib
import os
import re
from contextlib import suppress
from pathlib import Path

TINY_SHAKESPEARE = "86c4e6aa9db7c042"  # `text_hash` of input.txt
HERE = Path(__file__).resolve().parent
INSTALLED = HERE / "text" / "input.txt"  # in a wheel: see package-dir in pyproject.toml
IN_CLONE = HERE.parent / "input.txt"

# What may not reach a terminal as it is: control characters except tab and newline, the marks that
# change the direction of writing, and halves of surrogate pairs, which cannot be printed.
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def escape_control_chars(text: str) -> str:
    """The text, safe to print: control characters are shown as codes such as \\x1b or \\u202e."""
    return CONTROL.sub(lambda match: match[0].encode("unicode_escape").decode(), text)


class InputError(ValueError):
    """Something the user gave cannot be used; the message says in one sentence what to do."""

    def __init__(self, message: str) -> None:
        super().__init__(escape_control_chars(message))  # the message may quote a file

    def _render_traceback_(self) -> list[str]:
        return [f"{type(self).__name__}: {self}"]  # IPython prints this line instead of a traceback


def find_text(name: str | Path) -> Path:
    """The path of a text; "tiny-shakespeare" is input.txt, wherever that is."""
    if name == "tiny-shakespeare":
        return INSTALLED if INSTALLED.is_file() else IN_CLONE
    return Path(name).expanduser()  # Windows' shells don't do it


def read_text(path: str | Path) -> str:
    """The UTF-8 text that `find_text` finds, every line end as "\\n". Raises InputError."""
    try:
        file = find_text(path)
        if not file.is_file():
            raise InputError(f'There is no file "{path}": give the path of a UTF-8 text file.')
        text = file.read_text(encoding="utf-8-sig")  # without a byte order mark
    except (UnicodeError, OSError, RuntimeError) as error:
        raise InputError(f"{path} cannot be read as UTF-8 text ({error}): check it.") from None
    if "\0" in text:
        raise InputError(f"{path} has the character NUL: save it as UTF-8 text.")
    return text


def text_hash(text: str) -> str:
    """Sixteen digits that stand for a text."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def is_tiny_shakespeare(text: str) -> bool:
    """Whether this is the text of input.txt, wherever it comes from."""
    return text_hash(text) == TINY_SHAKESPEARE


def write(path: str | Path, content: bytes) -> None:
    """Write the whole file or nothing: under another name first, renamed when complete."""
    partial = Path(f"{path}.{os.getpid()}.partial")
    try:
        partial.parent.mkdir(parents=True, exist_ok=True)
        partial.write_bytes(content)
        partial.replace(path)
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error.strerror}.") from None
    finally:  # after Ctrl-C or on a full disk it is still there
        with suppress(OSError):
            partial.unlink()
