"""The questions of the evidence and the published answers belong together."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT

from report.evidence import answers
from report.evidence.pictures import PICTURES, draw
from report.evidence.questions import QUESTIONS
from report.evidence.setup import RECIPES, SIZES

PUBLISHED = answers.published()
NETWORKS = PUBLISHED["networks"]
FIGURES = ROOT / "report" / "figures"


def test_each_question_has_a_published_answer_and_each_answer_a_question():
    assert list(PUBLISHED) == ["about", *QUESTIONS]


def test_smoke_says_how_much_of_everything_that_full_says():
    assert SIZES["smoke"].keys() == SIZES["full"].keys()
    assert RECIPES["smoke"].keys() == RECIPES["full"].keys()


def test_other_profiles_are_refused():
    command = [sys.executable, "-m", "report.evidence", "quick"]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 2 and "invalid choice: 'quick'" in done.stderr


def captions_in(folder: Path) -> dict[str, dict[str, str]]:
    return json.loads((folder / "captions.json").read_text(encoding="utf-8"))


def test_all_pictures_can_be_drawn_from_the_published_numbers(tmp_path, capsys):
    draw(PUBLISHED, tmp_path)
    assert capsys.readouterr().out == ""
    captions = captions_in(tmp_path)
    assert len(captions) == len(PICTURES)
    for about in captions.values():
        path, function = about["made_by"].split(": ")
        assert f"def {function}(" in (ROOT / path).read_text(encoding="utf-8")
    for table in tmp_path.glob("*.md"):
        assert table.read_text(encoding="utf-8") == (FIGURES / table.name).read_text("utf-8")


def test_published_pictures_are_those_that_the_published_numbers_give(tmp_path):
    draw(PUBLISHED, tmp_path)
    assert captions_in(tmp_path) == captions_in(FIGURES)


def test_pictures_have_captions_and_captions_pictures():
    captions = captions_in(FIGURES)
    files = {path.name for path in FIGURES.iterdir()} - {"captions.json"}
    expected = set()
    for name, about in captions.items():
        suffixes = (".md",) if name.startswith("tbl-") else (".svg", ".png")
        expected |= {f"{name}{suffix}" for suffix in suffixes}
        assert len(about["caption"]) > 20
        assert name.startswith("tbl-") or len(about["alt"]) > 20
    assert files == expected


@pytest.mark.parametrize("name", NETWORKS)
def test_the_losses_of_the_halves_have_the_mean_of_the_whole(name):
    carried = NETWORKS[name]["losses"]["carried"]
    halves = [carried[part] for part in ("validation", "test")]
    assert carried["held_out"] == pytest.approx(sum(halves) / 2, abs=1e-3)
