"""The board: losses on the last tenth of Tiny Shakespeare, ours and those that others publish.

A row has a line to quote if its losses of each character are in shakespeare/score.
"""

import csv
import io
from pathlib import Path

from shakespeare import score
from shakespeare.files import write as write_file

PATH = Path(__file__).resolve().parent / "board.csv"
COLUMNS = ["model", "protocol", "loss", "line", "by", "repeat"]
OURS = "this report"  # who computed a loss
SHIPPED = {"baseline": "baseline", "small": "small", "final": "full"}  # networks, by model
QUESTIONS = {  # the question that measures a model, if it isn't `losses`
    "contexts": "ahead",
    "pair, with contexts": "ahead",
    "committee, with contexts": "committee_ahead",
}
Row = dict[str, str]


def rows() -> list[Row]:
    """The rows as they should be: a row for each of our published losses, then those of others."""
    ours = [row_of(each) for each in score.losses_in(score.FOLDER / "losses.npz")]
    return ours + others()


def row_of(model: score.Scored) -> Row:
    """Our row for a model."""
    return {
        "model": model.name,
        "protocol": model.protocol,
        "loss": f"{model.nats():.4f}",
        "line": model.line(),
        "by": OURS,
        "repeat": command_of(model),
    }


def command_of(model: score.Scored) -> str:
    """The command that repeats one of our losses."""
    if model.name in SHIPPED and model.protocol in score.PROTOCOLS:
        return f"shakespeare score {SHIPPED[model.name]} --protocol {model.protocol}"
    if model.name == "counting":
        return "shakespeare evaluate full input.txt"
    question = QUESTIONS.get(model.name, "losses")
    return f"make evidence PROFILE=full QUESTION={question}"


def read() -> list[Row]:
    with PATH.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def others() -> list[Row]:
    """The rows of others, as they are."""
    return [row for row in read() if row["by"] != OURS]


def write() -> None:
    """Write our rows again."""
    file = io.StringIO()
    writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows())
    write_file(PATH, file.getvalue().encode())
