"""What modules import and load: no strangers' pickles, and no Lightning to use a network."""

import ast
import subprocess
import sys

from conftest import ROOT

FROM_ITS_OWN_PROCESSES = "many.py"  # what this file unpickles


def test_the_package_unpickles_nothing_of_others():
    for path in (ROOT / "shakespeare").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import) and path.name != FROM_ITS_OWN_PROCESSES:
                assert "pickle" not in [alias.name for alias in node.names], path
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "torch.load":
                options = {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords}
                assert options["weights_only"] == "True", path


def test_a_network_is_used_without_lightning():
    code = """
import sys
from shakespeare import pretrained, sampling, evaluation
from shakespeare.beyond import copying, many, mixture, ngrams, peers
pretrained.from_pretrained("small")
assert "lightning" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
