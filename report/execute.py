"""Execute one notebook: python report/execute.py NOTEBOOK OUT [NAME=VALUE ...].

The executed copy is called OUT only when every cell has run; a failed one stays beside it as
OUT's name with `.failed.ipynb`, and the exit status is 1. Cells tagged
`shakespeare-only` are left out unless the text is Tiny Shakespeare.
"""

import hashlib
import logging
import os
import signal
import sys
from pathlib import Path

import nbformat
import papermill
from nbclient.exceptions import DeadKernelError
from papermill.exceptions import PapermillExecutionError

from report.fetch_corpus import SHA256
from shakespeare.files import escape_control_chars

QUIET = ["--HistoryManager.hist_file=:memory:", "--IPKernelApp.log_level=50"]


class Epochs(logging.Handler):
    """Show the training lines on the terminal, out of all that cells print and papermill logs."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def emit(self, record: logging.LogRecord) -> None:
        for line in record.getMessage().splitlines():
            if line.startswith("epoch "):
                print(f"\r{self.name}: {escape_control_chars(line)}", flush=True)


def stop(*_: object) -> None:
    said = "\nStopped: the same command resumes after the last finished epoch."
    print(said, file=sys.stderr, flush=True)
    os._exit(130)  # at once, whatever papermill waits for; the kernel ends with its parent


def main(notebook: Path, out: Path, parameters: dict[str, str]) -> None:
    known = papermill.inspect_notebook(str(notebook))
    if unknown := parameters.keys() - known.keys():
        sys.exit(f"{notebook} has no parameter {unknown.pop()}: it has {', '.join(known)}.")
    if "TEXT" in parameters:  # notebooks run in their own folder
        parameters["TEXT"] = os.path.relpath(parameters["TEXT"], notebook.parent)
    book = nbformat.read(notebook, as_version=4)
    text = notebook.parent / parameters.get("TEXT", "../input.txt")
    if not text.is_file() or hashlib.sha256(text.read_bytes()).hexdigest() != SHA256:
        tag = "shakespeare-only"
        book.cells = [cell for cell in book.cells if tag not in cell.metadata.get("tags", [])]
    signal.signal(signal.SIGINT, stop)
    logger = logging.getLogger("papermill")
    logger.setLevel(logging.INFO)
    logger.propagate = False
    logger.addHandler(Epochs(notebook.stem))
    copy = out.with_suffix(".failed.ipynb")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(book, copy)
        papermill.execute_notebook(
            str(copy),
            str(copy),
            parameters=parameters,
            kernel_name="python3",
            cwd=str(notebook.parent),
            log_output=True,
            progress_bar={"desc": notebook.stem, "mininterval": 1},
            extra_arguments=QUIET,
        )
    except PapermillExecutionError as error:
        where, what = f"{notebook}, cell {error.cell_index}", f"{error.ename}: {error.evalue}"
        sys.exit(escape_control_chars(f"\n{where}: {what}\nThe notebook as far as it got: {copy}"))
    except DeadKernelError:
        sys.exit(f"\n{notebook}: the kernel died, most likely out of memory: give a shorter text.")
    except OSError as error:
        advice = "check permissions and space"
        sys.exit(f"\n{out.parent} cannot be written ({error.strerror}): {advice}.")
    copy.replace(out)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), dict(pair.split("=", 1) for pair in sys.argv[3:]))
