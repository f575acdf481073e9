"""The figures of notebook 06."""

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LinearSegmentedColormap, Normalize
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, Rectangle
from matplotlib.path import Path
from torch import Tensor

from ..cells import CopiedPassage, Name
from ..display import visible
from . import COLOURS
from .letters import POINTS, add_panel, figure_for_text, size_of_letters, wrap, write_letters

# Colours that are light enough for the text on them.
SURPRISE = LinearSegmentedColormap.from_list("surprise", ["white", "#E69E4D"])
SIGN = LinearSegmentedColormap.from_list("sign", ["#66AAD6", "white", "#E69E4D"])

LETTERS = 60  # in a line
LINE_HEIGHT = 1.3  # as a share of the letters' size
FIGURE_WIDTH = 6.3  # in inches, as all that follows
GAP = 0.12  # between two panels
BELOW = 0.43  # for the colour bar
BAR_BOTTOM = 0.27  # of the colour bar
BAR_HEIGHT = 0.09
ABOVE = 0.25  # for the titles


def coloured_text(
    panels: Sequence[tuple[str, str, Tensor]], low: float, high: float, label: str
) -> Figure:
    """Panels (title, text, values), each character on the colour of its value.

    The colours go from `low` to `high`; where `low` is negative, 0 is white between two colours.
    """
    width = (FIGURE_WIDTH - GAP * (len(panels) - 1)) / len(panels)  # of a panel
    size = size_of_letters(width, LETTERS)
    rows = max(len(lines_of(text)) for _, text, _ in panels)
    height = rows * LINE_HEIGHT * size / POINTS  # of a panel, in inches
    scale = ScalarMappable(Normalize(low, high), SIGN if low < 0 else SURPRISE)

    fig = figure_for_text(FIGURE_WIDTH, ABOVE + height + BELOW)
    for k, (title, text, values) in enumerate(panels):
        ax = add_panel(fig, k * (width + GAP), BELOW, width, height)
        ax.set(xlim=(0, LETTERS), ylim=(rows, 0))
        ax.set_title(title, loc="left")
        lines = lines_of(text)
        _draw_tiles(ax, lines, values, scale)
        _draw_letters(ax, text, lines, size)

    is_beyond = any(values.max() > high for _, _, values in panels)
    _add_colour_bar(fig, scale, label, is_beyond)
    return fig


def lines_of(text: str) -> list[range]:
    """The positions in each line; the sign for the line break takes a column, too."""
    return wrap(text, LETTERS - 1)


def _add_colour_bar(fig: Figure, scale: ScalarMappable, label: str, is_beyond: bool) -> None:
    """A bar below the panels; an arrow at its end says that some values are beyond it."""
    height = fig.get_figheight()
    bar = fig.add_axes((0.4, BAR_BOTTOM / height, 0.3, BAR_HEIGHT / height))  # as shares of it
    colorbar: Any = fig.colorbar(
        scale, cax=bar, orientation="horizontal", extend="max" if is_beyond else "neither"
    )
    colorbar.outline.set_visible(False)
    bar.set_ylabel(label, rotation=0, ha="right", va="center")


# Columns of the passage with copies.
ARC_COLUMNS = 9  # left of the text, for the arcs
SUM_COLUMNS = 6  # right of the text, for the bits of each line


def passage_with_copies(
    text: str, surprise: Tensor, copied: Sequence[CopiedPassage], high: float
) -> Figure:
    """A text on the colours of its surprise in bits, with an arc for each passage that was copied.

    Copied characters and their sources are framed. On the right are the bits of each line.
    """
    lines = lines_of(text)
    longest = max(len(line) for line in lines)
    columns = ARC_COLUMNS + longest + SUM_COLUMNS
    # Letters no larger than those of 80 columns, or a short text would be a poster.
    in_width = max(columns, 80)
    size = size_of_letters(FIGURE_WIDTH, in_width)
    width = FIGURE_WIDTH * columns / in_width  # of the panel, in inches
    height = len(lines) * LINE_HEIGHT * size / POINTS
    scale = ScalarMappable(Normalize(0, high), SURPRISE)

    fig = figure_for_text(FIGURE_WIDTH, ABOVE + height + BELOW)
    ax = add_panel(fig, (FIGURE_WIDTH - width) / 2, BELOW, width, height)
    right = longest + SUM_COLUMNS
    ax.set(xlim=(-ARC_COLUMNS, right), ylim=(len(lines), 0))
    _draw_tiles(ax, lines, surprise, scale)
    _draw_letters(ax, text, lines, size)
    _draw_sums(ax, lines, surprise, right)
    for passage in copied:
        source_row = _draw_frame(ax, lines, passage.source, passage.length)
        row = _draw_frame(ax, lines, passage.start, passage.length)
        _draw_arc(ax, source_row, row)
    _add_colour_bar(fig, scale, "surprise (bits)", bool(surprise.max() > high))
    return fig


