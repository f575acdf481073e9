"""Figures that only the evidence has: rivals, steps by protocol, texts, stacks."""

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator
from torch import Tensor

from course.figures import COLOURS, inside, rows, write_beside
from course.figures.letters import text_panels
from course.figures.training import LOSS, STYLES, mark_claim, write_above
from course.novelty import MALFORMED, RETURNING, UNKNOWN, Mark

LOSSES = (  # rows of the figure of the claim
    "training text",
    "windows split\nat random",
    "held out, cold",
    "held out, carried",
    "held out, n-grams",
)

MARKS = {UNKNOWN: "vermilion", MALFORMED: "black", RETURNING: "blue"}

SERIES = {  # of stacks: label, format of the line, colour
    "equal parameters": ("plain", "o-", "blue"),
    "normalised": ("normalised", "^--", "green"),
    "residual": ("residual", "D-.", "vermilion"),
}
APART = 0.12  # layers between the points of two series, which would cover each other


def depth(rows: Sequence[Mapping[str, Any]]) -> Figure:
    """Loss by number of layers in each series of stacks.

    A row is a stack: its `series`, `layers` and `carried_validation`.
    """
    fig, ax = plt.subplots(figsize=(6.3, 2.3))
    by_series = stacks_by_series(rows)
    for k, (series, stacks) in enumerate(by_series.items()):
        label, line, colour = SERIES[series]
        look: dict[str, Any] = {"color": COLOURS[colour], "ms": 4.5, "label": label}
        shift = APART * (k - (len(by_series) - 1) / 2)
        layers = [stack["layers"] + shift for stack in stacks]
        losses = [stack["carried_validation"] for stack in stacks]
        ax.plot(layers, losses, line, **look)
    ticks = range(1, max(row["layers"] for row in rows) + 1)
    ax.set(xlabel="layers", ylabel="loss (validation half, carried)", xticks=ticks)
    fig.legend(loc="outside right upper")
    return fig


def tenths(numbers: Sequence[int], losses: Mapping[str, Sequence[float]], claim: float) -> Figure:
    """A dot for each model over each tenth of the text that was held out."""
    fig, ax = plt.subplots(figsize=(6.3, 2.6))
    looks = (("s", "black"), ("^", "vermilion"), ("o", "blue"))
    for (name, values), (marker, colour) in zip(losses.items(), looks, strict=True):
        ax.plot(numbers, values, marker, color=COLOURS[colour], ms=5, label=name)
    mark_claim(ax, claim)
    ax.set(xlabel="the tenth that is held out", ylabel=LOSS, xticks=list(numbers))
    fig.legend(loc="outside right upper")
    return fig


