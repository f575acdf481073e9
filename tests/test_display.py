"""Figures and tables as notebooks show them."""

import base64
import io
import json
import re
import warnings
from types import SimpleNamespace
from xml.etree import ElementTree

import pytest
from fontTools.ttLib import TTFont
from matplotlib import pyplot as plt

from course import display


@pytest.fixture
def shown(monkeypatch):
    """What is displayed: a list of pairs, (data, metadata)."""
    found = []

    def catch(data, raw=False, metadata=None):
        found.append((data if raw else {"text/markdown": data.data}, metadata))

    monkeypatch.setattr(display, "display", catch)
    return found


def picture(title="\x1b[2J \uffff <b>"):
    figure, axes = plt.subplots()
    axes.plot([1, 2])
    axes.set_title(title)
    return figure


def test_a_figure_has_label_caption_and_alt_text_and_a_readable_caption(shown):
    alt = "--><script>alert(2)</script>\ufffe"
    display.show_figure(picture(), "curve", "The *curve*.", alt)
    (data, metadata), (line, role) = shown
    about = {"label": "fig-curve", "caption": "The *curve*.", "alt": alt}
    assert metadata == {"image/svg+xml": about} and data["text/plain"] == alt
    nodes = ElementTree.fromstring(data["image/svg+xml"]).iter()
    tags = {node.tag.rpartition("}")[2] for node in nodes}
    assert "path" in tags and not tags & {"script", "a", "image", "foreignObject"}
    assert line == {"text/markdown": "**Figure.** The *curve*."}
    assert role == {"text/markdown": {"role": "caption"}}
    assert not plt.get_fignums()  # else the notebook would show it again


def test_a_figure_brings_the_letters_that_it_shows(shown):
    display.show_figure(picture("$x_t$ follows é & ␣"), "curve", "The curve.", "A line.")
    found = re.findall(r"base64,([^)]+)", shown[0][0]["image/svg+xml"])
    upright, italic = (TTFont(io.BytesIO(base64.b64decode(data))) for data in found)
    assert set(map(ord, "followsé&0123")) <= upright.getBestCmap().keys()
    assert set(map(ord, "xt")) <= italic.getBestCmap().keys()


def test_a_figure_with_any_script_is_drawn_without_a_warning(shown):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        display.show_figure(picture("中文 ␣ é"), "curve", "The curve.", "A line.")
    assert "中文 ␣ é" in shown[0][0]["image/svg+xml"]


def test_the_same_figure_is_the_same_bytes(shown):
    for _ in range(2):
        display.show_figure(picture("a"), "curve", "The curve.", "A line.")
    assert shown[0] == shown[2]


def test_a_table_aligns_numbers_and_survives_bars_and_lines(shown):
    rows = [["a|b", 1, "1.5 ± 0.2"], ["c\nd", 20, "–"]]
    display.show_table(["name", "count", "loss"], rows, "loss", "Losses.")
    data, metadata = shown[0]
    assert data["text/markdown"].splitlines() == [
        "| name | count | loss |",
        "| :-- | --: | --: |",
        r"| a\|b | 1 | 1.5 ± 0.2 |",
        "| c d | 20 | – |",
    ]
    assert metadata == {"text/markdown": {"label": "tbl-loss", "caption": "Losses."}}


def test_a_bar_that_is_escaped_already_stays_and_a_table_may_have_no_rows(shown):
    display.show_table(["a", "b"], [["x|y", r"x\|y"]], "bars", "Bars.")
    assert shown[0][0]["text/markdown"].splitlines()[2] == r"| x\|y | x\|y |"
    display.show_table(["a", "b"], [], "empty", "Nothing.")
    assert shown[2][0]["text/markdown"].splitlines() == ["| a | b |", "| --: | --: |"]


@pytest.mark.parametrize(("metadata", "expected"), [({"cellId": "1"}, True), ({}, False)])
def test_only_a_front_end_is_interactive(monkeypatch, metadata, expected):
    shell = SimpleNamespace(get_parent=lambda: {"metadata": metadata})
    monkeypatch.setattr(display, "get_ipython", lambda: shell)
    assert display.is_interactive() == expected


def test_escaped_text_is_no_markdown():
    assert display.escape_markdown("*a*\n\n[b](c) <d>") == r"\*a\* \[b\]\(c\) \<d\>"
    assert display.escape_markdown("é — “q” 中") == "é — “q” 中"


@pytest.mark.parametrize(
    ("value", "shown"), [(0.0456, "+0.046"), (-0.0156, "−0.016"), (-0.0002, "+0.000")]
)
def test_a_difference_has_its_sign(value, shown):
    assert display.signed(value) == shown


@pytest.fixture
def compared(shown, tmp_path, monkeypatch):
    """Compare a run with a published one; return the table's lines and its caption."""
    published = {
        "preprocessing": {"made_with": {"fingerprint": "the text"}},
        "training": {"carried": {"held_out": 1.48262}, "epochs": 14_000, "losses": [2.5]},
    }
    path = tmp_path / "metrics.json"
    path.write_text(json.dumps(published), encoding="utf-8")
    monkeypatch.setattr(display, "PUBLISHED", path)

    def compared(own, numbers, fingerprint="the text", changes=()):
        results = SimpleNamespace(
            load={"03-training": own}.__getitem__,
            made_with={"fingerprint": fingerprint},
            profile="quick",
            changes=dict(changes),
        )
        display.show_comparison(results, "03-training", numbers)
        data, about = shown[0]
        assert about["text/markdown"]["label"] == "tbl-your-run-training"
        return data["text/markdown"].splitlines(), about["text/markdown"]["caption"]

    return compared


def test_a_run_is_shown_beside_the_published_one(compared):
    own = {"carried": {"held_out": 1.7}, "epochs": 2, "losses": [-0.25, 3.0], "words": 0.5}
    numbers = {
        "carried": "carried.held_out",
        "epochs": "epochs",
        "first": ("losses.0", "+.1f"),
        "second": "losses.1",
        "words": ("words", ".1%"),
        "missing": "carried.no.such",
    }
    lines, caption = compared(own, numbers)
    assert lines == [
        "| number | your run | the published run |",
        "| :-- | --: | --: |",
        "| carried | 1.700 | 1.483 |",
        "| epochs | 2 | 14,000 |",
        "| first | −0.2 | +2.5 |",
        "| second | 3.000 | – |",
        "| words | 50.0 % | – |",
        "| missing | – | – |",
    ]
    assert "(profile `quick`)" in caption and "(profile `full`)" in caption


def test_with_another_text_a_run_is_shown_alone(compared):
    lines, caption = compared({"epochs": 2}, {"epochs": "epochs"}, "a novel", {"dropout": 0.5})
    assert lines == ["| number | your run |", "| :-- | --: |", "| epochs | 2 |"]
    assert "another text" in caption and "`quick`, with changes" in caption
