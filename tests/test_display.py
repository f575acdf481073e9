"""Figures and tables as notebooks show them."""

import base64
import io
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


def picture(title="a < b"):
    figure, axes = plt.subplots()
    axes.plot([1, 2])
    axes.set_title(title)
    return figure


def test_a_figure_has_label_caption_and_alt_text_and_a_readable_caption(shown):
    alt = "A line from 1 to 2."
    display.show(display.Picture("curve", picture(), "The *curve*.", alt))
    (anchor, of_anchor), (data, metadata), (line, role) = shown
    about = {"label": "fig-curve", "caption": "The *curve*.", "alt": alt}
    assert metadata["image/svg+xml"] == about and data["text/plain"] == alt
    assert Image.open(io.BytesIO(base64.b64decode(data["image/png"]))).width > 400
    nodes = ElementTree.fromstring(data["image/svg+xml"]).iter()
    tags = {node.tag.rpartition("}")[2] for node in nodes}
    assert "path" in tags and not tags & {"script", "a", "image", "foreignObject"}
    assert line == {"text/markdown": "**Figure.** The *curve*."}
    assert anchor == {"text/markdown": '<a id="fig-curve"></a>'}  # where links arrive
    assert of_anchor == role == {"text/markdown": {"role": "caption"}}
    assert not plt.get_fignums()  # else the notebook would show it again


def test_jupyterlab_gets_the_alt_text(shown, monkeypatch):
    monkeypatch.setattr(display, "is_interactive", lambda: True)
    display.show(display.Picture("curve", picture("T"), "A curve.", 'A "curve" & more.'))
    [image] = ElementTree.fromstring(f"<p>{shown[1][0]['text/html']}</img></p>")
    assert image.get("alt") == 'A "curve" & more.'
    svg = base64.b64decode(image.get("src").removeprefix("data:image/svg+xml;base64,"))
    assert svg.decode() == shown[1][0]["image/svg+xml"]


def test_a_table_aligns_numbers_and_survives_bars_and_lines(shown):
    rows = [["a|b", 1, "1.5 ± 0.2"], ["c\nd", 20, "–"], [r"x\|y", 3, ""]]
    display.show(display.Table("loss", ["name", "count", "loss"], rows, "Losses."))
    data, metadata = shown[1]
    assert data["text/markdown"].splitlines() == [
        "| name | count | loss |",
        "| :-- | --: | --: |",
        r"| a\|b | 1 | 1.5 ± 0.2 |",
        "| c d | 20 | – |",
        r"| x\|y | 3 |  |",
    ]
    assert metadata == {"text/markdown": {"label": "tbl-loss", "caption": "Losses."}}
