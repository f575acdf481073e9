"""Figures that only the evidence has: losses, tenths, names, what is written, rivals."""

from collections.abc import Mapping, Sequence
from statistics import mean
from typing import Any

from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator
from torch import Tensor

from course.figures import COLOURS, inside, rows, who_copies, write_loss
from course.figures.letters import text_panels, wrap
from course.figures.training import LOSS, STYLES

from ..marks import MALFORMED, RETURNING, UNKNOWN, Mark

LOSSES = (  # rows of the figure of the claim
    "training text",
    "windows split\nat random",
    "the last tenth",
    "the last tenth,\ncounting",
)

MARKS = {UNKNOWN: "vermilion", MALFORMED: "black", RETURNING: "blue"}

LARGE = 10  # points
NAMES = 5  # tenths right of the dots, for the names of the models

# Texts beside each other.
LETTERS = 32  # in a line
LINES = 22  # of a text, at most


def tenths(numbers: Sequence[int], losses: Mapping[str, Sequence[float]], claim: float) -> Figure:
    """A dot for each model over each tenth that was held out, and a line at its mean."""
    fig, ax = plt.subplots(figsize=(6.3, 3))
    end = numbers[-1] + 0.6  # of the dots: right of it are the names
    words: dict[str, Any] = {"xytext": (0, 3), "textcoords": "offset points", "size": LARGE}
    looks = (("s", "black"), ("^", "vermilion"), ("o", "blue"))
    for (name, values), (marker, colour) in zip(losses.items(), looks, strict=True):
        ax.plot(numbers, values, marker, color=COLOURS[colour], ms=6)
        middle = mean(values)
        ax.axhline(middle, color=COLOURS[colour], lw=1, alpha=0.6, zorder=0)
        ax.annotate(f"{name}, mean {middle:.2f}", (end, middle), color=COLOURS[colour], **words)
    ax.axhline(claim, color=COLOURS["black"], lw=1.4, ls="--", zorder=0)
    words |= {"xytext": (0, -4), "va": "top", "weight": "bold"}
    ax.annotate(f"claimed {claim:.2f}", (end, claim), **words)
    ax.set(xlim=(numbers[0] - 0.5, end + NAMES), xticks=list(numbers))
    ax.set_xlabel("the tenth of the text that is held out", size=LARGE, loc="left")
    ax.set_ylabel(LOSS, size=LARGE)
    ax.tick_params(labelsize=LARGE)
    ax.spines["bottom"].set_bounds(numbers[0] - 0.5, end)
    return fig


def beginning(text: str) -> int:
    """How many characters of a text fit into a panel of `specimens`."""
    lines = wrap(text, LETTERS - 1)[:LINES]  # the sign for the line break takes a column, too
    return text.rfind("\n", 0, lines[-1].stop) + 1 or lines[-1].stop


def specimens(panels: Sequence[tuple[str, str, Tensor, Sequence[Mark]]]) -> Figure:
    """Texts beside each other, (title, text, surprise in bits, marks), shaded by their surprise.

    A mark has a line under it, in the colour of its kind.
    """
    below = inside.BELOW + 0.25  # for the legend
    scale = ScalarMappable(Normalize(0, inside.MOST_BITS), inside.SURPRISE)
    coloured = []
    for title, text, surprise, _ in panels:
        coloured.append((title, text, scale.to_rgba(surprise.numpy()).tolist()))
    fig, drawn = text_panels(coloured, LETTERS, across=len(panels), below=below)
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


def names(panels: Mapping[str, Mapping[str, Sequence[float]]]) -> Figure:
    """The bits of names where they return: a panel for each group of names, a row for each past.

    A past is one of `course.figures.inside.PASTS`. All panels have the same scale.
    """
    ends = [1.04 * max(max(bits) for bits in pasts.values()) for pasts in panels.values()]
    fig, axes = plt.subplots(
        1, len(panels), figsize=(6.3, 2.7), sharey=True, squeeze=False, width_ratios=ends
    )
    colours = [COLOURS["vermilion"], COLOURS["blue"]]
    for ax, end, (title, pasts), colour in zip(axes[0], ends, panels.items(), colours, strict=True):
        rows(ax, list(inside.PASTS.values()))
        for row, past in enumerate(inside.PASTS):
            inside.draw_names(ax, row, pasts[past], [colour] * len(pasts[past]))
        ax.set(xlim=(0, end), title=title)
    fig.supxlabel("surprise at the whole name (bits)", size=9)
    return fig


