"""What must hold between the files of the repository: numbers, links, dependencies."""

import hashlib
import json
import re
import tomllib
from pathlib import Path

import pytest
import yaml
from conftest import ROOT
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from pypdf import PdfReader

from shakespeare.files import TINY_SHAKESPEARE

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
METRICS = json.loads((ROOT / "report" / "metrics.json").read_text(encoding="utf-8"))
ABOUT = METRICS["about"]
PDF = ROOT / "report" / "report.pdf"
APPENDIX = ROOT / "report" / "appendix.md"


def test_corpus_is_tiny_shakespeare_to_the_byte():
    content = (ROOT / "input.txt").read_bytes()
    assert hashlib.sha256(content).hexdigest().startswith(TINY_SHAKESPEARE)


def test_the_published_report_has_the_loss_of_the_metrics():
    assert ABOUT["profile"] == "full"
    if not PDF.exists():
        pytest.skip("large files are published together, once: report.pdf comes with the others")
    pages = PdfReader(PDF).pages
    loss = f"{METRICS['networks']['final']['losses']['carried']['held_out']:.3f}"
    assert any(loss in page.extract_text() for page in pages)


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


def test_environment_installs_the_project_and_pytorch_without_cuda():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    python, _, torch, packages = environment["dependencies"]
    assert python == f"python{PROJECT['requires-python']}"
    assert torch == f"pytorch-cpu{requirements()['torch'].specifier}"
    assert packages == {"pip": ["-e .[dev]"]}


def test_binder_installs_the_notebooks_under_a_python_that_they_allow():
    lines = (ROOT / ".binder" / "requirements.txt").read_text(encoding="utf-8").splitlines()
    assert lines[-1] == "-e .[notebooks]"
    python = (ROOT / ".binder" / "runtime.txt").read_text(encoding="utf-8").strip()
    assert python.removeprefix("python-") in SpecifierSet(PROJECT["requires-python"])


@pytest.mark.parametrize("name", ["README.md", "USING.md", "CONTRIBUTING.md"])
def test_links_between_files_lead_somewhere(name):
    page = ROOT / name
    text = re.sub(r"`[^`]*`", "", page.read_text(encoding="utf-8"))  # code is no link
    targets = re.findall(r"\]\((?!\w+:|#)([^)#]+)", text)
    assert targets
    for target in targets:
        assert (page.parent / target).exists(), target


def test_the_first_python_of_using_writes(capsys):
    using = (ROOT / "USING.md").read_text(encoding="utf-8")
    code, *_ = re.findall(r"```python\n(.*?)```", using, re.DOTALL)
    exec(code, {})
    text = capsys.readouterr().out
    assert text.startswith("\n\nROMEO:\n") and len(text) > 300


COURSE = [
    *sorted((ROOT / "notebooks").glob("0*.ipynb")),
    ROOT / "notebooks" / "backward-pass.ipynb",
    *sorted((ROOT / "notebooks" / "solutions").glob("*.ipynb")),
    ROOT / "notebooks" / "glossary.md",
]


def prose(path: Path) -> str:
    """The Markdown of a notebook or a file."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".md":
        return text
    cells = json.loads(text)["cells"]
    return "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")


def headings(path: Path) -> set[str]:
    """The headings of a notebook or a file, as JupyterLab links to them."""
    return {words.replace(" ", "-") for words in re.findall(r"(?m)^#+ (.+)$", prose(path))}


@pytest.mark.parametrize("path", COURSE, ids=lambda path: f"{path.parent.name} {path.stem}")
def test_links_of_the_course_lead_somewhere(path: Path):
    text = re.sub(r"`[^`]*`", "", prose(path))
    for target, heading in re.findall(r"\]\((?!\w+:)([^)#]*)#?([^)]*)\)", text):
        linked = path.parent / target if target else path
        if linked.resolve() == PDF:  # whose sections filter.lua names
            named = {
                f"sec-appendix-{re.sub(r'[^A-Za-z0-9]+', '-', words)}"
                for words in headings(APPENDIX)
            }
            assert heading in named, f"{target}#{heading}"
            continue
        assert linked.exists(), target
        is_page = linked.suffix == ".html"  # what it opens there, a test of the page tries
        if heading and not is_page and not heading.startswith(("fig-", "tbl-", "eq-")):
            assert heading in headings(linked), f"{target}#{heading}"


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
            exact[name] = version
    for name, requirement in requirements().items():
        assert exact[name] in requirement.specifier, name
    for name in ("torch", "lightning", "numpy", "matplotlib"):
        assert f"{name} {exact[name]}" in ABOUT["versions"]
