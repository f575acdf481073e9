"""The figures of notebook 05."""

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from ..display import COLOURS


def ladder(rungs: Sequence[Mapping[str, Any]], author: Mapping[str, Any]) -> Figure:
    """What each rung writes, against its loss, as numbered points; dashed lines: the author."""
    fig, axes = plt.subplots(1, 2, figsize=(6.3, 2.9), sharex=True)
    shown = [rung for rung in rungs if rung["words"] is not None]
    for ax, name in zip(axes, ("real words, %", "malformed headings, %"), strict=True):
        for k, rung in enumerate(shown, 1):
            share, x = percent(rung, name), rung["carried"]["validation"]
            if share is not None:
                ax.plot(x, share, "o", ms=11, color=COLOURS["output"], mec="white", zorder=k + 2)
                style = {"color": "white", "ha": "center", "va": "center_baseline"}
                ax.annotate(k, (x, share), fontsize=7.5, zorder=k + 2, **style)
        if (level := percent(author, name)) is not None:
            ax.axhline(level, color=COLOURS["text"], lw=0.9, ls="--")
        ax.margins(0.12)
        if (limits := ax.get_ylim())[1] - limits[0] < 2:  # all alike
            ax.set_ylim(limits[0] - 1, limits[1] + 1)
        ax.set(xlabel="loss on the validation half, carried", ylabel=name)
    for k, rung in enumerate(shown, 1):  # the legend says what the numbers mean
        axes[0].plot([], [], " ", label=f"{k}  {rung['name']}")
    axes[0].invert_xaxis()
    fig.legend(loc="outside lower center", ncols=3, handlelength=0)
    return fig


def percent(found: Mapping[str, Any], name: str) -> float | None:
    """A share in percent; None where there is nothing to count."""
    if name.startswith("real"):
        return found["words"] and 100 * found["words"]
    return 100 * found["malformed"] / found["headings"] if found["headings"] else None


def depth(rows: Sequence[Mapping[str, Any]]) -> Figure:
    """Loss by number of layers in each series of runs; gradients by layer of the deepest."""
    fig, (left, right) = plt.subplots(1, 2, figsize=(6.3, 2.2))
    styles = {"equal parameters": "o-", "equal time": "s--", "normalised": "^-", "residual": "D-"}
    colours = ("output", "quiet", "input", "forget")
    for (series, style), colour in zip(styles.items(), colours, strict=True):
        runs = sorted((run for run in rows if run["series"] == series), key=lambda r: r["layers"])
        losses = [float(run["carried_validation"]) for run in runs]
        label = f"plain, {series}" if series.startswith("equal") else series
        layers = [run["layers"] for run in runs]
        left.plot(layers, losses, style, color=COLOURS[colour], ms=4, label=label)
        if series != "equal time":
            norms = runs[-1]["gradients"]
            right.plot(range(1, len(norms) + 1), norms, style, color=COLOURS[colour], ms=4)
    left.set(xlabel="layers", ylabel="loss, carried", xticks=range(1, 5))
    right.set(xlabel="layer, from the bottom", ylabel="norm of the gradient", xticks=range(1, 5))
    right.set_ylim(0, None)
    fig.legend(loc="outside lower center", ncols=4)
    return fig


def seconds(curves: Mapping[str, tuple[Sequence[float], Sequence[float]]], bar: float) -> Figure:
    """Validation loss over training time, {network: (seconds, losses)}; dashed: the n-grams."""
    fig, ax = plt.subplots(figsize=(6.3, 2.4))
    for (name, (times, losses)), marker in zip(curves.items(), "osD^v", strict=False):
        ax.plot(times, losses, marker=marker, ms=4, label=name)
    ax.axhline(bar, color=COLOURS["text"], lw=0.9, ls="--", label="Kneser-Ney")
    ax.set(xlabel="seconds of training", ylabel="loss, cold windows", xlim=(0, None))
    ax.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    return fig


def texts(rows: Sequence[tuple[str, Mapping[str, float]]]) -> Figure:
    """Losses on several texts as points in one row each, [(text, {model: bits})]."""
    fig, ax = plt.subplots(figsize=(6.3, 0.9 + 0.33 * len(rows)))
    for (model, marker), colour in zip(
        (("Kneser-Ney", "|"), ("LSTM", "o"), ("with copy head", "D"), ("with n-grams", "s")),
        ("text", "quiet", "output", "forget"),
        strict=True,
    ):
        points = [(found[model], k) for k, (_, found) in enumerate(rows) if model in found]
        style: dict[str, Any] = {"ms": 9, "mew": 2} if marker == "|" else {"ms": 5, "mew": 0}
        ax.plot(*zip(*points, strict=True), marker, color=COLOURS[colour], label=model, **style)
    ax.set_yticks(range(len(rows)), [name for name, _ in rows])
    ax.invert_yaxis()
    ax.margins(y=0.2)
    ax.set(xlabel="bits per character")
    fig.legend(loc="outside lower center", ncols=4)
    return fig
