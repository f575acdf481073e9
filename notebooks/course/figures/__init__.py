"""The figures, a module for each notebook. Importing this package sets the style of all figures."""

from typing import Any

from matplotlib import pyplot as plt

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
    "font.size": 8.5,
    "axes.titlesize": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.prop_cycle": plt.cycler(
        color=[COLOURS[name] for name in ("blue", "vermilion", "green", "pink", "orange", "sky")]
    ),
    "legend.frameon": False,
    # The report's font comes with Typst; pages embed STIXGeneral, which comes with matplotlib, and
    # matplotlib measures with it. DejaVu Serif has the letters that STIXGeneral lacks.
    "font.serif": ["Libertinus Serif", "STIXGeneral", "Times New Roman", "DejaVu Serif"],
    "font.family": ["serif", "DejaVu Serif"],
    "mathtext.fontset": "stix",
}
plt.style.use(STYLE)
