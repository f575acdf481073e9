"""The figures and tables of notebook 01."""

import math
from collections.abc import Mapping, Sequence

from ..display import Picture, Table
from ..figures import preprocessing as figures


def guesses(characters: str, needed: Sequence[int]) -> Picture:
    """How many guesses a program needs for each of these characters."""
    return Picture(
        "guesses",
        figures.guesses(characters, needed),
        "How many guesses a program needs for each hidden character of a line (␣ is a space), on a "
        "logarithmic scale. It has counted what followed each string of up to six characters in "
        f"the first 90 % of the text. The light bars are right first guesses, {needed.count(1)} of "
        f"{len(needed)}; the hardest character takes {max(needed)}.",
        "A bar for each hidden character, as high as the guesses needed, whose number is above it.",
    )


def three_losses(losses: Mapping[str, Sequence[float]], characters: int) -> Table:
    """By model, a loss by the reader's function and by PyTorch's, on so many characters."""
    rows = []
    for name, (loss, as_pytorch) in losses.items():
        bits = loss / math.log(2)
        row = [name, f"{loss:.3f}", f"{as_pytorch:.3f}", f"{bits:.2f}", f"{math.exp(loss):.1f}"]
        rows.append(row)
    return Table(
        "three-losses",
        ["model", "your loss", "PyTorch's", "in bits", "perplexity"],
        rows,
        f"The losses of three models on {characters:,} characters that they haven't read, by your "
        "function and by PyTorch's, in nats. The program that knows the six characters before, the "
        f"*context*, has {rows[2][1]}, and one that knows only how often each character occurs "
        f"{rows[1][1]}.",
    )


def speakers(text: str) -> Picture:
    return Picture(
        "speakers",
        figures.speakers(text),
        "Where the twenty speakers with the most speeches speak: one tick for each speech. The "
        "ticks form blocks, which are the plays. The orange lines at 90 % and 95 % split the text: "
        "the held-out text comes from the last two plays.",
        "Ticks along the file in twenty rows, one row for each speaker, in the order in which they "
        "first speak. Each speaker's ticks lie close together in one or a few stretches of the "
        "file. Dotted lines mark nine plays.",
    )


def drawn(texts: Mapping[str, str], copied: Mapping[str, Sequence[bool]], shortest: int) -> Picture:
    """By name, texts and which of their characters are in copies of at least `shortest`."""
    shares = {}
    panels = []
    for name, text in texts.items():
        shares[name] = f"{100 * sum(copied[name]) / len(copied[name]):.0f} %"
        panels.append((f"{name}: {shares[name]} copied", text, copied[name]))
    return Picture(
        "drawn",
        figures.drawn(panels),
        "Texts drawn from counts: each character in proportion to how often it followed the last 0 "
        "to 6 characters (the order) in the training text, the first 90 %. The last panel is from "
        f"the validation half, which wasn't counted. Shaded: stretches of {shortest} or more "
        "characters that occur in the training text, too. A title has the share of 5,000 "
        "characters drawn, or of the whole validation half, and its panel shows lines with about "
        f"that share. Of the text of order 6, {shares['order 6']} is copied, and of the validation "
        f"half {shares['validation half']}.",
        "Six short texts, one for each of five orders and one from the validation half; in each, "
        "what is copied is shaded.",
    )


def orders(kneser_ney: Sequence[float], best: int, witten_bell: Sequence[float]) -> Picture:
    """The losses of n-gram models by order; `best` is Kneser-Ney's on the validation half."""
    return Picture(
        "orders",
        figures.orders(kneser_ney, best, witten_bell),
        "Losses on the last 10 % of the text by the order, the number of characters of context. "
        "Two models have counted, in the first 90 %, which character followed each context, and "
        "smooth their counts in different ways. Kneser-Ney's loss is "
        f"{kneser_ney[0]:.2f} at order 0 and {kneser_ney[1]:.2f} at order 1. At order {best}, the "
        f"best on the validation half, it is {kneser_ney[best]:.2f}, the bar. Witten-Bell's lowest "
        f"is {min(witten_bell):.2f}.",
        "Two curves of the loss over the order from 0 up, for Witten-Bell and for Kneser-Ney "
        "smoothing, and a line at the bar.",
    )
