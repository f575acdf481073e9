"""The figures of notebook 03."""

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from . import COLOURS

LOSS = "loss (nats per character)"

# What looks different without colour, too.
TRAINING: dict[str, Any] = {"color": COLOURS["black"], "marker": "^", "ls": ":"}
RANDOM: dict[str, Any] = {"color": COLOURS["vermilion"], "marker": "s", "ls": "-."}
HONEST: dict[str, Any] = {"color": COLOURS["blue"], "marker": "o", "ls": "-"}


def four_losses(
    curves: Mapping[str, Sequence[float]],
    seen: Mapping[str, float],
    held_out: Mapping[str, Mapping[str, Any]],
    claim: float,
) -> Figure:
    """Left three losses after each epoch, right the numbers that they lead to.

    `curves` are {label: losses}: on training text, on windows split at random, and the honest one.
    `seen` are {label: loss} of the first two, as of the claim. `held_out` are
    {label: {"validation", "held_out", "interval"}}, all honest.
    """
    fig, (left, right) = plt.subplots(1, 2, figsize=(6.3, 3.1), width_ratios=[1.25, 1])
    draw_curves(left, curves, claim)
    draw_numbers(right, seen, held_out, claim)
    fig.legend(loc="outside upper left", ncols=3)
    return fig


def draw_curves(ax: Axes, curves: Mapping[str, Sequence[float]], claim: float) -> None:
    for (label, losses), style in zip(curves.items(), (TRAINING, RANDOM, HONEST), strict=True):
        epochs = range(1, len(losses) + 1)
        ax.plot(epochs, losses, label=label, lw=1.2, ms=3.5, **style)
    ax.axhline(claim, color=COLOURS["black"], lw=0.8, ls="--")
    share_and_loss = ax.get_yaxis_transform()  # x is a share of the width, y a loss
    ax.text(0.02, claim, f"the claim, {claim:.2f}", transform=share_and_loss, va="bottom")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set(xlabel="epoch", ylabel=LOSS, xlim=(0.5, None), title="During training")


def draw_numbers(
    ax: Axes,
    seen: Mapping[str, float],
    held_out: Mapping[str, Mapping[str, Any]],
    claim: float,
) -> None:
    """A row for each number: with an interval, and the validation half, where it has them."""
    labels = [*seen, *held_out]
    for (label, loss), style in zip(seen.items(), (TRAINING, RANDOM), strict=True):
        ax.plot(loss, labels.index(label), ms=5, **style)
        write_above(ax, loss, labels.index(label))
    colour = HONEST["color"]
    for label, losses in held_out.items():
        row = labels.index(label)
        ax.plot(losses["interval"], (row, row), color=colour, lw=1.2)
        ax.plot(losses["held_out"], row, "o", color=colour, ms=5)
        ax.plot(losses["validation"], row + 0.3, "d", color=colour, ms=4, mfc="white")
        write_above(ax, losses["held_out"], row)
    ax.axvline(claim, color=COLOURS["black"], lw=0.8, ls="--")
    ax.set_yticks(range(len(labels)), labels)
    ax.set_ylim(len(labels) - 0.4, -0.7)  # the first row is on top
    ax.set(xlabel=LOSS, title="In the end")
    ax.margins(x=0.12)


def write_above(ax: Axes, loss: float, row: int) -> None:
    """Write a loss above its mark."""
    readable = {"facecolor": "white", "edgecolor": "none", "pad": 0.5}  # on a line, too
    ax.annotate(
        f"{loss:.3f}", (loss, row), (0, 6), textcoords="offset points", ha="center", bbox=readable
    )


def where_the_loss_is(
    edges: Sequence[int],
    by_position: Sequence[float],
    carried: float,
    by_kind: Mapping[str, Mapping[str, float]],
) -> Figure:
    """Loss by position in a cold window, and by kind of character.

    `by_position` has a mean loss for each interval between neighbouring `edges`, `carried` is the
    mean loss with a carried state, and `by_kind` is {kind: {"loss", "share"}}.
    """
    fig, (left, right) = plt.subplots(1, 2, figsize=(6.3, 2.4))
    left.stairs(by_position, edges, color=COLOURS["blue"], baseline=None)
    left.axhline(carried, color=COLOURS["vermilion"], lw=0.9, ls="--")
    right_end = (edges[-1], carried)
    left.annotate("carried", right_end, (0, -10), textcoords="offset points", ha="right")
    left.set(xlabel="position in the window", ylabel=LOSS, ylim=(carried - 0.15, None))

    for kind in sorted(by_kind, key=lambda kind: by_kind[kind]["loss"]):
        loss = by_kind[kind]["loss"]
        share = by_kind[kind]["share"]
        right.barh(kind, loss, color=COLOURS["blue"], height=0.65)
        right.annotate(f"{100 * share:.0f} %", (loss, kind), (3, -3), textcoords="offset points")
    right.margins(x=0.15)
    right.set(xlabel=LOSS)
    return fig
