"""Figures and tables as notebooks show them."""

import base64
import io
import json
from types import SimpleNamespace
from xml.etree import ElementTree

import pytest
from matplotlib import pyplot as plt
from PIL import Image

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
    assert metadata["image/svg+xml"] == about and data["text/plain"] == alt
    assert Image.open(io.BytesIO(base64.b64decode(data["image/png"]))).width > 400
    nodes = ElementTree.fromstring(data["image/svg+xml"]).iter()
    tags = {node.tag.rpartition("}")[2] for node in nodes}
    assert "path" in tags and not tags & {"script", "a", "image", "foreignObject"}
    assert line == {"text/markdown": "**Figure.** The *curve*."}
    assert role == {"text/markdown": {"role": "caption"}}
    assert not plt.get_fignums()  # else the notebook would show it again


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


@pytest.mark.parametrize("text", ["the text", "a novel"])
def test_a_run_is_shown_beside_the_published_one_of_the_same_text(
    shown, monkeypatch, tmp_path, text
):
    published = {
        "preprocessing": {"made_with": {"fingerprint": "the text"}},
        "training": {"carried": {"held_out": 1.48262}, "losses": [2.5]},
    }
    path = tmp_path / "metrics.json"
    path.write_text(json.dumps(published), encoding="utf-8")
    monkeypatch.setattr(display, "PUBLISHED", path)
    own = {"carried": {"held_out": 1.7}, "losses": [3.0, 3.0]}
    results = SimpleNamespace(
        load={"03-training": own}.__getitem__,
        made_with={"fingerprint": text},
        profile="quick",
        changes={},
    )
    numbers = {"carried": "carried.held_out", "second": "losses.1"}
    display.show_comparison(results, "03-training", numbers)
    rows = [line.split(" | ") for line in shown[0][0]["text/markdown"].splitlines()[2:]]
    assert [row[1].strip(" |") for row in rows] == ["1.700", "3.000"]
    if text == "the text":
        assert [row[2].strip(" |") for row in rows] == ["1.483", "–"]
    else:
        assert {len(row) for row in rows} == {2}
