"""The figures of notebook 07: loss and text, more text, rivals, stacks, other texts."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..novelty import ratio
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


def ladder(
    writers: Sequence[Mapping[str, Any]], author: Mapping[str, Any], lines_above: Collection[str]
) -> Figure:
    """A row for each writer: its loss, its real words, its malformed headings; dashed: the author.

    Each has the counts of a `course.novelty.Study`; a writer also has its name and
    `writer["carried"]["held_out"]`, its loss. Writers without words are left out. A thin line is
    drawn above the writers whose names are in `lines_above`.
    """
    shown = [writer for writer in writers if writer["words"] is not None]
    fig, panels = plt.subplots(1, 3, sharey=True, figsize=(6.3, 0.7 + 0.21 * len(shown)))
    columns = {
        "loss": [writer["carried"]["held_out"] for writer in shown],
        "real words, %": [in_percent(writer["words"]) for writer in shown],
        "malformed headings, %": [malformed_in_percent(writer) for writer in shown],
    }
    of_author = [None, in_percent(author["words"]), malformed_in_percent(author)]
    for ax, (label, values), level in zip(panels, columns.items(), of_author, strict=True):
        for y, value in enumerate(values):
            if value is not None:
                ax.plot(value, y, "o", color=COLOURS["blue"], ms=5)
        if level is not None:
            ax.axvline(level, color=COLOURS["black"], lw=0.9, ls="--", zorder=0)
        ax.set(xlabel=label)
        ax.margins(x=0.1)
        ax.grid(axis="y", color=COLOURS["grey"], lw=0.4, alpha=0.5)
    names = [writer["name"] for writer in shown]
    for y, name in enumerate(names):
        if name in lines_above:
            for ax in panels:
                ax.axhline(y - 0.5, color=COLOURS["black"], lw=0.8)
    panels[0].set_yticks(range(len(shown)), names)
    panels[0].set_ylim(len(shown) - 0.4, -0.6)  # the first row is on top
    return fig


def more_text(
    curves: Mapping[str, Mapping[str, Any]],
    others: Mapping[str, tuple[int, float]],
    bar: float,
) -> Figure:
    """Loss by the number of characters to train on, {network: {"characters", "losses"}}.

    `others` are single points, {label: (characters, loss)}; the dashed line is the n-grams' loss.
    """
    fig, ax = plt.subplots(figsize=(6.3, 3.1))
    for (name, curve), marker in zip(curves.items(), ("o", "s"), strict=True):
        ax.plot(curve["characters"], curve["losses"], marker=marker, ms=5, label=name)
    looks: list[dict[str, Any]] = [
        {"color": COLOURS["green"], "marker": "D"},
        {"color": COLOURS["pink"], "marker": "^"},
    ]
    for k, (name, (characters, loss)) in enumerate(others.items()):
        ax.plot(characters, loss, ls="none", ms=6.5, mew=1.5, mfc="white", label=name, **looks[k])
    ax.axhline(bar, color=COLOURS["black"], lw=0.9, ls="--", label="n-grams, all of the text")
    ax.set_xscale("log", base=2)
    ticks = sorted({count for curve in curves.values() for count in curve["characters"]})
    ax.set_xticks(ticks, [f"{count / 1e6:.2f}" for count in ticks])
    ax.minorticks_off()
    ax.set(xlabel="million characters to train on", ylabel="loss (carried, validation half)")
    fig.legend(loc="outside lower center", ncols=3)
    return fig


def rivals(
    protocols: Mapping[str, Sequence[Mapping[str, Any]]], claim: float | None = None
) -> Figure:
    """A panel for each protocol, and in it a row for each rival, the highest loss on top.

    A rival has a `name`, its losses by part, of which the halves may be None, and `network`, which
    says whether it is a network. A dashed line marks the claim.
    """
    counts = [len(rows) for rows in protocols.values()]
    fig, panels = plt.subplots(
        len(protocols),
        sharex=True,
        squeeze=False,
        height_ratios=[count + 0.6 for count in counts],
        figsize=(6.3, 1.1 + 0.35 * len(counts) + 0.2 * sum(counts)),
    )
    for ax, (protocol, rows) in zip(panels[:, 0], protocols.items(), strict=True):
        shown = sorted(rows, key=lambda row: row["held_out"], reverse=True)
        for y, row in enumerate(shown):
            _draw_rival(ax, y, row)
        if claim is not None:
            ax.axvline(claim, color=COLOURS["black"], lw=0.9, ls="--", zorder=0)
        ax.set_yticks(range(len(shown)), [row["name"] for row in shown])
        ax.set_ylim(len(shown) - 0.4, -0.6)  # the first row is on top
        ax.set_title(protocol, loc="left", weight="bold")
    last = panels[-1, 0]
    last.set(xlabel="loss (nats per character)")
    looks: dict[str, dict[str, Any]] = {
        "last 10 %": {"marker": "|", "ms": 11, "mew": 2},
        "validation half": {"marker": "o", "ms": 5, "mfc": "white"},
        "test half": {"marker": "o", "ms": 5},
    }
    for label, look in looks.items():
        last.plot([], [], ls="none", color=COLOURS["black"], label=label, **look)
    last.plot([], [], lw=2, color=COLOURS["blue"], label="network")
    last.plot([], [], lw=2, color=COLOURS["vermilion"], label="another program")
    if claim is not None:
        last.plot([], [], color=COLOURS["black"], lw=0.9, ls="--", label="the claim")
    fig.legend(loc="outside lower center", ncols=6, handlelength=1, columnspacing=1.2)
    return fig


def _draw_rival(ax: Axes, y: int, row: Mapping[str, Any]) -> None:
    """One row of `rivals`: a tick for the last 10 %, and a dot for each half."""
    colour = COLOURS["blue"] if row["network"] else COLOURS["vermilion"]
    ax.plot(row["held_out"], y, "|", color=colour, ms=11, mew=2)
    if row["validation"] is None:
        return
    ax.plot([row["validation"], row["test"]], [y, y], color=colour, lw=1, zorder=1)
    ax.plot(row["validation"], y, "o", color=colour, ms=5, mfc="white")
    ax.plot(row["test"], y, "o", color=colour, ms=5)


def in_percent(share: float | None) -> float | None:
    return None if share is None else 100 * share


def malformed_in_percent(counts: Mapping[str, Any]) -> float | None:
    return in_percent(ratio(counts["malformed"], counts["headings"]))
