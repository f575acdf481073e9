"""The slider of notebook 03: what the network wrote at each checkpoint of its training."""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import ipywidgets as w
from IPython.display import display

from .panel import is_interactive, text_as_html


class Stage(NamedTuple):
    """A checkpoint of a training run, and what a network with its weights writes."""

    step: int
    name: str  # the step in words, such as "3,000" or "3,185 (best)"
    loss: float  # nats per character
    prompt: str
    written: str


class Slider(w.VBox):
    """A slider over the stages; below it the loss and the text of the one that is chosen."""

    def __init__(self, stages: Sequence[Stage]) -> None:
        self.stages = stages
        self.slider = w.SelectionSlider(
            options=[(stage.name, index) for index, stage in enumerate(stages)],
            description="step",
            layout={"width": "100%"},
        )
        self.status = w.HTML()
        self.text = w.HTML()
        self.slider.observe(self.show, "value")
        super().__init__([self.slider, self.status, self.text])
        self.show()

    def show(self, _: Any = None) -> None:
        stage = self.stages[self.slider.value]
        self.status.value = sentence(stage)
        self.text.value = text_as_html(stage.prompt, stage.written)


def sentence(stage: Stage) -> str:
    """The loss of a stage in words."""
    choices = math.exp(stage.loss)
    return (
        f"Loss {stage.loss:.2f} nats per character: as unsure as choosing among {choices:.1f} "
        "equally likely characters."
    )


def show_slider(stages: Sequence[Stage]) -> None:
    """Display the slider where somebody can move it; elsewhere the table has to do."""
    if is_interactive():
        display(Slider(stages))
