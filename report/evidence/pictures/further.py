"""Pictures of depth, attention and other texts."""

from . import figures
from .made import Answers, Picture, Table


def depth(answers: Answers) -> Picture:
    stacks = answers["depth"]["stacks"]
    plain = [row for row in stacks if row["series"] == "equal parameters"]
    best = {}  # the number of layers with the lowest loss
    for series, of_series in answers["depth"]["losses"].items():
        label, _, _ = figures.SERIES[series]
        best[label] = min(of_series, key=of_series.__getitem__)
    if set(best.values()) == {"1"}:
        finding = "In every series, a single layer has the lowest loss."
    else:
        listed = ", ".join(f"{layers} ({label})" for label, layers in best.items())
        finding = f"The number of layers with the lowest loss is {listed}."
    return Picture(
        figures.depth(stacks),
        "Carried loss on the validation half by the number of layers, for stacks with "
        f"{figures.budget(stacks)}. {finding} For plain stacks, the loss goes from "
        f"{plain[0]['carried_validation']:.3f} with one layer to "
        f"{plain[-1]['carried_validation']:.3f} with {plain[-1]['layers']} layers.",
        f"{len(best)} curves over the number of layers: {', '.join(best)}.",
    )


def hybrids(answers: Answers) -> Table:
    rows = []
    for name, network in answers["hybrids"].items():
        size = f"{network['parameters'] / 1e6:.2f} M"
        read = f"{network['epochs_read']:.1f}"
        rows.append([name, size, read, f"{network['cold']:.3f}", f"{network['carried']:.3f}"])
    rows.sort(key=lambda row: row[3], reverse=True)
    return Table(
        ["network", "parameters", "epochs read", "cold", "carried"],
        rows,
        "Losses on the validation half. *Epochs read*: how often a network has read the training "
        f"text; those with attention read half as much. The lowest cold loss is that of "
        f"*{rows[-1][0]}*, {rows[-1][3]}.",
    )


def texts(answers: Answers) -> Picture:
    found = answers["texts"]
    in_bits = []
    gains = []  # of copy head and invented names
    for title, text in found.items():
        label = f"{title}, {text['characters'] / 1e6:.1f} M, {text['distinct']} distinct"
        in_bits.append((label, text["bits"]))
        gain = text["bits"]["LSTM"] - text["bits"]["with copy head"]
        gains.append(f"{gain:.2f} on {title}".replace("-", "−"))
    first, *_ = found.values()
    parameters = first["parameters"]
    more = parameters["with copy head"] / parameters["LSTM"] - 1
    return Picture(
        figures.texts(in_bits),
        "Bits per character on the last 10 % of each text, carried: an n-gram model, the LSTM, the "
        f"LSTM with copy head and invented names ({100 * more:.0f} % more parameters), and that "
        "last network mixed with n-grams. The labels give the length of each text and its number "
        "of distinct characters. Compare only within a row, because each row is a different text. "
        f"In bits, copy head and invented names gain {', '.join(gains)}.",
        f"A row for each of {len(found)} texts with four points, one for each model.",
    )
