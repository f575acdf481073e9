"""Publish a finished report: python -m report.publish BUILD PROFILE, as `make publish` does.

Each writes the weights, their model card, metrics.json, the results in README and CONTRIBUTING,
and the explorer. `full` also copies the PDF and the web page and replaces the notebooks' numbers.
"""

import csv
import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import jinja2

from report.explorer.build import build as build_explorer
from report.render import run
from shakespeare.data import ShakespeareDataset
from shakespeare.evaluation import carried_predictions, cold_predictions, evaluate
from shakespeare.files import InputError, write
from shakespeare.model import CharLSTM
from shakespeare.sampling import generate
from shakespeare.weights import SHIPPED

ROOT = Path(__file__).resolve().parents[1]
REPORT = ROOT / "report"
LARGEST = "05-beyond-the-report"  # this notebook trains the model that is shipped
RESULTS = {"README.md": "readme.md.j2", "CONTRIBUTING.md": "bench.md.j2"}
BEGIN, END = "<!-- results: written by report/publish.py -->\n", "<!-- end of results -->"


def render(template: str, values: dict[str, Any]) -> str:
    loader = jinja2.FileSystemLoader(REPORT)
    environment = jinja2.Environment(loader=loader, undefined=jinja2.StrictUndefined)
    return environment.get_template(template).render(values).strip()


def with_results(page: str, template: str, metrics: dict[str, Any]) -> str:
    """A page with these results between its two marks."""
    with (REPORT / "published.csv").open(newline="", encoding="utf-8") as file:
        published = list(csv.DictReader(file))
    before, after = page.split(BEGIN)[0], page.split(END)[1]
    results = render(template, {**metrics, "published": published})
    return f"{before}{BEGIN}\n{results}\n\n{END}{after}"


def publish_weights(build: Path, numbers: dict[str, Any]) -> dict[str, Any]:
    """Ship the model of `build` in half precision; return its card's facts, losses and a text."""
    name = numbers["profile"]
    facts = ("profile", "seed", "parameters", "versions", "date", "precision")
    about = {fact: numbers[fact] for fact in facts}
    model = CharLSTM.from_pretrained(build / "models" / LARGEST)
    shutil.rmtree(SHIPPED / name, ignore_errors=True)
    model.half().save_pretrained(SHIPPED / name)
    text, model = ShakespeareDataset(ROOT / "input.txt", seq_len=1), CharLSTM.from_pretrained(name)
    held_out = text.split().held_out
    predictions = {"cold": cold_predictions(model, held_out)}
    predictions["carried"] = carried_predictions(model, held_out)
    about["losses"] = evaluate(predictions, text)
    about["sample"] = generate(model, "\n\nROMEO:\n", 300, seed=1)[0].strip()
    about["corpus_sha256"] = hashlib.sha256((ROOT / "input.txt").read_bytes()).hexdigest()
    return about


def write_card(name: str, about: dict[str, Any]) -> None:
    characters = len(CharLSTM.from_pretrained(name).chars)
    card = render("model-card.md.j2", {**about, "name": name, "characters": characters})
    write(SHIPPED / name / "README.md", f"{card}\n".encode())


def publish(build: Path, profile: str) -> None:
    files = {path.stem[3:].replace("-", "_"): path for path in sorted(build.glob("0?-*.json"))}
    new = {name: json.loads(path.read_text(encoding="utf-8")) for name, path in files.items()}
    made = new.get("beyond_the_report", {}).get("made_with", {})
    if profile not in ("small", "full") or made != made | {"profile": profile, "text": "input.txt"}:
        raise InputError("Only the profiles small and full of input.txt are published.")
    metrics = json.loads((REPORT / "metrics.json").read_text(encoding="utf-8"))
    about = publish_weights(build, new["beyond_the_report"])
    metrics["weights"][profile] = about | {"cells": new["inside_the_network"]["cells"]["best"]}
    write_card(profile, metrics["weights"][profile])
    if profile == "full":
        metrics = {"bench": metrics["bench"], "weights": metrics["weights"], **new}
        bench = ROOT / "build" / "bench.json"
        if bench.exists():
            metrics["bench"] = json.loads(bench.read_text(encoding="utf-8"))
        for suffix in (".pdf", ".html"):
            shutil.copy(build / f"shakespeare-lstm{suffix}", REPORT)
    numbers = json.dumps(metrics, indent=1, sort_keys=True, allow_nan=False) + "\n"
    write(REPORT / "metrics.json", numbers.encode())
    for name, template in RESULTS.items():
        page = (ROOT / name).read_text(encoding="utf-8")
        write(ROOT / name, with_results(page, template, metrics).encode())
    build_explorer(REPORT / "explorer.html")
    print("Published: look at `git status`, then commit.")


if __name__ == "__main__":
    run(publish)
