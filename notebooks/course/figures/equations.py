"""The figures of notebook 02."""

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..display import visible
from . import COLOURS

INK = COLOURS["black"]
PALE = "#F4F4F4"
BRIGHT = COLOURS["blue"]  # numbers
# The lines and marks of the networks that the chapter trains. The marks fit into one another, so
# that all of them are seen where they coincide.
LINES: dict[str, dict[str, Any]] = {
    "RNN": {"color": COLOURS["vermilion"], "ls": "--"},
    "larger RNN": {"color": COLOURS["green"], "ls": "-."},
    "LSTM": {"color": COLOURS["blue"], "ls": "-"},
    "chrono LSTM": {"color": COLOURS["pink"], "ls": "-"},
}
MARKS: dict[str, dict[str, Any]] = {
    "RNN": {"color": COLOURS["vermilion"], "marker": "s", "ms": 10, "mfc": "none"},
    "larger RNN": {"color": COLOURS["green"], "marker": "^", "ms": 8, "mfc": "none"},
    "LSTM": {"color": COLOURS["blue"], "marker": "o", "ms": 3},
    "chrono LSTM": {"color": COLOURS["pink"], "marker": "D", "ms": 4},
}
MIDDLE: dict[str, Any] = {"ha": "center", "va": "center", "parse_math": True}
AS_IT_IS = MIDDLE | {"parse_math": False}  # a "$" of the text is a dollar
SYMBOL = 10.8  # points: an index has 0.7 of them
C_COLOUR = COLOURS["pink"]  # of the cell state
H_COLOUR = COLOURS["sky"]  # of the hidden state
FEW = 4  # distances: with fewer, lines between them would look like curves
Point = tuple[float, float]  # x and y


def _canvas(height: float, x_span: Point, y_span: Point) -> tuple[Figure, Axes]:
    """An empty drawing, `height` inches high."""
    fig, ax = plt.subplots(figsize=(6.3, height))
    ax.set(xlim=x_span, ylim=y_span)
    ax.axis("off")
    return fig, ax


def _arrow(ax: Axes, points: Sequence[Point], colour: str = INK, gap: int = 9) -> None:
    """A line through the points; `gap` is left for what is written at the last of them."""
    *_, corner, end = points
    xs = [x for x, _ in points[:-1]]
    ys = [y for _, y in points[:-1]]
    ax.plot(xs, ys, color=colour, lw=1.2)
    look = {"arrowstyle": "-|>", "shrinkA": 0, "shrinkB": gap, "color": colour, "lw": 1.2}
    ax.annotate("", end, corner, arrowprops=look)


def _node(
    ax: Axes,
    at: Point,
    words: str,
    colour: str = PALE,
    boxstyle: str = "round",
    size: float | None = None,
) -> None:
    """Words in a box, in letters of this size."""
    box = {"boxstyle": boxstyle, "fc": colour, "ec": INK}
    ax.text(*at, words, color=INK, bbox=box, size=size, **MIDDLE)


def unrolled(characters: str, following: str) -> Figure:
    """The network over a few steps: the characters it reads, and those it should predict."""
    steps = len(characters)
    fig, ax = _canvas(2.6, (-0.1, steps + 1.1), (-0.4, 4.4))
    for t in range(1, steps + 1):
        for y in range(4):
            _arrow(ax, [(t, y + 0.3), (t, y + 1)], gap=19 if y == 1 else 9)
        ax.text(t, 0, visible(characters[t - 1]), fontsize=11, **AS_IT_IS)
        _node(ax, (t, 1), "embedding")
        _node(ax, (t, 2), "LSTM", boxstyle="round,pad=0.9")
        _node(ax, (t, 3), "linear")
        ax.text(t, 4, visible(following[t - 1]), fontsize=11, **AS_IT_IS)
        ax.text(t + 0.12, 1.4, f"$x_{t}$", size=SYMBOL, **MIDDLE)
    for t in range(steps + 1):  # from each step to the next
        _arrow(ax, [(t + 0.25, 2.15), (t + 0.8, 2.15)], C_COLOUR)
        _arrow(ax, [(t + 0.25, 1.85), (t + 0.8, 1.85)], H_COLOUR)
        ax.text(t + 0.47, 2.4, f"$c_{t}$", size=SYMBOL, **MIDDLE)
        ax.text(t + 0.47, 1.55, f"$h_{t}$", size=SYMBOL, **MIDDLE)
    ax.text(0, 0, "reads", **MIDDLE)
    ax.text(0, 4, "predicts", **MIDDLE)
    return fig


