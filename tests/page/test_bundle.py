"""Modules of the explorer are joined in order; what a script can't have is refused."""

import pytest

from report.page import bundle


@pytest.fixture
def modules(tmp_path, monkeypatch):
    """Write modules into a folder in the explorer's place."""
    monkeypatch.setattr(bundle, "SOURCES", tmp_path)

    def write(**codes):
        for name, code in codes.items():
            (tmp_path / f"{name}.js").write_text(code, encoding="utf-8")

    return write


def test_each_module_is_there_once_after_those_that_it_imports(modules):
    modules(
        top='import { b } from "./b.js";\nimport {\n  a,\n} from "./a.js";\n\nb(a);\n',
        b='import { a } from "./a.js";\n\nexport function b() {}\n',
        a="export const a = 1;\n",
    )
    joined = '"use strict";\n\nconst a = 1;\n\n\nfunction b() {}\n\n\nb(a);\n'
    assert bundle.script("top.js") == joined


def test_modules_that_import_each_other_are_refused(modules):
    modules(a='import "./b.js";\n', b='import "./a.js";\n')
    with pytest.raises(ValueError, match=r"a\.js > b\.js > a\.js"):
        bundle.script("a.js")


def test_a_name_that_two_modules_declare_is_refused(modules):
    modules(a='import "./b.js";\nlet same = 1;\n', b="export function same() {}\n")
    with pytest.raises(ValueError, match=r"b\.js and a\.js both declare same"):
        bundle.script("a.js")
