"""The figures of notebook 07."""

from collections.abc import Mapping
from typing import Any

from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from torch import Tensor

from ..display import visible
from . import COLOURS, rows
from .letters import MONO


def names(bits: Mapping[str, tuple[float, float]]) -> Figure:
    """What names cost, a row for each network: after a past as it is, and after reversed copies."""
    fig, ax = plt.subplots(figsize=(6.3, 0.9 + 0.32 * len(bits)))
    draw_names(ax, bits)
    fig.legend(handles=MEANINGS, loc="outside lower center", ncols=2)
    return fig


def draw_names(ax: Axes, bits: Mapping[str, tuple[float, float]]) -> None:
    rows(ax, list(bits))
    for row, (same, reversed_before) in enumerate(bits.values()):
        ax.plot([same, reversed_before], [row, row], color=COLOURS["grey"], lw=1.5, zorder=1)
        ax.plot(reversed_before, row, "D", color=COLOURS["vermilion"], ms=6, zorder=2)
        ax.plot(same, row, "o", color=COLOURS["blue"], ms=5, zorder=3)
    ax.set(xlabel="surprise at the whole name (bits)", xlim=(0, None))


MEANINGS = [
    Line2D([], [], color=COLOURS["blue"], marker="o", ls="", label="copies as they are"),
    Line2D([], [], color=COLOURS["vermilion"], marker="D", ls="", label="copies reversed"),
]


def heads(panels: Mapping[str, Tensor]) -> Figure:
    """Scores (layers, heads) of the heads, a panel for each kind, in shades and numbers."""
    fig, axes = plt.subplots(1, len(panels), figsize=(6.3, 2.4))
    for ax, (title, scores) in zip(axes, panels.items(), strict=True):
        _shade(ax, scores)
        for layer, of_layer in enumerate(scores.tolist()):
            for head, score in enumerate(of_layer):
                colour = "white" if score > 0.5 else COLOURS["black"]
                at = {"ha": "center", "va": "center", "color": colour}
                ax.text(head, layer, f"{score:.2f}", **at)
        layers, count = scores.shape
        ax.set_xticks(range(count), range(count))
        ax.set_yticks(range(layers), range(layers))
        ax.set(xlabel="head", ylabel="layer", title=title)
    return fig


def attention(read: str, before: str, weights: Tensor) -> Figure:
    """The weights (read, before) with which the characters read now look at earlier ones."""
    fig, ax = plt.subplots(figsize=(6.3, 0.9 + 0.2 * len(read)))
    _shade(ax, weights)
    style: dict[str, Any] = {"family": MONO, "parse_math": False}
    ax.set_xticks(range(len(before)), [visible(each) for each in before], **style)
    ax.set_yticks(range(len(read)), [visible(each) for each in read], **style)
    ax.tick_params(length=0)
    ax.set(xlabel="what it looks at", ylabel="read now")
    return fig


def _shade(ax: Axes, weights: Tensor) -> None:
    ax.imshow(weights.numpy(), cmap="Blues", vmin=0, vmax=1, aspect="auto")
    ax.spines[:].set_visible(True)
