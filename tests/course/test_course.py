"""The course as a newcomer runs it: `make pages PROFILE=smoke` in a fresh copy, everything read."""

import json
import math
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import nbformat
import pytest
from conftest import ROOT
from pypdf import PdfReader
from test_make import NOTEBOOKS, SMOKE, clone, make

from shakespeare.model import CharLSTM, CopyLSTM
from shakespeare.settings import load_settings

SAFE = {"image/svg+xml", "text/markdown", "text/plain"}
PROTOCOLS = ("cold", "carried", "dynamic")
LOSSES = {f"{protocol}{mixed}" for protocol in PROTOCOLS for mixed in ("", "_mixed")}
LAST = "05-beyond-the-report"  # make sample writes with its model


@pytest.fixture(scope="module")
def course(tmp_path_factory) -> Path:
    """A copy of the repository in which make has executed the course and written all pages."""
    folder = clone(tmp_path_factory.mktemp("clone") / "a course, été")
    done = make(folder, "pages", SMOKE)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    (folder / "make.log").write_text(done.stdout + done.stderr)
    return folder


@pytest.fixture(scope="module")
def build(course: Path) -> Path:
    return course / "build" / "smoke"


@pytest.fixture(scope="module")
def executed(build: Path) -> dict[str, nbformat.NotebookNode]:
    return {name: nbformat.read(build / f"{name}.ipynb", as_version=4) for name in NOTEBOOKS}


@pytest.fixture(scope="module")
def numbers(build: Path) -> dict[str, dict]:
    return {name: json.loads((build / f"{name}.json").read_text()) for name in NOTEBOOKS}


def outputs(executed: dict) -> list[tuple[str, nbformat.NotebookNode]]:
    """Every output, with its notebook and cell."""
    return [
        (f"{name}, cell {cell.id}", output)
        for name, notebook in executed.items()
        for cell in notebook.cells
        for output in cell.get("outputs", [])
    ]


def test_make_writes_to_the_build_folder_only(course: Path, build: Path):
    assert (build / "shakespeare-lstm.pdf").read_bytes().startswith(b"%PDF")
    pages = {path.stem for path in (build / "pages").glob("*.html")}
    assert {"index", "glossary", "shakespeare-lstm", *NOTEBOOKS} <= pages
    assert not list(build.rglob("*.partial")) and not list(build.glob("*.failed.ipynb"))
    for path in course.rglob("*"):
        inside = path.relative_to(course)
        if path.is_file() and not {"build", "__pycache__", "make.log"} & set(inside.parts):
            assert path.read_bytes() == (ROOT / inside).read_bytes(), inside


def test_the_pdf_is_short_and_its_figures_can_be_searched(build: Path):
    pdf = PdfReader(build / "shakespeare-lstm.pdf")
    assert len(pdf.pages) <= 24
    assert "<pdfuaid:part>1</pdfuaid:part>" in pdf.trailer["/Root"]["/Metadata"].get_data().decode()
    text = "".join(page.extract_text() for page in pdf.pages)
    assert "characters of context" in text and "place in the window" in text  # labels of axes


def test_you_see_each_epoch_and_where_the_report_is(course: Path):
    said = (course / "make.log").read_text()
    for name in ("03-training", LAST):
        assert re.search(rf"{name}: epoch 1/2: val_loss [\d.]+, train_loss [\d.]+, ", said), name
    assert "build/smoke/pages/index.html" in said and "Warning" not in said


def test_nothing_is_made_twice(course: Path, build: Path):
    before = {path: path.stat().st_mtime_ns for path in build.rglob("*")}
    again = make(course, "report", SMOKE)
    assert again.returncode == 0, again.stderr
    assert "The report is build/smoke/shakespeare-lstm.pdf" in again.stdout
    assert before == {path: path.stat().st_mtime_ns for path in build.rglob("*")}


def test_outputs_have_no_error_warning_path_or_terminal_command(course, build, executed):
    paths = (str(course), str(ROOT), str(Path.home()), sys.prefix)
    for name, notebook in executed.items():
        assert all(c.execution_count for c in notebook.cells if c.cell_type == "code" and c.source)
        written = (build / f"{name}.ipynb").read_text()
        assert not [path for path in paths if path in written], name
    for where, output in outputs(executed):
        text, data = output.get("text", ""), output.get("data", {})
        assert output.output_type in ("stream", "display_data"), where  # no bare last line
        assert output.get("name") != "stderr" and set(data) <= SAFE, (where, text)
        assert not re.search(r"\x1b|Warning|Traceback|<[\w.]+ object|0x[0-9a-f]{6}", text), where


def test_figures_and_tables_have_labels_captions_and_alt_texts(executed):
    labels = []
    for where, output in outputs(executed):
        svg, about = output.get("data", {}).get("image/svg+xml"), output.get("metadata", {})
        if svg:
            about = about["image/svg+xml"]
            assert re.fullmatch(r"fig-[a-z-]+", about["label"]) and len(about["alt"]) > 40, where
            assert ElementTree.fromstring(svg).tag.endswith("svg")
        elif "label" in about.get("text/markdown", {}):
            about = about["text/markdown"]
            assert about["label"].startswith("tbl-") and "|" in output.data["text/markdown"], where
        else:
            continue
        assert len(about["caption"]) > 20, where
        labels.append(about["label"])
    assert len(labels) == len(set(labels)) > 30


