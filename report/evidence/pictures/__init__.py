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

from course.display import Picture, Table, markdown_table, picture, width_of
from shakespeare.files import write

from ..answers import Answers
from . import (
    baseline,
    copied_names,
    counting,
    inside,
    ladder,
    losses,
    rivals,
    schemes,
    tenths,
    who_copies,
    writing,
)

PICTURES: tuple[Callable[[Answers], Picture | Table], ...] = (
    baseline.claim,
    inside.context,
    copied_names.copying,
    who_copies.copying_networks,
    ladder.gains,
    schemes.leak,
    inside.passage,
    writing.specimens,
    inside.swap,
    tenths.tenths,
    who_copies.copying_table,
    losses.carry_over,
    writing.writers,
    losses.full_size,
    ladder.ladder,
    baseline.losses,
    counting.ngrams,
    rivals.published,
    rivals.rivals_table,
    rivals.survey,
)


def draw(answers: Answers, folder: Path) -> None:
    """Draw all pictures into a folder, with captions.json; print which can't be drawn, and why."""
    shutil.rmtree(folder, ignore_errors=True)
    captions = {}
    for make in PICTURES:
        try:
            made = make(answers)
        except KeyError as missing:
            plt.close("all")  # its figure may have been begun
            print(f"{made_by(make)} isn't drawn: the answers lack {missing}.", flush=True)
            continue
        name = name_of(made)
        captions[name] = {"made_by": made_by(make), **save(made, name, folder)}
    text = json.dumps(captions, indent=1, ensure_ascii=False) + "\n"
    write(folder / "captions.json", text.encode())


def made_by(make: Callable[[Answers], Picture | Table]) -> str:
    """Where to find a function, such as `report/evidence/pictures/tenths.py: tenths`."""
    return f"{make.__module__.replace('.', '/')}.py: {make.__name__}"


def name_of(made: Picture | Table) -> str:
    """What documents call it, such as fig-tenths or tbl-losses."""
    return f"tbl-{made.label}" if isinstance(made, Table) else f"fig-{made.label}"


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
