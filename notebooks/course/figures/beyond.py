"""The figures of notebooks 05 (`ladder`, `gains`, `rivals`, `more_text`) and 07 (the others)."""

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..display import COLOURS, signed


def ladder(rungs: Sequence[Mapping[str, Any]], author: Mapping[str, Any]) -> Figure:
    """What each rung writes, against its loss, as numbered points; dashed lines: the author.

    Each has the counts of a `course.novelty.Study`; a rung also has its name and
    `rung["carried"]["validation"]`, its loss. Rungs without words are left out.
    """
    shown = [rung for rung in rungs if rung["words"] is not None]
    losses = [rung["carried"]["validation"] for rung in shown]
    fig, (left, right) = plt.subplots(1, 2, figsize=(6.3, 2.9), sharex=True)
    real = [real_words_in_percent(rung) for rung in shown]
    malformed = [malformed_in_percent(rung) for rung in shown]
    _numbered_points(left, losses, real, real_words_in_percent(author))
    _numbered_points(right, losses, malformed, malformed_in_percent(author))
    left.set_ylabel("real words, %")
    right.set_ylabel("malformed headings, %")
    left.invert_xaxis()
    for number, rung in enumerate(shown, 1):  # the legend says what the numbers mean
        left.plot([], [], " ", label=f"{number}  {rung['name']}")
    fig.legend(loc="outside lower center", ncols=3, handlelength=0)
    return fig


def _numbered_points(
    ax: Axes, losses: Sequence[float], shares: Sequence[float | None], level: float | None
) -> None:
    """Points that are numbered from 1, and a dashed line; those that are None are left out."""
    for number, (loss, share) in enumerate(zip(losses, shares, strict=True), 1):
        if share is None:
            continue
        layer = number + 2  # above the points before it
        ax.plot(loss, share, "o", ms=11, color=COLOURS["output"], mec="white", zorder=layer)
        ax.annotate(
            str(number),
            (loss, share),
            fontsize=7.5,
            color="white",
            ha="center",
            va="center_baseline",
            zorder=layer,
        )
    if level is not None:
        ax.axhline(level, color=COLOURS["text"], lw=0.9, ls="--")
    ax.margins(0.12)
    bottom, top = ax.get_ylim()
    if top - bottom < 2:  # per cent: all alike
        ax.set_ylim(bottom - 1, top + 1)
    ax.set_xlabel("loss on the validation half, carried")


def gains(rungs: Sequence[Mapping[str, Any]]) -> Figure:
    """What each rung gains, with its interval as a line and each seed's gain as a dot.

    A rung has its name, `gain["held_out"]`, `gain["interval"]`, which is (low, high), and
    `gain["by_seed"]`.
    """
    fig, ax = plt.subplots(figsize=(6.3, 0.7 + 0.27 * len(rungs)))
    for y, rung in enumerate(rungs):
        gain = rung["gain"]
        low, high = gain["interval"]
        ax.plot([low, high], [y, y], color=COLOURS["output"], lw=5, alpha=0.35)
        ax.plot(gain["held_out"], y, "|", color=COLOURS["output"], ms=13, mew=2)
        by_seed = gain["by_seed"]
        ax.plot(by_seed, [y] * len(by_seed), "o", color=COLOURS["forget"], ms=3.5, alpha=0.8)
        end = (max(high, *by_seed), y)
        ax.annotate(signed(gain["held_out"]), end, (6, -3), textcoords="offset points")
    ax.axvline(0, color=COLOURS["text"], lw=0.9, ls="--")
    ax.set_yticks(range(len(rungs)), [rung["name"] for rung in rungs])
    ax.invert_yaxis()
    ax.margins(x=0.12)
    ax.set(xlabel="gain over the rung before (nats per character, last 10 %, carried)")
    return fig


def more_text(curves: Mapping[str, Mapping[str, Any]], bar: float) -> Figure:
    """Loss by the number of characters to train on, {network: {"characters", "losses"}}."""
    fig, ax = plt.subplots(figsize=(4.6, 2.6))
    for marker, (name, curve) in zip("osD^", curves.items(), strict=False):
        ax.plot(curve["characters"], curve["losses"], marker=marker, ms=5, label=name)
    ax.axhline(bar, color=COLOURS["text"], lw=0.9, ls="--", label="Kneser-Ney, all of the text")
    ax.set_xscale("log", base=2)
    ticks = sorted({count for curve in curves.values() for count in curve["characters"]})
    ax.set_xticks(ticks, [f"{count / 1e6:.2f}" for count in ticks])
    ax.minorticks_off()
    ax.set(xlabel="million characters to train on", ylabel="carried loss, validation half")
    ax.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    return fig


