"""What must hold between the files of the repository: numbers, links, dependencies."""

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

from shakespeare.digests import TINY_SHAKESPEARE

METRICS = json.loads((ROOT / "report" / "metrics.json").read_text(encoding="utf-8"))
FINAL = METRICS["beyond_the_report"]  # the numbers of the final network
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_corpus_is_tiny_shakespeare_to_the_byte():
    content = (ROOT / "input.txt").read_bytes()
    assert hashlib.sha256(content).hexdigest().startswith(TINY_SHAKESPEARE)
    corpus = content.decode()
    assert (len(corpus), corpus.count("\n"), len(set(corpus))) == (1_115_394, 40_000, 65)


def test_the_published_report_is_that_of_the_metrics():
    assert FINAL["profile"] == "full"
    pages = PdfReader(ROOT / "report" / "shakespeare-lstm.pdf").pages
    loss = f"{FINAL['carried']['held_out']:.3f}"
    assert any(loss in page.extract_text() for page in pages)


def rows(name: str) -> list[dict[str, str]]:
    with (ROOT / "report" / name).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_every_published_result_has_kept_its_source():
    for row in rows("published.csv"):
        assert row["model"] and row["protocol"] and row["source"]
        assert float(row["loss"]) > 0
        assert row["url"].startswith("https://")


def test_environment_installs_the_project_and_pytorch_without_cuda():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    assert environment["channels"] == ["conda-forge"]
    python, pip, torch, packages = environment["dependencies"]
    assert (python, pip) == (f"python{PROJECT['requires-python']}", "pip")
    assert torch == f"pytorch-cpu{requirements()['torch'].specifier}"
    assert packages == {"pip": ["-e .[dev]"]}


def requirements() -> dict[str, Requirement]:
    """All dependencies by name, those of the extras too."""
    lines = list(PROJECT["dependencies"])
    for extra in PROJECT["optional-dependencies"].values():
        lines += extra
    found = {}
    for requirement in map(Requirement, lines):
        if requirement.name != PROJECT["name"]:
            found[canonicalize_name(requirement.name)] = requirement
    return found


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_names_what_is_there_and_may_only_read(path):
    text = path.read_text(encoding="utf-8")
    [targets] = re.findall(r"(?m)^\.PHONY: (.*)", (ROOT / "Makefile").read_text(encoding="utf-8"))
    assert set(re.findall(r"\bmake ([a-z-]+)", text)) <= set(targets.split())
    for name in re.findall(r"\breport/(\S+)", text):  # what is deployed instead of this run's
        assert (ROOT / "report" / name).exists(), name

    workflow = yaml.safe_load(text)
    assert workflow["permissions"] == {"contents": "read"}
    for name, job in workflow["jobs"].items():
        may_write = "write" in job.get("permissions", {}).values()
        assert may_write == (name == "deploy")


def anchors(page: str) -> list[str]:
    """What GitHub makes of the headings of a page."""
    found = []
    for heading in re.findall(r"(?m)^#+ (.+)$", page):
        words = re.sub(r"[^\w -]", "", heading).lower()
        found.append(words.replace(" ", "-"))
    return found


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md"])
def test_links_between_files_lead_somewhere(name):
    page = ROOT / name
    text = page.read_text(encoding="utf-8")
    targets = re.findall(r"\]\((?!\w+:)([^)]+)\)", text)
    assert targets
    for target in targets:
        path, _, place = target.partition("#")
        assert (page.parent / path).exists(), target
        if place and not path:
            assert place in anchors(text), target


def test_known_bad_releases_are_excluded():
    lightning = requirements()["lightning"].specifier
    assert "2.6.1" in lightning and "2.6.6" in lightning
    # They steal credentials when they are imported (GHSA-w37p-236h-pfx3).
    assert "2.6.2" not in lightning and "2.6.3" not in lightning
    torch = requirements()["torch"].specifier
    assert "2.13.0" in torch
    # torch.load(weights_only=True) could run code before 2.10 (CVE-2025-32434, CVE-2026-24747).
    assert "2.9.1" not in torch


def test_constraints_are_exact_and_within_the_ranges():
    exact = {}
    for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            name, version = line.split("==")
            assert name == canonicalize_name(name) and name not in exact
            exact[name] = version
    assert list(exact) == sorted(exact)
    for name, requirement in requirements().items():
        assert exact[name] in requirement.specifier, name
    # pip takes a build for the processor alone
    assert f"{exact['torch']}+cpu" in SpecifierSet(f"=={exact['torch']}")
    for name in ("torch", "lightning", "numpy", "matplotlib"):
        assert f"{name} {exact[name]}" in FINAL["versions"]


def test_citation_has_the_version_of_the_project():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["version"] == PROJECT["version"]
