"""The whole chain from the evidence to the README, with smoke in the place of full, in a copy."""

import json
import re
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT, SMOKE, Page, clone, make
from pypdf import PdfReader

from report.evidence.pictures import PICTURES
from report.evidence.questions import QUESTIONS
from report.publish import NOTEBOOKS, NUMBERS
from shakespeare.pretrained import from_pretrained

NUMBER = re.compile(r"\d[\d.e-]*")
PUBLISH = ["publish", SMOKE, "FULL=smoke"]


@pytest.fixture(scope="module")
def published(tmp_path_factory) -> Path:
    """A copy of the repository in which smoke is published."""
    folder = clone(tmp_path_factory.mktemp("clone") / "course")
    for words in (["evidence", SMOKE], PUBLISH):
        done = make(folder, *words)
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    return folder


def paths(numbers: Any, before: str = "") -> set[str]:
    """Where numbers are, such as networks.final.losses.cold.test; a list is one of them.

    A key that is a number is a value that was tried, which is another one in smoke.
    """
    if not isinstance(numbers, dict):
        return {before}
    inside = []
    for key, value in numbers.items():
        name = "*" if NUMBER.fullmatch(key) else key
        inside.append(paths(value, f"{before}.{name}".lstrip(".")))
    return set(chain.from_iterable(inside))


def answers(folder: Path) -> dict[str, Any]:
    metrics = json.loads((folder / "report" / "metrics.json").read_text(encoding="utf-8"))
    return {name: metrics[name] for name in QUESTIONS}


def test_the_published_numbers_have_the_shape_of_what_is_measured(published: Path):
    assert paths(answers(published)) == paths(answers(ROOT))


def test_all_pictures_are_drawn_from_the_answers(published: Path):
    captions = published / "report" / "figures" / "captions.json"
    assert len(json.loads(captions.read_text(encoding="utf-8"))) == len(PICTURES)


def test_readme_cards_report_and_page_are_those_of_the_chain(published: Path):
    networks = answers(published)["networks"]
    loss = networks["final"]["losses"]["carried"]["held_out"]
    assert f"{loss:.2f}" in (published / "README.md").read_text(encoding="utf-8")
    for name, about in networks.items():
        card = published / "shakespeare" / "weights" / name / "README.md"
        of_card = about["losses"]["carried"]["held_out"]
        assert f"{of_card:.4f}" in card.read_text(encoding="utf-8")
    pdf = PdfReader(published / "report" / "report.pdf")
    text = " ".join(page.extract_text() for page in pdf.pages)
    assert f"the final network has {loss:.3f}" in " ".join(text.split())
    page = Page(published / "report" / "explorer.html")
    network = from_pretrained(published / "shakespeare" / "weights" / "small")
    assert network.config().items() <= json.loads(page.scripts["config"]).items()
    stored = published / "report" / "notebooks"
    expected = {NUMBERS, *(f"{name}.ipynb" for name in NOTEBOOKS)}
    assert {path.name for path in stored.iterdir()} == expected
    assert str(published) not in "".join(path.read_text("utf-8") for path in stored.iterdir())


def test_publishing_again_changes_nothing(published: Path):
    before = contents(published)
    done = make(published, *PUBLISH)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    assert contents(published) == before


def contents(folder: Path) -> dict[Path, bytes]:
    """What is in the repository, by file; not what was built."""
    found = {}
    for path in folder.rglob("*"):
        built = {"build", ".git", "__pycache__"} & set(path.relative_to(folder).parts)
        if path.is_file() and not built:
            found[path] = path.read_bytes()
    return found
