"""The figures of notebook 03."""

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from ..display import COLOURS

LOSS = "loss (nats per character)"


def loss_curves(
    lines: Mapping[str, tuple[Sequence[float], Sequence[float]]],
    levels: Mapping[str, float],
    noisy: str = "",
) -> Figure:
    """Losses over the epochs, {label: (epochs, losses)}, and levels; the `noisy` line is thin."""
    fig, ax = plt.subplots()
    thin: dict[str, Any] = {"lw": 0.7, "color": COLOURS["quiet"]}
    marked: dict[str, Any] = {"marker": "o", "ms": 3}
    for label, (epochs, losses) in lines.items():
        style = thin if label == noisy else marked
        ax.plot(epochs, losses, label=label, **style)
    for name, level in levels.items():
        ax.axhline(level, color=COLOURS["text"], lw=0.8, ls="--")
        ax.annotate(name, (0, level), (3, 2), textcoords="offset points")
    ax.set(xlabel="epoch", ylabel=LOSS, xlim=(0, None))
    ax.legend()
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
