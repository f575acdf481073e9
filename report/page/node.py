"""Run the page's JavaScript in Node, for tests and bench."""

import json
import subprocess
from pathlib import Path
from typing import Any

from .bundle import script

# What reads and writes a text, without the page; what opens and saves a network; what learns.
READER = (
    "network/lstm.js",
    "network/safetensors.js",
    "worker/answers.js",
    "worker/following.js",
    "worker/reader.js",
)
FILES = ("files/open.js", "files/save.js")
LEARNER = ("learning/learner.js",)

LOAD = """
const fs = require("fs");
const [folder, ...texts] = process.argv.slice(1);
const config = JSON.parse(fs.readFileSync(`${folder}/config.json`, "utf8"));
const bytes = new Uint8Array(fs.readFileSync(`${folder}/model.safetensors`));
const network = new CharLSTM(config, readTensors(bytes, shapesOf(config)));
"""


def in_node(code: str, folder: Path, *texts: str) -> Any:
    """What `code` returns: it has `config`, `texts`, the `network` of a folder, a Reader."""
    return run_node(READER, LOAD + code, str(folder), *texts)


def learn_in_node(code: str, *texts: str) -> Any:
    """What `code` returns: it has `texts` and a Learner."""
    return run_node(LEARNER, "const texts = process.argv.slice(1);\n" + code, *texts)


def run_node(names: tuple[str, ...], code: str, *arguments: str) -> Any:
    """What `code`, the body of an async function, returns as JSON after files of the page.

    Raises RuntimeError with the last lines of what Node says about an error.
    """
    call = "main().then((result) => console.log(JSON.stringify(result)));"
    main = "async function main() {\n" + code + "\n}\n" + call
    command = ["node", "-e", script(*names) + main, *arguments]
    done = subprocess.run(command, capture_output=True, encoding="utf-8")
    if done.returncode != 0:
        raise RuntimeError(done.stderr[-2000:])
    return json.loads(done.stdout)
