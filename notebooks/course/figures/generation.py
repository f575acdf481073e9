"""The figures of notebook 04: what temperature and cuts do, and what samplers write."""

from collections.abc import Mapping
from typing import Any

from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from torch import Tensor

from ..display import visible
from . import COLOURS

LIKELIEST = 12  # characters in the figure of temperatures

# Bars and points that look different without colour, too.
BARS: list[dict[str, Any]] = [
    {"facecolor": COLOURS["blue"], "edgecolor": COLOURS["blue"]},
    {"facecolor": "white", "edgecolor": COLOURS["black"]},
    {"facecolor": "white", "edgecolor": COLOURS["vermilion"], "hatch": "//////"},
]
CUTS: list[dict[str, Any]] = [
    {"color": COLOURS["grey"], "ls": "--", "marker": ""},
    {"color": COLOURS["vermilion"], "ls": "-", "lw": 0.7, "marker": "s", "ms": 6, "mfc": "white"},
    {"color": COLOURS["blue"], "ls": "-", "lw": 0.7, "marker": "o", "ms": 3},
]
TEMPERATURES: list[dict[str, Any]] = [
    {"color": COLOURS["blue"], "marker": "o"},
    {"color": COLOURS["sky"], "marker": "s"},
    {"color": COLOURS["green"], "marker": "D"},
    {"color": COLOURS["orange"], "marker": "^"},
    {"color": COLOURS["vermilion"], "marker": "v"},
]


def temperature(p: dict[float, Tensor], chars: list[str], min_p: float) -> Figure:
    """Bars for the likeliest characters by p (vocab_size,) at three temperatures, 1.0 among them.

    The dashed line is where `min_p` cuts at temperature 1.
    """
    figure, ax = plt.subplots(figsize=(6.3, 2.4))
    likeliest = p[1.0].argsort(descending=True)[:LIKELIEST].tolist()
    for k, (tau, probabilities) in enumerate(p.items()):
        offset = 0.27 * (k - 1)  # the second of three bars is above the character
        x = [position + offset for position in range(len(likeliest))]
        label = f"temperature {tau}"
        ax.bar(x, probabilities[likeliest], width=0.24, lw=0.7, label=label, **BARS[k])
    cut = min_p * float(p[1.0].max())
    ax.axhline(cut, color=COLOURS["black"], ls="--", lw=0.9, label=f"min-p {min_p} at 1.0")
    ax.set_xticks(range(len(likeliest)), [visible(chars[k]) for k in likeliest])
    ax.tick_params("x", length=0)
    ax.set(xlabel="next character", ylabel="probability")
    ax.legend()
    return figure


def candidates(kept: dict[str, Tensor], passage: str) -> Figure:
    """How many characters each of three cuts keeps: counts, one for each character of a passage."""
    figure, ax = plt.subplots(figsize=(6.3, 2.2))
    for (name, counts), look in zip(kept.items(), CUTS, strict=True):
        ax.plot(range(len(counts)), counts, label=name, **look)
    ax.set_xticks(range(len(passage)), [visible(c) for c in passage])
    ax.tick_params("x", length=0)
    ax.margins(x=0.01)
    ax.set(xlabel="the character that followed", ylabel="candidates", ylim=(0, None))
    ax.legend(ncols=3, loc="lower center", bbox_to_anchor=(0.5, 1))  # above the axes
    return figure


def writers(
    tried: Mapping[tuple[float, float], Mapping[str, Any]],
    author: Mapping[str, Mapping[str, Any]],
    chosen: tuple[float, float],
) -> Figure:
    """Real words against distinct words: a line for each temperature, stars for the author.

    `tried` are the counts of a `study.novelty.Study` by temperature and min-p, and `author` those
    of parts of the author's text. The larger a mark, the higher its min-p, and the ring is around
    the `chosen` pair.
    """
    figure, ax = plt.subplots(figsize=(6.3, 3.2))
    min_ps = sorted({min_p for _, min_p in tried})
    sizes = {min_p: 4 + 1.5 * k for k, min_p in enumerate(min_ps)}  # of marks, in points
    by_temperature: dict[float, dict[float, Any]] = {}
    for (tau, min_p), counts in tried.items():
        by_temperature.setdefault(tau, {})[min_p] = in_percent(counts)
    for (tau, points), look in zip(by_temperature.items(), TEMPERATURES, strict=False):
        x, y = zip(*points.values(), strict=True)  # a value for each min-p
        ax.plot(x, y, lw=0.8, color=look["color"])
        ax.plot([], [], lw=0.8, ms=4.5, label=f"temperature {tau}", **look)  # for the legend
        for min_p in sorted(points, reverse=True):  # so that small marks are on top of large ones
            ax.plot(*points[min_p], ms=sizes[min_p], mec="white", mew=0.5, **look)
    for (name, counts), face in zip(author.items(), (COLOURS["black"], "white"), strict=True):
        ax.plot(*in_percent(counts), "*", ms=10, color=COLOURS["black"], mfc=face, label=name)
    ring = in_percent(tried[chosen])
    ax.plot(*ring, "o", ms=11, color=COLOURS["black"], mfc="none", label="chosen")
    ax.margins(0.1)
    ax.set(xlabel="real words, %", ylabel="distinct words, %")
    handles, _ = ax.get_legend_handles_labels()
    for min_p, size in sizes.items():
        look = {"ls": "none", "marker": "o", "ms": size, "color": COLOURS["grey"]}
        handles.append(Line2D([], [], label=f"min-p {min_p}", **look))
    ax.legend(handles=handles, loc="center left", bbox_to_anchor=(1, 0.5))
    return figure


def in_percent(counts: Mapping[str, Any]) -> tuple[float, float]:
    """The shares of real and of distinct words."""
    return 100 * counts["words"], 100 * counts["distinct_words"]
