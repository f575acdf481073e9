"""Pictures and tables, drawn from the answers alone: from numbers that were saved.

Each is a function of all answers, in a file that has the name of the one that asks the question;
the one that only explains is in schemes.py.
"""

import base64
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from matplotlib import pyplot as plt

from course.display import markdown_table, picture, width_of
from shakespeare.files import write

from . import (
    baseline,
    copying,
    counting,
    inside,
    ladder,
    losses,
    rivals,
    schemes,
    shipped,
    tenths,
    who_copies,
    writing,
)
from .made import Answers, Picture, Table

PICTURES: dict[str, Callable[[Answers], Picture | Table]] = {
    "fig-answer": shipped.answer,
    "fig-claim": baseline.claim,
    "fig-context": inside.context,
    "fig-copying": copying.copying,
    "fig-copying-networks": who_copies.copying_networks,
    "fig-gains": ladder.gains,
    "fig-leak": schemes.leak,
    "fig-passage": inside.passage,
    "fig-specimens": writing.specimens,
    "fig-swap": inside.swap,
    "fig-tenths": tenths.tenths,
    "tbl-copying-networks": who_copies.copying_table,
    "tbl-carry-over": losses.carry_over,
    "tbl-final-writer": writing.writers,
    "tbl-full-size": losses.full_size,
    "tbl-ladder": ladder.ladder,
    "tbl-losses": baseline.losses,
    "tbl-ngrams": counting.ngrams,
    "tbl-published": rivals.published,
    "tbl-rivals": rivals.rivals_table,
}


def draw(answers: Answers, folder: Path) -> None:
    """Draw all pictures into a folder, with captions.json; print which can't be drawn, and why."""
    shutil.rmtree(folder, ignore_errors=True)
    captions = {}
    for name, make in PICTURES.items():
        try:
            made = make(answers)
        except KeyError as missing:
            plt.close("all")  # its figure may have been begun
            print(f"{name} is not drawn: the answers lack {missing}.", flush=True)
            continue
        captions[name] = {"made_by": made_by(make), **save(made, name, folder)}
    text = json.dumps(captions, indent=1, ensure_ascii=False) + "\n"
    write(folder / "captions.json", text.encode())


def made_by(make: Callable[[Answers], Picture | Table]) -> str:
    """Where to find a function, such as `report/evidence/pictures/tenths.py: tenths`."""
    return f"{make.__module__.replace('.', '/')}.py: {make.__name__}"


def save(made: Picture | Table, name: str, folder: Path) -> dict[str, Any]:
    """Write NAME.svg and NAME.png, or NAME.md for a table; return what captions.json says of it."""
    if isinstance(made, Table):
        write(folder / f"{name}.md", f"{markdown_table(made.header, made.rows)}\n".encode())
        return {"caption": made.caption}
    width = width_of(made.figure)
    formats = picture(made.figure, made.alt)
    write(folder / f"{name}.svg", formats["image/svg+xml"].encode())
    write(folder / f"{name}.png", base64.b64decode(formats["image/png"]))
    return {"caption": made.caption, "alt": made.alt, "width": width}
