"""What may import what: the core nothing beyond it, the package nothing of notebooks and report."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT

CORE = sorted((ROOT / "shakespeare").glob("*.py"))
BEYOND = sorted((ROOT / "shakespeare" / "beyond").glob("*.py"))
FOREIGN = {"course", "report", "matplotlib", "IPython", "ipywidgets", "pickle"}
FROM_ITS_OWN_PROCESSES = "parallel.py"  # what this file unpickles


def name(path: Path) -> str:
    return str(path.relative_to(ROOT / "shakespeare"))


def imports(path: Path) -> set[str]:
    """The modules that a file imports, "beyond.ngrams" for one of the package."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            found.add(module.removeprefix("shakespeare."))
            if node.level and not module:  # from . import pretrained
                found |= {alias.name for alias in node.names}
    return found


@pytest.mark.parametrize("path", [*CORE, *BEYOND], ids=name)
def test_the_package_knows_no_notebook_and_draws_and_unpickles_nothing(path):
    packages = {module.partition(".")[0] for module in imports(path)}
    allowed = {"pickle"} if path.name == FROM_ITS_OWN_PROCESSES else set()
    assert packages & FOREIGN == allowed
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "torch.load":
            options = {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords}
            assert options["weights_only"] == "True"


@pytest.mark.parametrize("path", CORE, ids=name)
def test_the_core_imports_nothing_from_beyond(path):
    beyond = {module for module in imports(path) if module.partition(".")[0] == "beyond"}
    if path.name != "__main__.py":  # the command needs some of it; pretrained.py loads by name
        assert not beyond


def test_import_shakespeare_waits_with_torch_until_it_is_used():
    program = "import sys, shakespeare; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False).returncode == 0
