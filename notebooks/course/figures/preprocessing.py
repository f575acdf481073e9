"""The figures of notebook 01."""

import math
import textwrap
from collections import Counter

from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from torch import Tensor

from ..display import COLOURS, visible


def speakers(speeches: list[tuple[int, str]], plays: dict[str, int], length: int) -> Figure:
    """A tick for each speech (start, speaker) of the busiest speakers; plays are {title: start}."""
    names = [name for _, name in speeches]
    rows = sorted(dict(Counter(names).most_common(20)), key=names.index)
    fig, ax = plt.subplots(figsize=(6.3, 2.9))
    for y, row in enumerate(rows):  # one line per row, with gaps, keeps the file small
        x = [at for start, name in speeches if name == row for at in (start, start, math.nan)]
        ax.plot(x, [y - 0.4, y + 0.4, math.nan] * (len(x) // 3), COLOURS["output"], linewidth=0.35)
    for title, start in plays.items():
        ax.axvline(start, color=COLOURS["quiet"], linewidth=0.5, linestyle=":")
        ax.text(start, -0.8, textwrap.fill(title, 10), fontsize=6, va="bottom", linespacing=0.95)
    ax.vlines([0.9 * length, 0.95 * length], -0.7, len(rows), COLOURS["forget"], linewidth=0.9)
    ax.set(ylim=(len(rows) - 0.4, -0.7), xlim=(0, length), xlabel="place in the file")
    ax.set_yticks(range(len(rows)), [name[:24] for name in rows], fontsize=6.5, parse_math=False)
    ax.set_xticks([length * k / 10 for k in range(11)], [f"{10 * k} %" for k in range(11)])
    return fig


def frequencies(counts: Counter) -> Figure:
    """A bar for each of the most frequent characters, coloured by kind, on a logarithmic scale."""
    kinds = {"letter": "output", "capital": "input", "space": "candidate", "other": "cell"}
    fig, ax = plt.subplots(figsize=(6.3, 2.1))
    for x, (character, count) in enumerate(most := counts.most_common(80)):
        kind = "letter" if character.isalpha() else "space" if character.isspace() else "other"
        kind = "capital" if character.isupper() else kind
        ax.bar(x, count, color=COLOURS[kinds[kind]])
    handles = [plt.Rectangle((0, 0), 1, 1, color=COLOURS[colour]) for colour in kinds.values()]
    ax.legend(handles, kinds, loc="upper right")
    ax.set(yscale="log", xlim=(-0.8, len(most) - 0.2), ylabel="occurrences")
    ax.set_xticks(range(len(most)), [visible(c) for c, _ in most], parse_math=False)
    ax.tick_params(axis="x", labelsize=6.5, labelfontfamily="DejaVu Sans Mono")
    return fig


def leak(validation: Tensor, seq_len: int, leakage: dict[int, float], cut: float) -> Figure:
    """Neighbouring windows, some for `validation` (windows,), and shared characters by stride."""
    fig, (left, right) = plt.subplots(1, 2, figsize=(6.3, 2.0))
    stretches = validation.unfold(0, min(24, len(validation)), 1).int()  # (stretches, windows)
    middle = stretches[:, 6:-6].sum(1)  # three held-out windows in the middle look best
    best = ((middle - 3).abs() + stretches.sum(1) - middle).argmin()
    for row, held_out in enumerate(stretches[best].tolist()):
        left.barh(row, seq_len, left=row, color=COLOURS["forget" if held_out else "hidden"])
    left.set(ylim=(24, -1), yticks=[], ylabel="neighbouring windows", xlabel="characters")
    right.semilogx(*zip(*leakage.items(), strict=True), "o-", base=2, color=COLOURS["forget"])
    right.axhline(cut, color=COLOURS["input"])
    right.text(1, 0.84, "random split", color=COLOURS["forget"])
    right.text(1, cut + 0.05, "contiguous split", color=COLOURS["input"])
    right.set(xlabel="stride", ylabel="share of targets shared", ylim=(-0.04, 1.06))
    right.set_xticks(list(leakage), list(leakage))
    return fig


def ngrams(losses: dict[str, dict[str, list[float]]]) -> Figure:
    """Losses by order, {smoothing: {"validation"|"test": losses}}."""
    fig, ax = plt.subplots(figsize=(6.3, 2.1))
    for (name, by_part), colour in zip(losses.items(), ("output", "forget"), strict=True):
        for part, style in (("test", "s--"), ("validation", "o-")):
            label = f"{name.replace('_', '-').title()}, {part}"
            ax.plot(by_part[part], style, color=COLOURS[colour], markersize=3.5, label=label)
    ax.legend()
    ax.set(xlabel="order: characters of context", ylabel="nats per character")
    return fig
