"""What is copied into the repository, and what README and cards say of the numbers."""

import copy
import json
import shutil

import nbformat
import pytest
from conftest import ROOT
from nbformat import v4

from report import publish, render
from report.evidence import answers
from report.evidence.questions import QUESTIONS
from shakespeare.files import InputError

METRICS = publish.read_metrics()
STORED = ROOT / "report" / "notebooks"


def table_rows(page: str) -> list[str]:
    return [line for line in page.splitlines() if line.startswith("|")]


def test_readme_and_contributing_have_the_published_results():
    bench = json.loads((ROOT / "report" / "bench.json").read_text(encoding="utf-8"))
    results = {
        "README.md": publish.readme(METRICS),
        "CONTRIBUTING.md": publish.fill("bench.md.j2", {"bench": bench}),
    }
    for name, expected in results.items():
        assert expected in (ROOT / name).read_text(encoding="utf-8"), name


def test_the_command_evaluate_has_the_published_losses():
    stored = publish.SHIPPED.with_name("published.csv").read_text(encoding="utf-8")
    assert stored == publish.published_losses(METRICS)


@pytest.mark.parametrize("name", METRICS["networks"])
def test_a_model_card_is_that_of_the_metrics(name):
    card = (publish.SHIPPED / name / "README.md").read_text(encoding="utf-8")
    assert card == publish.card(name, METRICS)
    assert len(table_rows(card)) == 2 + len(METRICS["networks"][name]["losses"])


URLS = """
[project.urls]
Homepage = "https://course.test"
Repository = "https://code.test/course"
"""


def test_readme_links_to_the_addresses_in_pyproject(repository):
    assert "download [explorer.html]" in publish.readme(METRICS)
    with (repository / "pyproject.toml").open("a") as project:
        project.write(URLS)
    readme = publish.readme(METRICS)
    assert "**[Play](https://course.test/explorer.html)**" in readme
    assert "download [explorer" not in readme
    assert "](https://course.test/report.pdf)" in readme
    assert "(https://code.test/course/actions/workflows/ci.yml/badge.svg)" in readme


# Copies


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """A copy of the files that publishing changes."""
    root = tmp_path / "course"
    report = root / "report"
    shutil.copytree(ROOT / "report", report, ignore=shutil.ignore_patterns("explorer*", "*.pdf"))
    for name in ("README.md", "USING.md", "CONTRIBUTING.md", "pyproject.toml"):
        shutil.copy(ROOT / name, root)
    monkeypatch.setattr(publish, "ROOT", root)
    monkeypatch.setattr(publish, "REPORT", report)
    monkeypatch.setattr(publish, "BENCH", root / "build" / "bench.json")
    monkeypatch.setattr(publish, "SHIPPED", root / "weights")
    monkeypatch.setattr(publish, "NETWORKS", root / "networks")
    monkeypatch.setattr(render, "HERE", report)
    return root


@pytest.fixture
def evidence(tmp_path):
    """A folder as `make evidence` leaves it, with another loss of the final network."""
    build = tmp_path / "build"
    folder = build / "evidence"
    shutil.copytree(ROOT / "report" / "figures", folder / "figures")
    numbers = copy.deepcopy(METRICS)
    numbers["networks"]["final"]["losses"]["carried"]["held_out"] = 1.111
    for name in ("about", *QUESTIONS):
        answers.save(folder, name, numbers[name])
    (folder / "figures" / "tbl-new.md").write_text("a table")
    (folder / "weights" / "final").mkdir(parents=True)
    (folder / "weights" / "final" / "config.json").write_text("{}")
    return build


def test_evidence_is_copied_and_read_by_readme_and_cards(repository, evidence):
    publish.publish_evidence(evidence)
    metrics = json.loads((repository / "report" / "metrics.json").read_text(encoding="utf-8"))
    expected = copy.deepcopy(METRICS)
    expected["networks"]["final"]["losses"]["carried"]["held_out"] = 1.111
    assert metrics == expected
    assert (repository / "report" / "figures" / "tbl-new.md").read_text() == "a table"
    assert (repository / "weights" / "final" / "config.json").read_text() == "{}"
    assert "1.11" in publish.readme(metrics)