def four_losses(
    baseline: Mapping[str, Any], at_random: Mapping[str, Any], last_tenth: float, counting: float
) -> Figure:
    """Left four losses, right the curves that lead to three of them.

    `baseline` and `at_random` are two trainings: on the training text, and on windows of a random
    split. `last_tenth` is the loss of the first, and `counting` that of n-grams there.
    """
    fig, (left, right) = plt.subplots(
        1, 2, figsize=(6.3, 2.7), width_ratios=[1.15, 1], gridspec_kw={"wspace": 0.08}
    )
    claim = at_random["claim"]
    losses = (baseline["train_loss"], at_random["leaky"], last_tenth, counting)
    draw_ends(left, losses, claim)
    curves = (baseline["train_losses"], at_random["losses"], baseline["validation_losses"])
    draw_curves(right, curves, claim)
    return fig


def draw_ends(ax: Axes, losses: Sequence[float], claim: float) -> None:
    """A row for each of four losses, with the marks that their curves have."""
    looks = [*STYLES.values(), {"color": COLOURS["green"], "marker": "D"}]
    rows(ax, LOSSES, claim)
    for row, (loss, look) in enumerate(zip(losses, looks, strict=True)):
        ax.plot(loss, row, **look | {"ms": 7})
        write_loss(ax, loss, row, claim, size=LARGE, weight="bold")
    ax.margins(x=0.32)  # for the numbers
    ax.set(xlabel=LOSS)


def draw_curves(ax: Axes, curves: Sequence[Sequence[float]], claim: float) -> None:
    """The losses after each epoch."""
    for (label, look), losses in zip(STYLES.items(), curves, strict=True):
        epochs = range(1, len(losses) + 1)
        ax.plot(epochs, losses, lw=1.2, ms=3.5, label=label, **look)
    ax.axhline(claim, color=COLOURS["black"], lw=1, ls="--", zorder=0)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set(xlim=(0.5, None), xlabel="epoch", ylabel=LOSS)
    ax.legend()


Curves = Mapping[str, Sequence[tuple[float, float]]]  # millions of characters read, and a value


def copying_networks(
    bits: Mapping[str, tuple[float, float]], names: Curves, letters: Curves
) -> Figure:
    """Left, what names cost, as it is and after reversed copies. Right, how copying grows.

    `names` are bits that reversed copies cost more, `letters` bits that letters cost less the
    second time.
    """
    fig = plt.figure(figsize=(6.3, 4.4))
    grid = fig.add_gridspec(2, 2, width_ratios=(1, 1.1))
    left = fig.add_subplot(grid[:, 0])
    who_copies.draw_names(left, bits)
    left.legend(handles=who_copies.MEANINGS, loc="upper center", bbox_to_anchor=(0.3, -0.12))
    above = fig.add_subplot(grid[0, 1])
    below = fig.add_subplot(grid[1, 1], sharex=above)
    looks = [("-", "blue"), ("--", "blue"), (":", "blue")]  # with a copy head
    looks += [("-", "black"), ("-", "vermilion"), ("--", "grey")]  # Transformers without one
    for ax, curves in ((above, names), (below, letters)):
        for (name, points), (line, colour) in zip(curves.items(), looks, strict=True):
            millions, values = zip(*points, strict=True)
            ax.plot(millions, values, line, color=COLOURS[colour], label=name)
    above.set_xscale("symlog", linthresh=0.1)
    above.set_xticks([0, 0.1, 1, 10], ["0", "0.1", "1", "10"])
    above.set(ylabel="names: bits")
    above.tick_params(labelbottom=False)
    below.set(xlabel="millions of characters read", ylabel="random letters: bits")
    below.legend(loc="upper center", bbox_to_anchor=(0.4, -0.28), ncols=2)
    return fig
