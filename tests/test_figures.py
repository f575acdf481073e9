"""Figures of a text can be drawn whatever it is; of wrapped text, no character is lost."""

from collections import Counter
from typing import Any

import pytest
import torch
from matplotlib import pyplot as plt

from course.cells import CopiedPassage, Name
from course.figures import equations, further, generation, inside, preprocessing
from course.figures.letters import wrap

TEXT = "ANNA:\n  Yes: $b$\t\n" + "c" * 70 + "\n\nANNA:\nNo"
COUNTS: dict[str, Any] = {"words": 0.9, "distinct_words": 0.5, "malformed": 1, "headings": 2}
WORDLESS: dict[str, Any] = {"words": None, "distinct_words": None, "malformed": 0, "headings": 0}
LOSS = {"carried": {"held_out": 1.5}}


def test_text_is_wrapped_and_no_character_is_lost():
    text = "word " * 4 + "end\n\n" + "x" * 15 + "\n一二三四五六\n" + "y" * 10 + "\nend"
    lines = [text[line.start : line.stop] for line in wrap(text, 10)]
    assert "".join(lines) == text and wrap("", 10) == []
    words = ["word word ", "word word ", "end\n", "\n"]
    assert lines == [*words, "x" * 10, "xxxxx\n", "一二三四五", "六\n", "y" * 10 + "\n", "end"]


FIGURES = {
    "drawn": lambda: preprocessing.drawn(
        [("order 2", TEXT, [5 <= k < 14 for k in range(len(TEXT))]), ("4", "  $a$", [False] * 5)]
    ),
    "frequencies": lambda: preprocessing.frequencies(Counter(TEXT)),
    "guesses": lambda: preprocessing.guesses("a\n$", [1, 2, 30]),
    "speakers": lambda: preprocessing.speakers([(0, "ANNA"), (90, "$")], {"A Play": 0}, 100),
    "unrolled": lambda: equations.unrolled("$\n", "\na"),
    "gates": lambda: equations.gates(
        "$a\n", {name: torch.rand(3, 5) for name in "fio"}, {"c": torch.rand(3, 5)}, range(5)
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
    "ladder": lambda: further.ladder(
        [{"name": "counts"} | WORDLESS | LOSS, {"name": "network"} | COUNTS | LOSS],
        WORDLESS,
        ["network"],
    ),
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
}


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_can_be_drawn(name: str):
    figure = FIGURES[name]()
    figure.canvas.draw()
    plt.close(figure)
