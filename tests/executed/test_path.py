"""The path of four hours: its cells run without the cells between, and without other notebooks."""

import re
import subprocess
import sys

import nbformat
import pytest
from conftest import ENVIRONMENT, NOTEBOOKS, ROOT, clone

COURSE = NOTEBOOKS[:6]


def cells_of_path(name: str) -> list:
    notebook = nbformat.read(ROOT / "notebooks" / f"{name}.ipynb", as_version=4)
    return [cell for cell in notebook.cells if "path" in cell.metadata.get("tags", [])]


@pytest.mark.parametrize("name", COURSE)
def test_a_notebook_names_the_sections_of_the_path(name: str):
    markdown = [cell.source for cell in cells_of_path(name) if cell.cell_type == "markdown"]
    [lead] = [source for source in markdown if "**The path of four hours** takes" in source]
    _, _, sentence = lead.partition("**The path of four hours** takes")
    named = [link.replace("-", " ") for link in re.findall(r"\]\(#([^)]+)\)", sentence)]
    headings = re.findall(r"(?m)^## (.+)$", "\n".join(markdown))
    if "up to" in sentence:  # notebook 03, whose headings say too much
        end, larger, leak, answer = named
        assert (end, larger) == ("What the network writes as it learns", "A larger network")
        assert headings[-3:] == ["The student's recipe", leak, answer]
    else:
        assert named == [heading.replace("-", " ") for heading in headings]


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    return clone(tmp_path_factory.mktemp("clone") / "course")


@pytest.mark.parametrize("name", COURSE)
def test_the_path_runs_alone(name: str, repository):
    path = repository / "notebooks" / f"{name}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    notebook.cells = cells_of_path(name)
    nbformat.write(notebook, path)
    command = [sys.executable, "-m", "report.execute", f"notebooks/{name}.ipynb"]
    command += [f"path/{name}.ipynb", "PROFILE=smoke"]
    folders = f"{repository}:{repository / 'notebooks'}"
    done = subprocess.run(
        command,
        cwd=repository,
        env=ENVIRONMENT | {"PYTHONPATH": folders},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-2000:]
