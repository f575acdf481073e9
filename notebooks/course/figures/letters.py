"""Text in figures: columns and rows of characters, each on a colour. Lengths are in inches."""

import math
import re
import unicodedata
from collections.abc import Sequence
from typing import Any

from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import findfont, get_font

from ..display import visible

MONO = "DejaVu Sans Mono"  # its letters are all equally wide
LETTER_WIDTH = 0.602  # as a share of the font's size
POINTS = 72  # to the inch
SMALLEST = 7  # points: smaller letters are hard to read on paper
LINE_HEIGHT = 1.3  # as a share of the letters' size
TILE = 0.92  # of a line's height is in colour
FIGURE_WIDTH = 6.3
MOST_COLUMNS = int(POINTS * FIGURE_WIDTH / (LETTER_WIDTH * SMALLEST))  # in the whole width
FIGURE_HEIGHT = 7.4  # at most: with its caption, it has to fit a page of the report
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
    most = lines_that_fit(len(panels), columns, across, ABOVE, below)
    # The sign for the line break takes a column, too.
    wrapped = [wrap_to_fit(text, columns - 1, most) for _, text, _ in panels]
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


def lines_that_fit(
    count: int, columns: int, across: int = 1, above: float = 0.0, below: float = 0.0
) -> int:
    """How many rows each panel of `text_axes` may have, so that the figure fits a page."""
    down = math.ceil(count / across)
    height = (FIGURE_HEIGHT - below) / down - above  # of a panel
    return int(height / line_height(columns, across))


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
    write_runs(ax, text, (left, middle), size)
    # Neighbours with the same colour are one tile.
    lefts: list[float] = []
    widths: list[int] = []
    of_tiles: list[Any] = []
    for character, colour in zip(text, colours, strict=False):  # of some texts there are no colours
        if not of_tiles or of_tiles[-1] != colour:
            lefts.append(left)
            widths.append(0)
            of_tiles.append(colour)
        widths[-1] += width_of(character)
        left += width_of(character)
    # With an edge in the same colour, no gap between two tiles stays white.
    look: dict[str, Any] = {"facecolors": of_tiles, "edgecolors": of_tiles, "lw": 0.2}
    tiles = list(zip(lefts, widths, strict=True))
    ax.broken_barh(tiles, (middle - TILE / 2, TILE), **look)


def write_runs(ax: Axes, text: str, where: tuple[float, float], size: float) -> None:
    """Write a text from a position on, each letter in the columns that `width_of` gives it."""
    # Letters of another font may be wider: then the line ends where the panel does.
    style: dict[str, Any] = {"family": MONO, "size": size, "va": "center_baseline"}
    style |= {"parse_math": False, "clip_on": True, "textcoords": "offset points"}
    column = LETTER_WIDTH * size  # in points, because a letter isn't 1 wide in all axes
    left = 0.0  # of a run
    for run in runs(text):
        width = column * width_of(run)
        shown = "".join(c if c == " " else visible(c) for c in run)
        # SVG drops spaces at the ends, and all but one of several.
        shown = re.sub("^ | $| (?= )", "\u00a0", shown)
        if is_plain(run):
            ax.annotate(shown, where, (left, 0), **style)
        else:
            ax.annotate(shown, where, (left + width / 2, 0), ha="center", **style)
        left += width


def runs(text: str) -> list[str]:
    """The text cut into runs: plain letters together, every other letter alone with its marks.

    Nobody knows how wide another font's letter is, so what follows it begins at its own column.
    """
    found: list[str] = []
    is_open = False  # whether a plain letter can be added to the last run
    for letter in with_marks(text):
        if is_open and is_plain(letter):
            found[-1] += letter
        else:
            found.append(letter)
        is_open = is_plain(letter)
    return found


def with_marks(text: str) -> list[str]:
    """The characters of a text, each with the marks that follow it."""
    letters: list[str] = []
    for character in text:
        if letters and width_of(character) == 0:
            letters[-1] += character
        else:
            letters.append(character)
    return letters


def is_plain(text: str) -> bool:
    """Whether each character takes one column, and MONO has it."""
    font = get_font(findfont(MONO))
    has_all = all(font.get_char_index(ord(visible(character))) for character in text)
    return has_all and all(width_of(character) == 1 for character in text)


def wrap_to_fit(text: str, columns: int, most: int) -> list[range]:
    """The positions in each line, for at most so many lines.

    If a text has too many short lines, they are joined: a line break is then like a space.
    """
    lines = wrap(text, columns)
    if len(lines) > most:
        lines = wrap(text, columns, at_line_breaks=False)
    return lines[:most]


def wrap(text: str, columns: int, at_line_breaks: bool = True) -> list[range]:
    """The positions in each line: it ends after a line break, or after a space when it is full.

    The line break takes no column. Without `at_line_breaks`, it is a character like the space.
    """
    lines = []
    start = 0  # of the line
    for k, character in enumerate(text):
        if at_line_breaks and character == "\n":
            lines.append(range(start, k + 1))
            start = k + 1
        elif width_of(text[start : k + 1]) > columns:
            end = 1 + max(text.rfind(space, start, k) for space in " \n")  # after the last one
            if end == 0:  # there is none
                end = k
            lines.append(range(start, end))
            start = end
    if start < len(text):
        lines.append(range(start, len(text)))
    return lines


def shorten(text: str, columns: int) -> str:
    """As many characters as fit into a line."""
    end = len(text)
    while width_of(text[:end]) > columns:
        end -= 1
    return text[:end]


def width_of(text: str) -> int:
    """How many columns a text takes: an accent takes none, a Chinese character two."""
    width = 0
    for character in text:
        is_mark = unicodedata.category(character) in ("Mn", "Me")  # above, below or around another
        if unicodedata.east_asian_width(character) in "WF":
            width += 2
        elif not is_mark:
            width += 1
    return width
