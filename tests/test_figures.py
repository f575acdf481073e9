"""The figures that do more than draw: text in tiles, windows beside one another, four curves."""

import re

import pytest
import torch
from matplotlib import pyplot as plt
from matplotlib.colors import to_hex
from matplotlib.patches import FancyArrowPatch, Rectangle

from course.cells import Run
from course.display import COLOURS
from course.figures import beyond, equations, generation, inside, preprocessing, training


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


def test_a_run_has_two_frames_and_an_arrow_and_a_line_its_bits():
    text = "ANNA:\nYes.\n\nANNA:\nNo"
    bits = torch.arange(len(text)).float()
    runs = [Run(start=14, source=2, length=3), Run(start=18, source=9, length=9)]
    figure = inside.passage_with_copies(text, bits, runs, 8)
    panel, _ = figure.axes
    frames = [patch for patch in panel.patches if isinstance(patch, Rectangle)]
    found = [(frame.get_x(), int(frame.get_y()), frame.get_width()) for frame in frames]
    # The second run goes beyond its lines, and is framed up to their ends.
    assert found == [(2, 0, 3), (2, 3, 3), (3, 1, 2), (0, 4, 2)]
    assert sum(isinstance(patch, FancyArrowPatch) for patch in panel.patches) == 2
    of_lines = [line.get_text() for line in panel.texts if line.get_ha() == "right"]
    assert of_lines == ["bits of\nthe line", "15.0", "40.0", "11.0", "87.0", "37.0"]
    plt.close(figure)


def test_points_that_would_overlap_are_moved_apart_and_others_stay():
    points = torch.tensor([[0.0, 0.0], [10.0, 4.0], [5.0, 2.0], [5.01, 2.0], [0.0, 4.0]])
    moved = inside.moved_apart(points)
    assert torch.equal(moved[[0, 1, 4]], points[[0, 1, 4]])
    assert (moved[3] - moved[2])[0] == pytest.approx(0.55, 0.05)  # of a width of 10
    assert moved[2:4].mean(0).tolist() == pytest.approx([5.005, 2.0])
    same = inside.moved_apart(torch.zeros(3, 2))
    assert same.isfinite().all()


def test_seven_gradients_can_be_told_apart_without_colour():
    figure = inside.gradients({name: torch.rand(20) for name in "abcdefg"})
    [axes] = figure.axes
    looks = {(line.get_linestyle(), line.get_marker()) for line in axes.lines}
    assert len(looks) == 7
    plt.close(figure)


def test_drawn_text_is_wrapped_shaded_and_complete():
    text = "word " * 14 + "\n\n" + "x" * 60 + "\n一二"
    lines = [text[line.start : line.stop] for line in preprocessing.wrap(text)]
    assert lines == ["word " * 10, "word " * 4, "", "x" * 50, "x" * 10, "一二"]

    is_copied = [5 <= k < 14 for k in range(len(text))]
    figure = preprocessing.drawn([("order 2", text, is_copied), ("order 4", "  $a$", [False] * 5)])
    left, right = figure.axes
    (shade,) = left.patches  # behind "word word"
    assert (shade.get_x(), shade.get_width()) == (5, 9)
    stretches = [line.get_text() for line in left.texts]
    assert stretches[:3] == ["word\u00a0", "word word", "\u00a0word" + " word" * 6 + "\u00a0"]
    assert left.texts[1].get_weight() == "bold" and left.texts[0].get_weight() == "normal"
    assert [line.get_text() for line in right.texts] == ["\u00a0 $a$"]
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
    curves = {"seen": [3.0, 2.0], "leaky": [3.0, 2.1, 1.9], "honest": [3.1, 2.2]}
    held_out = {"cold": {"validation": 2.2, "held_out": 2.3, "interval": (2.25, 2.35)}}
    seen = {"training text": 2.0, "random": 1.9}
    figure = training.four_losses(curves, seen, held_out, claim=1.22)
    left, right = figure.axes
    *drawn, claim = left.lines
    looks = set()
    for line, (label, losses) in zip(drawn, curves.items(), strict=True):
        assert line.get_label() == label and list(line.get_ydata()) == losses
        assert list(line.get_xdata()) == list(range(1, len(losses) + 1))  # after each epoch
        looks.add((line.get_linestyle(), line.get_marker()))
    assert len(looks) == 3 and claim.get_ydata()[0] == 1.22
    assert [label.get_text() for label in right.get_yticklabels()] == [*seen, *held_out]
    assert [text.get_text() for text in right.texts] == ["2.000", "1.900", "2.300"]
    plt.close(figure)


