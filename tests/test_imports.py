"""No module of the package unpickles what somebody else has made."""

import ast

from conftest import ROOT

FROM_ITS_OWN_PROCESSES = "parallel.py"  # what this file unpickles


def test_the_package_unpickles_nothing_of_others():
    for path in (ROOT / "shakespeare").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import) and path.name != FROM_ITS_OWN_PROCESSES:
                assert "pickle" not in [alias.name for alias in node.names], path
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "torch.load":
                options = {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords}
                assert options["weights_only"] == "True", path
