"""Text in figures, in a font whose letters are all equally wide: columns and rows of characters."""

import re
import unicodedata

from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..display import visible

MONO = "DejaVu Sans Mono"
LETTER_WIDTH = 0.602  # as a share of the font's size
POINTS = 72  # to the inch


def size_of_letters(width: float, columns: int) -> float:
    """The size in points with which `columns` letters fill `width` inches."""
    return POINTS * width / (LETTER_WIDTH * columns)


def figure_for_text(width: float, height: float) -> Figure:
    """A figure in inches, whose axes are where `add_panel` puts them."""
    return plt.figure(figsize=(width, height), layout="none")


def add_panel(fig: Figure, left: float, bottom: float, width: float, height: float) -> Axes:
    """Axes without lines and ticks; all in inches."""
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


def write_letters(
    ax: Axes, text: str, column: float, row: float, size: float, weight: str = "normal"
) -> None:
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
        weight=weight,
        va="center_baseline",
        parse_math=False,
    )
