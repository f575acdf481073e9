"""The cell of USING.md for Colab and Kaggle."""

import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from conftest import ENVIRONMENT, ROOT, clone


@pytest.fixture(scope="module")
def repository(tmp_path_factory) -> Path:
    """The course with an address, as it will have one."""
    folder = clone(tmp_path_factory.mktemp("address") / "repository")
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b.c"]
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "all"]):
        subprocess.run([*git, *command], cwd=folder, check=True)
    return folder


def first_cell(address: Path) -> str:
    """The cell of USING.md, with the address of a repository."""
    using = (ROOT / "USING.md").read_text(encoding="utf-8")
    [cell] = re.findall(r"```python\n(ADDRESS = .*?)```", using, re.DOTALL)
    return re.sub(r'^ADDRESS = ".*?"', f'ADDRESS = "{address.as_posix()}"', cell)


@pytest.fixture(scope="module")
def colab(tmp_path_factory) -> Path:
    """A new environment that has PyTorch and Jupyter, as Colab has, but not the course."""
    environment = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", environment], check=True)
    [packages] = environment.glob("lib/*/site-packages")
    there = next(Path(path) for path in sys.path if path.endswith("site-packages"))
    (packages / "there.pth").write_text(f"{there}\n")
    return environment / "bin" / "python"


def test_notebooks_run_after_the_cell(repository, colab, tmp_path):
    home = tmp_path / "home"
    empty = tmp_path / "content"
    home.mkdir()
    empty.mkdir()
    for name in ("01-preprocessing", "03-training"):  # the second finds what is there
        notebook = nbformat.read(ROOT / "notebooks" / f"{name}.ipynb", as_version=4)
        notebook.cells.insert(0, nbformat.v4.new_code_cell(first_cell(repository)))
        file = tmp_path / f"{name}.ipynb"
        nbformat.write(notebook, file)
        command = [colab, "-m", "papermill", file, file, "-k", "python3", "-p", "PROFILE", "smoke"]
        done = subprocess.run(
            [*command, "--cwd", empty],
            env=ENVIRONMENT | {"HOME": str(home)},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr[-2_000:]
        assert (home / "shakespeare-lstm" / "build" / "smoke" / f"{name}.json").exists()
    assert not list(empty.iterdir())
    installed = {path.name for path in colab.parents[1].glob("lib/*/site-packages/*")}
    assert not installed & {"torch", "numpy", "matplotlib"}  # those that were there will do
