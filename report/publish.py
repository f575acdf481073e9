"""Bring what was made in build/ into the repository, and write what is made of it: `make publish`.

    python -m report.publish evidence build/full

copies a finished evidence: weights, metrics.json and figures. What is equal stays untouched, so
make knows which notebooks have to run again.

    python -m report.publish run build/quick

copies a run, its executed notebooks and its report.pdf, and then does the next.

    python -m report.publish write

fills README, CONTRIBUTING, the model cards and the table of `shakespeare evaluate` with what is
published.
"""

import argparse
import csv
import io
import json
import shutil
import sys
from pathlib import Path
from typing import Any

import jinja2
import nbformat
from nbformat import v4

from report import render
from report.book import urls
from report.evidence import answers
from report.evidence.questions import QUESTIONS
from report.evidence.quoted import others
from report.render import FILTERS, read_metrics
from shakespeare.files import InputError, write
from shakespeare.pretrained import SHIPPED
from study.who_copies import FOLDER as NETWORKS

ROOT = Path(__file__).resolve().parents[1]
REPORT = ROOT / "report"
BENCH = ROOT / "build" / "bench.json"
BEGIN = "<!-- results: written by report/publish.py -->\n"
END = "<!-- end of results -->"
NUMBERS = "03-training.json"  # of a run, which README quotes
NOTEBOOKS = sorted(path.stem for path in (ROOT / "notebooks").glob("0*.ipynb"))
WIDGET = "application/vnd.jupyter.widget-view+json"
KEPT = ("tags",)  # of a cell's metadata
SOLVED = (
    "*This copy was executed with our answers where an exercise asks for one. To write yours, open "
    "[the notebook](../../notebooks/{}.ipynb).*"
)
MOVED = {  # links from report/notebooks
    "](glossary.md": "](../../notebooks/glossary.md",
    "](backward-pass.ipynb": "](../../notebooks/backward-pass.ipynb",
    "](solutions/": "](../../notebooks/solutions/",
    "](study/": "](../../notebooks/study/",
    "](../report/": "](../",
}


# Copies


def publish_evidence(build: Path) -> None:
    """Copy weights, numbers and figures of the evidence in a build."""
    folder = build / "evidence"
    if not folder.exists():
        print(f"There is no evidence in {build}: what is published stays.")
        return
    metrics = answers.load_all(folder, ("about", *QUESTIONS))  # before anything is copied
    copy_changed(folder / "weights", SHIPPED)
    copy_changed(folder / "networks", NETWORKS)
    copy_changed(folder / "figures", REPORT / "figures")
    for path in (REPORT / "figures").iterdir():
        if not (folder / "figures" / path.name).exists():
            path.unlink()
    text = json.dumps(metrics, indent=1, allow_nan=False) + "\n"
    write_changed(REPORT / "metrics.json", text.encode())
    print(f"Copied: the evidence of {build}.")


def copy_changed(source: Path, place: Path) -> None:
    """Copy the files of a folder that are new there, or other ones."""
    for path in sorted(source.rglob("*")):
        if path.is_file():
            write_changed(place / path.relative_to(source), path.read_bytes())


def write_changed(path: Path, content: bytes) -> None:
    if not path.exists() or path.read_bytes() != content:
        write(path, content)


def publish_run(build: Path) -> None:
    """Copy the executed notebooks and the report of a run; write all that is made of them."""
    notebooks = read_run(build)  # before anything is copied
    pdf = build / "report.pdf"
    if not pdf.exists():
        raise InputError(f"{pdf} is missing: make report first.")
    copy_run(notebooks)
    shutil.copy(pdf, REPORT)
    if BENCH.exists():
        shutil.copy(BENCH, REPORT / "bench.json")
    write_all()
    print(f"Published: the run in {build}, README, CONTRIBUTING, model cards and losses.")


def read_run(build: Path) -> dict[str, bytes]:
    """By the name of its file, what is kept of each executed notebook and of the numbers."""
    found = {}
    for name in NOTEBOOKS:
        executed = build / f"{name}.ipynb"
        if not executed.exists():
            raise InputError(f"{name} isn't finished in {build}: make report first.")
        book = nbformat.read(executed, as_version=4)
        # Papermill's cell with the parameters repeats those of the notebook.
        book.cells = [cell for cell in book.cells if "injected-parameters" not in tags_of(cell)]
        for cell in book.cells:
            clean(cell)
        book.cells.insert(0, v4.new_markdown_cell(SOLVED.format(name), id="solved"))
        book.metadata = {"kernelspec": book.metadata["kernelspec"]}
        found[executed.name] = f"{nbformat.writes(book)}\n".encode()
    found[NUMBERS] = (build / NUMBERS).read_bytes()
    return found


