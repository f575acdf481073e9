"""What must hold between the files of the repository: numbers, dependencies, sizes."""

import csv
import hashlib
import json
import re
import tomllib

import pytest
import yaml
from conftest import ROOT
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from pypdf import PdfReader

METRICS = json.loads((ROOT / "report" / "metrics.json").read_text(encoding="utf-8"))
LARGE = METRICS["beyond_the_report"]  # the numbers of the shipped model `full`
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_corpus_is_tiny_shakespeare_to_the_byte():
    content = (ROOT / "input.txt").read_bytes()
    digest = "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed"
    assert hashlib.sha256(content).hexdigest() == digest
    corpus = content.decode()
    assert (len(corpus), corpus.count("\n"), len(set(corpus))) == (1_115_394, 40_000, 65)


def test_the_published_report_is_that_of_the_metrics():
    assert LARGE["profile"] == "full"
    pages = PdfReader(ROOT / "report" / "shakespeare-lstm.pdf").pages
    loss = f"{LARGE['carried']['held_out']:.3f}"
    assert any(loss in page.extract_text() for page in pages)


def test_published_losses_are_what_the_course_promises():
    one, committee = {k: v["mean"] for k, v in LARGE["spread"].items()}, LARGE["committee"]
    assert LARGE["cold_mixed"]["held_out"] <= 1.36 and LARGE["carried"]["held_out"] <= 1.27
    assert LARGE["dynamic_mixed"]["held_out"] <= 1.22
    assert one["cold"] <= 1.391 and one["carried"] <= 1.27 and one["dynamic_mixed"] <= 1.22
    assert committee["cold"]["held_out"] <= 1.36 and committee["carried"]["held_out"] <= 1.24
    assert committee["dynamic_mixed"]["held_out"] <= 1.2 and len(LARGE["seeds"]) >= 3
    small = METRICS["weights"]["small"]["losses"]
    assert small["cold"]["held_out"] <= 1.42 and small["carried"]["held_out"] <= 1.29


def rows(name: str) -> list[dict[str, str]]:
    with (ROOT / "report" / name).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_every_experiment_has_kept_its_row():
    experiments = rows("experiments.csv")
    assert len(experiments) >= 27
    for row in experiments:
        assert row["name"] and row["seed"] and row["code"] and None not in row
        assert row["cold_held_out"] or row["note"], "a run without a result says why"
    names = {row["name"].removeprefix("ablation: ") for row in experiments}
    assert {"nothing", "the copy head"} <= names


def test_every_published_result_has_kept_its_source():
    published = rows("published.csv")
    assert len(published) >= 7
    for row in published:
        assert row["model"] and row["protocol"] and row["source"] and None not in row
        assert 1 < float(row["loss"]) < 2 and row["url"].startswith("https://")


def test_environment_installs_the_project_and_nothing_else():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    assert environment["channels"] == ["conda-forge"]
    python, pip, packages = environment["dependencies"]
    assert (python, pip) == (f"python{PROJECT['requires-python']}", "pip")
    assert packages == {"pip": ["-e .[dev]"]}


def requirements() -> dict[str, Requirement]:
    """All dependencies by name, those of the extras too."""
    groups = [PROJECT["dependencies"], *PROJECT["optional-dependencies"].values()]
    found = [Requirement(line) for group in groups for line in group]
    return {canonicalize_name(each.name): each for each in found if each.name != PROJECT["name"]}


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md"])
def test_links_between_files_lead_somewhere(name):
    page = ROOT / name
    text = page.read_text(encoding="utf-8")
    targets = re.findall(r"\]\((?!\w+:)([^)]+)\)", text)
    assert targets
    for target in targets:
        path, _, place = target.partition("#")
        assert (page.parent / path).exists(), target
        headings = [re.sub(r"[^\w -]", "", h).lower() for h in re.findall(r"(?m)^#+ (.+)$", text)]
        assert not place or path or place in [h.replace(" ", "-") for h in headings], target


def test_known_bad_releases_are_excluded():
    allowed = requirements()["lightning"].specifier
    # 2.6.2 and 2.6.3 steal credentials when they are imported (GHSA-w37p-236h-pfx3)
    assert [v for v in ("2.6.1", "2.6.2", "2.6.3", "2.6.6") if v in allowed] == ["2.6.1", "2.6.6"]
    # torch.load(weights_only=True) could run code before 2.10 (CVE-2025-32434, CVE-2026-24747)
    assert [v for v in ("2.9.1", "2.13.0") if v in requirements()["torch"].specifier] == ["2.13.0"]


def test_constraints_are_exact_and_within_the_ranges():
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [Requirement(line) for line in lines if not line.startswith("#")]
    exact = {pin.name: str(pin.specifier).removeprefix("==") for pin in pins}
    assert list(exact) == sorted(map(canonicalize_name, exact)) and len(exact) == len(pins)
    for name, requirement in requirements().items():
        assert exact[name] in requirement.specifier, name
    # pip takes a build for the processor alone
    assert f"{exact['torch']}+cpu" in SpecifierSet(f"=={exact['torch']}")
    published = LARGE["versions"]
    for name in ("torch", "lightning", "numpy", "matplotlib"):
        assert f"{name} {exact[name]}" in published


def test_citation_has_the_version_of_the_project():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["version"] == PROJECT["version"]


def test_the_module_stays_thin():
    sizes = {
        path.name: len(path.read_text(encoding="utf-8").splitlines())
        for path in (ROOT / "shakespeare").glob("*.py")
    }
    assert sum(sizes.values()) <= 1150 and max(sizes.values()) <= 200, sizes
