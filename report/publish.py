"""Publish a finished run: python -m report.publish BUILD full, as `make publish` does.

It ships both networks of the profile full, and writes metrics.json and the executed notebooks.
From these, and from nothing else, `make paper` writes model cards, the results in README and
CONTRIBUTING, the PDF, the web page and the explorer: python -m report.publish, without arguments.
"""

import base64
import io
import json
import shutil
import sys
from pathlib import Path
from typing import Any

import jinja2
from PIL import Image

from course.cells import best_cells
from course.results import check_weights, count_parameters
from report import published, render
from report.explorer.build import build as build_explorer
from report.render import FILTERS, load_numbers, read_metrics, run_command
from shakespeare import pretrained
from shakespeare.beyond.mixture import evaluate
from shakespeare.beyond.settings import load_beyond
from shakespeare.data import Corpus
from shakespeare.digests import TINY_SHAKESPEARE, text_digest
from shakespeare.evaluation import PROTOCOLS
from shakespeare.files import InputError, read_pieces, write
from shakespeare.pretrained import SHIPPED
from shakespeare.sampling import generate

ROOT = Path(__file__).resolve().parents[1]
REPORT = ROOT / "report"
BENCH = ROOT / "build" / "bench.json"
RECIPE_OF = {"full": "final", "small": "page"}  # how each network that is shipped was trained
BEGIN = "<!-- results: written by report/publish.py -->\n"
END = "<!-- end of results -->"
SHOWN = {  # in the README: a figure of each notebook
    "01-preprocessing": "fig-drawn",
    "02-lstm-equations": "fig-cell",
    "03-training": "fig-samples",
    "04-generation": "fig-temperature",
    "05-beyond-the-report": "fig-copy-head",
    "06-inside-the-network": "fig-passage",
    "07-further-experiments": "fig-specimens",
}
RESULTS = ("05-beyond-the-report", "fig-answer")


def publish(build: Path, profile: str) -> None:
    if profile != "full":
        raise InputError("Only the profile full is published.")
    numbers = load_numbers(build, profile)
    if numbers["beyond_the_report"]["made_with"]["fingerprint"] != TINY_SHAKESPEARE:
        raise InputError("Only results about Tiny Shakespeare are published.")

    corpus = Corpus.read(ROOT / "input.txt")
    trained = numbers["beyond_the_report"]  # in notebook 05, which trains both
    weights = {}
    weights_of = {"final": trained["made_with"]["weights"], "page": trained["page"]["weights"]}
    for name, recipe in RECIPE_OF.items():
        check_weights(build / "models" / recipe, weights_of[recipe], "05-beyond-the-report")
        ship(build / "models" / recipe, name)
        weights[name] = describe(name, trained, corpus)
    metrics = {"bench": read_bench(), "weights": weights, **numbers}
    text = json.dumps(metrics, indent=1, sort_keys=True, allow_nan=False) + "\n"
    write(REPORT / "metrics.json", text.encode())

    write_all(metrics, build)
    print("Published: look at `git status`, then commit.")


def write_all(metrics: dict[str, Any], executed: Path = published.STORED) -> None:
    """Write all that is made of the published run: without its folder, from the repository."""
    write_texts(metrics)
    published.store(executed)
    course = published.course()
    write_paper(course, metrics)
    write_pictures(course)
    build_explorer(REPORT / "explorer.html")


def write_paper(course: dict[str, list[Any]], metrics: dict[str, Any]) -> None:
    folder = ROOT / "build" / "published"
    numbers = metrics | {"published": metrics}
    render.write_paper(folder, course, numbers, render.title_page(metrics, "full"))
    shutil.copy(folder / "shakespeare-lstm.pdf", REPORT)
    shutil.copy(folder / "shakespeare-lstm.html", REPORT)


