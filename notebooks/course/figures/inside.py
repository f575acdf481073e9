"""The figures of notebook 06."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LinearSegmentedColormap, Normalize
from matplotlib.figure import Figure
from torch import Tensor

from ..display import COLOURS, visible

# Colours that are light enough for the text on them.
SURPRISAL = LinearSegmentedColormap.from_list("surprisal", ["white", "#E69E4D"])
SIGN = LinearSegmentedColormap.from_list("sign", ["#66AAD6", "white", "#E69E4D"])

# Text is set in DejaVu Sans Mono; these three are shares of the letters' size.
MONO = "DejaVu Sans Mono"
LETTER_WIDTH = 0.602
LINE_HEIGHT = 1.3
TILE_HEIGHT = 1.33  # of the colour behind a letter: so no gap between two lines stays white
COLUMNS = 60  # characters in a line

POINTS = 72  # to the inch; all that follows is in inches
FIGURE_WIDTH = 6.3
GAP = 0.12  # between two panels
BELOW = 0.43  # for the colour bar
BAR_BOTTOM = 0.27  # of the colour bar
BAR_HEIGHT = 0.09
ABOVE = 0.25  # for the titles


def coloured_text(
    panels: Sequence[tuple[str, str, Tensor]], low: float, high: float, label: str
) -> Figure:
    """Panels (title, text, values), each character on the colour of its value.

    The colours go from `low` to `high`; where `low` is negative, 0 is white between two colours.
    """
    width = (FIGURE_WIDTH - GAP * (len(panels) - 1)) / len(panels)  # of a panel, in inches
    size = POINTS * width / (LETTER_WIDTH * COLUMNS)  # of the letters, in points
    rows = max(len(wrap(text)) for _, text, _ in panels)
    height = rows * LINE_HEIGHT * size / POINTS  # of a panel, in inches
    figure_height = ABOVE + height + BELOW
    scale = ScalarMappable(Normalize(low, high), SIGN if low < 0 else SURPRISAL)

    fig = plt.figure(figsize=(FIGURE_WIDTH, figure_height), layout="none")
    for k, (title, text, values) in enumerate(panels):
        left = k * (width + GAP)
        box = (  # left, bottom, width and height as shares of the figure
            left / FIGURE_WIDTH,
            BELOW / figure_height,
            width / FIGURE_WIDTH,
            height / figure_height,
        )
        ax = fig.add_axes(box, xlim=(0, COLUMNS), ylim=(rows, 0))
        ax.axis("off")
        ax.set_title(title, loc="left")
        _draw_tiles(ax, text, values, size, scale)
        _draw_letters(ax, text, size)

    bar_box = (  # left, bottom, width and height as shares of the figure
        0.4,
        BAR_BOTTOM / figure_height,
        0.3,
        BAR_HEIGHT / figure_height,
    )
    bar = fig.add_axes(bar_box)
    beyond = any(values.max() > high for _, _, values in panels)
    colorbar: Any = fig.colorbar(
        scale, cax=bar, orientation="horizontal", extend="max" if beyond else "neither"
    )
    colorbar.outline.set_visible(False)
    bar.set_ylabel(label, rotation=0, ha="right", va="center")
    return fig


def wrap(text: str) -> list[range]:
    """The positions in each line: a line ends after a line break, or when it is full."""
    lines = []
    start = 0
    for k, character in enumerate(text):
        is_full = k + 1 - start == COLUMNS
        if character == "\n" or is_full:
            lines.append(range(start, k + 1))
            start = k + 1
    if start < len(text):
        lines.append(range(start, len(text)))
    return lines


def _draw_tiles(ax: Axes, text: str, values: Tensor, size: float, scale: ScalarMappable) -> None:
    """A rectangle behind each character; letters are `size` points large."""
    x = []
    y = []
    for row, line in enumerate(wrap(text)):
        for position in line:
            x.append(position - line.start + 0.5)
            y.append(row + 0.5)
    # A marker has a shape, here that of a letter's cell, and an area in square points. Matplotlib
    # scales the shape so that its longer side, here the height, is the root of the area.
    w = LETTER_WIDTH
    h = LINE_HEIGHT
    tile = [(-w, -h), (w, -h), (w, h), (-w, h)]
    height = TILE_HEIGHT * size  # in points
    area = height**2
    style: dict[str, Any] = {"marker": tile, "lw": 0, "cmap": scale.cmap, "norm": scale.norm}
    ax.scatter(x, y, area, values, **style)


def _draw_letters(ax: Axes, text: str, size: float) -> None:
    style: dict[str, Any] = {"family": MONO, "size": size, "parse_math": False}
    for row, line in enumerate(wrap(text)):
        shown = "".join(c if c == " " else visible(c) for c in text[line.start : line.stop])
        # SVG drops spaces at the start of a line, and all but one of several.
        shown = re.sub("^ ", "\u00a0", shown)  # " a" becomes "~a", with ~ for a no-break space
        shown = re.sub(" (?= )", "\u00a0", shown)  # "a  b" becomes "a~ b"
        ax.text(0, row + 0.5, shown, va="center_baseline", **style)


def calibration(stated: Tensor, came_true: Tensor) -> Figure:
    """A reliability diagram: for each bin, the mean probability and how often it came true."""
    fig, ax = plt.subplots(figsize=(3.6, 2.7))
    ax.plot([0, 1], [0, 1], color=COLOURS["quiet"], lw=0.8, ls="--")
    ax.plot(stated, came_true, "o-", ms=3, color=COLOURS["output"])
    ax.set(xlabel="probability of the likeliest character", ylabel="share that came true")
    return fig


def characters(panels: Mapping[str, Tensor], signs: Sequence[str], marked: Sequence[str]) -> Figure:
    """Panels of points (characters, 2), each drawn as its sign; those in `marked` stand out."""
    fig, axes = plt.subplots(1, len(panels), figsize=(6.3, 2.8))
    style: dict[str, Any] = {"size": 10, "ha": "center", "va": "center", "parse_math": False}
    for ax, (title, points) in zip(axes, panels.items(), strict=True):
        ax.scatter(points[:, 0], points[:, 1], s=0)  # sets the limits
        for (x, y), sign in zip(points.tolist(), signs, strict=True):
            colour = COLOURS["forget" if sign in marked else "output"]
            ax.text(x, y, visible(sign), color=colour, **style)
        ax.set(title=title, xticks=[], yticks=[])
    return fig


def context(lengths: Sequence[int], curves: Mapping[str, Tensor], ngram: Tensor) -> Figure:
    """Loss by characters of context; row k of ngram is the model of order k.

    The first of the curves is solid, with points; another one is dashed.
    """
    fig, ax = plt.subplots(figsize=(6.3, 2.6))
    for k, (name, losses) in enumerate(curves.items()):
        style = "o-" if k == 0 else "--"
        ax.plot(lengths, losses, style, ms=3, color=COLOURS["output"], label=name)
    orders = range(1, len(ngram))  # a logarithmic axis has no 0
    ax.plot(orders, ngram[1:], "s-", ms=3, color=COLOURS["forget"], label="n-gram model")
    ax.set_xscale("log", base=2)
    ax.set_xticks(lengths, [f"{n:,}" for n in lengths])
    ax.set(xlabel="characters of context", ylabel="loss (nats per character)")
    ax.legend()
    return fig


def gradients(curves: Mapping[str, Tensor]) -> Figure:
    """Norms of a gradient by steps back, on a logarithmic scale."""
    fig, ax = plt.subplots(figsize=(6.3, 2.8))
    colours = ("forget", "input", "output", "candidate", "cell", "hidden")
    for k, (name, norms) in enumerate(curves.items()):
        ax.plot(norms, color=COLOURS[colours[k % len(colours)]], label=name)
    ax.set(yscale="log", xlabel="steps back, $k$", ylabel=r"gradient of $v \cdot h_T$")
    ax.legend(loc="center left", bbox_to_anchor=(1, 0.5))  # beside the axes
    return fig


def forget_bias(trials: Mapping[str, Mapping[int, Sequence]], guessing: float) -> Figure:
    """Training losses [seed][step] of each task by forget bias; `guessing` is for the first."""
    fig, axes = plt.subplots(1, len(trials), figsize=(6.3, 2.4))
    for ax, (task, by_bias) in zip(axes, trials.items(), strict=True):
        for (bias, losses), colour in zip(by_bias.items(), ("forget", "output"), strict=True):
            for seed, line in enumerate(losses):
                label = f"$b_f = {bias}$" if seed == 0 else None  # one line in the legend
                ax.plot(line, color=COLOURS[colour], lw=0.8, label=label)
        ax.set(title=task, xlabel="training step", ylabel="loss (nats)")
    axes[0].axhline(guessing, color=COLOURS["text"], lw=0.8, ls=":")
    axes[-1].legend()
    return fig
