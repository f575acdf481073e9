"""Copy what was made in build/ into the repository, and write what is made of it.

    python -m report.publish copy build/full build/quick

copies the evidence of the first folder and the executed notebooks of the second, each if it is
there: `make publish`.

    python -m report.publish write

writes README, model cards, the results in USING and CONTRIBUTING, and the paper, from what was
copied and from nothing else: `make paper`.

    python -m report.publish page

writes report/explorer.html, the page of the small network that is shipped: `make explorer`.
"""

import argparse
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
from report.evidence.questions import NAMES
from report.render import FILTERS, read_metrics
from shakespeare.data import Corpus
from shakespeare.files import TINY_SHAKESPEARE, InputError, write
from shakespeare.model import CharLSTM
from shakespeare.page import recording_of, write_page
from shakespeare.pretrained import SHIPPED, from_pretrained
from shakespeare.score import FOLDER as SCORE
from study.cells import cell_scores, with_copy_head
from study.who_copies import FOLDER as NETWORKS

ROOT = Path(__file__).resolve().parents[1]
REPORT = ROOT / "report"
BENCH = ROOT / "build" / "bench.json"
BEGIN = "<!-- results: written by report/publish.py -->\n"
END = "<!-- end of results -->"
NUMBERS = "03-training.json"  # of a run, which README quotes
NOTEBOOKS = sorted(path.stem for path in (ROOT / "notebooks").glob("0*.ipynb"))
READ_FOR_SIGNS = 5_000  # characters, in which the sign of a clear correlation shows
LEAST_SCORE = 0.3  # of a cell that the page says follows something: see notebook 06
WIDGET = "application/vnd.jupyter.widget-view+json"
KEPT = ("tags",)  # of a cell's metadata
SOLVED = (
    "*This copy was executed with the solutions of its exercises. To solve them, open "
    "[the notebook](../../notebooks/{}.ipynb).*"
)
MOVED = {  # links from report/notebooks
    "](glossary.md": "](../../notebooks/glossary.md",
    "](backward-pass.ipynb": "](../../notebooks/backward-pass.ipynb",
    "](solutions/": "](../../notebooks/solutions/",
    "](study/": "](../../notebooks/study/",
    "](../report/": "](../",
}


def publish(evidence: Path, run: Path) -> None:
    """Copy the evidence in the folder of one build, and the notebooks of another."""
    # All is read before anything is copied.
    folder = evidence / "evidence"
    metrics = read_evidence(folder) if folder.exists() else None
    notebooks = read_run(run) if list(run.glob("0*.ipynb")) else {}
    if metrics is None and not notebooks:
        raise InputError(f"There is neither {folder} nor a notebook in {run}.")
    if metrics is not None:
        copy_evidence(folder, metrics)
        print(f"Copied: the evidence of {evidence}.")
        for name in NAMES:
            if not answers.path_of(folder, name).exists():
                print(f"{name}: not asked here, so the published answer stays.")
    if BENCH.exists():
        shutil.copy(BENCH, REPORT / "bench.json")
        print(f"Copied: {BENCH.name}.")
    if notebooks:
        copy_run(notebooks)
        print(f"Copied: the notebooks of {run}. Now: make paper explorer.")
    else:
        print("Now: make report in a clone without build/quick, and make publish again.")


# Copies


def read_evidence(folder: Path) -> dict[str, Any]:
    """All numbers of the evidence; what wasn't asked again stays as it is published."""
    metrics = answers.load_all(folder, ("about", *NAMES))
    missing = [name for name in NAMES if name not in metrics]
    if missing:
        raise InputError(f"Nobody has asked {', '.join(missing)}: run make evidence to its end.")
    return metrics


