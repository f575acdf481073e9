"""Notebook 07: its figures and tables, with their words."""

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from study.heads import in_order

from ..display import Picture, Table, escape_markdown
from ..figures import who_copies as figures

Networks = Mapping[str, Mapping[str, Any]]  # what the notebook knows of each, by name


def networks(measured: Networks, predicted: Mapping[str, bool | None], least: float) -> Table:
    """What was measured of each network, and what the reader has predicted."""
    says = {None: "–", True: "yes", False: "no"}  # what else is written is shown as it is
    rows = []
    for name, network in measured.items():
        rows.append(
            [
                name,
                f"{network['parameters']:,}",
                f"{network['loss']:.3f}",
                f"{network['same']:.1f} → {network['backwards']:.1f}",
                f"{network['letters'][0]:.1f} → {network['letters'][1]:.1f}",
                says.get(predicted.get(name), predicted.get(name)),
                says[network["copies"]],
            ]
        )
    copying = [name for name, network in measured.items() if network["copies"]]
    right = sum(predicted.get(name) == network["copies"] for name, network in measured.items())
    caption = (
        "Six networks that have read two million characters: their loss in cold windows of a piece "
        "of the last 10 %; the bits of a name in the median, after its past as it is → after "
        "reversed copies; the bits of a random letter, the first time → the second time. "
        f"A network copies if reversed copies cost at least {least:g} bits more. "
        f"{len(copying)} of {len(measured)} do: {', '.join(copying) or 'none'}."
    )
    if any(answer is not None for answer in predicted.values()):
        caption += f" {right} of {len(measured)} predictions are right."
    header = [
        "network",
        "parameters",
        "loss",
        "bits of a name",
        "of a letter",
        "predicted",
        "copies",
    ]
    return Table("six", header, rows, caption)


def names(measured: Networks, headings: int, reach: int) -> Picture:
    """What a name costs after its past as it is, and after reversed copies, by network."""
    bits = {name: (each["same"], each["backwards"]) for name, each in measured.items()}
    moved = {name: each["gain"] for name, each in measured.items()}
    most = max(moved, key=lambda name: moved[name])
    least = min(moved, key=lambda name: moved[name])
    return Picture(
        "names",
        figures.names(bits),
        f"Surprise at a name that returns within {reach} characters, in the median of {headings} "
        "names, after the past as it is and with each earlier copy spelt backwards. Reversing "
        f"costs *{most}* {_bits(moved[most])} bits, and *{least}* {_bits(moved[least])}.",
        "A row for each network with two marks: as it is, and reversed.",
    )


def taught(stages: Networks, headings: int) -> Table:
    """A Transformer before and after it has learned to copy random characters."""
    rows = []
    for name, stage in stages.items():
        of_letter = f"{stage['letters'][0]:.1f} → {stage['letters'][1]:.1f}"
        of_name = f"{stage['same']:.1f} → {stage['backwards']:.1f}"
        rows.append([name, of_letter, of_name])
    first, *_, last = stages.values()
    return Table(
        "taught",
        ["Transformer", "bits of a letter", "of a name"],
        rows,
        "The bits of a random letter, the first time → the second time. The second time, it costs "
        f"{first['letters'][1]:.1f} bits before the training, and {last['letters'][1]:.1f} after "
        f"it. The bits of a name, in the median of {headings}, as it is → after reversed copies: "
        f"reversing costs {last['gain']:.1f} bits in the end.",
    )


def heads(previous: Tensor, induction: Tensor) -> Picture:
    """Where each head's attention goes on random letters that come twice; both (layers, heads)."""
    layer, head = in_order(induction)[0]
    below, other = in_order(previous)[0]
    return Picture(
        "heads",
        figures.heads(
            {"to the letter before": previous, "to what followed the earlier copy": induction}
        ),
        "The share of its attention that each head gives to the letter before (left) and, the "
        "second time, to the letter that followed the earlier copy (right), on random letters. "
        f"Head {other} of layer {below} looks most at the letter before, "
        f"{previous.max():.2f}; head {head} of layer {layer} follows the earlier copy, "
        f"{induction.max():.2f}. Layers and heads count from 0.",
        "Two grids of layers and heads, with a number in each field.",
    )


