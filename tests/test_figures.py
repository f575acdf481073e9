"""Each figure can be drawn; text in figures is wrapped, and none of its characters is lost."""

from collections import Counter
from typing import Any

import pytest
import torch
from matplotlib import pyplot as plt

from course.cells import CopiedPassage, Name
from course.figures import beyond, equations, further, generation, inside, preprocessing, training
from course.figures.letters import wrap

TEXT = "ANNA:\n  Yes: $b$\t\n" + "c" * 70 + "\n\nANNA:\nNo"
COUNTS: dict[str, Any] = {"words": 0.9, "distinct_words": 0.5, "malformed": 1, "headings": 2}
WORDLESS: dict[str, Any] = {"words": None, "distinct_words": None, "malformed": 0, "headings": 0}
GAIN = {"held_out": 0.1, "interval": [0.05, 0.15], "by_seed": [0.09, 0.1, 0.11]}
LOSS = {"carried": {"held_out": 1.5}}
HELD_OUT = {"validation": 2.2, "held_out": 2.3, "interval": (2.25, 2.35)}
NETWORK = {"name": "a", "held_out": 1.5, "validation": 1.4, "test": 1.6, "network": True}
PROGRAM = {"name": "b", "held_out": 1.9, "validation": None, "test": None, "network": False}
BITS = {"Kneser-Ney": 2.0, "LSTM": 1.9, "with copy head": 1.8, "with n-grams": 1.7}


def test_text_is_wrapped_and_no_character_is_lost():
    text = "word " * 4 + "end\n\n" + "x" * 15 + "\n一二三四五六\n" + "y" * 10 + "\nend"
    lines = [text[line.start : line.stop] for line in wrap(text, 10)]
    assert "".join(lines) == text and wrap("", 10) == []
    words = ["word word ", "word word ", "end\n", "\n"]
    assert lines == [*words, "x" * 10, "xxxxx\n", "一二三四五", "六\n", "y" * 10 + "\n", "end"]


def stack(series: str, layers: int) -> dict[str, Any]:
    about = {"parameters": 480_000, "epochs_read": 2.998, "carried_validation": 1.5}
    return about | {"series": series, "layers": layers, "gradients": [0.1] * layers}


FIGURES = {
    "drawn": lambda: preprocessing.drawn(
        [("order 2", TEXT, [5 <= k < 14 for k in range(len(TEXT))]), ("4", "  $a$", [False] * 5)]
    ),
    "frequencies": lambda: preprocessing.frequencies(Counter(TEXT)),
    "guesses": lambda: preprocessing.guesses("a\n$", [1, 2, 30]),
    "leak": lambda: preprocessing.leak(
        torch.tensor([False, True, False]), 64, {1: 1.0, 64: 0.0}, 0.0
    ),
    "speakers": lambda: preprocessing.speakers([(0, "ANNA"), (90, "$")], {"A Play": 0}, 100),
    "cell": equations.cell,
    "forget gate": lambda: equations.cell("forget"),
    "unrolled": lambda: equations.unrolled("$\n", "\na"),
    "traces": lambda: equations.traces(
        {
            "before": {"LSTM": torch.tensor([[1.0, 0.5, 0.005, 0.5]])},
            "after": {"RNN": torch.tensor([[1.0, 0.5, 0.005, 0.001]])},
        },
        0.01,
        3,
    ),
    "recall": lambda: equations.recall([2, 4], {"LSTM": torch.rand(2, 2)}, 0.1),
    "gates": lambda: equations.gates(
        "$a\n", {name: torch.rand(3, 5) for name in "fio"}, {"c": torch.rand(3, 5)}, range(5)
    ),
    "four losses": lambda: training.four_losses(
        {"seen": [3.0, 2.0], "leaky": [3.0, 2.1, 1.9], "honest": [3.1, 2.2]},
        {"seen": 2.0, "leaky": 1.9},
        {"cold": HELD_OUT},
        claim=1.22,
    ),
    "writers": lambda: generation.writers(
        {
            "temperature": {"0.5": COUNTS, "2.0": WORDLESS},
            "min-p": {"0.1": WORDLESS},
            "top-k": {"5": COUNTS},
            "top-p": {"0.9": COUNTS},
        },
        {"validation": COUNTS, "test": WORDLESS},
    ),
    "returning": lambda: generation.returning({"a": 0.05, "b": None}, {"the author": 0.7}),
    "gains": lambda: beyond.gains(
        [{"name": "schedule", "gain": GAIN} | LOSS, {"name": "dropout", "gain": GAIN} | LOSS],
        {"schedule": None, "dropout": -0.02},
        other_protocol="dropout",
    ),
    "ladder": lambda: beyond.ladder(
        [{"name": "counts"} | WORDLESS | LOSS, {"name": "network"} | COUNTS | LOSS],
        WORDLESS,
        ["network"],
    ),
    "more text": lambda: beyond.more_text(
        {name: {"characters": [10, 20], "losses": [2.0, 1.9]} for name in "ab"},
        {"c": (10, 1.9)},
        bar=1.8,
    ),
    "rivals": lambda: beyond.rivals({"carried": [NETWORK, PROGRAM], "cold": [NETWORK]}, 1.22),
    "coloured text": lambda: inside.coloured_text(
        [("title", TEXT, torch.rand(len(TEXT)))], 0, 1, "label"
    ),
    "copies": lambda: inside.passage_with_copies(
        TEXT,
        torch.rand(len(TEXT)),
        [CopiedPassage(19, source=2, length=3), CopiedPassage(90, source=9, length=90)],
        8,
    ),
    "characters": lambda: inside.characters(
        {"a": torch.zeros(3, 2), "b": torch.rand(3, 2)}, "x$z", "x"
    ),
    "context of a name": lambda: inside.name_in_context(
        [1, 2], {"a": torch.rand(2)}, Name("$\n", 1, 2), 2
    ),
    "gradients": lambda: inside.gradients({name: torch.rand(20) for name in "abcdefg"}),
    "half-lives": lambda: inside.half_lives([torch.rand(5)], [torch.rand(5)]),
    "depth": lambda: further.depth(
        [stack("residual", 2), stack("equal parameters", 1), stack("equal time", 2)]
    ),
    "texts": lambda: further.texts([("verse, 1.1 M", BITS), ("code, 1.1 M", BITS)]),
}


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_can_be_drawn(name: str):
    figure = FIGURES[name]()
    figure.canvas.draw()
    plt.close(figure)