def write_pictures(course: dict[str, list[Any]]) -> None:
    """The README's pictures: a small one of each notebook, and the one of the results."""
    small = REPORT / "thumbnails"
    small.mkdir(exist_ok=True)
    for name, label in SHOWN.items():
        picture = picture_of(course[name], label).convert("RGB")  # a palette can't be blended
        picture.thumbnail((320, 320))
        picture.save(small / f"{name[:2]}.png", optimize=True)
    picture_of(course[RESULTS[0]], RESULTS[1]).save(REPORT / "results.png", optimize=True)


def picture_of(cells: list[Any], label: str) -> Image.Image:
    """The figure with this label among the outputs of a notebook."""
    for cell in cells:
        for output in cell.get("outputs", []):
            if render.label_of(output) == label:
                return Image.open(io.BytesIO(base64.b64decode(output["data"]["image/png"])))
    raise InputError(f"There is no {label} in the notebooks of the published run.")


def read_bench() -> dict[str, Any]:
    """The speeds that `make bench` measured here, or else those published before."""
    if BENCH.exists():
        return json.loads(BENCH.read_text(encoding="utf-8"))
    return read_metrics()["bench"]


# Networks


def ship(folder: Path, name: str) -> None:
    """Put the network of a folder among the shipped ones, in half precision."""
    network = pretrained.load(folder)  # before the old one goes, in case this one is damaged
    shutil.rmtree(SHIPPED / name, ignore_errors=True)
    network.half().save_pretrained(SHIPPED / name)


def describe(name: str, trained: dict[str, Any], corpus: Corpus) -> dict[str, Any]:
    """What we publish about a shipped network; `trained` are the numbers of its training."""
    network = pretrained.load(name)
    split = corpus.split()
    predictions = {}
    for protocol, predict in PROTOCOLS.items():
        predictions[protocol] = predict(network, split.held_out)
    [text] = generate(network, "\n\nROMEO:\n", 300, seed=1)
    return {
        "profile": "full",
        "seed": load_beyond("full", RECIPE_OF[name]).seed,
        "date": trained["date"],
        "versions": trained["versions"],
        "precision": trained["precision"],
        "parameters": count_parameters(network),
        "losses": evaluate([predictions], corpus),
        "sample": text.strip(),
        "cells": best_cells(network, split),
        "corpus_sha256": text_digest(read_pieces(ROOT / "input.txt")),
    }


# Texts


def write_texts(metrics: dict[str, Any]) -> None:
    """The model cards, and the results in README and CONTRIBUTING."""
    for name in RECIPE_OF:
        write(SHIPPED / name / "README.md", card(name, metrics).encode())
    replace_results(ROOT / "README.md", readme(metrics))
    replace_results(ROOT / "CONTRIBUTING.md", fill("bench.md.j2", metrics))


def replace_results(path: Path, results: str) -> None:
    page = path.read_text(encoding="utf-8")
    write(path, between_marks(page, results).encode())


def card(name: str, metrics: dict[str, Any]) -> str:
    """The model card of a shipped network."""
    network = pretrained.load(name)
    values = {
        "name": name,
        "recipe": RECIPE_OF[name],
        "characters": len(network.chars),
        "drawing": network.facts,
        "network": metrics["weights"][name],
    }
    return fill("model-card.md.j2", values) + "\n"


def readme(metrics: dict[str, Any]) -> str:
    """The README's results: a text, and what came out."""
    return fill("readme.md.j2", metrics)


def fill(template: str, values: dict[str, Any]) -> str:
    loader = jinja2.FileSystemLoader(REPORT)
    environment = jinja2.Environment(
        loader=loader,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
    )
    environment.filters |= FILTERS
    return environment.get_template(template).render(values).strip()


def between_marks(page: str, results: str) -> str:
    """The page with these results in place of those between its marks."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{results}\n\n{END}{after}"


if __name__ == "__main__":
    if len(sys.argv) == 1:
        write_all(read_metrics())
    else:
        run_command(publish)
