"""Files that are written whole or not at all, whenever a process is stopped."""

from __future__ import annotations

import os
from pathlib import Path

from .data import InputError


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