def _draw_sums(ax: Axes, lines: Sequence[range], surprise: Tensor, right: float) -> None:
    """The bits of each line, right-aligned."""
    style: dict[str, Any] = {"ha": "right", "color": COLOURS["black"], "size": 7.5}
    ax.text(right, -0.3, "bits of\nthe line", va="bottom", linespacing=0.9, **style)
    for row, line in enumerate(lines):
        bits = float(surprise[line.start : line.stop].sum())
        ax.text(right, row + 0.5, f"{bits:.1f}", va="center_baseline", **style)


def _draw_frame(ax: Axes, lines: Sequence[range], start: int, length: int) -> int:
    """A frame around the characters of the first line of a passage; returns its row."""
    row = next(row for row, line in enumerate(lines) if start in line)
    stop = min(start + length, lines[row].stop)
    left = start - lines[row].start
    style: dict[str, Any] = {"fill": False, "ec": COLOURS["blue"], "lw": 0.9}
    ax.add_patch(Rectangle((left, row + 0.04), stop - start, 0.92, **style))
    return row


def _draw_arc(ax: Axes, source_row: int, row: int) -> None:
    """An arrow in the left margin, from the source to the copy."""
    rows = abs(row - source_row)
    # The farther the copy, the wider the arc, so that arcs from one source do not cross.
    left = -0.2 - min(ARC_COLUMNS, 2 + 0.5 * rows)
    corners = [
        (-0.2, source_row + 0.4),
        (left, source_row + 0.4),
        (left, row + 0.6),
        (-0.2, row + 0.6),
    ]
    # A Bézier curve from the first corner to the last, drawn towards the two between.
    curve = Path(corners, [Path.MOVETO, Path.CURVE4, Path.CURVE4, Path.CURVE4])
    style: dict[str, Any] = {"arrowstyle": "-|>", "mutation_scale": 6, "lw": 0.9}
    arrow = FancyArrowPatch(path=curve, color=COLOURS["blue"], clip_on=False, **style)
    ax.add_patch(arrow)


def _draw_tiles(ax: Axes, lines: Sequence[range], values: Tensor, scale: ScalarMappable) -> None:
    """The colour of its value behind each character."""
    rows = []
    columns = []
    for row, line in enumerate(lines):
        for position in line:
            rows.append(row + 0.5)
            columns.append(position - line.start)
    colours = scale.to_rgba(values.numpy())
    # With an edge in the same colour, no gap between two tiles stays white.
    ax.barh(rows, 1, left=columns, height=1, color=colours, edgecolor=colours, lw=0.2)


def _draw_letters(ax: Axes, text: str, lines: Sequence[range], size: float) -> None:
    for row, line in enumerate(lines):
        write_letters(ax, text[line.start : line.stop], 0, row, size)


def calibration(stated: Tensor, right: Tensor) -> Figure:
    """A reliability diagram: for each bin, the mean probability and the share of right guesses."""
    fig, ax = plt.subplots(figsize=(3.6, 2.7))
    ax.plot([0, 1], [0, 1], color=COLOURS["grey"], lw=0.8, ls="--")
    ax.plot(stated, right, "o-", ms=3, color=COLOURS["blue"])
    ax.set(xlabel="probability of the likeliest character", ylabel="share that was right")
    return fig


def characters(panels: Mapping[str, Tensor], signs: Sequence[str], marked: Sequence[str]) -> Figure:
    """Panels of points (characters, 2), each drawn as its sign; those in `marked` stand out.

    Signs that would overlap are moved apart a little.
    """
    fig, axes = plt.subplots(1, len(panels), figsize=(6.3, 2.8))
    style: dict[str, Any] = {"size": 10, "ha": "center", "va": "center", "parse_math": False}
    for ax, (title, points) in zip(axes, panels.items(), strict=True):
        apart = moved_apart(points)
        ax.scatter(apart[:, 0], apart[:, 1], s=0)  # sets the limits
        for (x, y), sign in zip(apart.tolist(), signs, strict=True):
            is_marked = sign in marked
            look: dict[str, Any] = {"color": COLOURS["blue"]}
            if is_marked:
                look = {"color": COLOURS["vermilion"], "weight": "bold"}
            ax.text(x, y, visible(sign), **look, **style)
        ax.set(title=title, xticks=[], yticks=[])
    return fig


