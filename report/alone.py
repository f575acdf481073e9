"""Run a command that nobody else runs meanwhile: python report/alone.py LOCK COMMAND ...

The lock belongs to the command and the processes that it starts; it is gone when they are, however they ended.
"""

from __future__ import annotations

import fcntl
import os
import sys
from pathlib import Path


def main(lock: Path, command: list[str]) -> None:
    try:
        lock.parent.mkdir(parents=True, exist_ok=True)
        file = os.open(lock, os.O_RDWR | os.O_CREAT, 0o666)
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        sys.exit(f"Another make is at work in {lock.parent}: wait until it is done, or stop it.")
    except OSError as error:
        sys.exit(f"{lock} cannot be written ({error.strerror}): make room on the disk, or check the permissions.")
    os.set_inheritable(file, True)
    os.execvp(command[0], command)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
