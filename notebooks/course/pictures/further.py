"""The figures and tables of notebook 07."""

from collections.abc import Mapping
from typing import Any

from ..display import Picture, Table
from ..figures import further as figures

Networks = Mapping[str, Mapping[str, Any]]  # what `compare` in the notebook knows of each, by name


def depth(networks: Networks, guessing: float) -> Picture:
    """Losses while networks train; `guessing` is the loss of a guess by frequency."""
    by_loss = sorted(networks, key=lambda name: networks[name]["loss"])
    best = by_loss[0]
    worst = by_loss[-1]
    return Picture(
        "depth",
        figures.curves(networks, guessing),
        "Loss on the validation half while LSTMs of one layer and of four train, each as wide as "
        f"the same limit on its parameters allows. On the last 10 %, *{best}* ends at "
        f"{networks[best]['loss']:.3f}, and *{worst}* at {networks[worst]['loss']:.3f}. The dotted "
        "line is the loss of guessing each character by how frequent it is.",
        "A curve for each network over the batches, and a dotted line.",
    )


def networks(label: str, networks: Networks, counting: float) -> Table:
    """Networks from the lowest loss to the highest, and the loss of counting."""
    names = sorted(networks, key=lambda name: networks[name]["loss"])
    rows = []
    for name in names:
        network = networks[name]
        size = f"{network['layers']} × {network['hidden_size']}"
        parameters = f"{network['parameters']:,}"
        seconds = f"{network['seconds']:.1f}"
        rows.append([name, size, parameters, seconds, f"{network['loss']:.3f}"])
    return Table(
        label,
        ["network", "layers × cells", "parameters", "seconds", "loss"],
        rows,
        "Networks by their loss on the last 10 %, and how many seconds each has trained. Each is "
        "as wide as the same limit on its parameters allows. The lowest loss is that of "
        f"*{names[0]}*, {networks[names[0]]['loss']:.3f}. Counting, in all of the training text, "
        f"has {counting:.3f}.",
    )


def counting(losses: Mapping[str, float], characters: int) -> Table:
    """Losses on so many characters, by who predicts them."""
    lowest = min(losses, key=lambda name: losses[name])
    return Table(
        "counting",
        ["who predicts", "loss"],
        [[name, f"{loss:.3f}"] for name, loss in losses.items()],
        f"Losses on the first {characters:,} characters of the last 10 %. The first row and the "
        "copy head keep their counts and weights; the others learn while they read. The lowest "
        f"loss is that of *{lowest}*, {losses[lowest]:.3f}.",
    )


def texts(bits: Mapping[str, Mapping[str, float]]) -> Table:
    """Bits per character of "n-grams", "one layer" and "copy head", by text."""
    rows = []
    gains = []
    for title, of_text in bits.items():
        rows.append([title, *[f"{of_model:.2f}" for of_model in of_text.values()]])
        gain = f"{of_text['one layer'] - of_text['copy head']:.2f}".replace("-", "−")
        gains.append(f"{gain} on {title}")
    return Table(
        "other-texts",
        ["text", "n-grams, up to 8 characters", "one layer", "copy head"],
        rows,
        "Bits per character on the last 10 % of each text. Counting has read all of the training "
        "text, the networks only a part. The copy head with invented names gains "
        f"{', '.join(gains)}.",
    )
