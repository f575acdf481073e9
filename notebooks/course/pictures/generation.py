"""The figures, tables and texts of notebook 04."""

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from ..display import Picture, Table, Verse, escape_markdown, percent, visible
from ..figures import generation as figures

Counts = Mapping[str, Any]  # what a `study.novelty.Study` counts in texts


def temperature(
    p_at: dict[float, Tensor],
    highest: Mapping[float, float],
    chars: list[str],
    context: str,
    min_p: float,
) -> Picture:
    """What three temperatures make of p (vocab_size,), and the `highest` probability of each."""
    shown = escape_markdown("".join(visible(character) for character in context))
    return Picture(
        "temperature",
        figures.temperature(p_at, chars, min_p),
        "Probabilities of the likeliest next characters (at most twelve) at three temperatures, "
        f"after “{shown}” (␣ is a space, ↵ the end of a line). At temperature 1 the likeliest has "
        f"probability {highest[1.0]:.2f}, at 0.5 {highest[0.5]:.2f}, and at 1.5 "
        f"{highest[1.5]:.2f}. The dashed line is a min-p cut: a character whose bar at "
        "temperature 1 stays below it is never drawn.",
        "Grouped bars for the likeliest next characters. The likeliest character's bar is "
        "highest at temperature 0.5 and lowest at 1.5. A dashed horizontal line marks the min-p "
        "cut.",
    )


def candidates(kept: dict[str, Tensor], passage: str, fewest: int, most: int) -> Picture:
    """How many characters three cuts keep; min-p keeps from `fewest` to `most`."""
    return Picture(
        "candidates",
        figures.candidates(kept, passage),
        "Number of characters that each cut keeps, at the first characters of the test half (␣ is "
        "a space, ↵ the end of a line). Top-k always keeps the same number, and min-p 0.05 keeps "
        f"from {fewest} to {most}.",
        "Three curves over a line of text, one for each cut: how many characters it keeps. The "
        "curve of top-k is flat.",
    )


def students_text(text: str) -> Verse:
    """The text in the student's report."""
    return Verse("student", text, "The example output of the student's report, whole.")


def sample(
    label: str, name: str, text: str, prompt: str, pair: Mapping[str, float], real: float
) -> Verse:
    """How a text begins that the network `name` wrote; `real` is its share of real words."""
    return Verse(
        label,
        text,
        f"What {name} writes after a prompt (the first {len(prompt)} characters), with "
        f"temperature {pair['temperature']} and min-p {pair['min_p']}, up to {len(text)} "
        f"characters of the first of its texts. Of the words in it, {percent(real)} occur in the "
        "training text.",
    )


def made_of(
    counts: Mapping[str, Counts], returning: Mapping[str, float | None], author: str, length: int
) -> Table:
    """What texts are made of by their writer, of whom `author` is one; `returning` are shares."""
    rows = []
    for name, of_texts in counts.items():
        words = percent(of_texts["words"])
        rows.append([name, words, of_texts["headings"], percent(returning[name])])
    return Table(
        "texts",
        ["who writes", "real words", "headings", "of these return"],
        rows,
        f"What texts of {length:,} characters are made of: the share of real words, the number of "
        "headings, and the share of these that return. The author's half is cut into pieces as "
        f"long: {percent(counts[author]['words'])} of its words occur in the training text, and "
        f"{percent(returning[author])} of its headings return.",
    )


def models(
    losses: Mapping[str, float], parameters: Mapping[str, int], read: int, in_all: int
) -> Table:
    """Losses of models which `read` so many of the last tenth's characters, `in_all` or fewer."""
    rows = []
    for name, loss in losses.items():
        size = f"{parameters[name]:,}" if name in parameters else "–"
        rows.append([name, size, f"{loss:.3f}"])
    where = "the last tenth of the text"
    if read < in_all:
        where = f"the first {read:,} characters of the last tenth"
        if "counting" in losses:
            where += " (that of counting on all of it)"
    lowest = min(losses, key=losses.__getitem__)
    return Table(
        "mine",
        ["model", "parameters", "loss"],
        rows,
        f"Losses on {where}, in one pass, in nats per character. (`my_lstm.py` is a program in one "
        f"file, which trains a model of your own.) The lowest is that of {lowest}.",
    )


def pairs(
    tried: Mapping[tuple[float, float], Counts],
    halves: Mapping[str, Counts],
    chosen: tuple[float, float],
    name: str,
) -> Picture:
    """What the network `name` writes with pairs of temperature and min-p, beside the author."""
    validation, *_ = halves.values()
    return Picture(
        "writers",
        figures.writers(tried, halves, chosen),
        f"Texts by {name}, with each of twenty pairs of temperature and min-p: the share of real "
        "words, which occur in the training text, against that of distinct words, the different "
        "ones among all words of a text. There is a line for each temperature, along which min-p "
        "rises with the size of the marks, and stars for the author. A lower temperature and a "
        "higher min-p make the network draw likelier characters. By our rule, the texts of the "
        "pair in the ring are nearest to the author's validation half: "
        f"{percent(tried[chosen]['words'])} of their words are real, and "
        f"{percent(validation['words'])} of the author's.",
        "A scatter plot: a line of four points for each of five temperatures, a ring around one "
        "of the points, and two stars for the author.",
    )