def rivals(rows: Sequence[Mapping[str, Any]], claim: float | None = None) -> Figure:
    """Losses as dots in a row each, the highest loss on top: a half open, the other filled.

    A row has a `name`, its losses by part, of which the halves may be None, and `network`, which
    says whether it is a network or a compressor. A dashed line marks the claim.
    """
    shown = sorted(rows, key=lambda row: row["held_out"], reverse=True)
    fig, ax = plt.subplots(figsize=(6.3, 0.9 + 0.22 * len(shown)))
    for y, row in enumerate(shown):
        colour = COLOURS["output"] if row["network"] else COLOURS["forget"]
        ax.plot(row["held_out"], y, "|", color=colour, ms=11, mew=2)
        if row["validation"] is not None:
            halves = [row["validation"], row["test"]]
            ax.plot(halves, [y, y], color=colour, lw=1, zorder=1)
            ax.plot(row["validation"], y, "o", color=colour, ms=5, mfc="white")
            ax.plot(row["test"], y, "o", color=colour, ms=5)
    looks: dict[str, dict[str, Any]] = {
        "last 10 %": {"marker": "|", "ms": 11, "mew": 2},
        "validation half": {"marker": "o", "ms": 5, "mfc": "white"},
        "test half": {"marker": "o", "ms": 5},
    }
    for label, look in looks.items():
        ax.plot([], [], ls="none", color=COLOURS["text"], label=label, **look)
    ax.plot([], [], lw=2, color=COLOURS["forget"], label="compressor")
    ax.plot([], [], lw=2, color=COLOURS["output"], label="network")
    if claim is not None:
        ax.axvline(claim, color=COLOURS["text"], lw=0.9, ls="--", label="the claim", zorder=0)
    ax.set_yticks(range(len(shown)), [row["name"] for row in shown])
    ax.invert_yaxis()
    ax.set(xlabel="loss, learning while reading (nats per character)")
    fig.legend(loc="outside lower center", ncols=6, handlelength=1, columnspacing=1.2)
    return fig


def real_words_in_percent(found: Mapping[str, Any]) -> float | None:
    """Share of real words in per cent; None where there are no words."""
    if found["words"] is None:
        return None
    return 100 * found["words"]


def malformed_in_percent(found: Mapping[str, Any]) -> float | None:
    """Share of malformed headings in per cent; None where there are no headings."""
    if found["headings"] == 0:
        return None
    return 100 * found["malformed"] / found["headings"]


def depth(rows: Sequence[Mapping[str, Any]]) -> Figure:
    """Loss by number of layers in each series of runs; gradients by layer of the deepest.

    A row is a run: its `series`, `layers`, `parameters`, `carried_validation`, and `gradients`, the
    norm of the gradient of each layer's weights. A series may be missing.
    """
    looks = {  # label, format of the line, colour
        "equal parameters": ("plain, equal parameters", "o-", "output"),
        "equal time": ("plain, equal time", "s--", "quiet"),
        "normalised": ("normalised", "^-", "input"),
        "residual": ("residual", "D-", "forget"),
    }
    fig, (left, right) = plt.subplots(1, 2, figsize=(6.3, 2.2))
    for series, (label, line, colour) in looks.items():
        runs = [run for run in rows if run["series"] == series]
        if not runs:
            continue
        runs.sort(key=lambda run: run["layers"])
        layers = [run["layers"] for run in runs]
        losses = [run["carried_validation"] for run in runs]
        if series == "equal time":  # the only series whose networks differ in size
            smallest = runs[0]["parameters"] / 1e6
            largest = runs[-1]["parameters"] / 1e6
            label = f"{label} ({smallest:.1f} to {largest:.1f} M)"
        left.plot(layers, losses, line, color=COLOURS[colour], ms=4, label=label)
        if series != "equal time":
            norms = runs[-1]["gradients"]
            right.plot(range(1, len(norms) + 1), norms, line, color=COLOURS[colour], ms=4)
    deepest = max(run["layers"] for run in rows)
    ticks = range(1, deepest + 1)
    left.set(xlabel="layers", ylabel="loss, carried", xticks=ticks)
    right.set(xlabel="layer, from the bottom", ylabel="norm of the gradient", xticks=ticks)
    right.set_ylim(0, None)
    fig.legend(loc="outside lower center", ncols=4)
    return fig


def seconds(curves: Mapping[str, tuple[Sequence[float], Sequence[float]]], bar: float) -> Figure:
    """Validation loss over training time, {network: (seconds, losses)}; dashed: the n-grams."""
    fig, ax = plt.subplots(figsize=(6.3, 2.4))
    markers = ("o", "s", "D", "^", "v")
    for k, (name, (times, losses)) in enumerate(curves.items()):
        ax.plot(times, losses, marker=markers[k % len(markers)], ms=4, label=name)
    ax.axhline(bar, color=COLOURS["text"], lw=0.9, ls="--", label="Kneser-Ney")
    ax.set(xlabel="seconds of training", ylabel="loss, cold windows", xlim=(0, None))
    ax.legend(loc="center left", bbox_to_anchor=(1, 0.5))  # beside the axes
    return fig


def texts(rows: Sequence[tuple[str, Mapping[str, float]]]) -> Figure:
    """Losses on several texts as points in one row each, [(text, {model: bits})]."""
    looks: dict[str, dict[str, Any]] = {
        "Kneser-Ney": {"marker": "|", "color": COLOURS["text"], "ms": 9, "mew": 2},
        "LSTM": {"marker": "o", "color": COLOURS["quiet"], "ms": 5, "mew": 0},
        "with copy head": {"marker": "D", "color": COLOURS["output"], "ms": 5, "mew": 0},
        "with n-grams": {"marker": "s", "color": COLOURS["forget"], "ms": 5, "mew": 0},
    }
    fig, ax = plt.subplots(figsize=(6.3, 0.9 + 0.33 * len(rows)))
    for model, look in looks.items():
        losses = [bits[model] for _, bits in rows]
        ax.plot(losses, range(len(rows)), ls="none", label=model, **look)
    ax.set_yticks(range(len(rows)), [name for name, _ in rows])
    ax.invert_yaxis()
    ax.margins(y=0.2)
    ax.set(xlabel="bits per character")
    fig.legend(loc="outside lower center", ncols=4)
    return fig
