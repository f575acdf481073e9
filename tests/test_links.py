"""The links to the site and to Colab: those of pyproject.toml, and no others."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT
from test_make import NOTEBOOKS

from report import links
from report.links import Addresses

SITE = "https://owner.github.io/name"
REPOSITORY = "https://github.com/owner/name"
TO_COLAB = "https://colab.research.google.com/github/owner/name/blob/main/"


def test_readme_and_notebooks_have_the_links_of_pyproject():
    for path, text in links.linked(ROOT, links.read_addresses(ROOT)).items():
        assert path.read_text(encoding="utf-8") == text, "run `python -m report.links`"


@pytest.fixture
def course(tmp_path):
    """README and notebooks without links; `course(...)` sets the addresses and writes the links."""
    (tmp_path / "notebooks").mkdir()
    for path, text in links.linked(ROOT, Addresses()).items():
        (tmp_path / path.relative_to(ROOT)).write_text(text, encoding="utf-8")

    def course(**addresses: str) -> dict[Path, str]:
        lines = [f'{label} = "{address}"' for label, address in addresses.items()]
        project = "\n".join(["[project]", "[project.urls]", *lines])
        (tmp_path / "pyproject.toml").write_text(project, encoding="utf-8")
        links.write_links(tmp_path)
        written = [tmp_path / "README.md", *sorted(tmp_path.glob("notebooks/*"))]
        return {path.relative_to(tmp_path): path.read_text(encoding="utf-8") for path in written}

    return course


def cells(notebook: str) -> list[str]:
    return ["".join(cell["source"]) for cell in json.loads(notebook)["cells"]]


def test_links_lead_to_pages_of_the_site_and_to_notebooks_in_colab(course):
    readme, *notebooks = course(Documentation=f"{SITE}/", Repository=f"{REPOSITORY}.git").items()
    pages = re.findall(rf"\({SITE}/(.*?)\)", readme[1])
    assert pages == ["", "shakespeare-lstm.html", "explorer.html"]
    in_colab = re.findall(rf"{TO_COLAB}(.*?)\)", readme[1])
    assert in_colab == [f"notebooks/{name}.ipynb" for name in NOTEBOOKS]
    assert len(notebooks) == len(NOTEBOOKS)
    for path, notebook in notebooks:
        title, _, imports, *_ = cells(notebook)
        last_paragraph = title.split("\n\n")[-1]
        assert f"({SITE}/{path.stem}.html)" in last_paragraph
        assert f"({TO_COLAB}{path})" in last_paragraph
        assert f'"{REPOSITORY}"' in imports
    assert [path for path, _ in notebooks] == [Path(path) for path in in_colab]


def test_without_an_address_nothing_links_to_it(course):
    without = course()
    with_both = course(Documentation=SITE, Repository=REPOSITORY)
    with_site = course(Documentation=SITE)
    with_repository = course(Repository=REPOSITORY)
    for path in without:
        assert SITE in with_both[path] and REPOSITORY.partition("//")[2] not in with_site[path]
        assert SITE in with_site[path] and "colab.research" not in with_site[path]
        assert SITE not in with_repository[path] and TO_COLAB in with_repository[path]
    assert course(Repository=REPOSITORY) == with_repository
    assert course() == without


@pytest.mark.parametrize(
    ("label", "address"),
    [
        ("Documentation", "owner.github.io/name"),
        ("Documentation", "https://owner.github.io/a name"),
        ("Repository", "https://github.com/owner"),
        ("Repository", "https://example.org/owner/name"),
        ("Repository", 'https://github.com/owner/name")#'),
    ],
)
def test_an_address_that_cannot_be_linked_to_is_refused(course, refuses, label, address):
    with refuses(label, address):
        course(**{label: address.replace('"', '\\"')})


def test_on_colab_the_course_is_fetched_entered_and_installed(tmp_path, monkeypatch):
    repository = tmp_path / "repository"
    (repository / "notebooks").mkdir(parents=True)
    for name in ("input.txt", "notebooks/01.ipynb"):
        (repository / name).touch()
    git = ["git", "-C", str(repository), "-c", "user.name=name", "-c", "user.email=a@example.org"]
    for arguments in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "course"]):
        subprocess.run([*git, *arguments], check=True)

    installed = []

    def check_call(command: list[str]) -> None:
        if command[0] == "git":
            subprocess.run(command, check=True)
        else:
            installed.append((Path.cwd(), command[-1]))

    monkeypatch.setattr(subprocess, "check_call", check_call)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setenv("COLAB_RELEASE_TAG", "release")
    content = tmp_path / "content"  # where Colab begins
    content.mkdir()
    cell = links.hosted(Addresses(repository=repository.as_uri()))
    modules = {"os": os, "subprocess": subprocess, "sys": sys}

    monkeypatch.chdir(content)
    exec(cell, dict(modules))
    exec(cell, dict(modules))  # the cell is run again
    monkeypatch.chdir(content)  # the runtime is restarted
    exec(cell, dict(modules))
    notebooks = content / "shakespeare-lstm" / "notebooks"
    assert installed == [(notebooks, "..[notebooks]")] * 3
    assert Path(sys.path[0], "input.txt").exists()
