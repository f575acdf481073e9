"""The figures that do more than draw: text in tiles, windows beside one another, four curves."""

import torch
from matplotlib import pyplot as plt
from matplotlib.colors import to_hex

from course.display import COLOURS
from course.figures import inside, preprocessing, training


def test_text_is_wrapped_and_no_character_is_lost():
    lines = ["x" * 59, "y" * 60, "", "z" * 130, "end"]
    text = "\n".join(lines)
    wrapped = [text[line.start : line.stop] for line in inside.wrap(text)]
    full = ["x" * 59 + "\n", "y" * 60, "\n", "\n", "z" * 60, "z" * 60, "z" * 10 + "\n", "end"]
    assert wrapped == full and inside.wrap("") == []


def test_each_character_has_a_tile_and_several_spaces_stay():
    text = "  a  $b$\t\n" + "c" * 70
    figure = inside.coloured_text([("title", text, torch.rand(len(text)))], 0, 1, "label")
    panel, bar = figure.axes
    (tiles,) = panel.collections
    assert len(tiles.get_offsets()) == len(text)
    shown = [line.get_text() for line in panel.texts]
    assert shown == ["\u00a0 a\u00a0 $b$⇥↵", "c" * 60, "c" * 10]
    assert bar.get_ylabel() == "label"
    plt.close(figure)


def test_the_leak_is_shown_in_the_first_windows():
    validation = torch.tensor([False, True, False] * 10)
    figure = preprocessing.leak(validation, 64, {1: 1.0, 64: 0.0}, 0.0)
    bars = figure.axes[0].patches
    orange = [to_hex(bar.get_facecolor()).upper() == COLOURS["forget"] for bar in bars]
    assert orange == validation[:24].tolist()
    assert [bar.get_x() for bar in bars] == list(range(24))
    plt.close(figure)


def test_four_losses_can_be_told_apart_without_colour():
    curves = {"a": [3.0, 2.0], "b": [3.0, 2.1, 1.9], "c": [3.1, 2.2], "d": [3.0, 2.3]}
    figure = training.loss_curves(curves, {"the claim": 1.22})
    [axes] = figure.axes
    *drawn, level = axes.lines
    looks = set()
    for line, (label, losses) in zip(drawn, curves.items(), strict=True):
        assert line.get_label() == label and list(line.get_ydata()) == losses
        assert list(line.get_xdata()) == list(range(1, len(losses) + 1))  # after each epoch
        is_open = line.get_markerfacecolor() == "white"
        looks.add((line.get_linestyle(), line.get_marker(), is_open))
    assert len(looks) == 4 and level.get_ydata()[0] == 1.22
    plt.close(figure)
