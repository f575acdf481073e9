"""The addresses of the project in README and notebooks, and how a notebook is prepared on Colab."""

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

from conftest import NOTEBOOKS

from report import links

SITE = "https://owner.github.io/name"
REPOSITORY = "https://github.com/owner/name"
COLAB = "https://colab.research.google.com/github/owner/name/blob/main/notebooks"


def test_readme_and_notebooks_have_the_addresses_of_pyproject():
    for path, text in links.linked(links.read_addresses()).items():
        assert path.read_text(encoding="utf-8") == text, "run `python -m report.links`"


def test_addresses_that_are_set_are_linked_to():
    addresses = {"Documentation": f"{SITE}/", "Repository": f"{REPOSITORY}.git"}
    readme, *notebooks = links.linked(addresses).values()
    for target in (f"{SITE}/", f"{SITE}/explorer.html", f"{COLAB}/{NOTEBOOKS[0]}.ipynb"):
        assert f"]({target})" in readme
    assert len(notebooks) == len(NOTEBOOKS)
    for notebook in notebooks:
        assert f'address = "{REPOSITORY}"' in preparation(notebook)


def preparation(notebook: str) -> str:
    """The lines by which a notebook prepares itself on Colab and Kaggle."""
    imports = "".join(json.loads(notebook)["cells"][2]["source"])
    [statement] = [node for node in ast.parse(imports).body if isinstance(node, ast.If)]
    return ast.get_source_segment(imports, statement) or ""


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
    notebooks = content / "shakespeare-lstm" / "notebooks"
    [cell] = {preparation(text) for path, text in links.linked({}).items() if path.suffix != ".md"}
    fetching = cell.replace('address = ""', f'address = "{repository.as_uri()}"')
    modules = {"os": os, "subprocess": subprocess, "sys": sys}

    monkeypatch.chdir(content)
    exec(fetching, dict(modules))
    exec(fetching, dict(modules))  # the cell is run again
    monkeypatch.chdir(content)  # the runtime is restarted
    exec(fetching, dict(modules))
    assert installed == [(notebooks, "..[notebooks]")] * 3
    assert Path(sys.path[0], "input.txt").exists()
