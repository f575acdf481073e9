"""The questions of the evidence and the published answers belong together."""

import json
import subprocess
import sys

import numpy as np
import pytest
from conftest import ROOT

from course.display import METRICS
from report.evidence.losses import SCORED
from report.evidence.questions import NAMES
from report.evidence.setup import SIZES

PUBLISHED = json.loads(METRICS.read_text(encoding="utf-8"))
LOSSES = ROOT / "shakespeare" / "last_tenth" / "losses.npz"


def test_each_question_has_a_published_answer_and_each_answer_a_question():
    assert list(PUBLISHED) == ["about", *NAMES]


def test_smoke_says_how_much_of_everything_that_full_says():
    assert SIZES["smoke"].keys() == SIZES["full"].keys()


@pytest.mark.parametrize("words", [("quick",), ("smoke", "--question", "ladders")])
def test_other_profiles_and_questions_are_refused(words):
    command = [sys.executable, "-m", "report.evidence", *words]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 2 and f"invalid choice: '{words[-1]}'" in done.stderr


def test_pictures_have_captions_and_captions_pictures():
    folder = ROOT / "report" / "figures"
    captions = json.loads((folder / "captions.json").read_text(encoding="utf-8"))
    files = {path.name for path in folder.iterdir()} - {"captions.json"}
    expected = set()
    for name, about in captions.items():
        suffixes = (".md",) if name.startswith("tbl-") else (".svg", ".png")
        expected |= {f"{name}{suffix}" for suffix in suffixes}
        assert len(about["caption"]) > 20
        assert name.startswith("tbl-") or len(about["alt"]) > 20
    assert files == expected


def test_published_losses_of_each_character_have_the_published_means():
    names = {}
    for team, of_team in SCORED.items():
        for protocol, name in of_team.items():
            names[name] = PUBLISHED["losses"][team][protocol]["held_out"]
    with np.load(LOSSES) as file:
        means = {name: float(file[name].astype(float).mean()) for name in file.files}
    assert means.pop("counting|carried") == pytest.approx(PUBLISHED["answer"]["counting"], abs=1e-4)
    assert means == pytest.approx(names, abs=1e-4)


@pytest.mark.parametrize("name", ["baseline", "final", "committee"])
def test_the_losses_of_the_halves_have_the_mean_of_the_whole(name):
    carried = PUBLISHED["losses"][name]["carried"]["held_out"]
    halves = [PUBLISHED["losses"][name]["carried"][part] for part in ("validation", "test")]
    assert carried == pytest.approx(sum(halves) / 2, abs=1e-3)
