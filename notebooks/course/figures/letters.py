"""Text in figures: columns and rows of characters, each on a colour. Lengths are in inches."""

import math
import re
from collections.abc import Sequence
from typing import Any

from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..display import visible

MONO = "DejaVu Sans Mono"  # its letters are all equally wide
LETTER_WIDTH = 0.602  # as a share of the font's size
POINTS = 72  # to the inch
SMALLEST = 7  # points: smaller letters are hard to read on paper
LINE_HEIGHT = 1.3  # as a share of the letters' size
TILE = 0.92  # of a line's height is in colour
FIGURE_WIDTH = 6.3
ABOVE = 0.25  # a panel, for its title
GAP = 0.12  # between two panels


def text_panels(
    panels: Sequence[tuple[str, str, Sequence[Any]]],
    columns: int,
    across: int,
    below: float = 0.0,
) -> tuple[Figure, list[tuple[Axes, list[range]]]]:
    """Panels (title, text, colours), each character on its colour; `across` of them in a row.

    `columns` letters fill a panel. Returns the axes of each panel, too, and the positions in each
    line.
    """
    # The sign for the line break takes a column, too.
    wrapped = [wrap(text, columns - 1) for _, text, _ in panels]
    rows = max(len(lines) for lines in wrapped)
    fig, axes, size = text_axes(len(panels), columns, rows, across, ABOVE, below)
    for ax, (title, text, colours), lines in zip(axes, panels, wrapped, strict=True):
        ax.set_title(title, loc="left", parse_math=False)
        draw_text(ax, text, lines, colours, size)
    return fig, list(zip(axes, wrapped, strict=True))


def text_axes(
    count: int, columns: int, rows: int, across: int = 1, above: float = 0.0, below: float = 0.0
) -> tuple[Figure, list[Axes], float]:
    """A figure with so many panels for text, their axes, and the size of the letters in points.

    A letter is 1 wide and 1 high, and (0, 0) is the upper left corner. `above` each panel, and
    `below` all of them, the figure is left free.
    """
    width = panel_width(across)
    size = POINTS * width / (LETTER_WIDTH * columns)
    height = rows * line_height(columns, across)  # of a panel
    down = math.ceil(count / across)
    whole = down * (above + height) + below
    fig = plt.figure(figsize=(FIGURE_WIDTH, whole), layout="none")
    axes = []
    for k in range(count):
        row, column = divmod(k, across)
        left = column * (width + GAP)
        bottom = (down - 1 - row) * (above + height) + below
        # As shares of the figure.
        place = (left / FIGURE_WIDTH, bottom / whole, width / FIGURE_WIDTH, height / whole)
        ax = fig.add_axes(place)
        ax.set(xlim=(0, columns), ylim=(rows, 0))
        ax.axis("off")
        axes.append(ax)
    return fig, axes, size


def panel_width(across: int) -> float:
    return (FIGURE_WIDTH - GAP * (across - 1)) / across


def line_height(columns: int, across: int) -> float:
    """Of a line that `columns` letters fill."""
    return LINE_HEIGHT * panel_width(across) / (LETTER_WIDTH * columns)


def draw_text(
    ax: Axes, text: str, lines: Sequence[range], colours: Sequence[Any], size: float
) -> None:
    """Write the lines of a text, each character on its colour."""
    for row, line in enumerate(lines):
        part = slice(line.start, line.stop)
        draw_line(ax, text[part], row, size, colours[part])


def draw_line(
    ax: Axes, text: str, row: float, size: float, colours: Sequence[Any] = (), left: float = 0
) -> None:
    """Write a text in a row, from the column `left` on, each character on its colour.

    A colour is what matplotlib takes for one, also "none".
    """
    middle = row + 0.5
    shown = "".join(c if c == " " else visible(c) for c in text)
    # SVG drops spaces at the ends, and all but one of several.
    shown = re.sub("^ | $| (?= )", "\u00a0", shown)
    style: dict[str, Any] = {"family": MONO, "size": size, "va": "center_baseline"}
    ax.text(left, middle, shown, parse_math=False, clip_on=True, **style)
    # Neighbours with the same colour are one tile.
    tiles: list[tuple[float, int]] = []  # where they begin, and how wide they are
    of_tiles: list[Any] = []
    for k, colour in enumerate(colours):
        if of_tiles and of_tiles[-1] == colour:
            start, width = tiles[-1]
            tiles[-1] = (start, width + 1)
        else:
            tiles.append((left + k, 1))
            of_tiles.append(colour)
    # With an edge in the same colour, no gap between two tiles stays white.
    look: dict[str, Any] = {"facecolors": of_tiles, "edgecolors": of_tiles, "lw": 0.2}
    ax.broken_barh(tiles, (middle - TILE / 2, TILE), **look)


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
        elif k + 1 - start > columns:
            end = 1 + text.rfind(" ", start, k)  # after the last space
            if end == 0:  # there is none
                end = k
            lines.append(range(start, end))
            start = end
    if start < len(text):
        lines.append(range(start, len(text)))
    return lines