def stacks_by_series(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    """The stacks of each series, from one layer to the most."""
    by_series = {}
    for series in SERIES:
        stacks = [row for row in rows if row["series"] == series]
        by_series[series] = sorted(stacks, key=lambda row: row["layers"])
    return by_series


def budget(stacks: Sequence[Mapping[str, Any]]) -> str:
    """The parameters of stacks, and how often they read the training text."""
    parameters = [stack["parameters"] / 1e6 for stack in stacks]
    epochs = [stack["epochs_read"] for stack in stacks]
    return f"{span(parameters, '.2f')} million parameters, after {in_epochs(epochs)}"


def span(values: Sequence[float], form: str) -> str:
    """The values from the lowest to the highest, such as 0.46 to 0.48, or one where all agree."""
    low = format(min(values), form)
    high = format(max(values), form)
    return low if low == high else f"{low} to {high}"


def in_epochs(values: Sequence[float]) -> str:
    """How often a training text was read: 1 epoch, 2 to 6 epochs."""
    amount = span(values, ".2g")
    return f"{amount} epoch" if amount == "1" else f"{amount} epochs"


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


def specimens(panels: Sequence[tuple[str, str, Tensor, Sequence[Mark]]]) -> Figure:
    """Texts beside each other, (title, text, surprise in bits, marks), shaded by their surprise.

    A mark has a line under it, in the colour of its kind.
    """
    below = inside.BELOW + 0.25  # for the legend
    scale = ScalarMappable(Normalize(0, inside.MOST_BITS), inside.SURPRISE)
    coloured = []
    for title, text, surprise, _ in panels:
        coloured.append((title, text, scale.to_rgba(surprise.numpy()).tolist()))
    fig, drawn = text_panels(coloured, columns=36, across=len(panels), below=below)
    for (_, _, _, marks), (ax, lines) in zip(panels, drawn, strict=True):
        for mark in marks:
            row = next(row for row, line in enumerate(lines) if mark.start in line)
            left = mark.start - lines[row].start
            right = min(mark.stop, lines[row].stop) - lines[row].start
            ax.plot([left, right], [row + 0.96] * 2, color=COLOURS[MARKS[mark.kind]], lw=1.6)
    shown = {mark.kind for _, _, _, marks in panels for mark in marks}
    handles = [
        Line2D([], [], color=COLOURS[colour], lw=2, label=kind)
        for kind, colour in MARKS.items()
        if kind in shown
    ]
    top = (0.5, (below + 0.02) / fig.get_figheight())  # of the legend, as shares of the figure
    fig.legend(handles=handles, loc="upper center", ncols=3, bbox_to_anchor=top)
    inside.add_colour_bar(fig, scale, "surprise (bits)", "max")
    return fig


def rivals(protocols: Mapping[str, Sequence[Mapping[str, Any]]], claim: float) -> Figure:
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
    for ax, (protocol, losses) in zip(panels[:, 0], protocols.items(), strict=True):
        shown = sorted(losses, key=lambda row: row["held_out"], reverse=True)
        for y, row in enumerate(shown):
            _draw_rival(ax, y, row)
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
    last.plot([], [], lw=2, color=COLOURS["vermilion"], label="other program")
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


def four_losses(numbers: Mapping[str, Any], bar: Mapping[str, Any]) -> Figure:
    """Left three losses after each epoch, right the numbers that they lead to.

    `numbers` are those of the baseline and of the random split ("leak"), `bar` those of counting.
    """
    fig, (left, right) = plt.subplots(
        1, 2, figsize=(6.3, 3.2), width_ratios=[1.25, 1], gridspec_kw={"wspace": 0.08}
    )
    draw_curves(left, numbers)
    draw_numbers(right, numbers, bar)
    claim = numbers["leak"]["claim"]
    mark_claim(left, claim)
    left.set(xlim=(0.5, None), title="During training")
    rows(right, LOSSES, claim)
    right.margins(x=0.3)  # for the number beside the lowest one
    right.set(xlabel=LOSS, title="In the end")
    handles, labels = left.get_legend_handles_labels()
    fig.legend(handles, labels, loc="outside upper left", ncols=3)
    return fig


def draw_curves(ax: Axes, numbers: Mapping[str, Any]) -> None:
    """The losses after each epoch."""
    curves = (numbers["train_losses"], numbers["leak"]["losses"], numbers["validation_losses"])
    for (label, style), losses in zip(STYLES.items(), curves, strict=True):
        epochs = range(1, len(losses) + 1)
        ax.plot(epochs, losses, lw=1.2, ms=3.5, label=label, **style)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set(xlabel="epoch", ylabel=LOSS)


def draw_numbers(ax: Axes, numbers: Mapping[str, Any], bar: Mapping[str, Any]) -> None:
    """A row for each number."""
    seen = (numbers["train_loss"], numbers["leak"]["leaky"])
    held_out = (numbers["cold"], numbers["carried"], bar)
    training, at_random, honest = STYLES.values()
    for row, (loss, style) in enumerate(zip(seen, (training, at_random), strict=True)):
        ax.plot(loss, row, ms=5, **style)
        write_beside(ax, f"{loss:.2f}", (loss, row), xytext=(-6, 0), ha="right", va="center")
    for row, losses in enumerate(held_out, start=len(seen)):
        colour = COLOURS["green"] if losses is bar else honest["color"]
        ax.plot(losses["held_out"], row, "D" if losses is bar else "o", ms=5, color=colour)
        write_above(ax, losses["held_out"], row)
