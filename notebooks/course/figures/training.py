"""The figures of notebook 03."""

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from torch import Tensor

from . import COLOURS, rows, write_beside
from .letters import write_letters

LOSS = "loss (nats per character)"

# What looks different without colour, too.
STYLES: dict[str, dict[str, Any]] = {
    "training text": {"color": COLOURS["black"], "marker": "^", "ls": ":"},
    "windows split at random": {"color": COLOURS["vermilion"], "marker": "s", "ls": "-."},
    "validation half": {"color": COLOURS["blue"], "marker": "o", "ls": "-"},
}
ROWS = (
    "training text",
    "windows split\nat random",
    "held out, cold",
    "held out, carried",
    "held out, n-grams",
)


def four_losses(numbers: Mapping[str, Any], bar: Mapping[str, Any]) -> Figure:
    """Left three losses after each epoch, right the numbers that they lead to.

    `numbers` are those that the notebook saves, and `bar` the losses of the n-gram model.
    """
    fig, (left, right) = plt.subplots(1, 2, figsize=(6.3, 3.2), width_ratios=[1.25, 1])
    draw_curves(left, numbers)
    draw_numbers(right, numbers, bar)
    claim = numbers["leak"]["claim"]
    if claim is not None:  # it is about Shakespeare
        mark_claim(left, claim)
    left.set(xlim=(0.5, None), title="During training")
    rows(right, ROWS, {}, claim)
    right.set(xlabel=LOSS, title="In the end")
    fig.legend(loc="outside upper left", ncols=4)
    return fig


def draw_curves(ax: Axes, numbers: Mapping[str, Any]) -> None:
    """The losses after each epoch."""
    curves = (numbers["train_losses"], numbers["leak"]["losses"], numbers["validation_losses"])
    for (label, style), losses in zip(STYLES.items(), curves, strict=True):
        epochs = range(1, len(losses) + 1)
        ax.plot(epochs, losses, lw=1.2, ms=3.5, label=label, **style)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set(xlabel="epoch", ylabel=LOSS)


def mark_claim(ax: Axes, claim: float) -> None:
    """A dashed line at the claimed loss, with its name."""
    ax.axhline(claim, color=COLOURS["black"], lw=0.8, ls="--")
    share_and_loss = ax.get_yaxis_transform()  # x is a share of the width, y a loss
    ax.text(0.02, claim, f"the claim, {claim:.2f}", transform=share_and_loss, va="bottom")


def draw_numbers(ax: Axes, numbers: Mapping[str, Any], bar: Mapping[str, Any]) -> None:
    """A row for each number, those on the last 10 % with their interval."""
    seen = (numbers["train_loss"], numbers["leak"]["leaky"])
    held_out = (numbers["cold"], numbers["carried"], bar)
    training, at_random, honest = STYLES.values()
    for row, (loss, style) in enumerate(zip(seen, (training, at_random), strict=True)):
        ax.plot(loss, row, ms=5, **style)
        write_above(ax, loss, row)
    for row, losses in enumerate(held_out, start=len(seen)):
        ax.plot(losses["interval"], (row, row), lw=1.2, color=honest["color"])
        ax.plot(losses["held_out"], row, "o", ms=5, color=honest["color"])
        write_above(ax, losses["held_out"], row)


def write_above(ax: Axes, loss: float, row: int) -> None:
    """Write a loss above its mark."""
    write_beside(ax, f"{loss:.2f}", (loss, row), xytext=(0, 6), ha="center")


def stages(rows: Sequence[tuple[str, str, float]]) -> Figure:
    """What a network writes as it learns: rows of (step, text, loss), the first one on top.

    Left the text, right the loss.
    """
    fig, (left, right) = plt.subplots(
        1, 2, figsize=(6.3, 0.8 + 0.3 * len(rows)), width_ratios=[3, 1], sharey=True
    )
    for y, (_, text, loss) in enumerate(rows):
        write_letters(left, text, 0, y - 0.5, 6.5)
        write_above(right, loss, y)
    losses = [loss for _, _, loss in rows]
    right.plot(losses, range(len(rows)), "o-", color=COLOURS["blue"], ms=5, lw=1)
    left.set_yticks(range(len(rows)), [step for step, _, _ in rows])
    left.tick_params(left=False)
    right.tick_params(left=False)
    left.set(xlim=(0, 1), xticks=[], ylabel="step", ylim=(len(rows) - 0.4, -0.8))
    left.spines[["left", "bottom"]].set_visible(False)
    right.spines["left"].set_visible(False)
    right.margins(x=0.15)
    right.set(xlabel="loss (nats)")
    return fig


