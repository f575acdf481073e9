"""The figures of notebook 05: gains, loss and text, more text, rivals by protocol."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..display import signed
from ..novelty import ratio
from . import COLOURS


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


def gains(
    rungs: Sequence[Mapping[str, Any]],
    predicted: Mapping[str, float | None],
    other_protocol: str | None = None,
) -> Figure:
    """What each rung gains: its interval, the gain of each seed, and what somebody expected.

    A rung has its name, `gain["held_out"]`, `gain["interval"]`, which is (low, high),
    `gain["by_seed"]`, and `carried["held_out"]`, the loss that it reaches. `predicted` are gains by
    the name of a rung, some of them None. The rung `other_protocol` is set apart by a line.
    """
    fig, ax = plt.subplots(figsize=(6.3, 1.1 + 0.3 * len(rungs)))
    right = ax.get_yaxis_transform()  # x as a share of the width, y as a row
    for y, rung in enumerate(rungs):
        _draw_gain(ax, y, rung["gain"])
        expected = predicted.get(rung["name"])
        if expected is not None:
            ax.plot(expected, y, "D", color=COLOURS["black"], ms=6, mfc="none", zorder=4)
        ax.text(1.02, y, f"{rung['carried']['held_out']:.3f}", transform=right, va="center")
        if rung["name"] == other_protocol:
            ax.axhline(y - 0.5, color=COLOURS["grey"], lw=0.8)
    ax.text(1.02, -0.8, "loss", transform=right, va="center", weight="bold")
    ax.axvline(0, color=COLOURS["black"], lw=0.9, ls="--", zorder=1)

    # Empty lines, only for the legend.
    line: dict[str, Any] = {"color": COLOURS["blue"]}
    ax.plot([], [], "|", ms=13, mew=2, label="gain", **line)
    ax.plot([], [], lw=5, alpha=0.35, label="95 % interval", **line)
    ax.plot([], [], "o", color=COLOURS["vermilion"], ms=3.5, label="one seed")
    if any(value is not None for value in predicted.values()):
        ax.plot([], [], "D", color=COLOURS["black"], mfc="none", label="predicted")
    ax.set_yticks(range(len(rungs)), [rung["name"] for rung in rungs])
    ax.set_ylim(len(rungs) - 0.4, -0.6)  # the first row is on top
    ax.margins(x=0.12)
    ax.set(xlabel="gain over the rung before (nats per character)")
    fig.legend(loc="outside lower center", ncols=4)
    return fig


def _draw_gain(ax: Axes, y: int, gain: Mapping[str, Any]) -> None:
    """One row of `gains`; the dots of the seeds are apart, so that none hides another."""
    low, high = gain["interval"]
    by_seed = gain["by_seed"]
    ax.plot([low, high], [y, y], color=COLOURS["blue"], lw=5, alpha=0.35)
    ax.plot(gain["held_out"], y, "|", color=COLOURS["blue"], ms=13, mew=2)
    for k, of_seed in enumerate(by_seed):
        shift = 0.22 * (k - (len(by_seed) - 1) / 2)
        ax.plot(of_seed, y + shift, "o", color=COLOURS["vermilion"], ms=3.5, zorder=3)
    end = (max(high, *by_seed), y)
    words: dict[str, Any] = {"textcoords": "offset points", "va": "center"}
    on_lines = {"facecolor": "white", "edgecolor": "none", "pad": 0.5}
    ax.annotate(signed(gain["held_out"]), end, (7, 0), bbox=on_lines, **words)


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