def moved_apart(points: Tensor, least: float = 0.055, rounds: int = 200) -> Tensor:
    """The points (points, 2), at least about `least` of the picture's width or height apart."""
    low = points.min(0).values
    size = (points.max(0).values - low).clamp(min=1e-9)
    places = (points - low) / size  # (points, 2), from 0 to 1
    for _ in range(rounds):
        to_other = places[:, None] - places  # (points, points, 2): from each other to this one
        distance = to_other.norm(dim=2).clamp(min=1e-6)  # (points, points)
        missing = (least - distance).clamp(min=0).fill_diagonal_(0)  # no point is too near itself
        if not missing.any():
            break
        # Each of two points that are too near moves half of what is missing, in their direction.
        direction = to_other / distance[:, :, None]  # (points, points, 2), of length 1
        pushes = direction * missing[:, :, None] / 2
        places = places + pushes.sum(1)
    return places * size + low


# The network's curves over the length of the context: with copies and without.
CONTEXT_STYLES: list[dict[str, Any]] = [
    {"color": COLOURS["blue"], "marker": "o", "ls": "-", "ms": 3},
    {"color": COLOURS["blue"], "ls": "--"},
]


def context(lengths: Sequence[int], curves: Mapping[str, Tensor], ngram: Tensor) -> Figure:
    """Loss by characters of context; row k of ngram is the model of order k.

    The first of the curves is solid, with points; another one is dashed.
    """
    fig, ax = plt.subplots(figsize=(6.3, 2.6))
    for k, (name, losses) in enumerate(curves.items()):
        ax.plot(lengths, losses, **CONTEXT_STYLES[k], label=name)
    orders = range(1, len(ngram))  # a logarithmic axis has no 0
    ax.plot(orders, ngram[1:], "s-", ms=3, color=COLOURS["vermilion"], label="n-gram model")
    ax.set_xscale("log", base=2)
    ax.set_xticks(lengths, [f"{n:,}" for n in lengths])
    ax.set(xlabel="characters of context", ylabel="loss (nats per character)")
    ax.legend()
    return fig


def name_in_context(
    lengths: Sequence[int], curves: Mapping[str, Tensor], name: Name, marked: int
) -> Figure:
    """Bits of a whole name by characters of context; a line marks its first appearance."""
    fig, ax = plt.subplots(figsize=(6.3, 2.4))
    for k, (label, bits) in enumerate(curves.items()):
        ax.plot(lengths, bits, **CONTEXT_STYLES[k], label=label)
    ax.axvline(marked, color=COLOURS["black"], lw=0.8, ls=":")
    about_line = f"first appearance of\n{visible_text(name.letters)},\n{marked:,} characters back"
    top = ax.get_xaxis_transform()  # x in characters, y as a share of the height
    style: dict[str, Any] = {"va": "top", "ha": "right", "parse_math": False}
    ax.annotate(about_line, (marked, 1), (-4, 0), xycoords=top, textcoords="offset points", **style)
    ax.set_xscale("log", base=2)
    ax.set_xticks(lengths, [f"{n:,}" for n in lengths])
    ax.set(xlabel="characters of context", ylabel="surprise at the name (bits)", ylim=(0, None))
    ax.legend(loc="lower left")
    return fig


def visible_text(text: str) -> str:
    return "".join(visible(character) for character in text)


