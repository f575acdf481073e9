"""Build the explorer: one page with a trained network that works offline, from a disk.

python -m report.explorer.build [PATH [PICTURE]]
"""

import base64
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import jinja2

from shakespeare.data import Corpus
from shakespeare.files import write
from shakespeare.pretrained import SHIPPED

HERE = Path(__file__).resolve().parent
REPORT = HERE.parent
ROOT = REPORT.parent
MODEL = SHIPPED / "small"  # the other one would make a page of ten megabytes

# The page reads and writes in a worker; tests and bench do it in Node.
READER = (
    "shared/cells.js",
    "shared/lists.js",
    "network/safetensors.js",
    "network/vectors.js",
    "network/copying.js",
    "network/lstm.js",
    "worker/sampling.js",
    "worker/reader.js",
    "worker/answers.js",
)
WORKER = (*READER, "worker/worker.js")
PAGE = (
    "shared/cells.js",
    "shared/lists.js",
    "page/elements.js",
    "page/state.js",
    "page/lists.js",
    "page/paper.js",
    "page/shading.js",
    "page/reading.js",
    "page/writing.js",
    "page/explanation.js",
    "page/next.js",
    "page/settings.js",
    "page/address.js",
    "page/events.js",
    "page/start.js",
)


def script(names: tuple[str, ...]) -> str:
    """One script from several files, in strict mode."""
    parts = [(HERE / name).read_text(encoding="utf-8") for name in names]
    return '"use strict";\n\n' + "\n".join(parts)


def example() -> dict[str, str | int]:
    """Two speeches of the test half, and the third letter of a name that comes again."""
    test = Corpus.read(ROOT / "input.txt").split().test.text()
    name = "BAPTISTA:\n"
    first = test.index(name + "Not in my house")
    second = test.index(name, first + 1)
    text = test[first : second + len(name)]
    third_letter = second + 2 - first
    return {"text": text, "at": third_letter}


def found_cells() -> list[dict[str, Any]]:
    """The cells in which the course found something, the clearest first."""
    metrics = json.loads((REPORT / "metrics.json").read_text(encoding="utf-8"))
    cells = []
    for what, best in metrics["weights"][MODEL.name]["cells"].items():
        cells.append({"cell": best["cell"], "what": what, "score": best["score"]})
    return sorted(cells, key=lambda cell: cell["score"], reverse=True)


def page_config() -> dict[str, Any]:
    """The network's config.json, with the found cells and what the page shows at first."""
    config = json.loads((MODEL / "config.json").read_text(encoding="utf-8"))
    cells = found_cells()
    initial = {
        **config["facts"]["sampling"],  # temperature and min_p
        "top_p": 1,
        "seed": 1,
        "colour": "surprise",
        "cell": cells[0]["cell"],
        **example(),
    }
    return {**config, "cells": cells, "initial": initial}


def build(path: Path) -> None:
    """Write the page: code and style, the network, and what the course found in its cells."""
    config = page_config()
    template = jinja2.Template((HERE / "explorer.html").read_text(encoding="utf-8"))
    html = template.render(
        style=(HERE / "explorer.css").read_text(encoding="utf-8"),
        worker=script(WORKER),
        page=script(PAGE),
        config=json.dumps(config).replace("<", "\\u003c"),  # so that no text ends the script
        weights=base64.b64encode((MODEL / "model.safetensors").read_bytes()).decode(),
        number_of_cells=config["num_layers"] * config["hidden_size"],
    )
    write(path, html.encode())


LOAD = """
const fs = require("fs");
const [folder, ...texts] = process.argv.slice(1);
const config = JSON.parse(fs.readFileSync(`${folder}/config.json`, "utf8"));
const bytes = new Uint8Array(fs.readFileSync(`${folder}/model.safetensors`));
const network = new CharLSTM(config, bytes);
"""


def in_node(code: str, folder: Path, *texts: str) -> str:
    """What `code` prints in Node: it has `config`, `texts`, the `network` of a folder, a Reader."""
    command = ["node", "-e", script(READER) + LOAD + code, str(folder), *texts]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def find_chromium() -> str | None:
    """The path of this machine's Chromium; without one, Playwright takes its own."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        program = shutil.which(name)
        if program:
            return program
    return None


def take_picture(path: Path, picture: Path) -> None:
    """A screenshot of the page, for the README; needs Chromium."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=["--no-sandbox"])
        tab = browser.new_page(viewport={"width": 1200, "height": 760})
        tab.goto(path.as_uri())
        tab.wait_for_selector(".source")
        tab.screenshot(path=picture)
        browser.close()


if __name__ == "__main__":
    arguments = [Path(argument).resolve() for argument in sys.argv[1:]]
    path = arguments[0] if arguments else REPORT / "explorer.html"
    build(path)
    if len(arguments) > 1:
        take_picture(path, arguments[1])