def copy_run(notebooks: dict[str, bytes]) -> None:
    """Executed notebooks, and the numbers that README quotes, to report/notebooks."""
    stored = REPORT / "notebooks"
    shutil.rmtree(stored, ignore_errors=True)
    for name, content in notebooks.items():
        write(stored / name, content)


def clean(cell: nbformat.NotebookNode) -> None:
    """Take out of a cell what only the run needed: times, and widgets without their kernel."""
    cell.metadata = {key: cell.metadata[key] for key in KEPT if cell.metadata.get(key)}
    if cell.cell_type == "markdown":
        for link, moved in MOVED.items():
            cell.source = cell.source.replace(link, moved)
    for output in cell.get("outputs", []):
        output.get("data", {}).pop(WIDGET, None)


def tags_of(cell: nbformat.NotebookNode) -> list[str]:
    return sorted(cell.metadata.get("tags", []))


# What is made of them


def write_all() -> None:
    """Model cards, README and the table of `evaluate`, from the folder report/ alone."""
    metrics = read_metrics()
    for name in metrics["networks"]:
        write(SHIPPED / name / "README.md", card(name, metrics).encode())
    write(ROOT / "README.md", readme(metrics).encode())
    write(SHIPPED.with_name("published.csv"), published_losses(metrics).encode())
    bench = json.loads((REPORT / "bench.json").read_text(encoding="utf-8"))
    replace_results(ROOT / "CONTRIBUTING.md", fill("bench.md.j2", {"bench": bench}))


def replace_results(path: Path, results: str) -> None:
    page = path.read_text(encoding="utf-8")
    write(path, between_marks(page, results).encode())


def card(name: str, metrics: dict[str, Any]) -> str:
    """The model card of a shipped network."""
    network = metrics["networks"][name]
    values = {
        "name": name,
        "network": network,
        "about": metrics["about"],
        "characters": metrics["counting"]["distinct"],
        "drawing": network["facts"],
        "range": metrics["tenths"]["ranges"].get(name),  # of losses
    }
    return fill("model-card.md.j2", values) + "\n"


def published_losses(metrics: dict[str, Any]) -> str:
    """The table of `shakespeare evaluate`: the shipped networks' losses, and those of others."""
    table = io.StringIO()
    rows = csv.writer(table, lineterminator="\n")
    rows.writerow(["model", "protocol", "loss"])
    for name, network in metrics["networks"].items():
        for protocol in ("cold", "carried"):
            rows.writerow([name, protocol, f"{network['losses'][protocol]['held_out']:.4f}"])
    for row in others():
        rows.writerow([f"{row['model']} ({row['by']})", row["protocol"], row["loss"]])
    return table.getvalue()


def readme(metrics: dict[str, Any]) -> str:
    """The README, with numbers of the evidence and of the published notebook 03."""
    run = json.loads((REPORT / "notebooks" / NUMBERS).read_text(encoding="utf-8"))
    values = metrics | addresses()
    values["fooled"] = run["fooled"]
    values["recipe_of_run"] = run["trained"][0]
    return fill("readme.md.j2", values) + "\n"


def addresses() -> dict[str, str]:
    """The folder where the page is, with its slash, and the repository, as in [project.urls].

    Each is empty where that doesn't say.
    """
    named = urls(ROOT)
    home = named.get("Homepage", "")
    return {"home": f"{home}/" if home else "", "repository": named.get("Repository", "")}


def fill(template: str, values: dict[str, Any]) -> str:
    loader = jinja2.FileSystemLoader(render.HERE)
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


def main() -> None:
    parser = argparse.ArgumentParser("report.publish")
    commands = parser.add_subparsers(dest="command", required=True)
    for name, what in (
        ("evidence", "weights, metrics and figures"),
        ("run", "a run, and the rest"),
    ):
        command = commands.add_parser(name, help=f"publish {what}")
        command.add_argument("build", type=Path)
    commands.add_parser("write", help="fill README, CONTRIBUTING, cards and losses again")
    arguments = parser.parse_args()
    if arguments.command == "evidence":
        publish_evidence(arguments.build)
    elif arguments.command == "run":
        publish_run(arguments.build)
    else:
        write_all()


if __name__ == "__main__":
    try:
        main()
    except (ValueError, OSError, jinja2.TemplateError) as error:  # an InputError, damaged JSON
        sys.exit(f"Stopped: {error}")
    except KeyboardInterrupt:
        sys.exit("Stopped: run the same command again.")
