"""The figures of notebook 06."""

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LinearSegmentedColormap, Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import FancyArrowPatch, Patch, Rectangle
from matplotlib.path import Path
from torch import Tensor

from study.cells import CopiedPassage

from ..display import visible
from . import COLOURS, rows
from .letters import ABOVE, MONO, TILE, draw_text, text_axes, text_panels, wrap

# Colours that are light enough for the text on them.
SURPRISE = LinearSegmentedColormap.from_list("surprise", ["white", "#E69E4D"])
MOST_BITS = 8  # where the colours of surprise end
SIGN = LinearSegmentedColormap.from_list("sign", ["#66AAD6", "white", "#E69E4D"])

LETTERS = 60  # in a line
# The colour bar, in inches.
BELOW = 0.43  # what is left for it
BAR_BOTTOM = 0.27
BAR_HEIGHT = 0.09

GOLDEN = 0.618  # the golden ratio: its multiples are spread evenly, however many there are


def swap(letters: str, backwards: str, bits: Mapping[str, Sequence[Sequence[float]]]) -> Figure:
    """The surprise at each letter of a name and of the name backwards, by which was first.

    `bits` has "name" and "backwards", each after the name and after the name backwards.
    """
    spellings = {"name": visible_text(letters), "backwards": visible_text(backwards)}
    heights_of = {  # first, second: where
        ("name", "name"): 0.1,
        ("name", "backwards"): 1.25,
        ("backwards", "name"): 2.6,
        ("backwards", "backwards"): 3.75,
    }
    highest = max(max(of_letters) for both in bits.values() for of_letters in both)
    count = len(spellings["name"])
    first_at = -count - 3  # left of the name that is read
    fig, ax = plt.subplots(figsize=(6.3, 2.9))
    for (first, second), y in heights_of.items():
        of_letters = bits[second][0 if first == "name" else 1]
        colour = COLOURS["blue"] if first == second else COLOURS["grey"]
        heights = [-0.45 * each / highest for each in of_letters]  # upwards
        ax.bar(range(count), heights, width=0.8, bottom=y - 0.08, color=colour)
        for k, (bits_of_letter, height) in enumerate(zip(of_letters, heights, strict=True)):
            at = y - 0.11 + height
            ax.text(k, at, f"{bits_of_letter:.1f}", size=7.5, ha="center", va="bottom")
        _write_spaced(ax, spellings[first], first_at, y)
        _write_spaced(ax, spellings[second], 0, y)
        ax.text(-2, y + 0.1, "...", ha="center", va="center")
        ax.text(count, y + 0.1, f"{sum(of_letters):.1f} bits", va="center", weight="bold")
    above: dict[str, Any] = {"y": -0.75, "va": "center", "style": "italic"}
    ax.text(first_at - 0.4, s="spelt earlier", **above)
    ax.text(-0.4, s="read now, with the bits of each letter", **above)
    meanings = [
        Patch(color=COLOURS["blue"], label="spelt as before"),
        Patch(color=COLOURS["grey"], label="spelt backwards"),
    ]
    fig.legend(handles=meanings, loc="outside lower center", ncols=2)
    ax.set(xlim=(first_at - 0.8, count + 4), ylim=(4.1, -0.95))  # the first row is on top
    ax.axis("off")
    return fig


def _write_spaced(ax: Axes, text: str, first: float, y: float) -> None:
    """A letter in each column."""
    style: dict[str, Any] = {"family": MONO, "size": 8.5, "ha": "center", "va": "center"}
    for k, letter in enumerate(text):
        ax.text(first + k, y + 0.12, letter, parse_math=False, **style)


# What is before the names of headings that return, by how study.copying calls it.
PASTS = {
    "same": "as it is",
    "backwards": "each copy of it\nspelt backwards",
    "another_name": "another name\ninstead of each copy",
    "without_copies": "copy head\nswitched off",
}


