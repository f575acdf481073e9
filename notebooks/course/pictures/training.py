"""The figures and tables of notebook 03."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor

from ..display import Picture, Table
from ..figures import training as figures


def fooled(losses: Mapping[str, float], claim: float) -> Picture:
    """`losses` has those on "windows for training", on "windows held out" and on "new text"."""
    training, held_out, new = losses.values()
    return Picture(
        "fooled",
        figures.three_losses(losses, claim),
        "Three losses of the same small network: on the windows on which it was trained, "
        f"{training:.2f} (the mean of the last pass), on those that were held out at random, "
        f"{held_out:.2f}, and on text from another part of the file, {new:.2f}.",
        "Three rows, each with a dot for a loss: windows for training, windows held out, new text.",
    )


def windows(texts: Sequence[str], is_held_out: Tensor, in_all: int, held_out: int) -> Picture:
    """Some neighbouring windows, and how many there are and how many of these are held out."""
    return Picture(
        "windows",
        figures.windows(texts, is_held_out),
        f"Eleven of the {in_all:,} windows of the passage, each of {len(texts[0])} characters, one "
        "below the other as they lie in the text (↵ is the end of a line). A network learns to "
        f"predict the characters of each. Orange: held out at random, as are {held_out:,} in all. "
        "Each shares all characters but one with the next.",
        "Rows of text, each shifted by one character against the one above; some are orange.",
    )


def leak(shares: Mapping[int, float]) -> Picture:
    """The share of targets that leak, by the distance between windows."""
    closest = min(shares)
    furthest = max(shares)
    return Picture(
        "leak",
        figures.leakage(shares),
        "The share of the characters to be predicted in held-out windows (the targets) that are "
        "also targets of training windows, by the distance between windows. When each window "
        f"starts one character after the one before, it is {100 * shares[closest]:.1f} %; without "
        f"overlap, it is {100 * shares[furthest]:.1f} %.",
        "A curve that stays near 100 % while windows overlap and then falls to 0.",
    )


def cut(
    starts: Sequence[int], parts: Sequence[str], length: int, at: int, leaked: float
) -> Picture:
    """Windows of `length` near the cut, and the share of held-out targets that still leak."""
    return Picture(
        "cut",
        figures.cut(starts, parts, length, at),
        "Every eighth window near the cut, which is the vertical line. Windows that cross it "
        f"belong to neither part, so {100 * leaked:.0f} % of the held-out targets were trained on.",
        "Staggered bars: those that end before a vertical line are for training, those that begin "
        "after it are held out, and those that cross it are empty.",
    )


def curves(network: Mapping[str, Any], averaged: int) -> Picture:
    """How a network learned; its training losses are means of so many steps."""
    return Picture(
        "curves",
        figures.learning_curves([network]),
        f"How the baseline learns: the training loss, averaged over {averaged} steps at a time, "
        "the loss on the validation half in windows, each from an empty state, and the learning "
        f"rate, which stays at {network['learning_rate'][-1]:.3f}. In the end, "
        f"after {network['val_step'][-1] + 1:,} steps, the training loss is "
        f"{network['train_loss'][-1]:.2f}, and the validation loss {network['val_loss'][-1]:.2f}. "
        "The steep beginning is cut off.",
        "Two curves of the loss over the steps, and below them a flat line: the learning rate.",
    )


def samples(stages: Sequence[tuple[str, str, float]], guessing: float) -> Picture:
    """What a network writes after some steps, and its loss; `guessing` is that of a guess."""
    losses = [loss for _, _, loss in stages]
    return Picture(
        "samples",
        figures.stages(stages),
        "What the baseline, a network by the student's recipe, writes after so many steps of its "
        "training, with its loss on the validation half (in windows, each from an empty state). "
        "The weights with the lowest loss are kept; ↵ is the end of a line. In the first row, the "
        f"loss is {losses[0]:.2f}, about that of a uniform guess ({guessing:.2f}), and in the last "
        f"{losses[-1]:.2f}.",
        "A row of text for each step; beside the rows the loss as a line of dots.",
    )


def overfitting(
    train_loss: Sequence[float], val_loss: Sequence[float], kept: int, characters: int
) -> Picture:
    """The losses of each epoch on a text of so many characters; `kept` is an epoch, from 0."""
    return Picture(
        "overfitting",
        figures.overfitting(train_loss, val_loss, kept),
        f"A small network, with one layer of 128 cells, trains on the first {characters:,} "
        f"characters: it reads them {len(train_loss)} times, in windows without overlap. Its loss "
        f"on them is {train_loss[-1]:.2f} in the end. On new text it ends at {val_loss[-1]:.2f} "
        f"and is lowest after epoch {kept + 1}, at {val_loss[kept]:.2f}, so the weights of that "
        "epoch are those to keep.",
        "Two curves of the loss over the epochs, on the training text and on new text; a line "
        "marks the epoch at which the second is lowest.",
    )


def protocols(window: int) -> Picture:
    return Picture(
        "protocols",
        figures.protocols(window),
        "How the text is cut, and two ways to read the last 10 %: in *cold* windows of "
        f"{window} characters, or *carried* in one pass. Losses can be compared only within one "
        "of them.",
        "A bar for the text, and two for its last 10 %: with short arrows, and with one long one.",
    )


def losses(
    claim: float,
    small: Mapping[str, tuple[float, float]],
    characters: int,
    train_loss: float,
    networks: Mapping[str, Mapping[str, Mapping[str, float]]],
    counting: Mapping[str, float],
) -> Table:
    """Losses in nats, by model and protocol.

    `small` are losses in training and on held-out text, of networks that were trained on so many
    characters. `networks` have losses by protocol, on all of the last 10 % and on its test half;
    the first one has the `train_loss`.
    """
    rows = [["the student's claim", "–", f"{claim:.2f}", "–"]]
    for name, (in_training, held_out) in small.items():
        rows.append([name, f"{in_training:.3f}", f"{held_out:.3f}", "–"])
    ends: list[str] = []
    for name, of_network in networks.items():
        for protocol, loss in of_network.items():
            known = "–" if ends else f"{train_loss:.3f}"
            test = "–" if math.isnan(loss["test"]) else f"{loss['test']:.3f}"
            rows.append([f"{name}, {protocol}", known, f"{loss['held_out']:.3f}", test])
        ends.append(f"that of {name} {of_network['carried']['held_out']:.3f}")
    rows.append(
        ["counting (the bar)", "–", f"{counting['held_out']:.3f}", f"{counting['test']:.3f}"]
    )
    return Table(
        "losses",
        ["model and protocol", "training", "held out", "test half"],
        rows,
        "Losses in nats per character. The training loss is the mean over the last pass or epoch, "
        "in which a network still learns. The small networks (one layer of 128 cells) were trained "
        f"on the first {characters:,} characters, in windows that start at every character; held "
        "out is a tenth of these windows at random, or the last tenth of the passage, and new text "
        "is the validation half, in windows of 64. For all others, held out is the last 10 %, and "
        "the test half the second half of that. In one pass, the loss of counting is "
        f"{counting['held_out']:.3f}, {' and '.join(ends)}.",
    )


def leak_of_shipped(
    losses: Mapping[str, float], windows: int, drawn: float, claim: float
) -> Picture:
    """`losses` has those on windows that the network "drew in training", "never drew" and new ones.

    Each is the mean over so many windows; `drawn` is the share of all that it drew.
    """
    of_drawn, of_others, of_new = losses.values()
    return Picture(
        "leak-shipped",
        figures.three_losses(losses, claim),
        f"Three losses of the shipped baseline, each on {windows:,} windows of 128 characters, "
        "read from an empty state: on windows of the training text that it drew in its training "
        f"({100 * drawn:.0f} % of all), {of_drawn:.2f}; on windows of the same text that it never "
        f"drew, {of_others:.2f}; and on windows of the last 10 %, {of_new:.2f}.",
        "Three rows, each with a dot for a loss: the first two are nearly equal, the last is far "
        "to the right.",
    )


def shared(texts: Sequence[str], held_out: int) -> Picture:
    """Neighbouring windows, the one in the row `held_out` held out."""
    return Picture(
        "shared",
        figures.leak(texts, held_out),
        "A window that was held out, between two lines, and its neighbours, which are for "
        "training. What lies between the lines in their rows is trained on, so next to nothing of "
        "the held-out window is new.",
        "Seven rows of text, each shifted by one character; one is orange and two lines enclose "
        "it.",
    )
