"""Execute one notebook: python report/execute.py NOTEBOOK OUT [NAME=VALUE ...].

Values are strings, CHANGES and DEVICES are JSON. The executed copy appears as OUT when every cell has run; after a
failure it is kept beside it as OUT's name with `.failed.ipynb`, and the status is 1.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
import threading
from pathlib import Path
from typing import Any

import nbformat
import papermill
from nbclient.exceptions import DeadKernelError
from papermill.exceptions import PapermillExecutionError


def printable(text: str) -> str:
    """The text as a terminal may have it: what stands in a corpus must not command it."""
    return "".join(c if c.isprintable() or c == "\n" else ascii(c)[1:-1] for c in text)


class Terminal(logging.Handler):
    """Papermill logs cells and their whole output; the terminal gets the cells and the lines of training."""

    def __init__(self, name: str, cells: int) -> None:
        super().__init__()
        self.name_, self.cells = name, cells

    def emit(self, record: logging.LogRecord) -> None:
        message = record.getMessage()
        if message.startswith("Executing Cell"):
            cell = message.removeprefix("Executing Cell").strip(" -")
            end = "\r" if sys.stdout.isatty() else "\n"
            print(f"{self.name_}: cell {printable(cell)} of {self.cells}", end=end, flush=True)
        for line in message.splitlines():
            if line.startswith(("epoch ", "step ", "checkpoint ")):
                print(f"{self.name_}: {printable(line)}", flush=True)


def describe(error: Exception, copy: Path, notebook: Path) -> str:
    """One sentence: which notebook, which cell, what happened, where to read on."""
    where, what = str(notebook), f"{type(error).__name__}: {error}"
    if isinstance(error, PapermillExecutionError):
        cells = nbformat.read(copy, as_version=4).cells
        cell = next(cell for cell in cells if any(o.output_type == "error" for o in cell.get("outputs", [])))
        first = next((line for line in cell.source.splitlines() if line.strip()), "")
        where, what = f"{notebook}, cell {cell.id} ({first.strip()})", f"{error.ename}: {error.evalue}"
    if isinstance(error, DeadKernelError):
        what = "its kernel was ended from outside, most likely for want of memory: close other programs, or give a "
        what += "text with fewer characters or fewer distinct ones."
    return printable(f"{where}: {what}\nThe notebook as far as it got is {copy}.")


def stop(*_: object) -> None:
    """Ctrl-C: an interrupt as ever, but papermill may lose it while a kernel starts, so the end comes in any case."""
    print("\nStopped. The same command goes on from the last checkpoint.", file=sys.stderr, flush=True)
    last = threading.Timer(5, os._exit, [130])  # the kernel ends when its parent is gone
    last.daemon = True
    last.start()
    raise KeyboardInterrupt


def main(notebook: Path, out: Path, parameters: dict[str, Any]) -> int:
    known = papermill.inspect_notebook(str(notebook))
    for name in parameters:
        if name not in known:
            print(f"{notebook} has no parameter {name}: it has {', '.join(known)}.", file=sys.stderr)
            return 1
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        print(f"{out.parent} cannot be made: {error.strerror}.", file=sys.stderr)
        return 1
    copy = out.with_suffix(".failed.ipynb")  # it gets its own name when it has not failed
    logger = logging.getLogger("papermill")
    logger.setLevel(logging.INFO)
    logger.propagate = False
    logger.addHandler(Terminal(notebook.stem, len(nbformat.read(notebook, as_version=4).cells) + 1))
    try:
        papermill.execute_notebook(
            str(notebook),
            str(copy),
            parameters=parameters,
            kernel_name="python3",
            cwd=str(notebook.parent),
            log_output=True,
            progress_bar=False,
            extra_arguments=[
                "--HistoryManager.hist_file=:memory:",
                "--IPKernelApp.log_level=50",
            ],  # no history, no advice
        )
    except KeyboardInterrupt:  # see `stop`
        logging.getLogger("asyncio").disabled = True  # it would tell what the interrupt left undone
        return 130
    except OSError as error:
        print(
            f"\n{out.parent} cannot be written to ({error.strerror}): make room on the disk or check the "
            "permissions; the same command goes on from the last checkpoint.",
            file=sys.stderr,
        )
        return 1
    except Exception as error:  # whatever went wrong in a cell is told in a sentence
        print(f"\n{describe(error, copy, notebook)}", file=sys.stderr)
        return 1
    os.replace(copy, out)
    print(f"{notebook.stem}: done", flush=True)
    return 0


if __name__ == "__main__":
    if len(sys.argv) < 3 or not all("=" in pair for pair in sys.argv[3:]):
        sys.exit(__doc__)
    values: dict[str, Any] = dict(pair.split("=", 1) for pair in sys.argv[3:])
    source = Path(sys.argv[1])
    if "TEXT" in values:  # notebooks run in their own folder
        values["TEXT"] = os.path.relpath(os.path.expanduser(values["TEXT"]), source.parent)
    signal.signal(signal.SIGINT, stop)
    for name, example in (("CHANGES", '{"epochs": 6}'), ("DEVICES", "2")):
        try:
            if name in values:
                values[name] = json.loads(values[name])
        except ValueError:
            sys.exit(f"{name} must be JSON such as {example}, not {values[name]}.")
    sys.exit(main(source, Path(sys.argv[2]), values))