def attention(
    read: str, before: str, weights: Tensor, followed: int, which: tuple[int, int]
) -> Picture:
    """What one head, of (layer, head), looks at while a name is read again.

    `weights` are (read, before); at so many letters it looks most at what `followed` the earlier.
    """
    name = escape_markdown(read.strip())
    layer, head = which
    return Picture(
        "attention",
        figures.attention(read, before, weights),
        f"What head {head} of layer {layer} looks at, by how dark a field is, while the network "
        f"reads {name} (rows, from above) after {name} (columns). At {followed} of {len(read)} "
        "letters, it looks most at the letter that followed the earlier copy. The darkest field "
        f"has {weights.max():.2f} of its attention.",
        f"A grid of letters: rows are {name} read again, columns the text before; dark fields "
        "are where the head looks.",
    )


def without(
    measured: Mapping[str, Mapping[str, Any]], switched_off: Mapping[str, list[tuple[int, int]]]
) -> Table:
    """What names cost a network with some heads switched off."""
    gains = {}
    rows = []
    for name, network in measured.items():
        gains[name] = _bits(network["gain"])
        heads = ", ".join(f"{layer}.{head}" for layer, head in switched_off[name]) or "–"
        bits = f"{network['same']:.1f} → {network['backwards']:.1f}"
        rows.append([name, heads, bits, gains[name]])
    first, second, third, *_ = gains
    return Table(
        "without",
        ["switched off", "layer.head", "bits of a name", "reversing costs"],
        rows,
        "What a name costs as it is → after reversed copies, with some heads switched off. "
        f"Reversing costs {gains[first]} bits with all heads, {gains[second]} without *{second}*, "
        f"and {gains[third]} without *{third}*.",
    )


def _bits(value: float) -> str:
    return f"{round(value, 1) + 0.0:.1f}".replace("-", "−")  # no zero has a sign


def reading(stages: Mapping[str, Mapping[str, Any]], headings: int) -> Table:
    """What is left of copying when the Transformer then reads plays."""
    rows = []
    for name, stage in stages.items():
        first, second = stage["letters"]
        rows.append(
            [
                name,
                f"{stage['loss']:.3f}",
                f"{first:.1f} → {second:.1f}",
                f"{stage['same']:.1f} → {stage['backwards']:.1f}",
                _bits(stage["gain"]),
            ]
        )
    return Table(
        "reading",
        ["Transformer", "loss", "bits of a letter", "bits of a name", "reversing costs"],
        rows,
        "Loss in cold windows of a piece of the last 10 %, in nats; the bits of a random letter, "
        "the first → the second time; and the bits of a name, as it is → after reversed copies, in "
        f"the median of {headings} names. What reversing costs is the median of the differences.",
    )


def future(tried: Mapping[str, Mapping[str, Any]]) -> Table:
    """The student's future work, a row for each design."""
    rows = []
    for name, network in tried.items():
        rows.append(
            [
                name,
                f"{network['layers']} × {network['hidden_size']}",
                f"{network['parameters']:,}",
                f"{network['seconds']:.0f}",
                f"{network['bits']:.2f}",
                f"{network['counting']:.2f}",
            ]
        )
    above = []
    for name, network in tried.items():
        above.append(f"*{name}* {network['bits'] - network['counting']:.2f}")
    return Table(
        "future",
        ["network", "layers × cells", "parameters", "seconds", "bits", "counting"],
        rows,
        "Bits per character on the last 10 % after some seconds of training, with one seed, and "
        "those of counting in all of the training text. Compare losses of one text only. Above "
        f"counting: {', '.join(above)}.",
    )
