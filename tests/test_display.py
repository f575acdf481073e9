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
    outputs = []

    def catch(data, raw=False, metadata=None):
        outputs.append((data if raw else {"text/markdown": data.data}, metadata))

    monkeypatch.setattr(display, "display", catch)
    return outputs


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


def test_a_figure_brings_its_letters_and_is_the_same_bytes_each_time(shown):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(2):
            display.show_figure(picture("$x_t$ é & ␣ 中文"), "curve", "The curve.", "A line.")
    assert shown[0] == shown[2]
    svg = shown[0][0]["image/svg+xml"]
    assert "中文" in svg
    fonts = [base64.b64decode(data) for data in re.findall(r"base64,([^)]+)", svg)]
    upright, italic = (TTFont(io.BytesIO(font)) for font in fonts)
    assert set(map(ord, "é&0123")) <= upright.getBestCmap().keys()
    assert set(map(ord, "xt")) <= italic.getBestCmap().keys()


def test_a_table_aligns_numbers_and_survives_bars_and_lines(shown):
    rows = [["a|b", 1, "1.5 ± 0.2"], ["c\nd", 20, "–"], [r"x\|y", 3, ""]]
    display.show_table(["name", "count", "loss"], rows, "loss", "Losses.")
    data, metadata = shown[0]
    assert data["text/markdown"].splitlines() == [
        "| name | count | loss |",
        "| :-- | --: | --: |",
        r"| a\|b | 1 | 1.5 ± 0.2 |",
        "| c d | 20 | – |",
        r"| x\|y | 3 |  |",
    ]
    assert metadata == {"text/markdown": {"label": "tbl-loss", "caption": "Losses."}}


@pytest.mark.parametrize(("metadata", "expected"), [({"cellId": "1"}, True), ({}, False)])
def test_only_a_front_end_is_interactive(monkeypatch, metadata, expected):
    shell = SimpleNamespace(get_parent=lambda: {"metadata": metadata})
    monkeypatch.setattr(display, "get_ipython", lambda: shell)
    assert display.is_interactive() == expected


def test_escaped_text_is_no_markdown():
    assert display.escape_markdown("*a*\n\n[b](c) <d>") == r"\*a\* \[b\]\(c\) \<d\>"


def test_a_difference_has_its_sign():
    assert [display.signed(value) for value in (0.0456, -0.0156, -0.0002)] == [
        "+0.046",
        "−0.016",
        "+0.000",
    ]


@pytest.mark.parametrize("text", ["the text", "a novel"])
def test_a_run_is_shown_beside_the_published_one_of_the_same_text(
    shown, monkeypatch, tmp_path, text
):
    published = {
        "preprocessing": {"made_with": {"fingerprint": "the text"}},
        "training": {"carried": {"held_out": 1.48262}, "epochs": 14_000, "losses": [2.5]},
    }
    path = tmp_path / "metrics.json"
    path.write_text(json.dumps(published), encoding="utf-8")
    monkeypatch.setattr(display, "PUBLISHED", path)
    own = {"carried": {"held_out": 1.7}, "epochs": 2, "losses": [-0.25, 3.0], "words": 0.5}
    results = SimpleNamespace(
        load={"03-training": own}.__getitem__,
        made_with={"fingerprint": text},
        profile="quick",
        changes={},
    )
    numbers = {
        "carried": "carried.held_out",
        "epochs": "epochs",
        "first": ("losses.0", "+.1f"),
        "second": "losses.1",
        "words": ("words", ".1%"),
    }
    display.show_comparison(results, "03-training", numbers)
    rows = [line.split(" | ") for line in shown[0][0]["text/markdown"].splitlines()[2:]]
    assert [row[1].strip(" |") for row in rows] == ["1.700", "2", "−0.2", "3.000", "50.0 %"]
    if text == "the text":
        assert [row[2].strip(" |") for row in rows] == ["1.483", "14,000", "+2.5", "–", "–"]
    else:
        assert {len(row) for row in rows} == {2}