def copying(bits: Mapping[str, Sequence[float]], is_unknown: Sequence[bool]) -> Figure:
    """The surprise at the names of returning headings: a row for each kind of past, with medians.

    `bits` has the keys of `PASTS`, or some of them. Names that the training text lacks have
    another colour.
    """
    shown = [past for past in PASTS if past in bits]
    fig, ax = plt.subplots(figsize=(6.3, 0.9 + 0.5 * len(shown)))
    rows(ax, [PASTS[past] for past in shown])
    colours = [COLOURS["vermilion" if unknown else "blue"] for unknown in is_unknown]
    for row, past in enumerate(shown):
        draw_names(ax, row, bits[past], colours)
    ax.set(xlabel="surprise at the whole name (bits)", xlim=(0, None))
    meanings = [
        Patch(color=COLOURS["blue"], label="the training text has it, too"),
        Patch(color=COLOURS["vermilion"], label="the training text lacks it"),
        Line2D([], [], color=COLOURS["black"], lw=1.5, label="median"),
    ]
    fig.legend(handles=meanings, loc="outside lower center", ncols=3)
    return fig


def draw_names(ax: Axes, row: int, bits: Sequence[float], colours: Sequence[str]) -> None:
    """A row of dots, one for each name, and the median of their bits."""
    # Headings that follow each other are far apart, so that most dots are seen.
    heights = [row + 0.5 * (GOLDEN * k % 1) - 0.15 for k in range(len(bits))]
    ax.scatter(bits, heights, s=6, c=colours, alpha=0.5, linewidths=0)
    median = statistics.median(bits)
    ax.plot([median] * 2, [row - 0.2, row + 0.4], color=COLOURS["black"], lw=1.5)
    ax.text(median, row - 0.24, f"{median:.1f} bits", weight="bold", size=9.5)


def cell_values(title: str, text: str, values: Tensor) -> Figure:
    """A text, each character on the colour of the value, tanh(c), of a cell after it."""
    scale = ScalarMappable(Normalize(-1, 1), SIGN)
    colours = scale.to_rgba(values.numpy()).tolist()
    fig, _ = text_panels([(title, text, colours)], LETTERS, across=1, below=BELOW)
    add_colour_bar(fig, scale, "tanh of the cell state", "neither")
    return fig


def add_colour_bar(fig: Figure, scale: ScalarMappable, label: str, extend: str) -> None:
    """A bar below the panels; where `extend` is "max", an arrow says that some are beyond it."""
    height = fig.get_figheight()
    bar = fig.add_axes((0.4, BAR_BOTTOM / height, 0.3, BAR_HEIGHT / height))  # as shares of it
    colorbar: Any = fig.colorbar(scale, cax=bar, orientation="horizontal", extend=extend)
    colorbar.outline.set_visible(False)
    bar.set_ylabel(label, rotation=0, ha="right", va="center")


# The passage with copies.
COLUMNS = 88  # in all
ARC_COLUMNS = 9  # left of the text, for the arcs
SUM_COLUMNS = 6  # right of the text, for the bits of each line


def passage_with_copies(text: str, surprise: Tensor, copied: Sequence[CopiedPassage]) -> Figure:
    """A text on the colours of its surprise in bits, with an arc for each passage that was copied.

    Copied characters and their sources are framed. A source below 0 is before the text, so it has
    no arc. On the right are the bits of each line.
    """
    lines = wrap(text, LETTERS - 1)  # the sign for the line break takes a column, too
    longest = max(len(line) for line in lines)
    fig, [ax], size = text_axes(1, COLUMNS, len(lines), above=ABOVE, below=BELOW)
    right = longest + SUM_COLUMNS
    left = (COLUMNS - right + ARC_COLUMNS) / 2  # of the text, so that all is in the middle
    ax.set_xlim(-left, COLUMNS - left)
    scale = ScalarMappable(Normalize(0, MOST_BITS), SURPRISE)
    draw_text(ax, text, lines, scale.to_rgba(surprise.numpy()).tolist(), size)
    _draw_sums(ax, lines, surprise, right)
    for passage in copied:
        row = _draw_frame(ax, lines, passage.start, passage.length)
        if passage.source >= 0:
            source_row = _draw_frame(ax, lines, passage.source, passage.length)
            _draw_arc(ax, source_row, row)
    extend = "max" if surprise.max() > MOST_BITS else "neither"
    add_colour_bar(fig, scale, "surprise (bits)", extend)
    return fig


