"""What must hold between the files of the repository: numbers, dependencies, notebooks."""

import csv
import hashlib
import json
import re
import subprocess
import tomllib
from pathlib import Path

import nbformat
import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from pypdf import PdfReader

from report.publish import BEGIN, END, with_results
from shakespeare.course import PROFILES, QUICK

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
README = (ROOT / "README.md").read_text(encoding="utf-8")
METRICS = json.loads((ROOT / "report" / "metrics.json").read_text(encoding="utf-8"))


def pdf_text(path: Path) -> str:
    text = "\n".join(page.extract_text() for page in PdfReader(path).pages)
    return text.replace("\u00ad", "").replace("ﬁ", "fi").replace("ﬂ", "fl")


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_notebook_is_clean_and_has_what_the_course_needs(path: Path):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    for cell in notebook.cells:
        assert not cell.get("outputs") and not cell.get("execution_count"), f"{path.name}: run make strip"
    tagged = [cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", [])]
    assert len(tagged) == 1 and "PROFILE" in tagged[0].source and "TEXT" in tagged[0].source
    prose = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
    assert prose[0].startswith("# ") and "you will" in prose[0]
    everything = "\n".join(cell.source for cell in notebook.cells)
    assert "## Summary" in everything and "## Where to read more" in everything


def test_readme_results_are_those_of_the_metrics():
    assert with_results(README, METRICS) == README


def test_readme_has_no_other_result():
    prose = README.split(BEGIN)[0] + README.split(END)[1]
    prose = re.sub(r"```.*?```|`[^`]*`|\]\([^)]*\)", "", prose, flags=re.S)
    prose = re.sub(r"^\d+\. ", "", prose, flags=re.M)  # numbered lists
    prose = prose.replace("UTF-8", "").replace("Python 3.11", "").replace("1.7 GB", "").replace("SHA-256", "")
    facts = {f"{METRICS['preprocessing']['characters']:,}", "2.0"}  # the text; a licence
    assert set(re.findall(r"\d[\d.,]*\d|\d", prose)) <= facts


def test_published_report_and_metrics_come_from_the_full_profile():
    assert METRICS["training"]["profile"] == "full"
    published = subprocess.run(  # what is committed: a later `make report` may have put another one in its place
        ["git", "show", "HEAD:report/shakespeare-lstm.pdf"], cwd=ROOT, capture_output=True, check=False
    )
    if published.returncode:
        pytest.skip("not in a git checkout")
    copy = ROOT / "build" / "published.pdf"
    copy.parent.mkdir(exist_ok=True)
    copy.write_bytes(published.stdout)
    text = re.sub(r"\s+", " ", pdf_text(copy))
    assert f"{METRICS['training']['carried']['held_out']:.3f}" in text
    assert "full" in text


def test_published_losses_are_what_the_course_promises():
    training = METRICS["training"]
    assert training["cold_mixed"]["held_out"] <= 1.391 and training["carried"]["held_out"] <= 1.37
    assert training["dynamic_mixed"]["held_out"] <= 1.25
    assert len(training["seeds"]) >= 3 and training["spread"]
    assert METRICS["weights"]["small"]["losses"]["cold"]["held_out"] <= 1.52


def test_every_experiment_has_its_line():
    with (ROOT / "report" / "experiments.csv").open(newline="", encoding="utf-8") as file:
        experiments = list(csv.DictReader(file))
    for row in experiments:
        assert row["name"] and row["seed"] and row["code"]
        assert row["cold_held_out"] or row["note"], "a run without a result says why"
    assert {"nothing", "the copy head"} <= {row["name"].removeprefix("ablation: ") for row in experiments}


def test_environment_installs_the_project_and_nothing_else():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert environment["channels"] == ["conda-forge"]
    python, pip, packages = environment["dependencies"]
    assert (python, pip, packages) == (f"python{project['requires-python']}", "pip", {"pip": ["-e .[dev]"]})


def requirements() -> dict[str, Requirement]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    found = map(Requirement, project["dependencies"] + project["optional-dependencies"]["dev"])
    return {canonicalize_name(requirement.name): requirement for requirement in found}


def test_known_bad_releases_are_excluded():
    allowed = requirements()["lightning"].specifier
    # 2.6.2 and 2.6.3 steal credentials when they are imported (GHSA-w37p-236h-pfx3)
    assert [v for v in ("2.6.1", "2.6.2", "2.6.3", "2.6.6") if v in allowed] == ["2.6.1", "2.6.6"]
    # torch.load(weights_only=True) could be made to run code before 2.6 (CVE-2025-32434) and 2.10 (CVE-2026-24747)
    assert [v for v in ("2.5.1", "2.9.1", "2.13.0") if v in requirements()["torch"].specifier] == ["2.13.0"]


def test_constraints_are_exact_and_within_the_ranges():
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [Requirement(line) for line in lines if not line.startswith("#")]
    exact = {pin.name: str(pin.specifier).removeprefix("==") for pin in pins}
    assert list(exact) == sorted(map(canonicalize_name, exact)) and len(exact) == len(pins)
    for name, requirement in requirements().items():
        assert exact[name] in requirement.specifier, name
    assert f"{exact['torch']}+cpu" in SpecifierSet(f"=={exact['torch']}")  # pip takes a build for the processor alone
    versions = METRICS["training"]["versions"]  # of the published numbers
    for name in ("torch", "lightning", "numpy", "matplotlib"):
        assert f"{name} {exact[name]}" in versions


def test_citation_has_the_version_of_the_project():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert citation["version"] == project["version"]


def test_corpus_is_tiny_shakespeare_to_the_byte():
    digest = hashlib.sha256((ROOT / "input.txt").read_bytes()).hexdigest()
    assert digest == "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed"


def test_profiles_differ_in_settings_that_exist():
    for name, profile in PROFILES.items():
        assert profile.keys() == QUICK.keys(), name
