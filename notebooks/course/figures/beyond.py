"""The figures of notebook 05: what each step reaches and gains, the copy head."""

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..display import signed
from . import COLOURS, rows, write_beside, write_loss
from .letters import MONO


def answer(losses: Mapping[str, float], claim: float) -> Figure:
    """What each step reaches, {step: loss}, the highest on top; a dashed line marks the claim."""
    fig, ax = plt.subplots(figsize=(6.3, 0.9 + 0.28 * len(losses)))
    ax.plot(list(losses.values()), range(len(losses)), "o", color=COLOURS["blue"], ms=6, zorder=3)
    rows(ax, list(losses), claim)
    for y, loss in enumerate(losses.values()):
        write_loss(ax, loss, y, claim, size=10)
    ax.margins(x=0.14)
    ax.tick_params("y", length=0)
    ax.set(xlabel="loss on the last tenth, read in one pass (nats per character); lower is better")
    return fig


def gains(rungs: Sequence[Mapping[str, Any]]) -> Figure:
    """What each rung gains on the last 10 %, with its interval and seeds.

    A rung has its name, its "gain", and the "loss" that it reaches.
    """
    fig, ax = plt.subplots(figsize=(6.3, 1.1 + 0.3 * len(rungs)))
    right = ax.get_yaxis_transform()  # x as a share of the width, y as a row
    for y, rung in enumerate(rungs):
        _draw_gain(ax, y, rung["gain"])
        ax.text(1.02, y, f"{rung['loss']:.3f}", transform=right, va="center")
    ax.text(1.02, -0.8, "loss", transform=right, va="center", weight="bold")
    ax.axvline(0, color=COLOURS["black"], lw=0.9, ls="--", zorder=1)

    # Empty lines, only for the legend.
    line: dict[str, Any] = {"color": COLOURS["blue"]}
    ax.plot([], [], "|", ms=13, mew=2, label="gain", **line)
    ax.plot([], [], lw=5, alpha=0.35, label="95 % interval", **line)
    ax.plot([], [], "o", color=COLOURS["vermilion"], ms=3.5, label="one seed")
    rows(ax, [rung["name"] for rung in rungs])
    ax.margins(x=0.2)  # room for the number beside the longest interval
    ax.set(xlabel="gain over the one before, last 10 % (nats per character)")
    fig.legend(loc="outside lower center", ncols=3, handlelength=1.5, columnspacing=1.2)
    return fig


def _draw_gain(ax: Axes, y: int, gain: Mapping[str, Any]) -> None:
    """One row of `gains`; the dots of the seeds are apart, so that none hides another."""
    low, high = gain["interval"]
    by_seed = gain["by_seed"]
    ax.hlines(y, low, high, color=COLOURS["blue"], lw=5, alpha=0.35)  # its ends are not rounded
    ax.plot(gain["gain"], y, "|", color=COLOURS["blue"], ms=13, mew=2)
    for k, of_seed in enumerate(by_seed):
        shift = 0.14 * (k - (len(by_seed) - 1) / 2)
        ax.plot(of_seed, y + shift, "o", color=COLOURS["vermilion"], ms=3.5, zorder=3)
    right = max(high, *by_seed)
    # On the side that is away from the line at zero.
    if right < 0:
        end = min(low, *by_seed)
        where: dict[str, Any] = {"xytext": (-7, 0), "ha": "right"}
    else:
        end = right
        where = {"xytext": (7, 0), "ha": "left"}
    write_beside(ax, signed(gain["gain"]), (end, y), va="center", **where)


def rate(rates: Sequence[float], constant: float) -> Figure:
    """The learning rate of a schedule at each step, and a dashed line for a constant one."""
    fig, ax = plt.subplots(figsize=(6.3, 1.7))
    ax.plot(range(1, len(rates) + 1), rates, color=COLOURS["blue"], lw=1.5, label="one cycle")
    ax.axhline(constant, color=COLOURS["black"], lw=0.9, ls="--", label="constant")
    ax.set(xlabel="training step", ylabel="learning rate", ylim=(0, None))
    ax.legend()
    return fig


def copy_head(letters: str, weights: Sequence[float], writing: float, copied: str) -> Figure:
    """How the copy head predicts what follows `letters`: an arrow from all that it can do.

    `writing` is the attention to writing, the first, and `weights` are those to each letter; the
    arrow of a larger weight is thicker. `copied` is the letter that becomes likeliest.
    """
    fig, ax = plt.subplots(figsize=(6.3, 2.3))
    now = len(letters) + 1.2  # where the next character is predicted
    _draw_source(ax, (-1.6, now), "write", "", writing, COLOURS["vermilion"], "white")
    for x, (letter, weight) in enumerate(zip(letters, weights, strict=True)):
        is_copied = letter == copied
        colour = COLOURS["blue"] if is_copied else COLOURS["grey"]
        face = "#cfe3f1" if is_copied else "white"
        key = f"after {letters[max(0, x - 2) : x]}" if x else "(nothing)"
        _draw_source(ax, (x, now), letter, key, weight, colour, face)
    box = {"boxstyle": "circle,pad=0.35", "facecolor": "white", "edgecolor": COLOURS["black"]}
    ax.text(now, 0, "?", family=MONO, size=12, ha="center", va="center", bbox=box)
    ax.text(now, -0.62, f"after {letters[-2:]}", size=7.5, ha="center", va="center")
    ax.text(now, -0.95, "query", size=7.5, ha="center", va="center", style="italic")
    ax.text(-2.4, -0.62, "key", size=7.5, ha="right", va="center", style="italic")
    ax.text(-2.4, -0.95, "weight", size=7.5, ha="right", va="center", style="italic")
    ax.set(xlim=(-3.2, now + 0.9), ylim=(-1.2, 1.6))
    ax.axis("off")
    return fig


def _draw_source(
    ax: Axes,
    where: tuple[float, float],
    name: str,
    key: str,
    weight: float,
    colour: str,
    face: str,
) -> None:
    """A box with its key and weight, and an arrow from there: `where` is from and to."""
    x, now = where
    box = {"boxstyle": "square,pad=0.35", "facecolor": face, "edgecolor": colour}
    ax.text(x, 0, name, family=MONO, size=12, ha="center", va="center", bbox=box)
    ax.text(x, -0.62, key, size=7.5, ha="center", va="center")
    ax.text(x, -0.95, f"{weight:.2f}", size=9, ha="center", va="center")
    arrow: dict[str, Any] = {
        "arrowstyle": "-|>",
        "connectionstyle": "arc3,rad=-0.32",
        "color": colour,
        "lw": 0.5 + 5 * weight,
        "shrinkA": 14,
        "shrinkB": 16,
    }
    ax.annotate("", (now, 0.05), (x, 0.15), arrowprops=arrow)