def test_every_exercise_waits_for_its_reader(executed):
    found = 0
    for name, notebook in executed.items():
        exercises = [cell for cell in notebook.cells if re.search(r"(?m)^check\(", cell.source)]
        assert bool(exercises) == (name != LAST), name
        found += len(exercises)
        for cell in exercises:
            said = "".join(output.text for output in cell.outputs)  # the kernel may split a line
            assert "exercise" in cell.metadata.tags and said.startswith("[TODO] "), cell.id
            assert said.count("\n") == 1, cell.id
    assert found >= 20


def test_numbers_fit_together(numbers):
    preprocessing, equations, training, generation, beyond, inside = numbers.values()
    made_with = {name: dict(about["made_with"]) for name, about in numbers.items()}
    weights = {name: made.pop("weights", None) for name, made in made_with.items()}
    assert made_with["01-preprocessing"]["text"] == "input.txt"
    assert all(made == made_with["01-preprocessing"] for made in made_with.values())
    assert weights["04-generation"] == weights["03-training"] != weights["05-beyond-the-report"]
    assert weights["06-inside-the-network"] == weights["05-beyond-the-report"]
    split, settings = preprocessing["split"], load_settings("smoke")
    assert split["train"] + split["held_out"] == preprocessing["characters"] == 1_115_394
    assert split["validation"] + split["test"] == split["held_out"]
    order, counted = preprocessing["ngram_best"]["kneser_ney"], preprocessing["ngram"]["kneser_ney"]
    for part, loss in preprocessing["bar"].items():
        assert loss == counted[part][order] < preprocessing["ngram"]["witten_bell"][part][order]
    assert preprocessing["bar"]["held_out"] <= 1.52
    assert equations["largest_difference"] < 1e-12  # to torch's own LSTM
    assert equations["numpy_loss"]["last"] < equations["numpy_loss"]["first"]
    assert training["settings"] == beyond["settings"] == settings.model_dump()
    for about in (training, beyond):
        for losses in (about[key] for key in about if key in LOSSES):
            halves = (losses["validation"] + losses["test"]) / 2
            assert losses["held_out"] == pytest.approx(halves, abs=1e-3)
            assert 0 < losses["held_out"] < preprocessing["uniform"]
    for protocol in PROTOCOLS:
        plain, mixed = beyond[protocol], beyond[f"{protocol}_mixed"]
        assert mixed["validation"] <= plain["validation"]  # its weights were chosen there
        assert beyond["bits"][protocol] == pytest.approx(plain["held_out"] / math.log(2))
    assert 0 <= inside["calibration_error"] < 1
    perplexity = beyond["perplexity"]
    assert perplexity["carried"] == pytest.approx(math.exp(beyond["carried"]["held_out"]))
    assert generation["sample"].startswith(generation["prompt"])
    assert len(generation["sample"]) == len(generation["prompt"]) + settings.sample_length


def test_the_ladder_has_every_rung_and_the_writers_end_with_the_author(numbers):
    rungs = numbers["05-beyond-the-report"]["rungs"]
    assert len(rungs) >= 10 and all(len(rung["name"]) > 3 for rung in rungs)
    assert [rung["cold"] or rung["carried"] for rung in rungs].count(None) == 0
    for name in ("04-generation", "05-beyond-the-report"):
        *writers, author = numbers[name]["writers"]
        assert len(writers) >= 2 and author["words"] > 0.9 and author["loops"] == 0
        assert author["malformed"] == 0


def test_the_trained_models_write(course: Path, build: Path):
    model = CharLSTM.from_pretrained(build / "models" / "03-training")
    assert len(model.chars) == 65 and model.hparams["hidden_size"] == 48
    assert isinstance(CharLSTM.from_pretrained(build / "models" / LAST), CopyLSTM)
    written = make(course, "sample", SMOKE, "PROMPT=ROMEO:")
    assert written.returncode == 0 and written.stdout.startswith("ROMEO:")
    assert f"The model build/smoke/models/{LAST} writes" in written.stderr


def test_only_large_profiles_are_published(course: Path):
    refused = make(course, "publish", SMOKE)
    assert refused.returncode != 0 and "Traceback" not in refused.stderr
    assert "Only the profiles small and full of input.txt are published." in refused.stderr


def test_an_unusable_text_stops_make_with_a_sentence(course: Path):
    (course / "short.txt").write_text("a text of some length" * 200)
    done = make(course, "report", SMOKE, "TEXT=short.txt")
    assert done.returncode != 0 and "Traceback" not in done.stdout + done.stderr
    assert "notebooks/01-preprocessing.ipynb, cell " in done.stderr and "needs 5,140" in done.stderr
    build = course / "build" / "smoke-short.txt"
    assert [path.name for path in build.glob("*.ipynb")] == ["01-preprocessing.failed.ipynb"]


def test_a_notebook_runs_where_it_is_opened(course: Path):
    """Without make: the kernel starts in notebooks/ and finds `course` and the text there."""
    code = "from course.results import Results; print(Results('smoke', '../input.txt').folder)"
    command = [sys.executable, "-c", code]
    done = subprocess.run(
        command,
        cwd=course / "notebooks",
        env={"PYTHONPATH": str(course)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "../build/smoke\n"
