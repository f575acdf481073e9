"""Each figure can be drawn; text in figures is wrapped, and none of its characters is lost."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from course.cells import CopiedPassage
from course.figures import beyond, equations, generation, inside, preprocessing, training
from course.figures.letters import wrap

TEXT = "ANNA:\n  Yes: $b$\t\n" + "c" * 70 + "\n\nANNA:\nNo"


def test_text_is_wrapped_and_no_character_is_lost():
    text = "word " * 4 + "end\n\n" + "x" * 15 + "\n一二三四五六\n" + "y" * 10 + "\nend"
    lines = [text[line.start : line.stop] for line in wrap(text, 10)]
    assert "".join(lines) == text and wrap("", 10) == []
    words = ["word word ", "word word ", "end\n", "\n"]
    assert lines == [*words, "x" * 10, "xxxxx\n", "一二三四五", "六\n", "y" * 10 + "\n", "end"]


def drawn() -> Figure:
    is_copied = [5 <= k < 14 for k in range(len(TEXT))]  # a line break and eight more
    return preprocessing.drawn([("order 2", TEXT, is_copied), ("order 4", "  $a$", [False] * 5)])


def test_drawn_text_is_shaded_where_it_is_copied_and_keeps_its_spaces():
    figure = drawn()
    left, right = figure.axes
    assert [bar.get_width() for bar in left.patches] == [8]
    assert [words.get_text() for words in right.texts] == ["\u00a0 $a$"]
    plt.close(figure)


def coloured_text() -> Figure:
    return inside.coloured_text([("title", TEXT, torch.rand(len(TEXT)))], 0, 1, "label")


def passage_with_copies() -> Figure:
    copied = [
        CopiedPassage(start=19, source=2, length=3),
        CopiedPassage(start=90, source=9, length=90),
    ]
    return inside.passage_with_copies(TEXT, torch.rand(len(TEXT)), copied, 8)


def characters() -> Figure:
    return inside.characters({"a": torch.zeros(3, 2), "b": torch.rand(3, 2)}, "xyz", "x")


def gradients() -> Figure:
    return inside.gradients({name: torch.rand(20) for name in "abcdefg"})


def leak() -> Figure:
    return preprocessing.leak(torch.tensor([False, True, False]), 64, {1: 1.0, 64: 0.0}, 0.0)


def four_losses() -> Figure:
    curves = {"seen": [3.0, 2.0], "leaky": [3.0, 2.1, 1.9], "honest": [3.1, 2.2]}
    held_out = {"cold": {"validation": 2.2, "held_out": 2.3, "interval": (2.25, 2.35)}}
    return training.four_losses(curves, {"seen": 2.0, "leaky": 1.9}, held_out, claim=1.22)


COUNTS: dict[str, Any] = {"words": 0.9, "distinct_words": 0.5, "malformed": 1, "headings": 2}
WORDLESS: dict[str, Any] = {"words": None, "distinct_words": None, "malformed": 0, "headings": 0}
GAIN = {"held_out": 0.1, "interval": [0.05, 0.15], "by_seed": [0.09, 0.1, 0.11]}
LOSS = {"carried": {"held_out": 1.5}}


def writers() -> Figure:
    series = {
        "temperature": {"0.5": COUNTS, "2.0": WORDLESS},
        "min-p": {"0.1": WORDLESS},
        "top-k": {"5": COUNTS},
        "top-p": {"0.9": COUNTS},
    }
    return generation.writers(series, {"validation": COUNTS, "test": WORDLESS})


def returning() -> Figure:
    return generation.returning({"a": 0.05, "b": None}, {"half": 0.5, "the author": 0.7})


def gains() -> Figure:
    rungs = [{"name": name, "gain": GAIN} | LOSS for name in ("schedule", "dropout")]
    return beyond.gains(rungs, {"schedule": None, "dropout": -0.02}, other_protocol="dropout")


def ladder() -> Figure:
    writers = [{"name": "counts"} | WORDLESS | LOSS, {"name": "network"} | COUNTS | LOSS]
    return beyond.ladder(writers, WORDLESS, ["network"])


def more_text() -> Figure:
    curves = {name: {"characters": [10, 20], "losses": [2.0, 1.9]} for name in "ab"}
    return beyond.more_text(curves, {"c": (10, 1.9)}, bar=1.8)


def rivals() -> Figure:
    network = {"name": "a", "held_out": 1.5, "validation": 1.4, "test": 1.6, "network": True}
    program = {"name": "b", "held_out": 1.9, "validation": None, "test": None, "network": False}
    return beyond.rivals({"carried": [network, program], "cold": [network]}, claim=1.22)


def traces() -> Figure:
    left = torch.tensor([[1.0, 0.5, 0.005, 0.5], [1.0, 0.5, 0.005, 0.001]])
    return equations.traces({"before": {"LSTM": left}, "after": {"RNN": left}}, 0.01, 3)


def gates() -> Figure:
    values = {name: torch.rand(3, 5) for name in "fio"}
    return equations.gates("$a\n", values, {"c": torch.rand(3, 5)}, range(5))


def unrolled() -> Figure:
    return equations.unrolled("$\n", "\na")


@pytest.mark.parametrize(
    "draw",
    [
        drawn,
        coloured_text,
        passage_with_copies,
        characters,
        gradients,
        leak,
        four_losses,
        writers,
        returning,
        gains,
        ladder,
        more_text,
        rivals,
        traces,
        gates,
        unrolled,
        equations.cell,
        lambda: equations.cell("forget"),
    ],
)
def test_a_figure_can_be_drawn(draw: Callable[[], Figure]):
    figure = draw()
    figure.canvas.draw()
    plt.close(figure)
