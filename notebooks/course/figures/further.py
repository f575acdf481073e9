"""The figures of notebook 07: stacks of layers, losses over training time, other texts."""

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from . import COLOURS

SERIES = {  # of stacks: label, format of the line, colour
    "equal parameters": ("plain, equal parameters", "o-", "blue"),
    "normalised": ("normalised, equal parameters", "^--", "green"),
    "residual": ("residual, equal parameters", "D-.", "vermilion"),
    "equal time": ("plain, equal time", "s:", "black"),
}
APART = 0.12  # layers between the points of two series, which would cover each other


def depth(rows: Sequence[Mapping[str, Any]]) -> Figure:
    """Loss by number of layers in each series of stacks; gradients by layer of the deepest.

    A row is a stack: its `series`, `layers`, `parameters`, `epochs_read`, `carried_validation`, and
    `gradients`, the norm of the gradient of each layer's weights. A series may be missing.
    """
    fig, (left, right) = plt.subplots(1, 2, figsize=(6.3, 2.7))
    by_series = stacks_by_series(rows)
    for k, (series, stacks) in enumerate(by_series.items()):
        label, line, colour = SERIES[series]
        look = {"color": COLOURS[colour], "ms": 4.5, "label": f"{label} ({budget(stacks)})"}
        shift = APART * (k - (len(by_series) - 1) / 2)
        layers = [stack["layers"] + shift for stack in stacks]
        losses = [stack["carried_validation"] for stack in stacks]
        left.plot(layers, losses, line, **look)
        if series != "equal time":  # its deepest stack has learned from less text
            norms = stacks[-1]["gradients"]
            right.plot(range(1, len(norms) + 1), norms, line, **look)
    ticks = range(1, max(row["layers"] for row in rows) + 1)
    left.set(xlabel="layers", ylabel="loss (validation half, carried)", xticks=ticks)
    right.set(xlabel="layer, from the bottom", ylabel="norm of the gradient", xticks=ticks)
    right.set_ylim(0, None)
    handles, labels = left.get_legend_handles_labels()
    fig.legend(handles, labels, loc="outside lower center", ncols=2)
    return fig


def stacks_by_series(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    """The stacks of each series that is there, from one layer to the most."""
    by_series = {}
    for series in SERIES:
        stacks = [row for row in rows if row["series"] == series]
        if stacks:
            by_series[series] = sorted(stacks, key=lambda row: row["layers"])
    return by_series


def budget(stacks: Sequence[Mapping[str, Any]]) -> str:
    """The parameters of the stacks in a series, and how often they read the training text."""
    parameters = [stack["parameters"] / 1e6 for stack in stacks]
    epochs = [stack["epochs_read"] for stack in stacks]
    return f"{span(parameters, '.2f')} M, {in_epochs(epochs)}"


def span(values: Sequence[float], form: str) -> str:
    """The values from the lowest to the highest, such as 0.46 to 0.48, or one where all agree."""
    low = format(min(values), form)
    high = format(max(values), form)
    return low if low == high else f"{low} to {high}"


def in_epochs(values: Sequence[float]) -> str:
    """How often a training text was read: 1 epoch, 2 to 6 epochs."""
    amount = span(values, ".2g")
    return f"{amount} epoch" if amount == "1" else f"{amount} epochs"


def seconds(curves: Mapping[str, tuple[Sequence[float], Sequence[float]]], bar: float) -> Figure:
    """Validation loss over training time, {network: (seconds, losses)}; dotted: the n-grams."""
    fig, ax = plt.subplots(figsize=(6.3, 2.9))
    markers = ("o", "s", "D", "^", "v")
    lines = ("-", "--", "-.", "-", "--")
    for k, (name, (times, losses)) in enumerate(curves.items()):
        style = lines[k % len(lines)]
        ax.plot(times, losses, style, marker=markers[k % len(markers)], ms=4, label=name)
    ax.axhline(bar, color=COLOURS["black"], lw=0.9, ls=":", label="n-grams, Kneser-Ney")
    ax.set(xlabel="seconds of training", xlim=(0, None))
    ax.set_ylabel("loss (validation half, cold)")
    fig.legend(loc="outside lower center", ncols=2)
    return fig


def texts(rows: Sequence[tuple[str, Mapping[str, float]]]) -> Figure:
    """Losses on several texts as points in one row each, [(text, {model: bits})]."""
    looks: dict[str, dict[str, Any]] = {
        "Kneser-Ney": {"marker": "|", "color": COLOURS["black"], "ms": 11, "mew": 2},
        "LSTM": {"marker": "o", "color": COLOURS["blue"], "ms": 5.5, "mfc": "white"},
        "with copy head": {"marker": "D", "color": COLOURS["blue"], "ms": 5},
        "with n-grams": {"marker": "s", "color": COLOURS["vermilion"], "ms": 5},
    }
    fig, ax = plt.subplots(figsize=(6.3, 0.9 + 0.33 * len(rows)))
    for y, (_, bits) in enumerate(rows):
        ax.plot([min(bits.values()), max(bits.values())], [y, y], color=COLOURS["grey"], lw=0.7)
    labels = {
        "Kneser-Ney": "n-grams, Kneser-Ney",
        "with copy head": "with copy head and invented names",
        "with n-grams": "the same, with n-grams",
    }
    for model, look in looks.items():
        losses = [bits[model] for _, bits in rows]
        label = labels.get(model, model)
        ax.plot(losses, range(len(rows)), ls="none", label=label, **look)
    ax.set_yticks(range(len(rows)), [name for name, _ in rows])
    ax.invert_yaxis()
    ax.margins(y=0.2)
    ax.set(xlabel="bits per character (last 10 %, carried)")
    fig.legend(loc="outside lower center", ncols=4)
    return fig
