"""Each figure shows something, in letters that can be read; wrapped text loses no character."""

from typing import Any

import pytest
import torch
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from matplotlib.text import Text

from course.display import signed
from course.figures import (
    beyond,
    equations,
    generation,
    inside,
    preprocessing,
    training,
    who_copies,
)
from course.figures.letters import SMALLEST, wrap
from study.cells import CopiedPassage

TEXT = "ANNA:\n  Yes: $b$\n" + "c" * 70 + "\n\nANNA:\nNo"
COUNTS: dict[str, Any] = {"words": 0.9, "distinct_words": 0.5, "malformed": 1, "headings": 2}
BITS = [[1.0, 2.0, 0.5], [4.0, 0.0, 3.0]]  # of three letters after two pasts
GAIN: dict[str, Any] = {"gain": 0.1, "interval": [0.0, 0.2], "by_seed": [0.1]}
LEARNER: dict[str, Any] = {
    "name": "a network",
    "step": [1_000, 2_000, 3_000],
    "train_loss": [3.0, 2.5, 2.1],
    "learning_rate": [0.001, 0.006, 0.0],
    "val_step": [0, 1_000, 3_000],
    "val_loss": [4.2, 3.1, 2.2],
}
BEGINNER = LEARNER | {
    "step": [4],
    "train_loss": [3.0],
    "learning_rate": [0.001],
    "val_step": [4],
    "val_loss": [3.1],
}
OF_SEEDS = GAIN | {"interval": [-0.1, 0.3], "by_seed": [0.0, 0.2]}


def test_text_is_wrapped_and_no_character_is_lost():
    text = "word " * 4 + "end\n\n" + "x" * 15 + "\n" + "y" * 10 + "\nend"
    lines = [text[line.start : line.stop] for line in wrap(text, 10)]
    assert "".join(lines) == text and wrap("", 10) == []
    words = ["word word ", "word word ", "end\n", "\n"]
    assert lines == [*words, "x" * 10, "xxxxx\n", "y" * 10 + "\n", "end"]


def sizes(figure: Figure) -> list[float]:
    """Of all letters that a figure shows, in points."""
    found = []
    for words in figure.findobj(Text):
        shown = words.get_text()
        if not shown.strip():
            continue
        has_index = words.get_parse_math() and "$" in shown and "_" in shown
        size = words.get_fontsize()
        found.append(0.7 * size if has_index else size)
    return found


FIGURES = {
    "drawn": lambda: preprocessing.drawn(
        [("order 2", TEXT, [5 <= k < 14 for k in range(len(TEXT))]), ("4", "  $a$", [False] * 5)]
    ),
    "guesses": lambda: preprocessing.guesses("a\n$", [1, 2, 30]),
    "orders": lambda: preprocessing.orders([3.0, 2.0], 1, [3.0, 2.5]),
    "orders, the first is best": lambda: preprocessing.orders([2.0, 2.1], 0, [2.0, 2.5]),
    "speakers": lambda: preprocessing.speakers(f"{TEXT}\n\n$:\nNo"),
    "cell": lambda: equations.cell({"f": [1.0, -0.5], "h": [0.0]}),
    "recall with curves": lambda: equations.recall(
        [4, 6, 8, 10], {"RNN": torch.zeros(2, 4), "LSTM": torch.ones(2, 4)}, 0.125
    ),
    "unrolled": lambda: equations.unrolled("$\n", "\na"),
    "recall": lambda: equations.recall([14], {"RNN": torch.zeros(1, 1)}, 0.125),
    "gates": lambda: equations.gates(
        "$a\n", {name: torch.rand(3, 5) for name in "fio"}, {"c": torch.rand(3, 5)}, range(5)
    ),
    "windows": lambda: training.windows(["a\n$ b", "\n$ bc"], torch.tensor([False, True])),
    "fooled": lambda: training.three_losses({"held out": 0.8, "new text": 3.3}, 1.22),
    "cut": lambda: training.cut([0, 4, 8], ["training", "neither", "held out"], 5, 6),
    "leak": lambda: training.leak(["a\n$", "\n$ ", "$ b"], 1),
    "overfitting": lambda: training.overfitting([2.0, 1.0], [2.0, 1.9], 1),
    "learning curves": lambda: training.learning_curves([LEARNER, LEARNER | {"name": "$a$"}]),
    "learning curves of one step": lambda: training.learning_curves([BEGINNER]),
    "leakage": lambda: training.leakage({1: 1.0, 8: 0.0}),
    "writers": lambda: generation.writers(
        {(1.0, 0.0): COUNTS, (1.0, 0.1): COUNTS, (2.0, 0.0): COUNTS},
        {"validation": COUNTS, "test": COUNTS},
        chosen=(1.0, 0.1),
    ),
    "who copies": lambda: who_copies.names({"$a$": (9.0, 8.0), "with head": (2.0, 30.0)}),
    "heads": lambda: who_copies.heads({"$a$": torch.rand(3, 4), "b": torch.rand(3, 4)}),
    "attention": lambda: who_copies.attention("$\n", "\na$", torch.rand(2, 3)),
    "answer": lambda: beyond.answer({"alone": 1.3, "larger": 1.2}, 1.22),
    "rate": lambda: beyond.rate([0.001, 0.006, 0.0], 0.001),
    "gains": lambda: beyond.gains([{"name": "$a$", "gain": GAIN, "loss": 1.5}]),
    "gains of seeds": lambda: beyond.gains(
        [{"name": name, "gain": OF_SEEDS, "loss": 1.5} for name in "ab"]
    ),
    "copy head": lambda: beyond.copy_head("ABCDAB", [0, 0, 0.8, 0, 0, 0.1], 0.1, "C"),
    "cell values": lambda: inside.cell_values("title", TEXT, torch.rand(len(TEXT))),
    "copies": lambda: inside.passage_with_copies(
        TEXT,
        torch.rand(len(TEXT)),
        [CopiedPassage(19, source=2, length=3), CopiedPassage(90, source=9, length=90)],
    ),
    "swap": lambda: inside.swap("$a\n", "\na$", dict.fromkeys(("name", "backwards"), BITS)),
    "names": lambda: inside.copying({"same": [1.0], "without_copies": [9.0]}, [True]),
    "context of a name": lambda: inside.context_of_name("$A", [1, 2], [[3, 2], [3, 3]], marked=1),
}


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_shows_something_in_each_panel(name: str):
    figure = FIGURES[name]()
    figure.canvas.draw()
    assert all(ax.has_data() or ax.texts for ax in figure.axes) and figure.axes
    plt.close(figure)


