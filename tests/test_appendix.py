"""The appendix: its numbers are the published ones, and its words agree with them."""

import json
import re
from collections import Counter

import pytest
from conftest import ROOT

from report import render
from report.evidence import quoted

METRICS = render.read_metrics()
TEMPLATE = (ROOT / "report" / "appendix.md").read_text(encoding="utf-8")


def filled() -> str:
    """The appendix on one line, without its escapes."""
    text = render.prose(ROOT / "report" / "appendix.md", METRICS)
    return " ".join(text.replace("\\", "").split())


SETTINGS = {  # numbers that the template has itself, and why
    "95": "per cent of an interval",
    "256": "characters of a cold window",
    "4": "characters that repeat, at least",
    "8": "at most, in short windows",
    "64": "at most, in whole windows",
    "294": "papers, Kapoor and Narayanan (2023)",
    "1.3": "a bound in words, of the survey",
    "200,000": "characters, of the survey",
    "13,000": "characters, of the survey",
    "06": "a notebook",
    "07": "a notebook",
}


def test_each_number_is_an_expression_or_of_a_file_that_is_quoted():
    own = re.sub(r"{{.*?}}|{%.*?%}|{--.*?--}|\[.*?\]\(.*?\)|`.*?`", "", TEMPLATE)
    rows = quoted.survey() + quoted.others()
    stated = " ".join(f"{row.get('stated_validation_loss')} {row.get('loss')}" for row in rows)
    for number in re.findall(r"\d[\d,.]*\d|\d", own):
        known = number in SETTINGS or any(
            f"{float(found):.{len(number.partition('.')[2])}f}" == number
            for found in re.findall(r"\d+\.\d+", stated)
        )
        assert known, number


def test_it_shows_all_figures_and_tables_each_once():
    shown = re.findall(r"(?m)^!\[\]\(#(.*)\)$", TEMPLATE)
    captions = json.loads((render.FIGURES / "captions.json").read_text(encoding="utf-8"))
    assert sorted(shown) == sorted(captions)


# --- words ---


def what_words_say() -> dict[str, bool]:
    """Words of the appendix, and whether the numbers agree with them."""
    tenths = METRICS["tenths"]
    claim = METRICS["leak"]["claim"]
    of_recipe = [tenth["baseline"] for tenth in tenths["tenths"]]
    of_counting = [tenth["counting"] for tenth in tenths["tenths"]]
    of_final = sorted(tenth["final"] for tenth in tenths["tenths"])
    rungs = list(METRICS["ladder"]["rungs"].values())[1:]
    gains = [rung["gain"] for rung in rungs]
    lowest = [gain[part]["interval"][0] for gain in gains for part in ("held_out", "test")]
    means = [gain["held_out"]["mean"] for gain in gains]
    carried = {
        name: METRICS["networks"][name]["losses"]["carried"]["held_out"]
        for name in ("baseline", "final")
    }
    without = METRICS["controls"]["trained_without_copying"]
    found = METRICS["who_copies"]
    with_head = [name for name in found["groups"] if "with copy head" in name]
    rates = [list(losses.values()) for losses in found["rates"].values()]
    seeds = [carried["baseline"], *METRICS["seeds"]["baseline"]]
    survey = [row for row in quoted.survey() if row["independent"] == "yes"]
    theirs = [float(row["loss"]) for row in quoted.others() if "of 256" in row["protocol"]]
    return {
        "on all ten": min(of_recipe) > claim,
        "on every tenth, by": all(a < b for a, b in zip(of_recipe, of_counting, strict=True)),
        "The last tenth is its hardest": of_recipe[-1] == max(of_recipe),
        "a fifth": round(of_final[4], 2) == claim and of_final[3] < claim < of_final[4],
        "Seeds matter less than tenths": max(seeds) - min(seeds) < max(of_recipe) - min(of_recipe),
        "Its training loss ends at": METRICS["leak"]["train_loss"] < claim,
        "where we stopped": METRICS["leak"]["at_random"] < claim,
        "stays above the claim in every way that we tried": min(
            tenths["ranges"]["baseline_cold_validation"]["lowest"], *tenths["sizes"].values()
        )
        > claim,
        "above zero, also on the test half alone": min(lowest) > 0,
        "somewhat more than half of the whole": 0.5 < sum(means[:2]) / sum(means) < 0.65,
        "it is the other way round": 2 * without > sum(carried.values()),
        "so what reversing costs is more": METRICS["copying"]["known"]["medians"]["backwards"]
        > METRICS["copying"]["known"]["medians"]["without_copies"],
        "each does with it, with each seed": all(
            found["groups"][name]["copies"] == 3 for name in with_head
        ),
        "No network copies without the head": all(
            found["groups"][name]["copies"] == 0 for name in ("LSTM", "minGRU", "Transformer")
        ),
        "at the best of three learning rates": all(
            middle == min(low, middle, high) for low, middle, high in rates
        ),
        "somewhat less than our ten": 7
        < min(found["groups"]["Transformer, longer, after repetition"]["gains"])
        < max(found["groups"]["Transformer, longer, after repetition"]["gains"])
        < found["bits"],
        "independent public projects": Counter(row["held_out"] for row in survey)
        == METRICS["quoted"]["held_out"],
        "apart from one that may be of another text, is 1.391": f"{min(theirs):.3f}" == "1.391",
    }


@pytest.mark.parametrize("words", what_words_say())
def test_what_the_appendix_says_in_words_is_what_the_numbers_say(words):
    assert words in filled()
    assert what_words_say()[words]


# --- every answer is quoted ---


@pytest.mark.parametrize("question", METRICS)
def test_a_document_or_a_picture_quotes_each_answer(question):
    report = ROOT / "report"
    sources = [*report.glob("*.md"), *report.glob("*.j2"), *report.glob("evidence/pictures/*.py")]
    text = "".join(path.read_text(encoding="utf-8") for path in sources)
    assert re.search(rf"\b{question}\.\w|\[\"{question}\"\]", text)
