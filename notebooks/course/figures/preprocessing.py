"""The figures of notebook 01."""

import math
import re
import textwrap
from collections.abc import Sequence
from statistics import mean

from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from shakespeare.beyond.renaming import HEADING

from ..display import visible
from . import COLOURS
from .letters import MONO, text_panels, wrap

SHADE = "#F5D08C"  # of what is copied, light enough for the text on it
COLUMNS = 50  # of a drawn text
LINES = 7
STARTS = 100  # lines of a text among which we look for one to begin with
SPEAKERS = 20  # rows of the figure of speakers
OPENINGS = {  # how each play in Tiny Shakespeare begins
    "Coriolanus": "First Citizen:\nBefore we proceed any further",
    "Richard III": "GLOUCESTER:\nNow is the winter of our discontent",
    "Richard II": "KING RICHARD II:\nOld John of Gaunt, time-honour'd Lancaster",
    "Romeo and Juliet": "SAMPSON:\nGregory, o' my word, we'll not carry coals",
    "Henry VI, Part 3": "WARWICK:\nI wonder how the king escaped our hands",
    "The Winter's Tale": "ARCHIDAMUS:\nIf you shall chance, Camillo, to visit Bohemia",
    "Measure for Measure": "DUKE VINCENTIO:\nEscalus.\n",
    "The Taming of the Shrew": "SLY:\nI'll pheeze you, in faith",
    "The Tempest": "Master:\nBoatswain!\n",
}


def guesses(characters: str, needed: Sequence[int]) -> Figure:
    """For each character of a line, how many guesses were needed, on a logarithmic scale."""
    fig, ax = plt.subplots(figsize=(6.3, 1.6))
    lowest = 0.7  # where the bars start, so that one guess can be seen too
    for x, number in enumerate(needed):
        is_first = number == 1
        colour = COLOURS["sky" if is_first else "vermilion"]
        ax.bar(x, number - lowest, bottom=lowest, color=colour)
        ax.text(x, 1.1 * number, str(number), ha="center", va="bottom", fontsize=7.5)
    top = 2 * max(needed)
    ax.set(yscale="log", ylim=(lowest, top), xlim=(-0.6, len(needed) - 0.4), ylabel="guesses")
    ticks = [number for number in (1, 10, 100, 1_000) if number < top]
    ax.set_yticks(ticks, [f"{number:,}" for number in ticks])
    ax.minorticks_off()
    ax.set_xticks(range(len(characters)), [visible(c) for c in characters], parse_math=False)
    ax.tick_params(axis="x", labelfontfamily=MONO, length=0)
    return fig


def speakers(text: str) -> Figure:
    """A tick for each speech of the busiest speakers, and where plays of OPENINGS begin."""
    starts_of: dict[str, list[int]] = {}
    for heading in HEADING.finditer(text):
        starts_of.setdefault(heading[1], []).append(heading.start())
    busiest = sorted(starts_of, key=lambda name: len(starts_of[name]), reverse=True)[:SPEAKERS]
    rows = [name for name in starts_of if name in busiest]  # in the order of their first speeches

    fig, ax = plt.subplots(figsize=(6.3, 3.2))
    for y, name in enumerate(rows):
        # All ticks of a row are one line with gaps, which keeps the file small.
        xs: list[float] = []
        ys: list[float] = []
        for start in starts_of[name]:
            xs += [start, start, math.nan]
            ys += [y - 0.4, y + 0.4, math.nan]
        ax.plot(xs, ys, COLOURS["blue"], linewidth=0.35)
    top = -0.7  # y of the upper edge: the first row is at 0
    for title, opening in OPENINGS.items():
        start = text.find(opening)
        ax.axvline(start, color=COLOURS["grey"], linewidth=0.5, linestyle=":")
        words = textwrap.fill(title, 10)
        ax.text(start, top - 0.1, words, fontsize=7, va="bottom", linespacing=0.95)
    length = len(text)
    cuts = [0.9 * length, 0.95 * length]  # before the validation half, and before the test half
    ax.vlines(cuts, top, len(rows), COLOURS["vermilion"], linewidth=0.9)
    ax.set(ylim=(len(rows) - 0.4, top), xlim=(0, length), xlabel="position in the text")
    ax.set_yticks(range(len(rows)), rows, fontsize=7, parse_math=False)
    ax.set_xticks([length * k / 10 for k in range(11)], [f"{10 * k} %" for k in range(11)])
    return fig


def drawn(texts: Sequence[tuple[str, str, Sequence[bool]]]) -> Figure:
    """A few lines of each text (title, text, is_copied), shaded where they are copied."""
    panels = []
    for title, text, is_copied in texts:
        shown = typical_lines(text, is_copied)
        colours = [SHADE if copied else "none" for copied in is_copied[shown]]
        panels.append((title, text[shown], colours))
    fig, _ = text_panels(panels, COLUMNS, across=2)
    return fig


def typical_lines(text: str, is_copied: Sequence[bool]) -> slice:
    """Seven lines, of which about the same share is copied as of the whole text."""
    share = mean(is_copied)

    def difference(shown: slice) -> float:
        return abs(mean(is_copied[shown]) - share)

    starts = [0] + [line_breaks.end() for line_breaks in re.finditer("\n+", text)]
    excerpts = []
    for start in starts[:STARTS]:
        lines = wrap(text[start : start + LINES * COLUMNS], COLUMNS - 1)[:LINES]
        if lines and (len(lines) == LINES or start == 0):
            excerpts.append(slice(start, start + lines[-1].stop))
    return min(excerpts, key=difference)


def orders(kneser_ney: Sequence[float], best: int, witten_bell: Sequence[float]) -> Figure:
    """Losses by order; the bar is that of Kneser-Ney at the order `best`."""
    fig, ax = plt.subplots(figsize=(6.3, 2.3))
    ax.plot(witten_bell, "s--", color=COLOURS["grey"], markersize=3.5, label="Witten-Bell")
    ax.plot(kneser_ney, "o-", color=COLOURS["blue"], markersize=3.5, label="Kneser-Ney")
    bar = kneser_ney[best]
    colour = COLOURS["vermilion"]
    ax.plot(best, bar, "o", color=colour, markersize=6)
    ax.axhline(bar, color=colour, linestyle=":", linewidth=0.9, zorder=0)
    right = ax.get_yaxis_transform()  # x as a share of the width, y a loss
    # Beside the axes, where no curve is.
    ax.text(1.01, bar, f"the bar:\n{bar:.3f}", transform=right, va="center", color=colour)
    ax.legend()
    ax.set(xlabel="order: characters of context", ylabel="nats per character")
    ax.set_xticks(range(len(kneser_ney)))
    return fig