def test_writers_are_points_and_what_has_no_words_is_left_out():
    counts = {"words": 0.9, "distinct_words": 0.5}
    wordless = {"words": None, "distinct_words": None}
    series = {
        "temperature": {"0.5": counts, "2.0": wordless},
        "min-p": {"0.1": wordless},
        "top-k": {"5": counts},
        "top-p": {"0.9": counts},
    }
    figure = generation.writers(series, {"validation": counts, "test": wordless})
    [axes] = figure.axes
    points = {line.get_label(): line.get_xydata().tolist() for line in axes.lines}
    assert points["temperature"] == points["validation"] == [[90, 50]]
    assert points["min-p 0.1"] == [] and "test" not in points
    assert points["top-k 5"] == [[90, 50]]  # the only one of its kind: the legend has its setting
    assert [text.get_text() for text in axes.texts] == ["0.5"]
    plt.close(figure)


def test_a_writer_without_headings_has_no_bar():
    figure = generation.returning({"a": 0.05, "b": None}, {"half": 0.5, "the author": 0.7})
    [axes] = figure.axes
    bars = {}
    for bar in axes.patches:
        bars[round(bar.get_y() + bar.get_height() / 2)] = round(bar.get_width())
    names = [label.get_text() for label in axes.get_yticklabels()]
    assert {names[y]: width for y, width in bars.items()} == {"a": 5, "half": 50, "the author": 70}
    assert names == ["a", "b", "half", "the author"]
    plt.close(figure)


def test_gains_show_each_seed_and_only_what_was_predicted():
    gain = {"held_out": 0.1, "interval": [0.05, 0.15], "by_seed": [0.09, 0.1, 0.11]}
    rungs = []
    for name in ("schedule", "dropout"):
        rungs.append({"name": name, "gain": gain, "carried": {"held_out": 1.5}})
    figure = beyond.gains(rungs, {"schedule": None, "dropout": -0.02}, other_protocol="dropout")
    [axes] = figure.axes
    diamonds = [line for line in axes.lines if line.get_marker() == "D" and len(line.get_xdata())]
    assert [line.get_xydata().tolist() for line in diamonds] == [[[-0.02, 1]]]
    seeds = [line for line in axes.lines if line.get_marker() == "o" and len(line.get_xdata())]
    assert len({tuple(line.get_xydata()[0]) for line in seeds}) == 6  # none hides another
    assert [label.get_text() for label in axes.get_yticklabels()] == ["schedule", "dropout"]
    plt.close(figure)


def test_writers_without_words_or_headings_have_no_points():
    writer = {"carried": {"held_out": 1.5}, "words": 0.9, "malformed": 0, "headings": 0}
    silent = writer | {"name": "counts", "words": None}
    author = {"words": None, "malformed": 1, "headings": 2}
    figure = beyond.ladder([silent, writer | {"name": "network"}], author, ["network", "counts"])
    points = []
    for axes in figure.axes:
        dots = [line for line in axes.lines if line.get_marker() == "o"]
        points.append([line.get_xydata().tolist() for line in dots])
    assert points == [[[[1.5, 0]]], [[[90, 0]]], []]
    plt.close(figure)


def test_rivals_of_different_protocols_are_apart():
    losses = {"validation": 1.3, "test": 1.5, "held_out": 1.4}
    network = {"name": "a network", "network": True, **losses}
    quoted = {"name": "quoted", "network": False, "validation": None, "test": None, "held_out": 1.2}
    figure = beyond.rivals({"cold": [network], "learning": [quoted, network]}, claim=1.22)
    names = []
    for axes in figure.axes:
        names.append([label.get_text() for label in axes.get_yticklabels()])
    assert names == [["a network"], ["a network", "quoted"]]  # the highest loss on top
    plt.close(figure)


@pytest.mark.parametrize(
    ("step", "lit"),
    [(None, "fgio"), ("forget", "f"), ("candidate", "g"), ("cell", "fgi"), ("hidden", "o")],
)
def test_each_step_of_the_cell_lights_its_boxes(step: str | None, lit: str):
    figure = equations.cell(step)
    bright = set()
    for words in figure.axes[0].texts:
        found = re.match(r"\$([fgio])_t\$: ", words.get_text())
        if found and words.get_alpha() == 1:
            bright.add(found[1])
    assert bright == set(lit)
    plt.close(figure)


def test_a_mark_shows_after_how_many_characters_a_change_is_gone():
    left = torch.tensor([[1.0, 0.5, 0.005, 0.5, 0.03, 0.001], [1.0, 0.5, 0.005, 0.5, 0.01, 0.001]])
    figure = equations.traces({"before": {"LSTM": left}, "after": {"LSTM": left}}, 0.01, 5)
    for panel in figure.axes:
        marks = [list(line.get_xdata()) for line in panel.lines if line.get_marker() == "o"]
        assert marks[0] == [5]  # below 1 %, and for good
    plt.close(figure)
