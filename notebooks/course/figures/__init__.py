"""The figures, a module for each notebook. Importing this package sets the style of all figures."""

from collections.abc import Sequence
from typing import Any

from matplotlib import pyplot as plt
from matplotlib.axes import Axes

# Okabe and Ito's palette works for every kind of colour vision.
COLOURS = {
    "vermilion": "#D55E00",
    "green": "#009E73",
    "blue": "#0072B2",
    "orange": "#E69F00",
    "pink": "#CC79A7",
    "sky": "#56B4E9",
    "black": "#222222",
    "grey": "#999999",
}
STYLE: dict[str, Any] = {
    "figure.figsize": (6.3, 2.8),  # inches: the width of the report's text
    "figure.constrained_layout.use": True,
    # Inches at the sides, because names in the report's font are a little wider than measured.
    "figure.constrained_layout.w_pad": 0.1,
    "font.size": 8.5,
    "axes.titlesize": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.prop_cycle": plt.cycler(
        color=[COLOURS[name] for name in ("blue", "vermilion", "green", "pink", "orange", "sky")]
    ),
    "legend.frameon": False,
    "text.hinting": "no_hinting",  # or letters in a PNG aren't as wide as the tiles behind them
    # The report's font comes with Typst; pages embed STIXGeneral, which comes with matplotlib, and
    # matplotlib measures with it. DejaVu Serif has the letters that STIXGeneral lacks.
    "font.serif": ["Libertinus Serif", "STIXGeneral", "Times New Roman", "DejaVu Serif"],
    "font.family": ["serif", "DejaVu Serif"],
    "mathtext.fontset": "stix",
}
plt.style.use(STYLE)


def rows(ax: Axes, names: Sequence[str], claim: float | None = None) -> None:
    """A row for each name, the first on top; a dashed line with its loss marks the claim."""
    if claim is not None:
        ax.axvline(claim, color=COLOURS["black"], lw=1, ls="--", zorder=0)
        share = ax.get_xaxis_transform()  # x is a loss, y a share of the height
        where: dict[str, Any] = {"transform": share, "ha": "center", "va": "bottom"}
        ax.text(claim, 1.01, f"claimed {claim:.2f}", weight="bold", **where)
    ax.set_yticks(range(len(names)), names)
    ax.set_ylim(len(names) - 0.4, -0.6)
    ax.margins(x=0.12)  # for numbers beside the marks


def write_loss(ax: Axes, loss: float, row: int, claim: float | None = None, **look: Any) -> None:
    """A loss beside its mark, on the side that is away from the claim."""
    is_below = claim is not None and loss < claim
    side = -1 if is_below else 1
    align = "right" if is_below else "left"
    where: dict[str, Any] = {"xytext": (9 * side, 0), "ha": align, "va": "center"}
    write_beside(ax, f"{loss:.2f}", (loss, row), **where, **look)


def write_beside(ax: Axes, words: str, at: tuple[float, float], **where: Any) -> None:
    """Words beside a mark; `where` is (right, up) in points as `xytext`, and an alignment."""
    readable = {"facecolor": "white", "edgecolor": "none", "pad": 0.5}  # on a line, too
    ax.annotate(words, at, textcoords="offset points", bbox=readable, **where)
