"""The figures of notebook 02."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from ..display import visible
from . import COLOURS

INK = COLOURS["black"]
QUIET = COLOURS["grey"]
PALE = "#F4F4F4"
GATE_COLOURS = {  # of the boxes in the cell
    "forget": COLOURS["vermilion"],
    "input": COLOURS["green"],
    "candidate": COLOURS["orange"],
    "output": COLOURS["blue"],
}
DARK = (COLOURS["vermilion"], COLOURS["green"], COLOURS["blue"])  # boxes with white letters
# The lines and marks of the networks that the chapter trains. The marks fit into one another, so
# that all of them are seen where they coincide.
LINES: dict[str, dict[str, Any]] = {
    "RNN": {"color": COLOURS["vermilion"], "ls": "--"},
    "larger RNN": {"color": COLOURS["green"], "ls": "-."},
    "LSTM": {"color": COLOURS["blue"], "ls": "-"},
}
MARKS: dict[str, dict[str, Any]] = {
    "RNN": {"color": COLOURS["vermilion"], "marker": "s", "ms": 10, "mfc": "none"},
    "larger RNN": {"color": COLOURS["green"], "marker": "^", "ms": 8, "mfc": "none"},
    "LSTM": {"color": COLOURS["blue"], "marker": "o", "ms": 3},
}
MIDDLE: dict[str, Any] = {"ha": "center", "va": "center", "parse_math": True}
AS_IT_IS = MIDDLE | {"parse_math": False}  # a "$" of the text is a dollar
Point = tuple[float, float]  # x and y
Span = tuple[float, float]  # the lowest and the highest of x, or of y
PAD = 0.05  # between a box's content and its edge
RADIUS = 0.29  # of a circle
FAINT = 0.15  # what is left of a part's colour while another path of the cell is lit


def _canvas(height: float, x_span: Span, y_span: Span) -> tuple[Figure, Axes]:
    """An empty drawing, `height` inches high."""
    fig, ax = plt.subplots(figsize=(6.3, height))
    ax.set(xlim=x_span, ylim=y_span, aspect="equal")
    ax.axis("off")
    return fig, ax


def _arrow(ax: Axes, *points: Point, colour: str = INK, alpha: float = 1.0) -> None:
    """A line through the points, with a head at the last one."""
    look: dict[str, Any] = {"color": colour, "lw": 1.2, "alpha": alpha}
    if len(points) > 2:  # corners before the last straight line
        xs = [x for x, _ in points[:-1]]
        ys = [y for _, y in points[:-1]]
        ax.plot(xs, ys, solid_capstyle="round", **look)
    style = {"arrowstyle": "-|>", "shrinkA": 0, "shrinkB": 0, **look}
    ax.annotate("", points[-1], points[-2], arrowprops=style)


def _box(
    ax: Axes,
    centre: Point,
    words: str,
    width: float,
    height: float,
    colour: str = PALE,
    alpha: float = 1.0,
) -> None:
    """A box with words in its middle; its edge is PAD outside `width` and `height`."""
    x, y = centre
    corner = (x - width / 2, y - height / 2)
    edge = QUIET if colour == PALE else "none"
    shape = f"round,pad={PAD}"
    ax.add_patch(FancyBboxPatch(corner, width, height, shape, fc=colour, ec=edge, alpha=alpha))
    letters = "white" if colour in DARK and alpha == 1 else INK
    ax.text(x, y, words, color=letters, alpha=alpha, **MIDDLE)


# The unrolled network: heights, from bottom to top, of the characters and of the boxes' middles.
READ_Y = -0.15
EMBEDDING_Y = 1.1
LSTM_Y = 2.5
OUTPUT_Y = 3.9
PREDICTED_Y = 5.15
STATE_Y = {"c": LSTM_Y + 0.25, "h": LSTM_Y - 0.25}
STATE_COLOURS = {"c": COLOURS["pink"], "h": COLOURS["sky"]}
COLUMN = 3.4  # from one step to the next
LAYER_WIDTH = 2.1
LAYER_HEIGHT = 0.6
LSTM_HEIGHT = 0.9
# From the middle of a box or of a character to where an arrow begins or ends.
LAYER_SIDE = LAYER_WIDTH / 2 + PAD
LAYER_EDGE = LAYER_HEIGHT / 2 + PAD
LSTM_EDGE = LSTM_HEIGHT / 2 + PAD
CHARACTER_EDGE = 0.3


def unrolled(characters: str, following: str) -> Figure:
    """The network over a few steps: the characters it reads, and those it should predict."""
    fig, ax = _canvas(2.3, (-2.7, 13.9), (-0.5, 5.4))
    x = 1.0  # the middle of the first column
    left = x - 2.8
    for t, (character, next_character) in enumerate(zip(characters, following, strict=True), 1):
        _draw_step(ax, x, t, character, next_character)
        x += COLUMN

    ax.text(left, READ_Y, "reads", **MIDDLE)
    ax.text(left, STATE_Y["c"] + 0.05, "$c_0$", **MIDDLE)
    ax.text(left, STATE_Y["h"] - 0.05, "$h_0$", **MIDDLE)
    ax.text(left, PREDICTED_Y, "predicts", **MIDDLE)
    right = x - COLUMN + 2.7
    ax.text(right, STATE_Y["c"] + 0.05, f"$c_{len(characters)}$", **MIDDLE)
    ax.text(right, STATE_Y["h"] - 0.05, f"$h_{len(characters)}$", **MIDDLE)
    return fig


def _draw_step(ax: Axes, x: float, t: int, character: str, next_character: str) -> None:
    """A column, with the states that come from the one before and go to the next."""
    _box(ax, (x, EMBEDDING_Y), "embedding", LAYER_WIDTH, LAYER_HEIGHT)
    _box(ax, (x, LSTM_Y), "LSTM", LAYER_WIDTH, LSTM_HEIGHT)
    _box(ax, (x, OUTPUT_Y), "linear, softmax", LAYER_WIDTH, LAYER_HEIGHT)
    _arrow(ax, (x, READ_Y + CHARACTER_EDGE), (x, EMBEDDING_Y - LAYER_EDGE))
    _arrow(ax, (x, EMBEDDING_Y + LAYER_EDGE), (x, LSTM_Y - LSTM_EDGE))
    _arrow(ax, (x, LSTM_Y + LSTM_EDGE), (x, OUTPUT_Y - LAYER_EDGE))
    _arrow(ax, (x, OUTPUT_Y + LAYER_EDGE), (x, PREDICTED_Y - CHARACTER_EDGE))
    ax.text(x + 0.4, LSTM_Y - 0.78, f"$x_{t}$", **MIDDLE)
    ax.text(x + 0.4, LSTM_Y + 0.77, f"$h_{t}$", **MIDDLE)
    before_x = x - COLUMN + LAYER_SIDE
    next_x = x + COLUMN - LAYER_SIDE
    for state, y in STATE_Y.items():
        _arrow(ax, (before_x, y), (x - LAYER_SIDE, y), colour=STATE_COLOURS[state])
        _arrow(ax, (x + LAYER_SIDE, y), (next_x, y), colour=STATE_COLOURS[state])
    ax.text(x, READ_Y, visible(character), fontsize=11, **AS_IT_IS)
    ax.text(x, PREDICTED_Y, visible(next_character), fontsize=11, **AS_IT_IS)


# The drawing of a cell. Heights, from bottom to top:
H_Y = 0.75  # the line of [x, h], on which h also enters and leaves
GATE_Y = 1.65
PRODUCT_Y = 2.95  # the input gate times the candidate
TANH_Y = 3.1  # of the new cell state
C_Y = 4.15  # the cell state
# From left to right:
START_X = 0.75  # the old states enter
INPUT_X = 2.1  # x enters
GATE_X = {"forget": 3.0, "input": 4.5, "candidate": 6.2, "output": 8.2}
TANH_X = 9.6  # of the new cell state
TURN_X = 10.5  # the new hidden state turns down
END_X = 11.6  # the new states leave
GATE_WIDTH = 1.25
BOX_HEIGHT = 0.56
# From the middle of a box to where an arrow begins or ends.
SIDE = GATE_WIDTH / 2 + PAD
EDGE = BOX_HEIGHT / 2 + PAD

Light = Callable[..., dict[str, Any]]  # how a part looks that belongs to the named paths


def cell(step: str | None = None) -> Figure:
    """One step of an LSTM; `step` names the path that is lit, such as "forget" (all without it).

    The paths are "forget", "input", "candidate", "cell", "output" and "hidden".
    """

    def light(*paths: str) -> dict[str, Any]:
        """Faint, unless one of these paths is lit."""
        is_lit = step is None or step in paths
        return {"alpha": 1.0 if is_lit else FAINT}

    fig, ax = _canvas(2.9, (0, 12.4), (-0.9, 4.8))
    _box(ax, (6.3, 2.475), "", 9.4, 4.45)  # the whole cell, behind all that follows
    _draw_what_gates_read(ax, light)
    _draw_gates(ax, light)
    _draw_cell_state(ax, light)
    _draw_hidden_state(ax, light)
    _draw_symbols(ax, light)
    return fig


def _draw_what_gates_read(ax: Axes, light: Light) -> None:
    """x and the old hidden state, on a line that branches at the dot."""
    of_all = light(*GATE_X)
    ax.plot([START_X, INPUT_X], [H_Y, H_Y], color=COLOURS["sky"], lw=1.2, **of_all)
    _arrow(ax, (INPUT_X, -0.35), (INPUT_X, H_Y - 0.05), **of_all)
    ax.plot(INPUT_X, H_Y, "o", color=INK, ms=3, **of_all)
    before_x = INPUT_X
    for k, x in enumerate(GATE_X.values()):
        further_gates = list(GATE_X)[k:]  # the line leads to this gate and to those on its right
        ax.plot([before_x, x], [H_Y, H_Y], color=INK, lw=1.2, **light(*further_gates))
        before_x = x


def _draw_gates(ax: Axes, light: Light) -> None:
    """Three gates and the candidate, each on its path and on that of the step that uses it."""
    for name, x in GATE_X.items():
        letter = "g" if name == "candidate" else name[0]
        function = r"\tanh" if name == "candidate" else r"\sigma"
        words = f"${letter}_t$:  ${function}$"
        used_in = "hidden" if name == "output" else "cell"
        look = light(name, used_in)
        _arrow(ax, (x, H_Y), (x, GATE_Y - EDGE), **light(name))
        _box(ax, (x, GATE_Y), words, GATE_WIDTH, BOX_HEIGHT, GATE_COLOURS[name], **look)
        ax.text(x + 0.13, 1.02, name, fontsize=6.5, va="center", **light(name))


def _draw_cell_state(ax: Axes, light: Light) -> None:
    """Times the forget gate, plus the input gate times the candidate."""
    pink = COLOURS["pink"]
    forget_x = GATE_X["forget"]
    input_x = GATE_X["input"]
    sum_x = GATE_X["candidate"]
    look = light("cell")
    ax.plot([START_X, sum_x], [C_Y, C_Y], color=pink, lw=1.2, **look)
    ax.plot([sum_x, TANH_X], [C_Y, C_Y], color=pink, lw=1.2, **light("cell", "hidden"))
    _arrow(ax, (TANH_X, C_Y), (END_X, C_Y), colour=pink, **look)
    _arrow(ax, (forget_x, GATE_Y + EDGE), (forget_x, C_Y - RADIUS), **look)
    to_product = ((input_x, GATE_Y + EDGE), (input_x, PRODUCT_Y), (sum_x - RADIUS, PRODUCT_Y))
    _arrow(ax, *to_product, **look)
    _arrow(ax, (sum_x, GATE_Y + EDGE), (sum_x, PRODUCT_Y - RADIUS), **look)
    _arrow(ax, (sum_x, PRODUCT_Y + RADIUS), (sum_x, C_Y - RADIUS), **look)
    _circle(ax, (forget_x, C_Y), r"$\odot$", **look)
    _circle(ax, (sum_x, PRODUCT_Y), r"$\odot$", **look)
    _circle(ax, (sum_x, C_Y), "$+$", **look)


def _draw_hidden_state(ax: Axes, light: Light) -> None:
    """The output gate times the tanh of the new cell state."""
    look = light("hidden")
    ax.plot(TANH_X, C_Y, "o", color=INK, ms=3, **look)
    _arrow(ax, (TANH_X, C_Y), (TANH_X, TANH_Y + EDGE), **look)
    _box(ax, (TANH_X, TANH_Y), r"$\tanh$", 0.9, BOX_HEIGHT, QUIET, **look)
    _arrow(ax, (TANH_X, TANH_Y - EDGE), (TANH_X, GATE_Y + RADIUS), **look)
    _arrow(ax, (GATE_X["output"] + SIDE, GATE_Y), (TANH_X - RADIUS, GATE_Y), **look)
    out = ((TANH_X, GATE_Y), (TURN_X, GATE_Y), (TURN_X, H_Y), (END_X, H_Y))
    _arrow(ax, *out, colour=COLOURS["sky"], **look)
    _circle(ax, (TANH_X, GATE_Y), r"$\odot$", **look)


def _draw_symbols(ax: Axes, light: Light) -> None:
    """The letters of what enters and leaves."""
    of_all = light(*GATE_X)
    ax.text(0.3, C_Y, "$c_{t-1}$", **MIDDLE, **light("cell"))
    ax.text(0.3, H_Y, "$h_{t-1}$", **MIDDLE, **of_all)
    ax.text(12, C_Y, "$c_t$", **MIDDLE, **light("cell"))
    ax.text(12, H_Y, "$h_t$", **MIDDLE, **light("hidden"))
    ax.text(INPUT_X, -0.62, "$x_t$", **MIDDLE, **of_all)
    ax.text(5.35, 0.42, "$[x_t, h_{t-1}]$", **MIDDLE, **of_all)


def _circle(ax: Axes, centre: Point, sign: str, alpha: float = 1.0) -> None:
    """A sign in a circle; 14 points across are twice RADIUS."""
    x, y = centre
    ax.plot(x, y, "o", ms=14, mfc="white", mec=PALE, mew=0, zorder=3)  # hides the lines behind it
    ax.plot(x, y, "o", ms=14, mfc="none", mec=INK, mew=1, zorder=3, alpha=alpha)
    ax.text(x, y, sign, fontsize=9, zorder=4, alpha=alpha, **MIDDLE)


def traces(by_moment: Mapping[str, Mapping[str, Any]], threshold: float, shown: int) -> Figure:
    """What is left of a changed character, a panel for each moment, on a log scale.

    Of each network there are curves (seeds, lags): thin lines are seeds, the thick one is their
    mean, and a dot is where the mean has fallen below `threshold`.
    """
    fig, axes = plt.subplots(1, len(by_moment), figsize=(6.3, 2.7), sharey=True)
    for ax, (moment, by_name) in zip(axes, by_moment.items(), strict=True):
        for name, of_seeds in by_name.items():
            _draw_seeds(ax, range(of_seeds.shape[1]), of_seeds, name)
            mean = of_seeds.mean(0)  # (lags,)
            not_gone = (mean >= threshold).nonzero()
            gone = int(not_gone[-1]) + 1  # after the last of them, for it may rise again
            ax.plot(gone, threshold, **MARKS[name])
        ax.axhline(threshold, color=INK, lw=0.8, ls=":")
        ax.set(yscale="log", xlim=(0, shown), ylim=(threshold / 10, 2))
        ax.set_yticks([1, 0.1, 0.01, 0.001], ["100 %", "10 %", "1 %", "0.1 %"])
        ax.minorticks_off()
        ax.set_title(moment)
        ax.set_xlabel("characters read since the change")
    axes[0].set_ylabel("left of the change")
    _legend(fig, axes[0])
    return fig


def recall(distances: Sequence[int], right: Mapping[str, Any], guess: float) -> Figure:
    """The share of right answers over the distance, of each network (seeds, distances)."""
    fig, ax = plt.subplots(figsize=(6.3, 2.5))
    for name, of_seeds in right.items():
        _draw_seeds(ax, distances, of_seeds, name)
        ax.plot(distances, of_seeds.mean(0), ls="none", **MARKS[name])
    ax.axhline(guess, color=INK, lw=0.8, ls=":")
    ax.set(ylim=(0, 1.05), xlim=(0, distances[-1] + 1))
    ax.set_yticks([0, 0.5, 1], ["0 %", "50 %", "100 %"])
    ax.set(xlabel="characters between the first one and the question", ylabel="right answers")
    ax.set_xticks(distances)
    _legend(fig, ax)
    return fig


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
    fig, axes = plt.subplots(count, 1, figsize=(6.3, 0.5 + 0.8 * count), sharex=True)
    _draw_heat_maps(axes[: len(shares)], shares, 0, "cividis")
    _draw_heat_maps(axes[len(shares) :], states, -1, "PuOr")
    for ax in axes:
        ax.set_yticks([0, len(cells) - 1], [str(cells[0]), str(cells[-1])], fontsize=6.5)
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
        ax.set_ylabel(name)
    axes[0].figure.colorbar(image, ax=axes, ticks=range(lowest, 2), pad=0.015)
