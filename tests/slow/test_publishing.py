"""The whole chain from the evidence to the paper, with smoke in the place of full, in a copy."""

import base64
import json
import re
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT, SMOKE, clone, make
from pypdf import PdfReader

from report.evidence.pictures import PICTURES
from report.evidence.questions import NAMES
from report.publish import NOTEBOOKS, NUMBERS
from shakespeare.page import half_precision
from shakespeare.pretrained import from_pretrained

SET_IN_SMOKE = ".settings.limit_batches"  # by its recipes alone
NUMBER = re.compile(r"\d[\d.e-]*")
CHAIN = (
    ["evidence", SMOKE],
    ["publish", SMOKE, "FULL=smoke"],
    ["report", SMOKE],
    ["publish", SMOKE, "FULL=smoke"],
    ["paper"],
    ["explorer"],
)


@pytest.fixture(scope="module")
def published(tmp_path_factory) -> Path:
    """A copy of the repository in which smoke is published."""
    folder = clone(tmp_path_factory.mktemp("clone") / "course")
    for words in CHAIN:
        done = make(folder, *words)
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    return folder


def paths(numbers: Any, before: str = "") -> set[str]:
    """Where numbers are, such as losses.final.cold.test; a list is one of them.

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
    return {name: metrics[name] for name in NAMES}


def test_the_published_numbers_lack_nothing_that_is_measured(published: Path):
    lacking = paths(answers(published)) - paths(answers(ROOT))
    assert not {path for path in lacking if not path.endswith(SET_IN_SMOKE)}


def test_all_pictures_are_drawn_from_the_answers(published: Path):
    captions = published / "report" / "figures" / "captions.json"
    assert len(json.loads(captions.read_text(encoding="utf-8"))) == len(PICTURES)


def test_readme_cards_paper_and_page_are_those_of_the_chain(published: Path):
    numbers = answers(published)
    loss = numbers["losses"]["final"]["carried"]["held_out"]
    assert f"{loss:.2f}" in (published / "README.md").read_text(encoding="utf-8")
    for name, about in numbers["weights"].items():
        card = published / "shakespeare" / "weights" / name / "README.md"
        of_card = about["losses"]["carried"]["held_out"]
        assert f"{of_card:.4f}" in card.read_text(encoding="utf-8")
    pdf = PdfReader(published / "report" / "shakespeare-lstm.pdf")
    text = " ".join(page.extract_text() for page in pdf.pages)
    assert f"{loss:.3f}" in text
    page = (published / "report" / "explorer.html").read_text(encoding="utf-8")
    network = published / "shakespeare" / "weights" / "small"
    assert base64.b64encode(half_precision(from_pretrained(network))).decode() in page
    stored = published / "report" / "notebooks"
    expected = {NUMBERS, *(f"{name}.ipynb" for name in NOTEBOOKS)}
    assert {path.name for path in stored.iterdir()} == expected
    assert str(published) not in "".join(path.read_text("utf-8") for path in stored.iterdir())
