"""The figures of notebook 04: temperatures, and how many characters survive a cut."""

from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from torch import Tensor

from ..display import COLOURS, visible

LIKELIEST = 12  # characters in the figure of temperatures


def temperature(p: dict[float, Tensor], chars: list[str], min_p: float) -> Figure:
    """Bars for the likeliest characters by p (vocab_size,) at three temperatures, 1.0 among them.

    The dashed line is where `min_p` cuts at temperature 1.
    """
    figure, ax = plt.subplots(figsize=(6.3, 2.2))
    likeliest = p[1.0].argsort(descending=True)[:LIKELIEST].tolist()
    bars = zip(p.items(), ("output", "quiet", "forget"), (-0.27, 0, 0.27), strict=True)
    for (name, probabilities), colour, offset in bars:
        x = [position + offset for position in range(len(likeliest))]
        label = f"temperature {name}"
        ax.bar(x, probabilities[likeliest], width=0.25, color=COLOURS[colour], label=label)
    cut = min_p * float(p[1.0].max())
    ax.axhline(cut, color=COLOURS["text"], ls="--", lw=0.9, label=f"min-p {min_p} at 1.0")
    ax.set_xticks(range(len(likeliest)), [visible(chars[k]) for k in likeliest])
    ax.set(xlabel="next character", ylabel="probability")
    ax.legend()
    return figure


def candidates(kept: dict[str, Tensor], passage: str) -> Figure:
    """How many characters each cut keeps: counts (characters,), one for each in the passage."""
    figure, ax = plt.subplots(figsize=(6.3, 2.0))
    colours = ("quiet", "output", "forget")
    for (name, counts), colour in zip(kept.items(), colours, strict=True):
        ax.step(range(len(counts)), counts, where="mid", color=COLOURS[colour], label=name)
    ax.set_xticks(range(len(passage)), [visible(c) for c in passage])
    ax.tick_params("x", length=0)
    ax.set(xlabel="the character that came next", ylabel="candidates", ylim=(0, None))
    ax.legend(ncols=3, loc="lower center", bbox_to_anchor=(0.5, 1))  # above the axes
    return figure
