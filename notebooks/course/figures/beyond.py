"""The figure of notebook 05."""

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
