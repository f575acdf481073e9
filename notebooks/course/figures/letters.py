"""Text in figures, in a font whose letters are all equally wide: columns and rows of characters.

Lengths are in inches.
"""

import math
import re
import unicodedata
from collections.abc import Sequence
from typing import Any

from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..display import visible

MONO = "DejaVu Sans Mono"
LETTER_WIDTH = 0.602  # as a share of the font's size
POINTS = 72  # to the inch
LINE_HEIGHT = 1.3  # as a share of the letters' size
FIGURE_WIDTH = 6.3
ABOVE = 0.25  # a panel, for its title
GAP = 0.12  # between two panels


def text_panels(
    panels: Sequence[tuple[str, str, Sequence[Any]]],
    columns: int,
    across: int,
    below: float = 0.0,
    most: int | None = None,
) -> tuple[Figure, list[tuple[Axes, list[range]]]]:
    """Panels (title, text, colours), each character on its colour; `across` of them in a row.

    `columns` letters fill a panel, and it has at most so many lines. `below` is left free at the
    bottom of the figure. Returns the axes of each panel, too, and the positions in each line.
    """
    width = (FIGURE_WIDTH - GAP * (across - 1)) / across  # of a panel
    size = size_of_letters(width, columns)
    # The sign for the line break takes a column, too.
    wrapped = [wrap(text, columns - 1)[:most] for _, text, _ in panels]
    rows = max(len(lines) for lines in wrapped)
    height = rows * LINE_HEIGHT * size / POINTS  # of a panel
    down = math.ceil(len(panels) / across)
    fig = figure_for_text(FIGURE_WIDTH, down * (ABOVE + height) + below)
    drawn = []
    for k, ((title, text, colours), lines) in enumerate(zip(panels, wrapped, strict=True)):
        row, column = divmod(k, across)
        left = column * (width + GAP)
        bottom = (down - 1 - row) * (ABOVE + height) + below
        ax = add_panel(fig, left, bottom, width, height)
        ax.set(xlim=(0, columns), ylim=(rows, 0))
        ax.set_title(title, loc="left", parse_math=False)
        draw_text(ax, text, lines, colours, size)
        drawn.append((ax, lines))
    return fig, drawn


def draw_text(
    ax: Axes, text: str, lines: Sequence[range], colours: Sequence[Any], size: float
) -> None:
    """Write a text, each character on its colour, or on nothing where that is None."""
    tiles = []  # (row, left, width, colour)
    for row, line in enumerate(lines):
        write_letters(ax, text[line.start : line.stop], 0, row, size)
        left = 0
        for k in line:
            width = width_of(text[k])
            if colours[k] is not None:
                tiles.append((row + 0.5, left, width, colours[k]))
            left += width
    if tiles:
        middles, lefts, widths, of_tiles = zip(*tiles, strict=True)
        # With an edge in the same colour, no gap between two tiles stays white.
        look: dict[str, Any] = {"color": of_tiles, "edgecolor": of_tiles, "lw": 0.2}
        ax.barh(middles, widths, left=lefts, height=1, **look)


def size_of_letters(width: float, columns: int) -> float:
    """The size in points with which `columns` letters fill a width."""
    return POINTS * width / (LETTER_WIDTH * columns)


def figure_for_text(width: float, height: float) -> Figure:
    """A figure whose axes are where `add_panel` puts them."""
    return plt.figure(figsize=(width, height), layout="none")


def add_panel(fig: Figure, left: float, bottom: float, width: float, height: float) -> Axes:
    """Axes without lines and ticks."""
    whole_width = fig.get_figwidth()
    whole_height = fig.get_figheight()
    shares = (left / whole_width, bottom / whole_height, width / whole_width, height / whole_height)
    ax = fig.add_axes(shares)
    ax.axis("off")
    return ax


def wrap(text: str, columns: int) -> list[range]:
    """The positions in each line: it ends after a line break, or after a space when it is full.

    The line break takes no column.
    """
    lines = []
    start = 0  # of the line
    for k, character in enumerate(text):
        if character == "\n":
            lines.append(range(start, k + 1))
            start = k + 1
        elif width_of(text[start : k + 1]) > columns:
            end = text.rfind(" ", start, k) + 1  # after the last space
            if end == 0:  # there is none
                end = k
            lines.append(range(start, end))
            start = end
    if start < len(text):
        lines.append(range(start, len(text)))
    return lines


def width_of(text: str) -> int:
    """How many columns a text takes: an accent takes none, a Chinese character two."""
    width = 0
    for character in text:
        if unicodedata.east_asian_width(character) in "WF":
            width += 2
        elif not unicodedata.combining(character):
            width += 1
    return width


def write_letters(ax: Axes, text: str, column: float, row: float, size: float) -> None:
    """Write a text in a row, from a column on."""
    shown = "".join(c if c == " " else visible(c) for c in text)
    # SVG drops spaces at the ends, and all but one of several.
    shown = re.sub("^ | $| (?= )", "\u00a0", shown)
    ax.text(
        column,
        row + 0.5,
        shown,
        family=MONO,
        size=size,
        va="center_baseline",
        parse_math=False,
    )
