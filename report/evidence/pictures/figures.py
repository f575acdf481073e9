"""Figures that only the appendix has: the tenths, and names that return."""

from collections.abc import Mapping, Sequence
from statistics import mean
from typing import Any

from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from course.figures import COLOURS, inside, rows
from course.figures.training import LOSS

LARGE = 10  # points
NAMES = 5  # tenths right of the dots, for the names of the models


def tenths(numbers: Sequence[int], losses: Mapping[str, Sequence[float]], claim: float) -> Figure:
    """A dot for each model over each tenth that was held out, and a line at its mean."""
    fig, ax = plt.subplots(figsize=(6.3, 3))
    end = numbers[-1] + 0.6  # of the dots: right of it are the names
    words: dict[str, Any] = {"xytext": (0, 3), "textcoords": "offset points", "size": LARGE}
    looks = (("s", "black"), ("^", "vermilion"), ("o", "blue"))
    for (name, values), (marker, colour) in zip(losses.items(), looks, strict=True):
        ax.plot(numbers, values, marker, color=COLOURS[colour], ms=6)
        middle = mean(values)
        ax.axhline(middle, color=COLOURS[colour], lw=1, alpha=0.6, zorder=0)
        ax.annotate(f"{name}, mean {middle:.2f}", (end, middle), color=COLOURS[colour], **words)
    ax.axhline(claim, color=COLOURS["black"], lw=1.4, ls="--", zorder=0)
    words |= {"xytext": (0, -4), "va": "top", "weight": "bold"}
    ax.annotate(f"claimed {claim:.2f}", (end, claim), **words)
    ax.set(xlim=(numbers[0] - 0.5, end + NAMES), xticks=list(numbers))
    ax.set_xlabel("the tenth of the text that is held out", size=LARGE, loc="left")
    ax.set_ylabel(LOSS, size=LARGE)
    ax.tick_params(labelsize=LARGE)
    ax.spines["bottom"].set_bounds(numbers[0] - 0.5, end)
    return fig


def names(panels: Mapping[str, Mapping[str, Sequence[float]]]) -> Figure:
    """The bits of names where they return: a panel for each group of names, a row for each past.

    A past is one of `course.figures.inside.PASTS`. All panels have the same scale.
    """
    ends = [1.04 * max(max(bits) for bits in pasts.values()) for pasts in panels.values()]
    fig, axes = plt.subplots(
        1, len(panels), figsize=(6.3, 2.7), sharey=True, squeeze=False, width_ratios=ends
    )
    colours = [COLOURS["vermilion"], COLOURS["blue"]]
    for ax, end, (title, pasts), colour in zip(axes[0], ends, panels.items(), colours, strict=True):
        rows(ax, list(inside.PASTS.values()))
        for row, past in enumerate(inside.PASTS):
            inside.draw_names(ax, row, pasts[past], [colour] * len(pasts[past]))
        ax.set(xlim=(0, end), title=title)
    fig.supxlabel("surprise at the whole name (bits)", size=9)
    return fig
