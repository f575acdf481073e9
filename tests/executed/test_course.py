"""The course as a newcomer runs it, in the profile smoke: everything that make writes is read."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import nbformat
import pytest
from conftest import NOTEBOOKS, ROOT, SMOKE, clone, make
from pypdf import PdfReader

from shakespeare.beyond.copying import CopyLSTM
from shakespeare.pretrained import from_pretrained
from shakespeare.settings import load_recipe

SAFE = {"image/png", "image/svg+xml", "text/markdown", "text/plain"}
SAVING = ("01-preprocessing", "03-training", "05-beyond-the-report")  # numbers for others


@pytest.fixture(scope="module")
def course(tmp_path_factory) -> Path:
    """A copy of the repository in which make has executed the course and written the report.

    What is in build/smoke comes along, with its dates, so make executes only what is older than its
    sources. The report is always made again.
    """
    folder = clone(tmp_path_factory.mktemp("clone") / "a course, été")
    if (ROOT / "build" / "smoke").exists():
        made_here = shutil.ignore_patterns("report.pdf", "*.failed.*", "*.partial")
        shutil.copytree(ROOT / "build" / "smoke", folder / "build" / "smoke", ignore=made_here)
    done = make(folder, "report", SMOKE)
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
    return {name: json.loads((build / f"{name}.json").read_text()) for name in SAVING}


def outputs(executed: dict) -> list[tuple[str, nbformat.NotebookNode]]:
    """Every output, with its notebook and cell."""
    found = []
    for name, notebook in executed.items():
        for cell in notebook.cells:
            for output in cell.get("outputs", []):
                found.append((f"{name}, cell {cell.id}", output))
    return found


def test_make_writes_to_the_build_folder_only(course: Path, build: Path):
    assert (build / "report.pdf").read_bytes().startswith(b"%PDF")
    assert not list(build.rglob("*.partial")) and not list(build.glob("*.failed.ipynb"))
    for path in course.rglob("*"):
        inside = path.relative_to(course)
        if path.is_file() and not {"build", "__pycache__", "make.log"} & set(inside.parts):
            assert path.read_bytes() == (ROOT / inside).read_bytes(), inside


@pytest.fixture(scope="module")
def report(build: Path) -> PdfReader:
    return PdfReader(build / "report.pdf")


@pytest.fixture(scope="module")
def words(report: PdfReader) -> str:
    """The text of the report, in one line."""
    return " ".join(" ".join(page.extract_text() for page in report.pages).split())


def headings(outline) -> list[str]:
    """The headings of a PDF, from its outline."""
    found = []
    for entry in outline:
        found += headings(entry) if isinstance(entry, list) else [entry.title]
    return found


def test_the_report_has_the_sections_of_the_students_report_in_his_order(report: PdfReader):
    expected = [
        "1 Introduction",
        "2 Preprocessing",
        "3 The LSTM",
        "3.1.1 Sequential processing",
        "3.1.2 Hidden state",
        "3.1.3 The equations",
        "3.2 The network",
        "4 Training",
        "4.3 The student's recipe",
        "4.6 Evaluation",
        "5 Generation",
        "9 Conclusion",
        "References",
    ]
    assert [each for each in headings(report.outline) if each in expected] == expected
    assert len(report.pages) <= 25 + 5  # the appendix has up to five


def test_the_report_has_his_equations_code_curves_and_text(words: str):
    symbols = words.replace(" ", "")
    for equation in (
        "𝑓𝑡=𝜎(𝑊𝑓⋅[𝑥𝑡,ℎ𝑡−1]+𝑏𝑓)",
        "𝑖𝑡=𝜎(𝑊𝑖⋅[𝑥𝑡,ℎ𝑡−1]+𝑏𝑖)",
        "𝑜𝑡=𝜎(𝑊𝑜⋅[𝑥𝑡,ℎ𝑡−1]+𝑏𝑜)",
        "𝑔𝑡=tanh(𝑊𝑔⋅[𝑥𝑡,ℎ𝑡−1]+𝑏𝑔)",
        "𝑐𝑡=𝑓𝑡⊙𝑐𝑡−1+𝑖𝑡⊙𝑔𝑡",
        "ℎ𝑡=𝑜𝑡⊙tanh(𝑐𝑡)",
    ):
        assert equation in symbols
    for part in (
        "class StudentsRecipe(L.LightningModule):",
        "torch.optim.Adam(self.parameters(), lr=self.learning_rate, weight_decay=1e-6)",
        "DataLoader(train_data, batch_size=BATCH_SIZE, sampler=sampler)",
        "ModelCheckpoint(",
        "LearningRateMonitor()",
        "Adam, learning rate 1e-3, weight decay 1e-6",
        "How the baseline learns",  # the curves
        "What the baseline writes after a prompt",
        "The example output of the student’s report",
        "mispredition",
    ):
        assert part in words, part


def test_the_report_speaks_to_no_learner_and_shows_what_it_refers_to(words: str, build: Path):
    assert not re.search(r"[Ee]xercise|next cell|own_|check\(|TODO", words)
    source = (build / "report" / "document.md").read_text()
    labels = re.findall(r"\{#((?:fig|tbl|txt)-[\w-]+)", source)
    labels += re.findall(r"\\label\{(eq-[\w-]+)\}", source)
    assert set(re.findall(r"\(#((?:fig|tbl|txt|eq)-[\w-]+)\)", source)) <= set(labels)
    assert len(labels) == len(set(labels))


def test_the_pdf_is_accessible_and_its_figures_can_be_searched(build: Path):
    pdf = PdfReader(build / "report.pdf")
    assert "<pdfuaid:part>1</pdfuaid:part>" in pdf.trailer["/Root"]["/Metadata"].get_data().decode()
    text = "".join(page.extract_text() for page in pdf.pages)
    assert "characters of context" in text  # the label of an axis


def test_make_says_where_the_report_is_and_warns_of_nothing(course: Path):
    said = (course / "make.log").read_text()
    assert "report of this run is build/smoke/report.pdf" in said
    assert "Warning" not in said


def test_nothing_is_made_twice(course: Path, build: Path):
    before = {path: path.stat().st_mtime_ns for path in build.rglob("*")}
    again = make(course, "report", SMOKE)
    assert again.returncode == 0, again.stderr
    assert "report of this run is build/smoke/report.pdf" in again.stdout
    assert before == {path: path.stat().st_mtime_ns for path in build.rglob("*")}


def test_outputs_have_no_error_warning_path_or_terminal_command(course, build, executed):
    paths = (str(course), str(ROOT), str(Path.home()), sys.prefix)
    for name, notebook in executed.items():
        assert all(c.execution_count for c in notebook.cells if c.cell_type == "code" and c.source)
        written = (build / f"{name}.ipynb").read_text()
        assert not [path for path in paths if path in written], name
    for where, output in outputs(executed):
        text = output.get("text", "")
        data = output.get("data", {})
        assert output.output_type in ("stream", "display_data"), where  # no bare last line
        assert output.get("name") != "stderr" and set(data) <= SAFE, (where, text)
        assert not re.search(r"\x1b|Warning|Traceback|<[\w.]+ object|0x[0-9a-f]{6}", text), where


def test_figures_and_tables_have_labels_captions_and_alt_texts(executed):
    labels = []
    for where, output in outputs(executed):
        svg = output.get("data", {}).get("image/svg+xml")
        about = output.get("metadata", {})
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
    assert len(labels) == len(set(labels))


def test_all_numbers_are_from_one_run(numbers):
    made_with = [about["made_with"] for about in numbers.values()]
    assert all(made == made_with[0] for made in made_with)
    for name, recipe in (("03-training", "baseline"), ("05-beyond-the-report", "final")):
        network, training = load_recipe("smoke", recipe)
        # Notebook 03 writes its settings out, so it has those alone that a reader may change.
        assert numbers[name]["settings"].items() <= (network | training.model_dump()).items()


def test_losses_fit_together(numbers):
    training = numbers["03-training"]
    beyond = numbers["05-beyond-the-report"]
    losses = [training["cold"], training["carried"], beyond["carried"]]
    for loss in losses:
        halves = (loss["validation"] + loss["test"]) / 2
        assert loss["held_out"] == pytest.approx(halves, abs=1e-3)
        assert 0 < loss["held_out"] < numbers["01-preprocessing"]["uniform"]


def test_the_trained_networks_write(course: Path, build: Path):
    baseline = from_pretrained(build / "models" / "baseline")
    assert len(baseline.chars) == 65 and baseline.hidden_size == 48
    assert baseline.facts.keys() == {"sampling"}
    final = from_pretrained(build / "models" / "final")
    assert isinstance(final, CopyLSTM)
    assert final.facts.keys() == {"sampling"}
    written = make(course, "sample", SMOKE, "PROMPT=ROMEO:")
    assert written.returncode == 0 and written.stdout.startswith("ROMEO:")
    assert "The network build/smoke/models/final writes" in written.stderr


def test_a_notebook_runs_where_it_is_opened(course: Path):
    """Without make: the kernel starts in notebooks/ and finds `course` and the text there."""
    code = "from course.results import Results; print(Results('smoke').folder)"
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