def test_weights_that_are_equal_stay_untouched(repository, evidence):
    publish.publish_evidence(evidence)
    copied = repository / "weights" / "final" / "config.json"
    before = copied.stat().st_mtime_ns
    publish.publish_evidence(evidence)
    assert copied.stat().st_mtime_ns == before


def test_a_missing_answer_is_an_error_and_nothing_is_copied(repository, evidence):
    (evidence / "evidence" / "ladder.json").unlink()
    with pytest.raises(InputError, match=r"ladder.json is missing"):
        publish.publish_evidence(evidence)
    assert render.read_metrics() == METRICS
    assert not (repository / "weights").exists()


def test_without_an_evidence_what_is_published_stays(repository, tmp_path, capsys):
    publish.publish_evidence(tmp_path / "nothing")
    assert "what is published stays" in capsys.readouterr().out
    assert render.read_metrics() == METRICS


WIDGET = "application/vnd.jupyter.widget-view+json"
LINKS = (
    "[it](glossary.md) [that](solutions/01-a.ipynb) [it](backward-pass.ipynb) "
    "[appendix](../report/report.pdf#sec-appendix-Limits)"
)
TAGS = {"tags": ["report"]}


def executed(build, name):
    """A small executed notebook, and the numbers that go with it."""
    panel = v4.new_output("display_data", data={WIDGET: {}, "text/plain": "a panel"})
    cells = [
        v4.new_markdown_cell(f"# Title\n{LINKS}."),
        v4.new_code_cell("panel", outputs=[panel], execution_count=2, metadata={"papermill": {}}),
        v4.new_code_cell("show(picture)", execution_count=3, metadata=TAGS | {"papermill": {}}),
    ]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3"}, "papermill": {}}
    nbformat.write(v4.new_notebook(cells=cells, metadata=kernel), build / f"{name}.ipynb")
    shutil.copy(STORED / publish.NUMBERS, build)
    (build / "report.pdf").write_bytes(b"a report")


def test_notebooks_are_copied_as_they_ran_without_widgets(repository, tmp_path, monkeypatch):
    build = tmp_path / "quick"
    build.mkdir()
    for name in publish.NOTEBOOKS:
        executed(build, name)
    (build / "03-training.failed.ipynb").write_text("{}")
    publish.publish_run(build)
    assert (repository / "report" / "report.pdf").read_bytes() == b"a report"

    stored = repository / "report" / "notebooks"
    expected = {publish.NUMBERS, *(f"{name}.ipynb" for name in publish.NOTEBOOKS)}
    assert {path.name for path in stored.iterdir()} == expected
    book = nbformat.read(stored / "01-preprocessing.ipynb", as_version=4)
    solved, text, panel, figure = book.cells
    assert "](../../notebooks/01-preprocessing.ipynb)" in solved.source
    assert text.source.count("](../../notebooks/") == 3
    assert "[appendix](../report.pdf#sec-appendix-Limits)" in text.source
    assert panel.outputs[0].data == {"text/plain": "a panel"} and panel.execution_count == 2
    assert panel.metadata == {} and book.metadata.keys() == {"kernelspec"}
    assert figure.metadata == TAGS


def test_an_unfinished_run_is_not_copied(repository, tmp_path):
    for path in STORED.glob("0[1-3]*.ipynb"):
        executed(tmp_path, path.stem)
    with pytest.raises(InputError, match="04-generation isn't finished"):
        publish.publish_run(tmp_path)
    assert not (repository / "report" / "report.pdf").exists()
    assert (repository / "report" / "notebooks" / "04-generation.ipynb").exists()


def test_each_notebook_has_a_published_copy():
    assert sorted(path.stem for path in STORED.glob("*.ipynb")) == publish.NOTEBOOKS
