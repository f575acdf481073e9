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
from course.results import check_weights, count_parameters
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
    """The README's results: a text, what came out, and the losses beside those of others."""
    ngrams = {"name": "n-gram model", **metrics["preprocessing"]["bar"]}
    learning = program_rows(metrics) + our_rows(metrics, "dynamic")
    learning.sort(key=lambda row: row["held_out"], reverse=True)
    tables = {
        "cold": our_rows(metrics, "cold") + published_rows(),
        "carried": [ngrams, *our_rows(metrics, "carried")],
        "dynamic": learning,
    }
    return fill("readme.md.j2", metrics | {"tables": tables})


# Rows of the README's tables: a name, and losses by part; ours also have an interval.


def our_rows(metrics: dict[str, Any], protocol: str) -> list[dict[str, Any]]:
    """The networks in a protocol; those that are shipped as they are shipped."""
    evidence = metrics["further_experiments"]
    full = metrics["weights"]["full"]
    small = metrics["weights"]["small"]
    final = full["losses"]
    if protocol == "dynamic":
        final = metrics["beyond_the_report"]  # the shipped one wasn't measured in it
    on_plays = evidence["seeds"][0]  # the same network
    mixed = f"{protocol}_mixed"
    baseline = f"the baseline (the student's recipe), {millions(metrics['training'])}"
    committee = f"a committee of {len(evidence['seeds'])} such networks, with n-grams"
    named_losses = [
        (baseline, evidence["baseline"].get(protocol)),
        ("the baseline, with n-grams", evidence["baseline"].get(mixed)),
        (f"**the final network**, {millions(full)}", with_plays(final, on_plays, protocol)),
        ("the final network, with n-grams", with_plays(final, on_plays, mixed)),
        (committee, evidence["committee"].get(mixed)),
        (f"the explorer's network, {millions(small)}", small["losses"].get(protocol)),
    ]
    return [{"name": name, **losses} for name, losses in named_losses if losses is not None]


def with_plays(final: Any, on_plays: Any, protocol: str) -> dict[str, Any] | None:
    """The losses in a protocol, with that on the other plays, if both were measured."""
    losses = final.get(protocol)
    return losses and losses | {"plays": on_plays.get(protocol, {}).get("plays")}


def millions(network: dict[str, Any]) -> str:
    return f"{network['parameters'] / 1e6:.1f} M parameters"


def program_rows(metrics: dict[str, Any]) -> list[dict[str, Any]]:
    """Compression programs, which learn while they read."""
    rows = []
    for rival in metrics["further_experiments"]["rivals"]:
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
