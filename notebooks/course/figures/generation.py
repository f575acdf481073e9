"""The figures of notebook 04: what temperature and cuts do, and what samplers write."""

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from ..display import visible
from . import COLOURS

LIKELIEST = 12  # characters in the figure of temperatures

# Bars and points that look different without colour, too.
BARS: list[dict[str, Any]] = [
    {"facecolor": COLOURS["blue"], "edgecolor": COLOURS["blue"]},
    {"facecolor": "white", "edgecolor": COLOURS["black"]},
    {"facecolor": "white", "edgecolor": COLOURS["vermilion"], "hatch": "//////"},
]
CUTS: list[dict[str, Any]] = [
    {"color": COLOURS["grey"], "ls": "--", "marker": ""},
    {"color": COLOURS["vermilion"], "ls": "-", "lw": 0.7, "marker": "s", "ms": 6, "mfc": "white"},
    {"color": COLOURS["blue"], "ls": "-", "lw": 0.7, "marker": "o", "ms": 3},
]
SERIES: list[dict[str, Any]] = [
    {"color": COLOURS["blue"], "ls": "-", "marker": "o", "ms": 5},
    {"color": COLOURS["vermilion"], "ls": "--", "marker": "s", "ms": 5},
    {"color": COLOURS["green"], "ls": "", "marker": "D", "ms": 5, "mfc": "white"},
    {"color": COLOURS["pink"], "ls": "", "marker": "^", "ms": 6, "mfc": "white"},
]
# Where a setting is written: left below the curve of temperatures, right above the others.
BESIDE = [(-15, -8), (4, 4), (4, 4), (4, 4)]


def temperature(p: dict[float, Tensor], chars: list[str], min_p: float) -> Figure:
    """Bars for the likeliest characters by p (vocab_size,) at three temperatures, 1.0 among them.

    The dashed line is where `min_p` cuts at temperature 1.
    """
    figure, ax = plt.subplots(figsize=(6.3, 2.4))
    likeliest = p[1.0].argsort(descending=True)[:LIKELIEST].tolist()
    for k, (name, probabilities) in enumerate(p.items()):
        offset = 0.27 * (k - 1)  # the second of three bars is above the character
        x = [position + offset for position in range(len(likeliest))]
        label = f"temperature {name}"
        ax.bar(x, probabilities[likeliest], width=0.24, lw=0.7, label=label, **BARS[k])
    cut = min_p * float(p[1.0].max())
    ax.axhline(cut, color=COLOURS["black"], ls="--", lw=0.9, label=f"min-p {min_p} at 1.0")
    ax.set_xticks(range(len(likeliest)), [visible(chars[k]) for k in likeliest])
    ax.tick_params("x", length=0)
    ax.set(xlabel="next character", ylabel="probability")
    ax.legend()
    return figure


def candidates(kept: dict[str, Tensor], passage: str) -> Figure:
    """How many characters each of three cuts keeps: counts, one for each character of a passage."""
    figure, ax = plt.subplots(figsize=(6.3, 2.2))
    for (name, counts), look in zip(kept.items(), CUTS, strict=True):
        ax.plot(range(len(counts)), counts, label=name, **look)
    ax.set_xticks(range(len(passage)), [visible(c) for c in passage])
    ax.tick_params("x", length=0)
    ax.margins(x=0.01)
    ax.set(xlabel="the character that followed", ylabel="candidates", ylim=(0, None))
    ax.legend(ncols=3, loc="lower center", bbox_to_anchor=(0.5, 1))  # above the axes
    return figure


def writers(
    writers: Sequence[Mapping[str, Any]], author: Mapping[str, Mapping[str, Any]]
) -> Figure:
    """Real words against distinct words: points for each kind of sampler, stars for the author.

    `writers` have counts of a `course.novelty.Study` and a name such as "temperature 0.8", a kind
    of sampler and its setting, which is written beside the point. `author` has counts of parts of
    the author's text. Texts without words are left out.
    """
    figure, ax = plt.subplots(figsize=(6.3, 2.9))
    for (kind, series), look, beside in zip(by_kind(writers).items(), SERIES, BESIDE, strict=False):
        ax.plot(*points(series), lw=1, label=kind, **look)
        for each in series:
            if each["words"] is not None:
                setting = each["name"].removeprefix(f"{kind} ")
                offset = {"textcoords": "offset points", "color": look["color"]}
                ax.annotate(setting, in_percent(each), beside, **offset)
    for (name, counts), face in zip(author.items(), (COLOURS["black"], "white"), strict=True):
        ax.plot(*points([counts]), "*", ms=10, color=COLOURS["black"], mfc=face, label=name)
    ax.margins(0.12)
    ax.set(xlabel="real words, %", ylabel="distinct words, %")
    ax.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    return figure


def by_kind(writers: Sequence[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    """The writers by the kind of their sampler."""
    kinds: dict[str, list[Mapping[str, Any]]] = {}
    for each in writers:
        kind, _ = each["name"].split()
        kinds.setdefault(kind, []).append(each)
    return kinds


def points(writers: Sequence[Mapping[str, Any]]) -> tuple[list[float], list[float]]:
    """Real and distinct words in per cent, of the writers that have words."""
    with_words = [in_percent(each) for each in writers if each["words"] is not None]
    return [x for x, _ in with_words], [y for _, y in with_words]


def in_percent(counts: Mapping[str, Any]) -> tuple[float, float]:
    """The shares of real and of distinct words."""
    return 100 * counts["words"], 100 * counts["distinct_words"]


def returning(
    of_network: Mapping[str, float | None], of_author: Mapping[str, float | None]
) -> Figure:
    """The share of headings that return as a bar for each text; the author's are below the others.

    Texts without headings have no bar.
    """
    names = [*of_network, *of_author]
    figure, ax = plt.subplots(figsize=(6.3, 0.6 + 0.2 * len(names)))
    add_bars(ax, 0, of_network, COLOURS["blue"])
    add_bars(ax, len(of_network), of_author, COLOURS["black"])
    ax.set_yticks(range(len(names)), names)
    ax.tick_params("y", length=0)
    ax.invert_yaxis()
    ax.margins(x=0.1)
    ax.set(xlabel="returning headings, %")
    return figure


def add_bars(ax: Axes, first: int, shares: Mapping[str, float | None], colour: str) -> None:
    """A bar for each share, from the position `first` on, with its percentage beside its end."""
    for y, share in enumerate(shares.values(), first):
        if share is not None:
            ax.barh(y, 100 * share, height=0.65, color=colour)
            end = (100 * share, y)
            ax.annotate(f"{100 * share:.0f} %", end, (4, -3), textcoords="offset points")