def copy_evidence(folder: Path, metrics: dict[str, Any]) -> None:
    """Figures and tables to figures/, numbers to metrics.json, and the rest to its place."""
    shutil.rmtree(REPORT / "figures", ignore_errors=True)
    shutil.copytree(folder / "figures", REPORT / "figures")
    shipped = {"weights": SHIPPED, "score": SCORE, "networks": NETWORKS}
    for name, place in shipped.items():
        if (folder / name).exists():
            shutil.copytree(folder / name, place, dirs_exist_ok=True)
    text = json.dumps(metrics, indent=1, allow_nan=False) + "\n"
    write(REPORT / "metrics.json", text.encode())


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
    saved = build / NUMBERS
    if render.read_numbers(saved)["made_with"]["fingerprint"] != TINY_SHAKESPEARE:
        raise InputError(f"{build} is about another text: only Tiny Shakespeare is published.")
    found[NUMBERS] = saved.read_bytes()
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
    """Model cards, the pages' results and the paper, from the folder report/ alone."""
    metrics = read_metrics()
    made = ROOT / "build" / "published"
    render.write_paper(made)  # first, because it may be refused
    for name in metrics["weights"]:
        write(SHIPPED / name / "README.md", card(name, metrics).encode())
    write(ROOT / "README.md", readme(metrics).encode())
    replace_results(ROOT / "USING.md", fill("using.md.j2", metrics))
    bench = json.loads((REPORT / "bench.json").read_text(encoding="utf-8"))
    replace_results(ROOT / "CONTRIBUTING.md", fill("bench.md.j2", {"bench": bench}))
    shutil.copy(made / "shakespeare-lstm.pdf", REPORT)


def replace_results(path: Path, results: str) -> None:
    page = path.read_text(encoding="utf-8")
    write(path, between_marks(page, results).encode())


def card(name: str, metrics: dict[str, Any]) -> str:
    """The model card of a shipped network."""
    network = metrics["weights"][name]
    values = {
        "name": name,
        "network": network,
        "about": metrics["about"],
        "characters": metrics["counting"]["distinct"],
        "drawing": metrics["networks"][name]["facts"],
        "range": metrics["tenths"]["ranges"].get(name),  # of losses
    }
    return fill("model-card.md.j2", values) + "\n"


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


# The published page


def write_explorer(path: Path | None = None) -> None:
    """The page of the small network, with its named cells.

    (That of the final one would have ten megabytes.)
    """
    network = from_pretrained(SHIPPED / "small")
    corpus = Corpus.read(ROOT / "input.txt")
    out = path or REPORT / "explorer.html"
    cells = with_signs(named_cells(read_metrics()), network, corpus)
    home = addresses()["home"]
    recording = recording_of("small")
    write_page(network, corpus, out, cells, "shakespeare-lstm.pdf", home, recording=recording)


def named_cells(metrics: dict[str, Any]) -> list[dict[str, Any]]:
    """The cells of the small network that clearly follow something, the clearest first."""
    cells = []
    for what, best in metrics["weights"]["small"]["cells"].items():
        if best["score"] >= LEAST_SCORE:
            cells.append({"cell": best["cell"], "what": what, "score": best["score"]})
    return sorted(cells, key=lambda cell: cell["score"], reverse=True)


def with_signs(
    cells: list[dict[str, Any]], network: CharLSTM, corpus: Corpus
) -> list[dict[str, Any]]:
    """The cells with a negative score where they fall as what they follow rises.

    metrics.json has no signs.
    """
    scores = cell_scores(with_copy_head(network), corpus.split(), READ_FOR_SIGNS)
    signed = []
    for cell in cells:
        on_validation, _ = scores[cell["what"]]
        sign = int(on_validation[cell["cell"]].sign())
        signed.append({**cell, "score": sign * cell["score"]})
    return signed


def main() -> None:
    parser = argparse.ArgumentParser("report.publish")
    commands = parser.add_subparsers(dest="command", required=True)
    copy = commands.add_parser("copy", help="copy evidence and executed notebooks")
    copy.add_argument("evidence", type=Path)
    copy.add_argument("run", type=Path)
    commands.add_parser("write", help="write all that is made of the copies")
    commands.add_parser("page", help="write the page of the shipped small network")
    arguments = parser.parse_args()
    if arguments.command == "copy":
        publish(arguments.evidence, arguments.run)
    elif arguments.command == "page":
        write_explorer()
    else:
        write_all()


if __name__ == "__main__":
    try:
        main()
    except (ValueError, OSError, jinja2.TemplateError) as error:  # an InputError, damaged JSON
        sys.exit(f"Stopped: {error}")
    except KeyboardInterrupt:
        sys.exit("Stopped: run the same command again.")
