"""The figures of notebook 03."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator
from torch import Tensor

from . import COLOURS, rows, write_loss
from .letters import draw_line, text_axes

LOSS = "loss (nats per character)"
LABEL = 9  # columns right of windows, for what they are for
STAGE = 54  # letters that fit beside the losses of the stages
LETTERS = 7.6  # their size, in points
HELD_OUT = "#F5C58C"  # light enough for the text on it
FOR_TRAINING = "#EEF3F7"
EARLY = 0.05  # of the steps, in which a loss falls too steeply to be shown whole

# What looks different without colour, too.
PARTS: dict[str, dict[str, Any]] = {  # of a split
    "training": {"facecolor": COLOURS["sky"], "edgecolor": COLOURS["sky"]},
    "held out": {"facecolor": COLOURS["vermilion"], "hatch": "//////", "edgecolor": "white"},
    "neither": {"facecolor": "white", "edgecolor": COLOURS["grey"]},
}
STYLES: dict[str, dict[str, Any]] = {
    "training text": {"color": COLOURS["black"], "marker": "^", "ls": ":"},
    "windows split at random": {"color": COLOURS["vermilion"], "marker": "s", "ls": "-."},
    "validation half": {"color": COLOURS["blue"], "marker": "o", "ls": "-"},
}


def windows(texts: Sequence[str], is_held_out: Tensor) -> Figure:
    """Windows as they lie in the text, each a character further right than the one above.

    Those that `is_held_out` (windows,) marks are in colour, and labelled.
    """
    length = len(texts[0])
    columns = length + len(texts) - 1 + LABEL
    fig, [ax], size = text_axes(1, columns, rows=len(texts))
    for k, (text, held_out) in enumerate(zip(texts, is_held_out.tolist(), strict=True)):
        colour = HELD_OUT if held_out else FOR_TRAINING
        draw_line(ax, text, k, size, [colour] * length, left=k)
        if held_out:
            ax.text(k + length + 0.6, k + 0.5, "held out", va="center", weight="bold")
    return fig


def leak(texts: Sequence[str], held_out: int) -> Figure:
    """Neighbouring windows as in `windows`, the one in the row `held_out` between two lines.

    What is between the lines in other rows is trained on.
    """
    fig = windows(texts, torch.arange(len(texts)) == held_out)
    [ax] = fig.axes
    last = len(texts) - 1
    length = len(texts[0])
    ax.text(last + length + 0.6, last + 0.5, "for training", va="center")
    ax.vlines([held_out, held_out + length], 0, len(texts), color=COLOURS["vermilion"], lw=1)
    return fig


def three_losses(losses: Mapping[str, float], claim: float) -> Figure:
    """A row for each loss, {name: loss}; the last one is that on new text."""
    fig, ax = plt.subplots(figsize=(6.3, 1.5))
    *_, new = losses
    rows(ax, list(losses), claim)
    for y, (name, loss) in enumerate(losses.items()):
        colour = COLOURS["vermilion" if name == new else "blue"]
        ax.plot(loss, y, "o", color=colour, ms=7)
        write_loss(ax, loss, y, claim)
    highest = max(losses.values())
    ax.set(xlabel=LOSS, xlim=(-0.1 * highest, 1.15 * highest))  # from 0, with room for numbers
    return fig


def leakage(shares: Mapping[int, float]) -> Figure:
    """The share of targets that were trained on, by the distance between windows.

    The shares are those of random splits, {stride: share}.
    """
    fig, ax = plt.subplots(figsize=(4.2, 2))
    strides = list(shares)
    names = [str(stride) for stride in strides]
    percentages = [100 * share for share in shares.values()]
    ax.semilogx(strides, percentages, "o-", base=2, color=COLOURS["vermilion"])
    ax.set(xlabel="stride: distance between windows", ylim=(-4, 106))
    ax.set_ylabel("targets trained on (%)")
    ax.set_xticks(strides, names)
    return fig


def cut(starts: Sequence[int], parts: Sequence[str], length: int, at: int) -> Figure:
    """Windows by their first characters, around the cut before the character `at`.

    `parts` are "training", "held out" or "neither".
    """
    fig, ax = plt.subplots(figsize=(6.3, 1.9))
    draw_windows(ax, starts, parts, length)
    ax.axvline(at, color=COLOURS["black"], lw=1)
    ax.set(ylabel=f"every {starts[1] - starts[0]}th window", xlabel="characters of the text")
    return fig


def draw_windows(ax: Axes, starts: Sequence[int], parts: Sequence[str], length: int) -> None:
    """A bar for each window, one below the other, by the part of the split to which it belongs."""
    for row, (start, part) in enumerate(zip(starts, parts, strict=True)):
        ax.barh(row, length, left=start, height=0.75, **PARTS[part])
    shown = [part for part in PARTS if part in parts]
    handles = [plt.Rectangle((0, 0), 1, 1, **PARTS[part]) for part in shown]
    ax.legend(handles, shown, ncols=3, loc="lower left", bbox_to_anchor=(0, 1), borderaxespad=0)
    ax.set(ylim=(len(parts), -1), yticks=[])


def stages(rows: Sequence[tuple[str, str, float]]) -> Figure:
    """What a network writes as it learns: rows of (step, text, loss), the first one on top.

    Left the text, right the loss.
    """
    fig, (left, right) = plt.subplots(
        1, 2, figsize=(6.3, 0.8 + 0.3 * len(rows)), width_ratios=[3, 1], sharey=True
    )
    for y, (_, text, loss) in enumerate(rows):
        draw_line(left, text[:STAGE], y - 0.5, LETTERS)
        write_loss(right, loss, y)
    losses = [loss for _, _, loss in rows]
    right.plot(losses, range(len(rows)), "o", color=COLOURS["blue"], ms=5)
    left.set_yticks(range(len(rows)), [step for step, _, _ in rows])
    left.tick_params(left=False)
    right.tick_params(left=False)
    left.set(xlim=(0, 1), xticks=[], ylabel="step", ylim=(len(rows) - 0.4, -0.8))
    left.spines[["left", "bottom"]].set_visible(False)
    right.spines["left"].set_visible(False)
    right.margins(x=0.3)  # for the number beside the highest loss
    right.set(xlabel="loss (nats)")
    return fig


NETWORKS: list[dict[str, Any]] = [  # in the figure of learning curves
    {"color": COLOURS["blue"], "ls": "-"},
    {"color": COLOURS["vermilion"], "ls": (0, (6, 1.5))},
    {"color": COLOURS["green"], "ls": (0, (1.5, 1))},
]
NETWORK_MARKS = ("o", "s", "^")


def learning_curves(networks: Sequence[Mapping[str, Any]]) -> Figure:
    """Losses of up to three networks over their training steps, and their learning rates below.

    A network has its "name", "train_loss" and "learning_rate" at each "step", and "val_loss" at
    each "val_step". Its training losses are means over some steps. What is above all losses after
    the first steps is cut off.
    """
    fig, (above, below) = plt.subplots(
        2, 1, figsize=(6.3, 3.2), height_ratios=[2.4, 1], sharex=True
    )
    names: list[Any] = []  # handles of the legend
    for network, look, marker in zip(networks, NETWORKS, NETWORK_MARKS, strict=False):
        _draw_losses(above, network, look, marker)
        _draw_curve(below, network["step"], network["learning_rate"], look | {"lw": 1.2})
        names.append(Line2D([], [], lw=1.2, marker=marker, ms=4.5, label=network["name"], **look))
    highest = max(loss for network in networks for loss in late_losses(network))
    lowest, _ = above.get_ylim()
    above.set(ylabel=LOSS, ylim=(lowest, highest + 0.05 * (highest - lowest)))
    fastest = max(max(network["learning_rate"]) for network in networks)
    last = max(max(steps_of(network)) for network in networks)
    below.set(xlim=(-0.02 * last, 1.02 * last), ylim=(0, 1.2 * fastest))
    below.set(xlabel="training steps", ylabel="learning rate")
    below.xaxis.set_major_locator(MaxNLocator(integer=True))
    below.xaxis.set_major_formatter("{x:,.0f}")
    below.yaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))
    below.yaxis.set_major_formatter("{x:g}")
    fig.align_ylabels()
    black: dict[str, Any] = {"color": COLOURS["black"], "lw": 0.7}
    meanings: list[Any] = [
        Line2D([], [], label="line: training loss", **black),
        Line2D([], [], ls="--", marker="o", ms=4.5, label="marks: validation loss", **black),
    ]
    fig.legend(handles=names, loc="outside upper center", ncols=3, handlelength=3)
    fig.legend(handles=meanings, loc="outside lower center", ncols=2, handlelength=3)
    return fig


def steps_of(network: Mapping[str, Any]) -> list[int]:
    """The steps at which losses of a network are known."""
    return [*network["step"], *network["val_step"]]


def late_losses(network: Mapping[str, Any]) -> list[float]:
    """The losses of a network after its first steps."""
    steps = steps_of(network)
    losses = [*network["train_loss"], *network["val_loss"]]
    early = EARLY * max(steps)
    return [loss for step, loss in zip(steps, losses, strict=True) if step > early]


def _draw_losses(
    ax: Axes, network: Mapping[str, Any], look: Mapping[str, Any], marker: str
) -> None:
    """A thin line for the training loss, and marks for the validation loss."""
    _draw_curve(ax, network["step"], network["train_loss"], {**look, "lw": 0.8})
    marks: dict[str, Any] = {"color": look["color"], "marker": marker, "ms": 4.5, "zorder": 3}
    connection = "--" if len(network["val_step"]) > 2 else "none"
    ax.plot(network["val_step"], network["val_loss"], lw=0.7, ls=connection, **marks)


def _draw_curve(
    ax: Axes, steps: Sequence[int], values: Sequence[float], look: Mapping[str, Any]
) -> None:
    """A line, or a dot where there is only one step."""
    marker = "." if len(steps) == 1 else ""
    ax.plot(steps, values, marker=marker, **look)


def protocols(window: int) -> Figure:
    """How the text is cut, and the two ways in which a network reads its last 10 %."""
    fig, (cut, read) = plt.subplots(
        2, 1, figsize=(6.3, 2), height_ratios=[1, 1.6], gridspec_kw={"hspace": 0.1}
    )
    cut.barh(0, 90, left=0, height=0.8, color="#dddddd")
    cut.barh(0, 5, left=90, height=0.8, color=COLOURS["sky"])
    cut.barh(0, 5, left=95, height=0.8, color=COLOURS["orange"])
    cut.text(45, 0, "training text, 90 %", ha="center", va="center", size=8)
    cut.text(92.5, 0.75, "validation half", ha="right", va="center", size=8)
    cut.text(97.5, 0.75, "test half", ha="center", va="center", size=8)
    cut.set(xlim=(0, 100), ylim=(-0.5, 1))
    cut.axis("off")

    arrow: dict[str, Any] = {"arrowstyle": "-|>", "color": COLOURS["black"], "lw": 1}
    names = ("cold", "carried")
    says = (
        f"windows of {window}, each from an empty state",
        "one pass, the state is carried on",
    )
    for y, (name, words) in enumerate(zip(names, says, strict=True)):
        read.barh(y, 50, left=0, height=0.34, color=COLOURS["sky"], alpha=0.6)
        read.barh(y, 50, left=50, height=0.34, color=COLOURS["orange"], alpha=0.6)
        if name == "cold":
            for start in range(0, 100, 10):
                read.annotate("", (start + 9.6, y), (start + 0.4, y), arrowprops=arrow)
        else:
            read.annotate("", (100, y), (0, y), arrowprops=arrow)
        read.text(0, y - 0.24, words, va="bottom", size=8)
    read.set_yticks(range(2), names)
    read.tick_params(left=False)
    read.set(xlim=(0, 100), ylim=(1.5, -0.75), xticks=[], xlabel="the last 10 % of the text")
    for spine in read.spines.values():
        spine.set_visible(False)
    return fig


def overfitting(
    train_losses: Sequence[float], validation_losses: Sequence[float], kept: int
) -> Figure:
    """Training and validation loss of a network that memorises; `kept` is an epoch, from 0."""
    fig, ax = plt.subplots(figsize=(4.8, 2.4))
    epochs = range(1, len(train_losses) + 1)
    ax.plot(epochs, train_losses, lw=1.2, ms=3, label="training text", **STYLES["training text"])
    ax.plot(epochs, validation_losses, lw=1.2, ms=3, label="new text", **STYLES["validation half"])
    ax.axvline(kept + 1, color=COLOURS["green"], lw=1)
    height = ax.get_xaxis_transform()  # x is an epoch, y a share of the height
    ax.text(kept + 1, 1.01, "kept", transform=height, ha="center", va="bottom")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set(xlabel="epoch", ylabel=LOSS)
    fig.legend(loc="outside right upper")
    return fig