def protocols(window: int) -> Figure:
    """How the text is cut, and the three ways in which a network reads its last 10 %."""
    fig, (cut, read) = plt.subplots(
        2, 1, figsize=(6.3, 2.5), height_ratios=[1, 2.4], gridspec_kw={"hspace": 0.1}
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
    names = ("cold", "carried", "learning while reading")
    says = (
        f"windows of {window}, each from an empty state",
        "one pass, the state is carried on",
        "one pass, and the weights learn after each chunk",
    )
    for y, (name, words) in enumerate(zip(names, says, strict=True)):
        read.barh(y, 50, left=0, height=0.34, color=COLOURS["sky"], alpha=0.6)
        read.barh(y, 50, left=50, height=0.34, color=COLOURS["orange"], alpha=0.6)
        if name == "cold":
            for start in range(0, 100, 10):
                read.annotate("", (start + 9.6, y), (start + 0.4, y), arrowprops=arrow)
        else:
            read.annotate("", (100, y), (0, y), arrowprops=arrow)
        if name == names[-1]:
            read.plot(range(5, 100, 5), [y] * 19, "|", color=COLOURS["vermilion"], ms=9, mew=1.5)
        read.text(0, y - 0.24, words, va="bottom", size=8)
    read.set_yticks(range(3), names)
    read.tick_params(left=False)
    read.set(xlim=(0, 100), ylim=(2.5, -0.75), xticks=[], xlabel="the last 10 % of the text")
    for spine in read.spines.values():
        spine.set_visible(False)
    return fig


def overfitting(
    train_losses: Sequence[float],
    validation_losses: Sequence[float],
    kept: int,
    claim: float | None,
) -> Figure:
    """Training and validation loss of a network that memorises; `kept` is an epoch, from 0."""
    fig, ax = plt.subplots(figsize=(4.8, 2.4))
    epochs = range(1, len(train_losses) + 1)
    ax.plot(epochs, train_losses, lw=1.2, ms=3, label="training text", **STYLES["training text"])
    ax.plot(epochs, validation_losses, lw=1.2, ms=3, label="new text", **STYLES["validation half"])
    ax.axvline(kept + 1, color=COLOURS["green"], lw=1)
    height = ax.get_xaxis_transform()  # x is an epoch, y a share of the height
    ax.annotate("kept", (kept + 1, 1), (3, -8), xycoords=height, textcoords="offset points")
    if claim is not None:
        mark_claim(ax, claim)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set(xlabel="epoch", ylabel=LOSS)
    fig.legend(loc="outside right upper")
    return fig


def trained_on(is_target: Tensor, start: int, seq_len: int, shares: Sequence[float]) -> Figure:
    """Which characters around a held-out window were trained on, after each epoch.

    `is_target` is (epochs, characters), and the window starts at `start`. `shares` are those of
    all held-out characters that were trained on by then.
    """
    begin = max(0, start - 2 * seq_len)
    passage = is_target[:, begin : start + 3 * seq_len]  # (epochs, characters)
    epochs, characters = passage.shape
    fig, ax = plt.subplots(figsize=(6.3, 0.7 + 0.3 * epochs))
    white_or_orange = ListedColormap(["white", COLOURS["orange"]])
    ax.imshow(
        passage.numpy(), cmap=white_or_orange, vmin=0, vmax=1, aspect="auto", interpolation="none"
    )
    offset: dict[str, Any] = {"textcoords": "offset points", "annotation_clip": False}
    for row, share in enumerate(shares):
        ax.axhline(row + 0.5, color="white", lw=3)
        ax.annotate(f"{100 * share:.0f} %", (characters - 0.5, row), (4, -3), **offset)
    first = start + 1 - begin  # of the window's targets
    for end in (first, first + seq_len):
        ax.axvline(end - 0.5, color=COLOURS["blue"], lw=1.2)
    middle = (first + seq_len / 2, -0.5)
    ax.annotate("a held-out window", middle, (0, 3), ha="center", color=COLOURS["blue"], **offset)
    ax.set_yticks(range(epochs), [f"after epoch {epoch}" for epoch in range(1, epochs + 1)])
    ax.set(xlabel="characters of the text")
    ax.tick_params(left=False)
    return fig


def where_the_loss_is(
    edges: Sequence[int],
    by_position: Mapping[str, Sequence[float]],
    by_kind: Mapping[str, Mapping[str, float]],
) -> Figure:
    """Loss by position in a window, and by kind of character.

    `by_position` has for each protocol a mean loss for each interval between neighbouring `edges`,
    and `by_kind` is {kind: {"loss", "share"}}.
    """
    fig, (left, right) = plt.subplots(1, 2, figsize=(6.3, 2.4))
    looks = ({"color": COLOURS["blue"]}, {"color": COLOURS["vermilion"], "ls": "--"})
    for (protocol, losses), look in zip(by_position.items(), looks, strict=True):
        left.stairs(losses, edges, baseline=None, label=protocol, **look)
    left.legend()
    left.set(xlabel="position in the window", ylabel=LOSS)

    for kind in sorted(by_kind, key=lambda kind: by_kind[kind]["loss"]):
        loss = by_kind[kind]["loss"]
        share = by_kind[kind]["share"]
        right.barh(kind, loss, color=COLOURS["blue"], height=0.65)
        right.annotate(f"{100 * share:.0f} %", (loss, kind), (3, -3), textcoords="offset points")
    right.margins(x=0.15)
    right.set(xlabel=LOSS)
    return fig