def way_back(with_copies: Tensor, layers_alone: Tensor, source: int) -> Figure:
    """Norms of a gradient by characters back, on a logarithmic scale; `source` is marked.

    Both are (characters,), in the order of the text. The picture ends at twice the source.
    """
    fig, ax = plt.subplots(figsize=(6.3, 2.6))
    farthest = min(2 * source, len(with_copies))
    back = range(farthest, 0, -1)
    solid: dict[str, Any] = {"color": COLOURS["blue"], "lw": 1, "label": "the network"}
    dashed: dict[str, Any] = {
        "color": COLOURS["vermilion"],
        "ls": "--",
        "label": "its layers alone",
    }
    ax.plot(back, with_copies[-farthest:], **solid)
    ax.plot(back, layers_alone[-farthest:].clamp(min=1e-30), **dashed)
    ax.axvline(source, color=COLOURS["black"], lw=0.8, ls=":")
    top = ax.get_xaxis_transform()  # x in characters, y as a share of the height
    style: dict[str, Any] = {"va": "bottom", "ha": "left"}  # below both curves
    about_line = f"first appearance,\n{source:,} back"
    ax.annotate(about_line, (source, 0), (4, 4), xycoords=top, textcoords="offset points", **style)
    ax.set(yscale="log", ylabel="gradient", xlabel="characters before the name")
    ax.set_xlim(farthest, 0)  # as in the text: what comes first is on the left
    ax.legend(loc="lower right")
    return fig


# How the curves of gradients differ without colour.
GRADIENT_STYLES: list[dict[str, Any]] = [
    {"color": COLOURS["grey"], "ls": "-"},
    {"color": COLOURS["vermilion"], "ls": "-", "marker": "s"},
    {"color": COLOURS["green"], "ls": "--"},
    {"color": COLOURS["sky"], "ls": ":"},
    {"color": COLOURS["orange"], "ls": "-.", "marker": "^"},
    {"color": COLOURS["blue"], "ls": "-", "marker": "o", "lw": 2},
    {"color": COLOURS["blue"], "ls": "--", "marker": "D", "lw": 2},
]


def gradients(curves: Mapping[str, Tensor]) -> Figure:
    """Norms of a gradient by steps back, on a logarithmic scale."""
    fig, ax = plt.subplots(figsize=(6.3, 2.8))
    for k, (name, norms) in enumerate(curves.items()):
        style: dict[str, Any] = {"lw": 1.2, "ms": 4, "markevery": (5, 10)}
        style |= GRADIENT_STYLES[k]
        ax.plot(norms, label=name, **style)
    ax.set(yscale="log", xlabel="steps back, $k$", ylabel=r"gradient of $v \cdot h_T$")
    ax.legend(loc="center left", bbox_to_anchor=(1, 0.5))  # beside the axes
    return fig


def half_lives(before: Sequence[Tensor], after: Sequence[Tensor]) -> Figure:
    """A panel for each layer, with the half-lives (cells,) of its cells, sorted."""
    fig, axes = plt.subplots(1, len(after), figsize=(6.3, 2.5), sharey=True, squeeze=False)
    for k, ax in enumerate(axes[0]):
        share = [100 * (rank + 1) / len(after[k]) for rank in range(len(after[k]))]
        untrained = before[k].sort().values.clamp(min=0.1)
        trained = after[k].sort().values.clamp(min=0.1)
        ax.plot(share, untrained, "--", color=COLOURS["vermilion"], lw=1.2, label="before training")
        ax.plot(share, trained, color=COLOURS["blue"], lw=1.6, label="after training")
        ax.set(title=f"layer {k + 1}", yscale="log", xlabel="cells, sorted (%)")
        ax.set_yticks([0.1, 1, 10, 100], ["0.1", "1", "10", "100"])
    axes[0, 0].set_ylabel("half-life (characters)")
    axes[0, 0].legend(loc="upper left")
    return fig


BIAS_STYLES: list[dict[str, Any]] = [
    {"color": COLOURS["vermilion"], "ls": "--"},
    {"color": COLOURS["blue"], "ls": "-"},
]


def forget_bias(trials: Mapping[str, Mapping[int, Sequence]], guessing: float) -> Figure:
    """Training losses [seed][step] of each task by forget bias; `guessing` is for the first."""
    fig, axes = plt.subplots(1, len(trials), figsize=(6.3, 2.4))
    for ax, (task, by_bias) in zip(axes, trials.items(), strict=True):
        for (bias, losses), style in zip(by_bias.items(), BIAS_STYLES, strict=True):
            for seed, line in enumerate(losses):
                label = f"$b_f = {bias}$" if seed == 0 else None  # one line in the legend
                ax.plot(line, **style, lw=0.8, label=label)
        ax.set(title=task, xlabel="training step", ylabel="loss (nats)")
    axes[0].axhline(guessing, color=COLOURS["black"], lw=0.8, ls=":")
    axes[-1].legend()
    return fig
