"""The figures and tables of notebook 05."""

from collections.abc import Mapping, Sequence
from typing import Any

from ..display import Picture, Table, Verse, escape_markdown, signed
from ..figures import beyond as figures
from ..figures.training import learning_curves


def rate(rates: Sequence[float], constant: float) -> Picture:
    """The learning rate at each step, beside a constant one."""
    peak = max(rates)
    return Picture(
        "rate",
        figures.rate(rates, constant),
        f"The learning rate at each of the {len(rates):,} steps of a training. It begins at "
        f"{rates[0]:.5f}, rises to {peak:.3f} after {rates.index(peak):,} steps, and falls to "
        f"nearly zero. The dashed line is the constant rate of the student's recipe, "
        f"{constant:.3f}.",
        "A curve that rises steeply and falls slowly, above a dashed line for most of its way.",
    )


def copy_head(letters: str, weights: Sequence[float], writing: float, copied: str) -> Picture:
    """The weights of the copy head after some letters: that of writing, and those of each letter.

    The largest is that of the letter `copied`.
    """
    return Picture(
        "copy-head",
        figures.copy_head(letters, weights, writing, copied),
        f"An example: the copy head after `{letters}`. The query, made from what was read last, is "
        "compared with the key of each letter, made from what came before it. The thicker an "
        f"arrow, the larger the weight. Most of it, {max(weights):.2f}, goes to `{copied}`, and "
        f"{writing:.2f} to writing.",
        "Six letters in boxes, each with an arrow to the position of the next one; the arrow from "
        f"{copied} is the thickest. A further arrow is that of writing.",
    )


def schedules(networks: Mapping[str, Mapping[str, Sequence[float]]]) -> Picture:
    """The curves of the three networks by their names, as `steps.curves_of` returns them."""
    peaks = [max(curves["learning_rate"]) for curves in networks.values()]
    lasts = [f"{curves['val_loss'][-1]:.2f}" for curves in networks.values()]
    return Picture(
        "schedules",
        learning_curves([{"name": name, **curves} for name, curves in networks.items()]),
        "How the three networks learn: the training loss, averaged over some steps at a time, the "
        "loss on the validation half (in windows, each from an empty state), and the learning "
        "rate, which is constant for the baseline, and rises to "
        f"{peaks[-1]:.3f} and falls for the others. The training losses aren't of the same text: "
        "with copying, its names are invented. The steep beginning is cut off. The last "
        f"validation losses are {', '.join(lasts)}. They aren't [those below](#fig-way), which are "
        "of the whole held-out text in one pass, where there is more to copy from.",
        "Curves of the loss over the training steps for three networks, and below them their "
        "learning rates: one is flat, the others rise and fall.",
    )


def gains(losses: Mapping[str, float], gained: Mapping[str, tuple[float, float, float]]) -> Picture:
    """The loss of each network on the last 10 %; of each but the first, what it gains.

    That is the gain over the one before, and the ends of its 95 % interval.
    """
    (_, first), *others = losses.items()
    rows: list[dict[str, Any]] = []
    for name, loss in others:
        gain, low, high = gained[name]
        judged = {"gain": gain, "interval": [low, high], "by_seed": [gain]}
        rows.append({"name": name, "gain": judged, "loss": loss})
    of_training, of_copying = [signed(gain) for gain, _, _ in gained.values()]
    return Picture(
        "gains",
        figures.gains(rows),
        "What better training gains over the baseline, and copying over better training "
        "alone, on the last 10 % of the text (nats per character). On the right is the loss that "
        f"each reaches; the baseline has {first:.3f}. The bar is the 95 % interval "
        "of the gain over ten blocks of this text, which says nothing about another text or seed. "
        f"The gain of better training is {of_training}, and that of copying {of_copying}.",
        "A row for each step, with a bar for the interval and a vertical line for the gain; a "
        "dashed line marks zero.",
    )


def kinds(
    by_kind: Mapping[str, tuple[float, float, float, float]], rise: float, characters: int
) -> Table:
    """Of each kind of character, the loss with copies and without, the rise, and what that adds.

    It adds to the `rise` of the mean over all `characters`.
    """
    rows = []
    for kind in sorted(by_kind, key=lambda kind: by_kind[kind][2], reverse=True):
        before, after, rise_of_kind, added = by_kind[kind]
        rows.append([kind, f"{before:.2f}", f"{after:.2f}", signed(rise_of_kind), signed(added)])
    return Table(
        "kinds",
        ["kind of character", "with copies", "without", "rise", "added to the mean of all"],
        rows,
        f"The loss on {characters:,} characters of the validation half, with copies and without, "
        "and how much the rise adds to the mean of all characters. Without copies, the mean rises "
        f"by {signed(rise)}.",
    )


def text(written: str, prompt: str, length: int, temperature: float, min_p: float) -> Verse:
    """What the final network has written after a prompt."""
    return Verse(
        "final",
        written,
        f"What the final network writes after a prompt (the first {len(prompt)} characters), with "
        f"temperature {temperature} and min-p {min_p}, up to {length} characters.",
    )


def way(losses: Mapping[str, float], claim: float) -> Picture:
    """The loss of each step, from counting to the network that comes with the course."""
    counting, first, *_ = losses
    *_, best, shipped = losses
    return Picture(
        "way",
        figures.answer(losses, claim),
        "The loss that each step reaches, on the last 10 % of the text in one pass. Counting, by "
        f"the best Kneser-Ney model, has {losses[counting]:.3f}. The loss of this run's networks "
        f"goes from {losses[first]:.3f} for the baseline to {losses[best]:.3f}. A larger network, "
        f"{shipped}, has {losses[shipped]:.3f}.",
        "A row for each step, with a dot for its loss, and a dashed line for the claim.",
    )


def challenge(networks: Mapping[str, Mapping[str, Any]]) -> Table:
    """Networks with their "parameters" and their "loss", by the names that readers gave them."""
    rows = []
    for name in sorted(networks, key=lambda name: networks[name]["loss"]):
        network = networks[name]
        rows.append([escape_markdown(name), f"{network['parameters']:,}", f"{network['loss']:.3f}"])
    return Table(
        "challenge",
        ["network", "parameters", "loss"],
        rows,
        "Networks by their loss on the validation half, in one pass, from the lowest to the "
        "highest.",
    )