def _draw_sums(ax: Axes, lines: Sequence[range], surprise: Tensor, right: float) -> None:
    """The bits of each line, right-aligned."""
    style: dict[str, Any] = {"ha": "right", "color": COLOURS["black"], "size": 7.5}
    ax.text(right, -0.3, "bits of\nthe line", va="bottom", linespacing=0.9, **style)
    for row, line in enumerate(lines):
        bits = float(surprise[line.start : line.stop].sum())
        ax.text(right, row + 0.5, f"{bits:.1f}", va="center_baseline", **style)


def _draw_frame(ax: Axes, lines: Sequence[range], start: int, length: int) -> int:
    """A frame around the characters of the first line of a passage; returns its row."""
    row = next(row for row, line in enumerate(lines) if start in line)
    stop = min(start + length, lines[row].stop)
    left = start - lines[row].start
    style: dict[str, Any] = {"fill": False, "ec": COLOURS["blue"], "lw": 0.9}
    ax.add_patch(Rectangle((left, row + (1 - TILE) / 2), stop - start, TILE, **style))
    return row


def _draw_arc(ax: Axes, source_row: int, row: int) -> None:
    """An arrow in the left margin, from the source to the copy."""
    apart = abs(row - source_row)
    # The farther the copy, the wider the arc, so that arcs from one source do not cross.
    left = -0.2 - min(ARC_COLUMNS, 2 + 0.5 * apart)
    corners = [
        (-0.2, source_row + 0.4),
        (left, source_row + 0.4),
        (left, row + 0.6),
        (-0.2, row + 0.6),
    ]
    # A Bézier curve from the first corner to the last, drawn towards the two between.
    curve = Path(corners, [Path.MOVETO, Path.CURVE4, Path.CURVE4, Path.CURVE4])
    style: dict[str, Any] = {"arrowstyle": "-|>", "mutation_scale": 6, "lw": 0.9}
    arrow = FancyArrowPatch(path=curve, color=COLOURS["blue"], clip_on=False, **style)
    ax.add_patch(arrow)


# The network's curves over the length of the context: with copies and without.
CONTEXT_STYLES: list[dict[str, Any]] = [
    {"color": COLOURS["blue"], "marker": "o", "ls": "-", "ms": 3, "label": "the network"},
    {"color": COLOURS["vermilion"], "ls": "--", "label": "without copies"},
]


def context_of_name(
    name: str, lengths: Sequence[int], curves: Sequence[Sequence[float]], marked: int
) -> Figure:
    """The bits of a name over the length of context, of the network and of it without copies.

    A line marks the first appearance of the name.
    """
    fig, ax = plt.subplots(figsize=(6.3, 2.5))
    for look, curve in zip(CONTEXT_STYLES, curves, strict=True):
        ax.plot(lengths, curve, **look)
    ax.set_xscale("log", base=2)
    ticks = [4**k for k in range(6) if 4**k <= lengths[-1]]
    ax.set_xticks(ticks, [f"{length:,}" for length in ticks])
    ax.set(xlabel="characters of context", ylabel="surprise (bits)", ylim=(0, None))
    ax.set_title(f"{visible_text(name)}, the second time", parse_math=False)
    ax.axvline(marked, color=COLOURS["black"], lw=0.8, ls=":")
    along_x = ax.get_xaxis_transform()  # x in characters, y as a share of the height
    style: dict[str, Any] = {"va": "bottom", "ha": "right", "textcoords": "offset points"}
    about_line = f"the first time,\n{marked:,} back"  # below both curves
    ax.annotate(about_line, (marked, 0), (-4, 4), xycoords=along_x, **style)
    ax.legend()
    return fig


def visible_text(text: str) -> str:
    return "".join(visible(character) for character in text)
