"""The figures of notebook 03."""

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ..display import COLOURS

LOSS = "loss (nats per character)"

# Curves that look different without colour, too.
CURVES: list[dict[str, Any]] = [
    {"color": COLOURS["text"], "marker": "^", "ls": ":"},
    {"color": COLOURS["forget"], "marker": "s", "ls": "-."},
    {"color": COLOURS["output"], "marker": "o", "ls": "-"},
    {"color": COLOURS["input"], "marker": "o", "ls": "-", "mfc": "white"},
]


def loss_curves(curves: Mapping[str, Sequence[float]], levels: Mapping[str, float]) -> Figure:
    """Four losses after each epoch, {label: losses}, and levels, {label: loss}."""
    fig, ax = plt.subplots(figsize=(6.3, 3.2))
    for (label, losses), style in zip(curves.items(), CURVES, strict=True):
        epochs = range(1, len(losses) + 1)
        ax.plot(epochs, losses, label=label, lw=1.2, ms=3.5, **style)
    right_end = ax.get_yaxis_transform()  # x as a share of the width, y as a loss
    for label, level in levels.items():
        ax.axhline(level, color=COLOURS["text"], lw=0.8, ls="--")
        ax.text(1.01, level, label, transform=right_end, va="center")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set(xlabel="epoch", ylabel=LOSS, xlim=(0.5, None))
    fig.legend(loc="outside upper center", ncols=2)
    return fig


def learning_rates(rates: Mapping[str, Sequence[float]]) -> Figure:
    """Learning rates over the steps, {label: rates}."""
    fig, ax = plt.subplots(figsize=(4.2, 2))
    for label, values in rates.items():
        ax.plot(values, label=label)
    ax.set(xlabel="step", ylabel="learning rate", ylim=(0, None))
    ax.legend()
    return fig


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
    left.stairs(by_position, edges, color=COLOURS["output"], baseline=None)
    left.axhline(carried, color=COLOURS["forget"], lw=0.9, ls="--")
    right_end = (edges[-1], carried)
    left.annotate("carried", right_end, (0, -10), textcoords="offset points", ha="right")
    left.set(xlabel="position in the window", ylabel=LOSS, ylim=(carried - 0.15, None))

    for kind in sorted(by_kind, key=lambda kind: by_kind[kind]["loss"]):
        loss = by_kind[kind]["loss"]
        share = by_kind[kind]["share"]
        right.barh(kind, loss, color=COLOURS["output"], height=0.65)
        right.annotate(f"{100 * share:.0f} %", (loss, kind), (3, -3), textcoords="offset points")
    right.margins(x=0.15)
    right.set(xlabel=LOSS)
    return fig
