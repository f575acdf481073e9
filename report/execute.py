"""Execute one notebook: python -m report.execute NOTEBOOK OUT [NAME=VALUE ...].

The executed copy is named OUT only when every cell has run; a failed one stays beside it under
OUT's name with `.failed.ipynb`, and the exit status is 1. What the reader hasn't written yet is
taken from notebooks/solutions.
"""

import logging
import os
import re
import signal
import sys
from pathlib import Path

import nbformat
import papermill
from papermill.exceptions import PapermillExecutionError

from checks.solutions import insert_solutions
from shakespeare.files import escape_control_chars

QUIET = ["--HistoryManager.hist_file=:memory:", "--IPKernelApp.log_level=50"]

EPOCH = re.compile(r"epoch \d+/\d+: ")  # "epoch 1/3: train_loss 2.6, val_loss 2.5, ..."


def main(notebook: Path, out: Path, parameters: dict[str, str]) -> None:
    known = papermill.inspect_notebook(str(notebook))
    for name in parameters:
        if name not in known:
            sys.exit(f"{notebook} has no parameter {name}: it has {', '.join(known)}.")
    if "MINE" in known:
        # Beside the notebook, there may be a program of the reader's.
        parameters = parameters | {"MINE": os.path.relpath(out.parent, notebook.parent)}
    book = nbformat.read(notebook, as_version=4)
    insert_solutions(book, notebook.parent / "solutions", notebook.name)
    signal.signal(signal.SIGINT, stop)
    show_epochs(notebook.stem)
    execute(book, notebook, out, parameters)


def execute(
    book: nbformat.NotebookNode, notebook: Path, out: Path, parameters: dict[str, str]
) -> None:
    """Execute `book`, the cells of `notebook` that run, into `out`; exit with a sentence."""
    unfinished = out.with_suffix(".failed.ipynb")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(book, unfinished)  # papermill takes files, and writes as far as it got
        papermill.execute_notebook(
            str(unfinished),
            str(unfinished),
            parameters=parameters,
            kernel_name="python3",
            cwd=str(notebook.parent),
            start_timeout=300,  # seconds; on a busy machine, papermill's 60 can be too few
            log_output=True,
            progress_bar={"desc": notebook.stem, "mininterval": 1},
            extra_arguments=QUIET,
        )
    except PapermillExecutionError as error:
        said = f"{notebook}, cell {error.cell_index}: {error.ename}: {error.evalue}"
        so_far = f"The notebook as far as it got: {unfinished}"
        sys.exit(escape_control_chars(f"\n{said}\n{so_far}"))
    unfinished.replace(out)


def stop(*_: object) -> None:
    """What Ctrl-C does."""
    said = "\nStopped: the same command goes on. (The notebook that was running begins again.)"
    print(said, file=sys.stderr, flush=True)
    os._exit(130)  # at once, whatever papermill waits for; the kernel ends with its parent


def show_epochs(name: str) -> None:
    """Let papermill's log, which has all that cells print, go to `Epochs` alone."""
    logger = logging.getLogger("papermill")
    logger.setLevel(logging.INFO)
    logger.propagate = False
    logger.addHandler(Epochs(name))


class Epochs(logging.Handler):
    """Show the lines that training prints after each epoch, and nothing else."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def emit(self, record: logging.LogRecord) -> None:
        for line in record.getMessage().splitlines():
            if EPOCH.match(line):
                print(f"\r{self.name}: {escape_control_chars(line)}", flush=True)


if __name__ == "__main__":
    notebook, out, *pairs = sys.argv[1:]
    main(Path(notebook), Path(out), dict(pair.split("=", 1) for pair in pairs))
