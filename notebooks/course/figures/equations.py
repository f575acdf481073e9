"""The figures of notebook 02."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from course.display import COLOURS, visible

INK, QUIET, PALE = COLOURS["text"], COLOURS["quiet"], "#F4F4F4"
MIDDLE: dict[str, Any] = {"ha": "center", "va": "center", "parse_math": True}
Point = tuple[float, float]


def _canvas(height: float, xlim: Point, ylim: Point) -> tuple[Figure, Any]:
    fig, ax = plt.subplots(figsize=(6.3, height))
    ax.set(xlim=xlim, ylim=ylim, aspect="equal")
    ax.axis("off")
    return fig, ax


def _arrow(ax: Any, *points: Point, colour: str = INK) -> None:
    for start, end in pairwise(points[:-1]):
        ax.plot(*zip(start, end, strict=True), color=colour, lw=1.2, solid_capstyle="round")
    style = {"arrowstyle": "-|>", "color": colour, "lw": 1.2, "shrinkA": 0, "shrinkB": 0}
    ax.annotate("", points[-1], points[-2], arrowprops=style)


def _box(ax: Any, at: Point, words: str, width: float, height: float, colour: str = PALE) -> None:
    corner, line = (at[0] - width / 2, at[1] - height / 2), QUIET if colour == PALE else "none"
    ax.add_patch(FancyBboxPatch(corner, width, height, "round,pad=0.05", fc=colour, ec=line))
    dark = colour in (COLOURS["forget"], COLOURS["input"], COLOURS["output"])
    ax.text(*at, words, color="white" if dark else INK, **MIDDLE)


def unrolled(read: str, following: str) -> Figure:
    """The network over a few steps: the characters it reads, and those it should predict."""
    fig, ax = _canvas(2.3, (-2.7, 13.9), (-0.5, 5.4))
    for t, (x, y) in enumerate(zip(read, following, strict=True), 1):
        at = 3.4 * t - 2.4
        for height, name in ((1.1, "embedding"), (2.5, "LSTM"), (3.9, "linear, softmax")):
            _box(ax, (at, height), name, 2.1, 0.9 if name == "LSTM" else 0.6)
        for start, end in ((0.15, 0.75), (1.45, 2.0), (3.0, 3.55), (4.25, 4.85)):
            _arrow(ax, (at, start), (at, end))
        for place, height in ((f"$x_{t}$", 1.72), (f"$h_{t}$", 3.27)):
            ax.text(at + 0.4, height, place, **MIDDLE)
        for colour, height in ((COLOURS["cell"], 2.75), (COLOURS["hidden"], 2.25)):
            _arrow(ax, (at - 2.3, height), (at - 1.1, height), colour=colour)
            _arrow(ax, (at + 1.1, height), (at + 2.3, height), colour=colour)
        for character, height in ((x, -0.15), (y, 5.15)):
            ax.text(at, height, visible(character), fontsize=11, **MIDDLE | {"parse_math": False})
    for words, height in (("reads", -0.15), ("$c_0$", 2.8), ("$h_0$", 2.2), ("predicts", 5.15)):
        ax.text(-1.8, height, words, **MIDDLE)
    for words, height in ((f"$c_{len(read)}$", 2.8), (f"$h_{len(read)}$", 2.2)):
        ax.text(3.4 * len(read) + 0.3, height, words, **MIDDLE)
    return fig


def cell() -> Figure:
    """One step of an LSTM."""
    fig, ax = _canvas(2.9, (0, 12.4), (-0.9, 4.8))
    top, bus, gate = 4.15, 0.75, 1.65  # heights of the cell state, the hidden state, the gates
    _box(ax, (6.3, 2.475), "", 9.4, 4.45)
    for at, name in {3.0: "forget", 4.5: "input", 6.2: "candidate", 8.2: "output"}.items():
        _arrow(ax, (at, bus), (at, gate - 0.33))
        letter, kind = ("g", r"\tanh") if name == "candidate" else (name[0], r"\sigma")
        _box(ax, (at, gate), f"${letter}_t$:  ${kind}$", 1.25, 0.56, COLOURS[name])
        ax.text(at + 0.13, 1.02, name, fontsize=6.5, va="center")
    _box(ax, (9.6, 3.1), r"$\tanh$", 0.9, 0.56, QUIET)
    _arrow(ax, (0.75, top), (11.6, top), colour=COLOURS["cell"])
    ax.plot([0.75, 2.1], [bus, bus], color=COLOURS["hidden"], lw=1.2)
    ax.plot([2.1, 8.2], [bus, bus], color=INK, lw=1.2)
    ax.plot([2.1, 9.6], [bus, top], "o", color=INK, ms=3)
    _arrow(ax, (2.1, -0.35), (2.1, bus - 0.05))
    _arrow(ax, (3.0, gate + 0.33), (3.0, top - 0.29))
    _arrow(ax, (4.5, gate + 0.33), (4.5, 2.95), (5.91, 2.95))
    _arrow(ax, (6.2, gate + 0.33), (6.2, 2.66))
    _arrow(ax, (6.2, 3.24), (6.2, top - 0.29))
    _arrow(ax, (9.6, top), (9.6, 3.43))
    _arrow(ax, (9.6, 2.77), (9.6, gate + 0.29))
    _arrow(ax, (8.88, gate), (9.31, gate))
    _arrow(ax, (9.6, gate), (10.5, gate), (10.5, bus), (11.6, bus), colour=COLOURS["hidden"])
    for spot in ((3.0, top), (6.2, 2.95), (9.6, gate), (6.2, top)):
        ax.plot(*spot, "o", ms=14, mfc="white", mec=INK, mew=1, zorder=3)
        ax.text(*spot, "$+$" if spot == (6.2, top) else r"$\odot$", fontsize=9, zorder=4, **MIDDLE)
    ends = {"$c_{t-1}$": (0.3, top), "$h_{t-1}$": (0.3, bus), "$c_t$": (12, top)}
    ends |= {"$h_t$": (12, bus), "$x_t$": (2.1, -0.62), "$[x_t, h_{t-1}]$": (5.35, 0.42)}
    for words, end in ends.items():
        ax.text(*end, words, **MIDDLE)
    return fig


def gates(line: str, values: Mapping[str, Any], cells: Sequence[int]) -> Figure:
    """Heat maps (characters, cells): three gates from 0 to 1, and last the tanh of the state."""
    fig, axes = plt.subplots(4, 1, figsize=(6.3, 3.7), sharex=True)
    for ax, (name, value) in zip(axes, values.items(), strict=True):
        gate = ax is not axes[3]
        scale = {"cmap": "cividis", "vmin": 0} if gate else {"cmap": "PuOr", "vmin": -1}
        image = ax.imshow(value.T, aspect="auto", interpolation="nearest", vmax=1, **scale)
        ax.set_yticks([0, len(cells) - 1], [f"{cells[0]}", f"{cells[-1]}"], fontsize=6.5)
        ax.set_ylabel(name)
        ax.tick_params(length=0, labelbottom=not gate)
        if ax in (axes[2], axes[3]):
            fig.colorbar(image, ax=axes[:3] if gate else ax, ticks=[-1, 0, 1], pad=0.015)
    marks = [visible(character) for character in line]
    axes[3].set_xticks(range(len(line)), marks, family="monospace", fontsize=7.5, parse_math=False)
    return fig
