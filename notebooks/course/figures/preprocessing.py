"""The figures of notebook 01."""

import math
import textwrap
from collections import Counter
from typing import Any

from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from torch import Tensor

from ..display import COLOURS, visible

SPEAKERS = 20  # rows of the figure of speakers
CHARACTERS = 80  # bars of the figure of frequencies
WINDOWS = 24  # rows of the figure of the leak


def speakers(speeches: list[tuple[int, str]], plays: dict[str, int], length: int) -> Figure:
    """A tick for each speech (start, speaker) of the busiest speakers; plays are {title: start}.

    `length` is that of the text, in characters.
    """
    starts_of: dict[str, list[int]] = {}
    for start, name in speeches:
        starts_of.setdefault(name, []).append(start)
    busiest = sorted(starts_of, key=lambda name: len(starts_of[name]), reverse=True)[:SPEAKERS]
    rows = [name for name in starts_of if name in busiest]  # in the order of their first speeches

    fig, ax = plt.subplots(figsize=(6.3, 2.9))
    for y, name in enumerate(rows):
        # All ticks of a row are one line with gaps, which keeps the file small.
        xs: list[float] = []
        ys: list[float] = []
        for start in starts_of[name]:
            xs += [start, start, math.nan]
            ys += [y - 0.4, y + 0.4, math.nan]
        ax.plot(xs, ys, COLOURS["output"], linewidth=0.35)
    top = -0.7  # y of the upper edge: the first row is at 0
    for title, start in plays.items():
        ax.axvline(start, color=COLOURS["quiet"], linewidth=0.5, linestyle=":")
        words = textwrap.fill(title, 10)
        ax.text(start, top - 0.1, words, fontsize=6, va="bottom", linespacing=0.95)
    cuts = [0.9 * length, 0.95 * length]  # before the validation half, and before the test half
    ax.vlines(cuts, top, len(rows), COLOURS["forget"], linewidth=0.9)
    ax.set(ylim=(len(rows) - 0.4, top), xlim=(0, length), xlabel="position in the text")
    ax.set_yticks(range(len(rows)), [name[:24] for name in rows], fontsize=6.5, parse_math=False)
    ax.set_xticks([length * k / 10 for k in range(11)], [f"{10 * k} %" for k in range(11)])
    return fig


def frequencies(counts: Counter) -> Figure:
    """A bar for each of the most frequent characters, coloured by group, on a logarithmic scale."""
    colours = {
        "letter": COLOURS["output"],
        "capital": COLOURS["input"],
        "space": COLOURS["candidate"],
        "other": COLOURS["cell"],
    }
    most_frequent = counts.most_common(CHARACTERS)
    fig, ax = plt.subplots(figsize=(6.3, 2.1))
    for x, (character, count) in enumerate(most_frequent):
        ax.bar(x, count, color=colours[_group(character)])
    handles = [plt.Rectangle((0, 0), 1, 1, color=colour) for colour in colours.values()]
    ax.legend(handles, list(colours), loc="upper right")
    ax.set(yscale="log", xlim=(-0.8, len(most_frequent) - 0.2), ylabel="occurrences")
    signs = [visible(character) for character, _ in most_frequent]
    ax.set_xticks(range(len(signs)), signs, parse_math=False)
    ax.tick_params(axis="x", labelsize=6.5, labelfontfamily="DejaVu Sans Mono")
    return fig


def _group(character: str) -> str:
    if character.isupper():
        return "capital"
    if character.isalpha():
        return "letter"
    if character.isspace():
        return "space"
    return "other"


def leak(validation: Tensor, seq_len: int, leakage: dict[int, float], cut: float) -> Figure:
    """The first windows, some for `validation` (windows,), and the shared targets by stride.

    `leakage` is of random splits, {stride: share}; `cut` is the share of a contiguous split.
    """
    fig, (left, right) = plt.subplots(1, 2, figsize=(6.3, 2.0))
    for row, held_out in enumerate(validation[:WINDOWS].tolist()):
        left.barh(row, seq_len, left=row, color=COLOURS["forget" if held_out else "hidden"])
    left.set(ylim=(WINDOWS, -1), yticks=[], ylabel="neighbouring windows", xlabel="characters")

    strides = list(leakage)
    right.semilogx(strides, list(leakage.values()), "o-", base=2, color=COLOURS["forget"])
    right.axhline(cut, color=COLOURS["input"])
    right.text(1, 0.84, "random split", color=COLOURS["forget"])
    right.text(1, cut + 0.05, "contiguous split", color=COLOURS["input"])
    right.set(xlabel="stride", ylabel="share of targets shared", ylim=(-0.04, 1.06))
    right.set_xticks(strides, strides)
    return fig


def ngrams(losses: dict[str, dict[str, list[float]]]) -> Figure:
    """Losses by order, {smoothing: {"validation"|"test": losses}}."""
    fig, ax = plt.subplots(figsize=(6.3, 2.1))
    for (name, by_part), colour in zip(losses.items(), ("output", "forget"), strict=True):
        title = name.replace("_", "-").title()
        style: dict[str, Any] = {"color": COLOURS[colour], "markersize": 3.5}
        ax.plot(by_part["test"], "s--", label=f"{title}, test", **style)
        ax.plot(by_part["validation"], "o-", label=f"{title}, validation", **style)
    ax.legend()
    ax.set(xlabel="order: characters of context", ylabel="nats per character")
    return fig