@pytest.mark.parametrize("name", FIGURES)
def test_all_letters_can_be_read_on_paper(name: str):
    figure = FIGURES[name]()
    figure.canvas.draw()  # only then do all ticks have their words
    assert min(sizes(figure)) >= SMALLEST
    plt.close(figure)


@pytest.mark.parametrize(
    "losses", [(0.1, 0.8, 3.28), (0.9, 1.05, 3.0), (1.1, 1.2, 2.9), (1.22, 1.25, 2)]
)
@pytest.mark.parametrize("is_answer", [False, True])
def test_no_number_is_on_the_line_of_the_claim(losses, is_answer):
    claim = 1.22
    of_names = dict(zip("abc", losses, strict=True))
    if is_answer:
        figure = beyond.answer(of_names, claim)
    else:
        figure = training.three_losses(of_names, claim)
    figure.canvas.draw()
    [ax] = figure.axes
    line, _ = ax.transData.transform((claim, 0))
    _, *numbers = ax.texts  # the first says what is claimed
    for number in numbers:
        box = number.get_window_extent()
        assert (box.x1 < line or box.x0 > line) and ax.bbox.x0 < box.x0 and box.x1 < ax.bbox.x1
    plt.close(figure)


@pytest.mark.parametrize("gain", [-0.2, -0.101, -0.05, 0.0, 0.3])
def test_no_gain_is_written_on_the_line_at_zero(gain):
    about = {"gain": gain, "interval": [gain - 0.1, gain + 0.1], "by_seed": [gain]}
    both = [about, {"gain": 0.5, "interval": [0.4, 0.6], "by_seed": [0.5]}]
    rungs = [{"name": "a", "gain": one, "loss": 1.5} for one in both]
    figure = beyond.gains(rungs)
    figure.canvas.draw()
    [ax] = figure.axes
    line, _ = ax.transData.transform((0, 0))
    [number] = [words for words in ax.texts if words.get_text() == signed(gain)]
    box = number.get_window_extent()
    assert (box.x1 < line or box.x0 > line) and ax.bbox.x0 < box.x0
    plt.close(figure)


@pytest.mark.parametrize("best", range(9))
def test_the_name_of_the_bar_is_on_no_curve(best):
    losses = [1.5 + 0.1 * abs(order - best) for order in range(9)]
    figure = preprocessing.orders(losses, best, losses)
    figure.canvas.draw()
    [ax] = figure.axes
    [name] = ax.texts
    assert name.get_window_extent().x0 > ax.bbox.x1
    plt.close(figure)
