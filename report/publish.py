"""Publish a finished report: python -m report.publish BUILD full, as `make publish` does.

It ships both networks of the profile full with their model cards, and writes metrics.json, the
results in README and CONTRIBUTING, the PDF, the web page and the explorer.
"""

import csv
import json
import shutil
from pathlib import Path
from typing import Any

import jinja2

from course.cells import best_cells
from course.results import count_parameters
from report.explorer.build import build as build_explorer
from report.render import FILTERS, load_numbers, read_metrics, run_command
from shakespeare import pretrained
from shakespeare.beyond.mixture import evaluate
from shakespeare.beyond.settings import load_beyond
from shakespeare.data import Corpus
from shakespeare.digests import TINY_SHAKESPEARE, text_digest
from shakespeare.evaluation import carried_predictions, cold_predictions
from shakespeare.files import InputError, read_pieces, write
from shakespeare.pretrained import SHIPPED
from shakespeare.sampling import generate

ROOT = Path(__file__).resolve().parents[1]
REPORT = ROOT / "report"
BENCH = ROOT / "build" / "bench.json"
RECIPE_OF = {"full": "final", "small": "page"}  # how each network that is shipped was trained
BEGIN = "<!-- results: written by report/publish.py -->\n"
END = "<!-- end of results -->"


def publish(build: Path, profile: str) -> None:
    if profile != "full":
        raise InputError("Only the profile full is published.")
    numbers = load_numbers(build, profile)
    if numbers["beyond_the_report"]["made_with"]["fingerprint"] != TINY_SHAKESPEARE:
        raise InputError("Only results about Tiny Shakespeare are published.")

    corpus = Corpus.read(ROOT / "input.txt")
    weights = {}
    for name, recipe in RECIPE_OF.items():
        ship(build / "models" / recipe, name)
        about_training = facts_of_training(numbers["beyond_the_report"], recipe)
        weights[name] = about_training | describe(name, corpus)
    metrics = {"bench": read_bench(), "weights": weights, **numbers}
    text = json.dumps(metrics, indent=1, sort_keys=True, allow_nan=False) + "\n"
    write(REPORT / "metrics.json", text.encode())

    write_texts(metrics)
    shutil.copy(build / "shakespeare-lstm.pdf", REPORT)
    shutil.copy(build / "shakespeare-lstm.html", REPORT)
    build_explorer(REPORT / "explorer.html")
    print("Published: look at `git status`, then commit.")


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


def facts_of_training(numbers: dict[str, Any], recipe: str) -> dict[str, Any]:
    """How a network was trained; `numbers` are those of notebook 05, which trains both."""
    return {
        "profile": "full",
        "seed": load_beyond("full", recipe).seed,
        "date": numbers["date"],
        "versions": numbers["versions"],
        "precision": numbers["precision"],
    }


def describe(name: str, corpus: Corpus) -> dict[str, Any]:
    """What we publish about a shipped network: losses, a text, what its cells remember."""
    network = pretrained.load(name)
    split = corpus.split()
    predictions = {
        "cold": cold_predictions(network, split.held_out),
        "carried": carried_predictions(network, split.held_out),
    }
    [text] = generate(network, "\n\nROMEO:\n", 300, seed=1)
    return {
        "parameters": count_parameters(network),
        "losses": evaluate(predictions, corpus),
        "sample": text.strip(),
        "cells": best_cells(network, split),
        "corpus_sha256": text_digest(read_pieces(ROOT / "input.txt")),
    }


# Texts


def write_texts(metrics: dict[str, Any]) -> None:
    """The model cards, and the results in README and CONTRIBUTING."""
    for name in RECIPE_OF:
        write(SHIPPED / name / "README.md", card(name, metrics).encode())
    results = {"README.md": readme(metrics), "CONTRIBUTING.md": contributing(metrics)}
    for name, text in results.items():
        page = (ROOT / name).read_text(encoding="utf-8")
        write(ROOT / name, between_marks(page, text).encode())


def card(name: str, metrics: dict[str, Any]) -> str:
    """The model card of a shipped network."""
    network = pretrained.load(name)
    values = {
        "name": name,
        "recipe": RECIPE_OF[name],
        "characters": len(network.chars),
        **network.facts,  # how to draw from it
        **metrics["weights"][name],
    }
    return fill("model-card.md.j2", values) + "\n"


def readme(metrics: dict[str, Any]) -> str:
    """The README's results: a text, what came out, and the losses beside those of others."""
    tables = {
        "cold": [*our_rows(metrics, "cold"), *published_rows()],
        "carried": [ngram_row(metrics), *our_rows(metrics, "carried")],
        "dynamic": sorted(
            [*program_rows(metrics), *our_rows(metrics, "dynamic")],
            key=lambda row: row["held_out"],
            reverse=True,
        ),
    }
    return fill("readme.md.j2", metrics | {"tables": tables})


# Rows of the README's tables: a name, and losses by part; ours also have an interval.


def our_rows(metrics: dict[str, Any], protocol: str) -> list[dict[str, Any]]:
    """The networks in a protocol. The shipped ones are measured as they are shipped."""
    beyond = metrics["beyond_the_report"]
    full = metrics["weights"]["full"]
    small = metrics["weights"]["small"]
    final = beyond | full["losses"]
    committee = f"a committee of {len(beyond['seeds'])} such networks, with n-grams"
    mixed = f"{protocol}_mixed"
    baseline_size = millions(metrics["training"])
    found = {
        f"the baseline (the student's recipe), {baseline_size}": beyond["baseline"].get(protocol),
        f"**the final network**, {millions(full)}": final.get(protocol),
        "the final network, with n-grams": final.get(mixed),
        committee: beyond["committee"].get(mixed),
        f"the explorer's network, {millions(small)}": small["losses"].get(protocol),
    }
    return [{"name": name, **losses} for name, losses in found.items() if losses is not None]


def millions(network: dict[str, Any]) -> str:
    return f"{network['parameters'] / 1e6:.1f} M parameters"


def ngram_row(metrics: dict[str, Any]) -> dict[str, Any]:
    return {"name": "n-gram model", **metrics["preprocessing"]["bar"]}


def program_rows(metrics: dict[str, Any]) -> list[dict[str, Any]]:
    """Compression programs, which learn while they read."""
    rows = []
    for rival in metrics["beyond_the_report"]["rivals"]:
        if rival["group"] == "learning while reading":
            name = f"{rival['program']} {rival['options']}"
            if rival["source"] == "quoted":
                name += " (quoted)"
            rows.append({"name": name, **rival})
    return rows


def published_rows() -> list[dict[str, Any]]:
    """What others published for random windows of 256 characters; the report quotes more."""
    rows = []
    with (REPORT / "published.csv").open(newline="", encoding="utf-8") as file:
        for quoted in csv.DictReader(file):
            is_comparable = quoted["protocol"].startswith("random crops of 256")
            if is_comparable and float(quoted["loss"]) < 1.5:
                name = f"[{quoted['model']}]({quoted['url']})"
                rows.append({"name": name, "held_out": quoted["loss"]})
    return sorted(rows, key=lambda row: float(row["held_out"]), reverse=True)


def contributing(metrics: dict[str, Any]) -> str:
    """CONTRIBUTING's table of speeds."""
    return fill("bench.md.j2", metrics)


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
    run_command(publish)