# --- one step of an LSTM ---

GATE_X = {"forget": 3.0, "candidate": 4.7, "input": 6.4, "output": 8.2}
GATE_Y = 2.0
X = (1.9, -0.2)
H_OLD = (0.8, 1.0)
C_OLD = (0.8, 5.0)
KEPT = (3.0, 5.0)  # forget gate times old cell state
ADDED = (6.4, 3.6)  # input gate times candidate
SUM = (6.4, 5.0)
TANH = (9.8, 3.6)
SHOWN = (9.8, 2.0)  # output gate times tanh
C_NEW = (12.2, 5.0)
H_NEW = (12.2, 1.0)
WIRES: list[tuple[str, list[Point]]] = [  # colour, points
    (C_COLOUR, [C_OLD, KEPT]),
    (C_COLOUR, [KEPT, SUM]),
    (C_COLOUR, [SUM, C_NEW]),
    (H_COLOUR, [SHOWN, (11.0, 2.0), (11.0, 1.0), H_NEW]),
    (INK, [(3.0, GATE_Y), KEPT]),
    (INK, [(4.7, GATE_Y), (4.7, 3.6), ADDED]),
    (INK, [(6.4, GATE_Y), ADDED]),
    (INK, [ADDED, SUM]),
    (INK, [(9.8, 5.0), TANH]),
    (INK, [TANH, SHOWN]),
    (INK, [(8.2, GATE_Y), SHOWN]),
]
for _x in GATE_X.values():  # each gate reads h and x
    WIRES.append((INK, [H_OLD, (_x, 1.0), (_x, GATE_Y)]))
    WIRES.append((INK, [X, (1.9, 1.0), (_x, 1.0), (_x, GATE_Y)]))
SYMBOLS: list[tuple[Point, str]] = [
    ((1.9, -0.5), "$x_t$"),
    ((0.4, 1.0), "$h_{t-1}$"),
    ((0.4, 5.0), "$c_{t-1}$"),
    (C_NEW, "$c_t$"),
    (H_NEW, "$h_t$"),
]
NUMBERS: dict[str, Point] = {  # where the values that the caller gives are written
    "x": (2.4, -0.5),
    "h_old": (0.4, 1.55),
    "c_old": (0.4, 5.55),
    "f": (3.35, 2.9),
    "kept": (4.7, 5.4),
    "g": (5.05, 2.9),
    "i": (6.75, 2.9),
    "added": (6.75, 4.3),
    "c": (8.2, 5.4),
    "o": (8.2, 2.75),
    "tanh": (10.2, 2.75),
    "h": (11.5, 1.6),
}


def cell(values: Mapping[str, Sequence[float]]) -> Figure:
    """One step of an LSTM with the numbers of an example, by the names in NUMBERS."""
    fig, ax = _canvas(3.3, (0, 12.6), (-0.8, 6))
    for colour, points in WIRES:
        _arrow(ax, points, colour)
    for name, x in GATE_X.items():
        words = r"$g_t$: $\tanh$" if name == "candidate" else rf"${name[0]}_t$: $\sigma$"
        _node(ax, (x, GATE_Y), words, size=SYMBOL)
        ax.text(x + 0.1, 1.35, name, va="center")
    _node(ax, TANH, r"$\tanh$", size=SYMBOL)
    for at in (KEPT, ADDED, SUM, SHOWN):
        sign = "$+$" if at == SUM else r"$\odot$"
        _node(ax, at, sign, "white", boxstyle="circle")
    for at, words in SYMBOLS:
        ax.text(*at, words, fontsize=SYMBOL, **MIDDLE)
    for name, numbers in values.items():
        column = "\n".join(f"{number:.2f}".replace("-", "−") for number in numbers)
        ax.text(*NUMBERS[name], column, fontsize=7.8, color=BRIGHT, **AS_IT_IS)
    return fig


