"""What modules import and load: no pickles, no Lightning to use a network, nothing unasked."""

import ast
import re
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
from conftest import ROOT
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import shakespeare
from shakespeare import data, model, pretrained, sampling, training


def test_the_package_unpickles_nothing():
    for path in (ROOT / "shakespeare").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                assert "pickle" not in [alias.name for alias in node.names], path
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ("torch.load", "np.load"):
                options = {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords}
                is_safe = options.get("weights_only") == "True"
                assert is_safe or options.get("allow_pickle") == "False", path


def run(code: str) -> None:
    """Run code in another process, which has imported nothing yet."""
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


def test_a_network_is_used_without_lightning():
    run("""
import sys
from shakespeare import CharLSTM, Corpus, from_pretrained, generate, pretrained, evaluation
from shakespeare.beyond import copying, ngrams
from_pretrained("small")
assert "lightning" not in sys.modules
""")


def test_names_of_the_package_are_imported_when_they_are_asked_for():
    run("""
import sys
import shakespeare
assert not {"torch", "lightning", "numpy"} & set(sys.modules)
""")
    assert shakespeare.Corpus is data.Corpus
    assert shakespeare.CharLSTM is model.CharLSTM
    assert shakespeare.train is training.train
    assert shakespeare.generate is sampling.generate
    assert shakespeare.from_pretrained is pretrained.from_pretrained
    with pytest.raises(ImportError, match="Corpsu"):
        from shakespeare import Corpsu  # noqa: F401


def test_the_core_needs_nothing_of_beyond():
    run("""
import sys
import shakespeare.training, shakespeare.evaluation, shakespeare.sampling
assert not [name for name in sys.modules if name.startswith("shakespeare.beyond")]
""")


ARROWS = {  # what the files of a folder must not import
    "shakespeare": {"study", "course", "checks", "games", "report"},
    "notebooks/study": {"course", "checks", "games", "report"},
    "notebooks/course": {"checks", "games", "report"},
    "notebooks/checks": {"report"},
    "notebooks/games": {"report"},
    "report/evidence": {"checks", "games"},
}


def imported(path: Path) -> set[str]:
    """The modules that a file imports, without what is below them."""
    names = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names.append(node.module)
    return {name.partition(".")[0] for name in names}


@pytest.mark.parametrize("folder", ARROWS)
def test_what_a_folder_imports_has_no_circle(folder: str):
    paths = list((ROOT / folder).rglob("*.py"))
    assert paths
    for path in paths:
        assert not imported(path) & ARROWS[folder], path


EXTRAS = {  # that install what the files of a folder import, apart from the dependencies
    "shakespeare": [],
    "notebooks": ["notebooks"],
    "report": ["notebooks", "report"],
    "tests": ["notebooks", "report", "dev"],
}


@pytest.mark.parametrize("folder", EXTRAS)
def test_what_a_folder_imports_is_declared(folder: str):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = [project["name"], *project["dependencies"]]
    for extra in EXTRAS[folder]:
        lines += project["optional-dependencies"][extra]
    declared = {canonicalize_name(Requirement(line).name) for line in lines}
    distributions = metadata.packages_distributions()
    for path in (ROOT / folder).rglob("*.py"):
        for module in imported(path):
            names = {canonicalize_name(name) for name in distributions.get(module, [])}
            needs_dev = path.name == "film.py" and module == "playwright"
            assert not names or names & declared or needs_dev, f"{path} imports {module}"


def test_the_evidence_takes_only_figures_and_tables_of_the_course():
    for path in (ROOT / "report" / "evidence").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        for name in re.findall(r"^from (course\S*) import", text, re.MULTILINE):
            assert name.startswith(("course.figures", "course.display")), path
