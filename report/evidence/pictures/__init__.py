"""Figures and tables of the appendix, drawn from the answers alone."""

import base64
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from course.display import Picture, Table, markdown_table, picture
from shakespeare.files import write

from ..answers import Answers
from . import copied_names, ladder, quoted, tenths, who_copies

PICTURES: tuple[Callable[[Answers], Picture | Table], ...] = (
    tenths.tenths,
    ladder.gains,
    copied_names.copying,
    who_copies.copying_table,
    quoted.survey,
    quoted.published,
)


def draw(answers: Answers, folder: Path) -> None:
    """Draw all pictures into a folder, with captions.json."""
    shutil.rmtree(folder, ignore_errors=True)
    captions = {}
    for make in PICTURES:
        made = make(answers)
        name = name_of(made)
        captions[name] = {"made_by": made_by(make), **save(made, name, folder)}
    text = json.dumps(captions, indent=1, ensure_ascii=False) + "\n"
    write(folder / "captions.json", text.encode())


def made_by(make: Callable[[Answers], Picture | Table]) -> str:
    """Where to find a function, such as `report/evidence/pictures/tenths.py: tenths`."""
    return f"{make.__module__.replace('.', '/')}.py: {make.__name__}"


def name_of(made: Picture | Table) -> str:
    """What the appendix calls it, such as fig-tenths or tbl-published."""
    return f"tbl-{made.label}" if isinstance(made, Table) else f"fig-{made.label}"


def save(made: Picture | Table, name: str, folder: Path) -> dict[str, Any]:
    """Write NAME.svg and NAME.png, or NAME.md for a table; return what captions.json says of it."""
    if isinstance(made, Table):
        write(folder / f"{name}.md", f"{markdown_table(made.header, made.rows)}\n".encode())
        return {"caption": made.caption}
    formats = picture(made.figure, made.alt)
    write(folder / f"{name}.svg", formats["image/svg+xml"].encode())
    write(folder / f"{name}.png", base64.b64decode(formats["image/png"]))
    return {"caption": made.caption, "alt": made.alt}