def recall(distances: Sequence[int], right: Mapping[str, Any], guess: float) -> Figure:
    """The share of right answers over the distance, of each network (seeds, distances).

    A few distances have marks with their numbers instead of curves.
    """
    fig, ax = plt.subplots(figsize=(6.3, 2.5))
    ax.axhline(guess, color=INK, lw=0.8, ls=":", zorder=0)
    ax.set_yticks([0, 0.5, 1], ["0 %", "50 %", "100 %"])
    ax.set(xlabel="characters between the first one and the question", ylabel="right answers")
    if len(distances) < FEW:
        _draw_marks(ax, right, guess)
        ax.set_xticks(range(len(distances)), [str(distance) for distance in distances])
        ax.set(xlim=(-0.5, len(distances) - 0.5), ylim=(-0.2, 1.2))
        fig.legend(loc="outside upper center", ncol=len(right))
        return fig
    for name, of_seeds in right.items():
        _draw_seeds(ax, distances, of_seeds, name)
        ax.plot(distances, of_seeds.mean(0), ls="none", **MARKS[name])
    longest = max(distances)
    ax.set(ylim=(0, 1.05), xlim=(0, max(longest + 1, 1.02 * longest)))  # with room for a mark
    ax.set_xticks(distances)
    _legend(fig, ax)
    return fig


def _draw_marks(ax: Axes, right: Mapping[str, Any], guess: float) -> None:
    """The networks' means beside each other at each distance, with their numbers."""
    for k, (name, of_seeds) in enumerate(right.items()):
        shift = 0.22 * (k - (len(right) - 1) / 2)
        shares = of_seeds.mean(0).tolist()
        xs = [x + shift for x in range(len(shares))]
        ax.plot(xs, shares, ls="none", label=name, **MARKS[name] | {"ms": 8})
        for x, share in zip(xs, shares, strict=True):
            # On the side that is away from the line of guessing.
            if share < guess:
                where: dict[str, Any] = {"xytext": (0, -6), "va": "top"}
            else:
                where = {"xytext": (0, 6), "va": "bottom"}
            where |= {"textcoords": "offset points", "ha": "center"}
            ax.annotate(f"{100 * share:.0f} %", (x, share), **where)


def _draw_seeds(ax: Axes, x: Sequence[int], of_seeds: Any, name: str) -> None:
    """A thin line for each seed, and a thick one for their mean, in the look of the network."""
    look = LINES[name]
    for one in of_seeds:
        ax.plot(x, one, color=look["color"], lw=0.6, alpha=0.5)
    ax.plot(x, of_seeds.mean(0), lw=1.8, label=name, **look)


def _legend(fig: Figure, ax: Axes) -> None:
    """The lines' names in a row above the panels, each with its line and its mark."""
    lines, names = ax.get_legend_handles_labels()
    handles: list[Any] = []
    for line, name in zip(lines, names, strict=True):
        (mark,) = ax.plot([], [], ls="none", **MARKS[name])
        handles.append((line, mark))
    fig.legend(handles, names, loc="outside upper center", ncol=len(names), handlelength=3)


def gates(
    line: str, shares: Mapping[str, Any], states: Mapping[str, Any], cells: Sequence[int]
) -> Figure:
    """Heat maps (characters, cells): first shares from 0 to 1, then states from -1 to 1."""
    count = len(shares) + len(states)
    fig, axes = plt.subplots(count, 1, figsize=(6.3, 0.5 + 0.85 * count), sharex=True)
    _draw_heat_maps(axes[: len(shares)], shares, 0, "cividis")
    _draw_heat_maps(axes[len(shares) :], states, -1, "PuOr")
    for ax in axes:
        ax.set_yticks(range(len(cells)), [str(cell) for cell in cells], fontsize=7.5)
        ax.tick_params(length=0, labelbottom=ax is axes[-1])
    marks = [visible(character) for character in line]
    axes[-1].set_xticks(range(len(line)), marks, family="monospace", fontsize=7.5, parse_math=False)
    return fig


def _draw_heat_maps(
    axes: Sequence[Axes], values: Mapping[str, Any], lowest: int, colours: str
) -> None:
    """A heat map (characters, cells) on each of the axes, from `lowest` to 1, and one scale."""
    scale: dict[str, Any] = {"cmap": colours, "vmin": lowest, "vmax": 1}
    for ax, (name, value) in zip(axes, values.items(), strict=True):
        image = ax.imshow(value.T, aspect="auto", interpolation="nearest", **scale)
        ax.set_ylabel(name, size=SYMBOL)  # an index in it is readable, too
    axes[0].figure.colorbar(image, ax=axes, ticks=range(lowest, 2), pad=0.015)
