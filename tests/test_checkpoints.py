"""The slider of notebook 03, moved by hand."""

import html
import re

from course import checkpoints
from course.checkpoints import Slider, Stage, show_slider

STAGES = [
    Stage(0, "0", 4.17, "\n", "$BC;X\n&<q"),
    Stage(1_000, "1,000", 1.58, "\n", "My lord,\nwhat say"),
    Stage(3_185, "3,185 (best)", 1.42, "\n", "ROMEO:\nO, she"),
]


def shown(widget) -> str:
    """What a browser shows of a widget's HTML."""
    return html.unescape(re.sub(r"<[^>]*>", "", widget.value))


def test_the_slider_shows_the_text_and_the_loss_of_its_step():
    slider = Slider(STAGES)
    assert [name for name, _ in slider.slider.options] == ["0", "1,000", "3,185 (best)"]
    for index, stage in [*enumerate(STAGES), (0, STAGES[0])]:
        slider.slider.value = index
        assert shown(slider.text) == stage.prompt + stage.written
        assert f"Loss {stage.loss:.2f} nats" in shown(slider.status)


def test_without_a_reader_there_is_no_slider(monkeypatch):
    displayed = []
    monkeypatch.setattr(checkpoints, "display", displayed.append)
    show_slider(STAGES)
    assert not displayed
    monkeypatch.setattr(checkpoints, "is_interactive", lambda: True)
    show_slider(STAGES)
    assert [slider.stages for slider in displayed] == [STAGES]
