"""Write the page of a network and a text.

    python -m report.page my-network my.txt my.html

The page of the shipped network small and input.txt is the published one, report/explorer.html. It
also says what some cells follow (cells.json) and how copying was born (recording.json):
report/beside.py has made these files.
"""

import argparse
import json
import sys
import tomllib
from pathlib import Path
from typing import Any

from shakespeare.data import Corpus, encode
from shakespeare.files import InputError, escape_control_chars, is_tiny_shakespeare, read_text
from shakespeare.pretrained import SHIPPED, find_folder, from_pretrained

from .build import write_page

HERE = Path(__file__).resolve().parent


def build(network: str, text: str, out: Path) -> None:
    """Write a page. Raises InputError."""
    if out.suffix != ".html" or out.is_dir():  # a text, perhaps, in the wrong place
        raise InputError(f"{out} can't be a page: give a path that ends with .html.")
    shown = from_pretrained(network)
    corpus = Corpus(encode(read_text(text), shown.chars), shown.chars, text)
    folder = find_folder(network)
    has_learned = may_have_learned(folder, corpus)
    write_page(shown, corpus, out, has_learned=has_learned, **beside(folder))
    megabytes = out.stat().st_size / 1e6
    said = escape_control_chars(str(out))
    print(f"The page is {said} ({megabytes:.1f} MB): open it in a browser.")


def beside(folder: Path) -> dict[str, Any]:
    """What the published page also has."""
    if folder != SHIPPED / "small":
        return {}
    return {
        "cells": json.loads((HERE / "cells.json").read_text(encoding="utf-8")),
        "recording": (HERE / "recording.json").read_text(encoding="utf-8"),
        "home": home(),
    }


def home() -> str:
    """The address of the folder where the published page is; "" if pyproject.toml names none."""
    project = tomllib.loads((HERE.parents[1] / "pyproject.toml").read_text(encoding="utf-8"))
    address = project["project"].get("urls", {}).get("Homepage", "")
    return f"{address.rstrip('/')}/" if address else ""


def may_have_learned(folder: Path, corpus: Corpus) -> bool:
    """False where it is known that a network has learned another text."""
    if folder.parent == SHIPPED:
        return is_tiny_shakespeare(corpus.text())
    run = folder / "run.json"  # a training has it, another program's network doesn't
    if not run.is_file():
        return True
    return corpus.split().train.hash in run.read_text(encoding="utf-8", errors="replace")


def main() -> None:
    parser = argparse.ArgumentParser("report.page", description="Write a network's page.")
    parser.add_argument("network", help="a network's folder, final, small, or baseline")
    parser.add_argument("text", help="what it learned; the page contains its beginning")
    parser.add_argument("out", metavar="OUT.html", type=Path, help="where the page is written")
    arguments = parser.parse_args()
    build(arguments.network, arguments.text, arguments.out)


if __name__ == "__main__":
    try:
        main()
    except (InputError, OSError) as error:
        sys.exit(f"No page: {error}")
