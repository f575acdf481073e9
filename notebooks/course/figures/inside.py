"""The figures of notebook 06."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib import pyplot as plt
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from torch import Tensor

from ..display import COLOURS, visible

# light enough for the text on them
SHADES = {"surprise": ["white", "#E69E4D"], "sign": ["#66AAD6", "white", "#E69E4D"]}
MONO = "DejaVu Sans Mono"  # each letter is 0.602 of its size wide


def coloured_text(
    panels: Sequence[tuple[str, str, Tensor]], low: float, high: float, label: str
) -> Figure:
    """Panels (title, text, values) side by side, each character on the colour of its value."""
    width, columns = (6.3 - 0.12 * (len(panels) - 1)) / len(panels), 60  # inches, characters
    size = 72 * width / (0.602 * columns)  # of the letters, in points
    line = rf"[^\n]{{0,{columns - 1}}}\n|[^\n]{{1,{columns}}}"  # a longer line is wrapped
    rows = [[found.span() for found in re.finditer(line, text)] for _, text, _ in panels]
    tall = max(map(len, rows)) * 1.3 * size / 72  # inches
    height, colours = tall + 0.68, SHADES["sign" if low < 0 else "surprise"]
    cmap = LinearSegmentedColormap.from_list("shades", colours)
    tile = [(-0.602, -1.3), (0.602, -1.3), (0.602, 1.3), (-0.602, 1.3)]
    drawn: Any = {"cmap": cmap, "vmin": low, "vmax": high, "marker": tile, "lw": 0}
    fig = plt.figure(figsize=(6.3, height), layout="none")
    for k, ((title, text, values), spans) in enumerate(zip(panels, rows, strict=True)):
        at = (k * (width + 0.12) / 6.3, 0.43 / height, width / 6.3, tall / height)
        ax = fig.add_axes(at, xlim=(0, columns), ylim=(max(map(len, rows)), 0))
        ax.axis("off")
        ax.set_title(title, loc="left")
        places = [(n - a + 0.5, row + 0.5) for row, (a, b) in enumerate(spans) for n in range(a, b)]
        x, y = zip(*places, strict=True)
        tiles = ax.scatter(x, y, (1.33 * size) ** 2, values, **drawn)
        for row, (a, b) in enumerate(spans):
            shown = "".join(c if c == " " else visible(c) for c in text[a:b])
            shown = re.sub("^ | (?= )", "\u00a0", shown)  # SVG drops all but one of several spaces
            style: Any = {"family": MONO, "size": size, "parse_math": False}
            ax.text(0, row + 0.5, shown, va="center_baseline", **style)
    bar = fig.add_axes((0.4, 0.27 / height, 0.3, 0.09 / height))
    beyond = "max" if max(values.max().item() for _, _, values in panels) > high else "neither"
    scale: Any = fig.colorbar(tiles, cax=bar, orientation="horizontal", extend=beyond)
    scale.outline.set_visible(False)
    bar.set_ylabel(label, rotation=0, ha="right", va="center")
    return fig


def calibration(stated: Tensor, came_true: Tensor) -> Figure:
    """A reliability diagram: for each bin, the mean probability and how often it came true."""
    fig, ax = plt.subplots(figsize=(3.6, 2.7))
    ax.plot([0, 1], [0, 1], color=COLOURS["quiet"], lw=0.8, ls="--")
    ax.plot(stated, came_true, "o-", ms=3, color=COLOURS["output"])
    ax.set(xlabel="probability of the likeliest character", ylabel="share that came true")
    return fig


def characters(panels: Mapping[str, Tensor], signs: Sequence[str], marked: Sequence[str]) -> Figure:
    """Panels of points (characters, 2), each drawn as its sign; those in `marked` stand out."""
    fig, axes = plt.subplots(1, len(panels), figsize=(6.3, 2.8))
    for ax, (title, points) in zip(axes, panels.items(), strict=True):
        ax.scatter(*points.T, s=0)  # sets the limits
        for (x, y), sign in zip(points.tolist(), signs, strict=True):
            colour = COLOURS["forget" if sign in marked else "output"]
            style = {"size": 10, "ha": "center", "va": "center", "parse_math": False}
            ax.text(x, y, visible(sign), color=colour, **style)
        ax.set(title=title, xticks=[], yticks=[])
    return fig


def context(lengths: Sequence[int], curves: Mapping[str, Tensor], ngram: Tensor) -> Figure:
    """Loss by characters of context; row k of ngram is the model of order k."""
    fig, ax = plt.subplots(figsize=(6.3, 2.6))
    for (name, losses), style in zip(curves.items(), ("o-", "--"), strict=False):
        ax.plot(lengths, losses, style, ms=3, color=COLOURS["output"], label=name)
    orders, red = range(1, len(ngram)), COLOURS["forget"]
    ax.plot(orders, ngram[1:], "s-", ms=3, color=red, label="n-gram model")
    ax.set_xscale("log", base=2)
    ax.set_xticks(lengths, [f"{n:,}" for n in lengths])
    ax.set(xlabel="characters of context", ylabel="loss (nats per character)")
    ax.legend()
    return fig


def gradients(curves: Mapping[str, Tensor]) -> Figure:
    """Norms of a gradient by steps back, on a logarithmic scale."""
    fig, ax = plt.subplots(figsize=(6.3, 2.8))
    for (name, norms), colour in zip(curves.items(), COLOURS.values(), strict=False):
        ax.plot(norms, color=colour, label=name)
    ax.set(yscale="log", xlabel="steps back, $k$", ylabel=r"gradient of $v \cdot h_T$")
    ax.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    return fig


def forget_bias(trials: Mapping[str, Mapping[int, Sequence]], guessing: float) -> Figure:
    """Training losses [seed][step] of each task by forget bias; `guessing` is for the first."""
    fig, axes = plt.subplots(1, len(trials), figsize=(6.3, 2.4))
    for ax, (task, by_bias) in zip(axes, trials.items(), strict=True):
        for (bias, losses), colour in zip(by_bias.items(), ("forget", "output"), strict=True):
            for seed, line in enumerate(losses):
                name = None if seed else f"$b_f = {bias}$"
                ax.plot(line, color=COLOURS[colour], lw=0.8, label=name)
        ax.set(title=task, xlabel="training step", ylabel="loss (nats)")
    axes[0].axhline(guessing, color=COLOURS["text"], lw=0.8, ls=":")
    axes[-1].legend()
    return fig
