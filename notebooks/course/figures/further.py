"""The figure of notebook 07."""

from collections.abc import Mapping
from typing import Any

from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from . import COLOURS

LOOKS = (("o", "-"), ("s", "--"), ("D", "-."), ("^", "-"), ("v", "--"))  # without colour, too


def curves(networks: Mapping[str, Mapping[str, Any]], guessing: float | None = None) -> Figure:
    """Losses on the validation half while networks train, a curve for each, by name.

    A network has its `val_losses` after so many `batches`. The dotted line is the loss of
    `guessing` by how frequent each character is.
    """
    fig, ax = plt.subplots(figsize=(6.3, 2.9))
    for k, (name, network) in enumerate(networks.items()):
        marker, line = LOOKS[k % len(LOOKS)]
        ax.plot(network["batches"], network["val_losses"], line, marker=marker, ms=4, label=name)
    if guessing is not None:
        label = "guessing by frequency"
        ax.axhline(guessing, color=COLOURS["black"], lw=0.9, ls=":", label=label)
    ax.set(xlabel="batches", ylabel="loss (validation half)", xlim=(0, None))
    fig.legend(loc="outside lower center", ncols=3)
    return fig
