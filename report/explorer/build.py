"""Put the explorer together: one page that works offline, from a disk, with a trained network.

python -m report.explorer.build [PATH [PICTURE]]
"""

import base64
import json
import shutil
import subprocess
import sys
from pathlib import Path

import jinja2

from shakespeare.data import ShakespeareDataset
from shakespeare.files import write
from shakespeare.sampling import DEFAULTS
from shakespeare.weights import SHIPPED

HERE = Path(__file__).resolve().parent
REPORT, ROOT = HERE.parent, HERE.parents[1]
MODEL = SHIPPED / "small"  # the other one makes a page of ten megabytes


def example() -> dict[str, str | int]:
    """Two speeches of the test half, and the third letter of a name that comes again."""
    text = ShakespeareDataset(ROOT / "input.txt", seq_len=1)
    test = text.decode(text.split().test.data)
    start = test.index("BAPTISTA:\nNot in my house")
    again = test.index("BAPTISTA:\n", start + 1)
    return {"text": test[start : again + len("BAPTISTA:\n")], "at": again + 2 - start}


def build(path: Path) -> None:
    """Write the page: code and style, config and weights, and what the course found in cells."""
    metrics = json.loads((REPORT / "metrics.json").read_text(encoding="utf-8"))
    found = metrics["weights"][MODEL.name].get("cells", {})
    cells = [
        {"unit": cell["cell"], "what": what, "score": cell["score"]} for what, cell in found.items()
    ]
    cells.sort(key=lambda cell: -cell["score"])
    start = {**DEFAULTS, "top_p": 1, "seed": 1, "colour": "surprise", **example()}
    start["unit"] = cells[0]["unit"] if cells else 0
    sizes = json.loads((MODEL / "config.json").read_text(encoding="utf-8"))
    config = json.dumps(sizes | {"cells": cells, "start": start}).replace("<", "\\u003c")
    weights = base64.b64encode((MODEL / "model.safetensors").read_bytes()).decode()
    style = (HERE / "explorer.css").read_text(encoding="utf-8")
    parts = {part.stem: part.read_text(encoding="utf-8") for part in HERE.glob("*.js")}
    template = jinja2.Template((HERE / "explorer.html").read_text(encoding="utf-8"))
    parts |= {"style": style, "config": config, "weights": weights}
    count = sizes["num_layers"] * sizes["hidden_size"]
    write(path, template.render(parts, cells=count).encode())


LOAD = """
const fs = require("fs"), [folder, ...texts] = process.argv.slice(1);
const config = JSON.parse(fs.readFileSync(`${folder}/config.json`, "utf8"));
const bytes = new Uint8Array(fs.readFileSync(`${folder}/model.safetensors`));
const network = new CharLSTM(config, bytes);
"""


def in_node(script: str, folder: Path, *texts: str) -> str:
    """What `script` prints in Node: it has `config`, `texts` and the `network` of a folder."""
    code = (HERE / "lstm.js").read_text(encoding="utf-8") + LOAD + script
    command = ["node", "-e", code, str(folder), *texts]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def take_picture(page: Path, picture: Path) -> None:
    """A screenshot, for the README; needs Chromium."""
    from playwright.sync_api import sync_playwright

    names = ("chromium", "chromium-browser", "google-chrome")
    program = next(filter(None, map(shutil.which, names)), None)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        tab = browser.new_page(viewport={"width": 1200, "height": 760})
        tab.goto(page.as_uri())
        tab.wait_for_selector(".source")
        tab.screenshot(path=picture)
        browser.close()


if __name__ == "__main__":
    paths = [Path(each).resolve() for each in sys.argv[1:]] or [REPORT / "explorer.html"]
    build(paths[0])
    if paths[1:]:
        take_picture(*paths)
