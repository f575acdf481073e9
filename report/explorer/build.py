"""Build the explorer: one page with a trained network that works offline, from a disk.

    python -m report.explorer.build [PATH]

This builds the published page, with the network that is shipped. `make report` builds one with the
network of its run, on any text.
"""

import base64
import json
import math
import shutil
import sys
from pathlib import Path
from typing import Any, NamedTuple

import jinja2
import safetensors.torch
from torch import Tensor

from course.cells import copies_before, find_name, passage
from shakespeare.data import Corpus
from shakespeare.evaluation import carried_predictions, losses_of
from shakespeare.files import is_tiny_shakespeare, write
from shakespeare.pretrained import SHIPPED, from_pretrained

from .bundle import script

HERE = Path(__file__).resolve().parent
REPORT = HERE.parent
ROOT = REPORT.parent
MODEL = SHIPPED / "small"  # the other one would make a page of ten megabytes
TO_LEARN = 300_000  # characters of a text, which a network learns in the page
LEAST_SCORE = 0.3  # of a cell that the page says follows something: see notebook 06


class PageContent(NamedTuple):
    """What a page shows: a network, and what is known of it and its text."""

    folder: Path  # of the network
    title: str  # of the text that it learned: "Tiny Shakespeare", or the name of a file
    cells: dict[str, dict[str, Any]]  # as `best_cells` returns them
    example: dict[str, str | int | bool]  # a passage that it has not seen, and where to look
    corpus: Corpus  # the text, whose beginning a network learns in the page


def published() -> PageContent:
    """The small network that is shipped, with the facts of the published run."""
    metrics = json.loads((REPORT / "metrics.json").read_text(encoding="utf-8"))
    cells = metrics["weights"][MODEL.name]["cells"]
    corpus = Corpus.read(ROOT / "input.txt")
    shown = example(corpus, from_pretrained(MODEL))
    return PageContent(MODEL, "Tiny Shakespeare", cells, shown, corpus)


def of_run(build: Path, numbers: dict[str, Any], path: str | Path) -> PageContent:
    """The page of a run in the folder `build`, about the text at `path`, with its final network.

    `numbers` are those that the notebooks saved, by name.
    """
    corpus = Corpus.read(path)
    final = build / "models" / "final"
    cells = numbers["inside_the_network"]["cells"]["best"]
    title = numbers["preprocessing"]["title"]
    return PageContent(final, title, cells, example(corpus, from_pretrained(final)), corpus)


def is_plays(content: PageContent) -> bool:
    return is_tiny_shakespeare(content.corpus.text())


def to_learn_name(content: PageContent) -> str:
    """What the page calls the text to learn, which may be all of the text or its beginning."""
    if is_plays(content):
        return "part of Shakespeare's plays"
    if len(content.corpus.ids) < TO_LEARN:
        return content.title
    return f"the beginning of {content.title}"


def prompt(content: PageContent) -> str:
    """A line that the network can continue: a heading of the plays, or how the example begins."""
    if is_plays(content):
        return "ROMEO:"
    first_line, _, _ = str(content.example["text"]).partition("\n")
    return first_line[:20]


def example(corpus: Corpus, network: Any) -> dict[str, str | int | bool]:
    """The passage of the test half that notebook 06 shows, and a letter of its name.

    The passage begins with the name, which comes again in it. `copies` says whether the network
    copies one of its letters then, more than half of it, and `at` is the one that gains most.
    `surprising` is the letter of the passage that costs most.
    """
    test = corpus.split().test.text()
    letters, first, again = find_name(test)  # positions in the test half
    least = again + len(letters)
    stop = max(passage(test, 500, first).stop, least)
    for end in ("\n\n", "\n"):  # where a speech or a line ends, if there is one
        if end in test[least:stop]:
            stop = test.rindex(end, least, stop) + len(end)
            break
    part = Corpus(corpus.encode(test[first:stop]), corpus.chars, "example")
    losses = losses_of(carried_predictions(network, part), part).tolist()  # of the second letter on
    start = again - first
    copied = shares_copied(network, part.ids)
    gains = {}  # of the letters that are copied
    for k in range(1, len(letters)):
        if copied[start + k] > math.exp(-losses[start + k - 1]) / 2:
            gains[start + k] = losses[k - 1] - losses[start + k - 1]
    at = max(gains, key=gains.__getitem__, default=start + len(letters) // 2)
    surprising = 1 + losses.index(max(losses))
    return {
        "text": test[first:stop],
        "at": at,
        "copies": bool(gains),
        "surprising": surprising,
    }


def shares_copied(network: Any, ids: Tensor) -> list[float]:
    """How much of the probability of each of ids (characters,) is copied."""
    if not hasattr(network, "copy_head"):
        return [0.0] * len(ids)
    weights = copies_before(network, ids[None].long())[0]  # (characters, characters)
    is_same = ids[:, None] == ids  # (characters, characters)
    return (weights * is_same).sum(1).tolist()


def page_config(content: PageContent) -> dict[str, Any]:
    """The network's config.json, with the cells to name and what the page shows at first."""
    config = json.loads((content.folder / "config.json").read_text(encoding="utf-8"))
    cells = []
    for what, best in content.cells.items():
        if best["score"] >= LEAST_SCORE:
            cells.append({"cell": best["cell"], "what": what, "score": best["score"]})
    cells.sort(key=lambda cell: cell["score"], reverse=True)  # the clearest first
    initial = {
        **config["facts"]["sampling"],  # temperature and min_p
        "seed": 1,
        "colour": "surprise",
        "cell": cells[0]["cell"] if cells else 0,
        **content.example,
    }
    return {**config, "cells": cells, "initial": initial}


def half_precision(folder: Path) -> bytes:
    """A network's model.safetensors at half the size."""
    return safetensors.torch.save(from_pretrained(folder).half().state_dict())


def in_script(value: Any) -> str:
    """JSON in which no text ends the script."""
    return json.dumps(value, ensure_ascii=False).replace("<", "\\u003c")


def build(path: Path, content: PageContent | None = None) -> None:
    """Write the page: code and style, the network, and what the course found in its cells."""
    content = content or published()
    config = page_config(content)
    template = jinja2.Template((HERE / "explorer.html").read_text(encoding="utf-8"))
    html = template.render(
        text=content.title,
        is_plays=is_plays(content),
        prompt=prompt(content),
        style=(HERE / "explorer.css").read_text(encoding="utf-8"),
        worker=script("worker/worker.js"),
        learner=script("learning/worker.js"),
        page=script("page/start.js"),
        config=in_script(config),
        to_learn=in_script(content.corpus.decode(content.corpus.ids[:TO_LEARN])),
        to_learn_name=to_learn_name(content),
        weights=base64.b64encode(half_precision(content.folder)).decode(),
    )
    write(path, html.encode())


def find_chromium() -> str | None:
    """The path of this machine's Chromium; without one, Playwright takes its own."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        program = shutil.which(name)
        if program:
            return program
    return None


if __name__ == "__main__":
    build(Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else REPORT / "explorer.html")
