"""Notebook 06: its figures and tables, with their words."""

from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor

from study.cells import CopiedPassage

from ..display import Picture, Table, escape_markdown, signed
from ..figures import inside as figures

# A letter as the network expects it: its bits, the likeliest character, and that one's probability.
Expected = tuple[float, str, float]


def in_quotes(letters: str) -> str:
    """A name in quotation marks, as Markdown."""
    return f"“{_markdown(letters)}”"


def _markdown(letters: str) -> str:
    """Letters as Markdown, with a sign for each that can't be seen."""
    return escape_markdown(figures.visible_text(letters))


def name(
    letters: str, first: Sequence[Expected], again: Sequence[Expected], bits: tuple[float, float]
) -> Table:
    """The network's surprise at each letter of a name; `bits` are those of the name, each time."""
    rows = []
    for letter, *both in zip(letters, first, again, strict=True):
        row = [_markdown(letter)]
        for bits_of_letter, likeliest, p in both:
            row += [f"{bits_of_letter:.1f}", f"{_markdown(likeliest)}, {100 * p:.0f} %"]
        rows.append(row)
    bits_first, bits_again = bits
    caption = (
        "The network's surprise at each letter of the name, at its first and its second "
        "appearance, and the character that it found likeliest, with its probability. In all, the "
        f"name costs {bits_first:.1f} bits the first time and {bits_again:.1f} the second time."
    )
    header = ["letter", "first: bits", "likeliest", "second: bits", "likeliest"]
    return Table("name", header, rows, caption)


def swap(
    letters: str,
    backwards: str,
    by_letter: Mapping[str, Sequence[Sequence[float]]],
    after_itself: float,
    after_reverse: float,
) -> Picture:
    """The surprise at a name and at its letters in reverse, after each of the two."""
    spelt = in_quotes(letters)
    caption = (
        f"Each row has on the left how {spelt} is spelt in the text before, and on the right what "
        "the network reads where it appears again: the higher a bar, the more its letter "
        f"surprises. {spelt} costs {after_itself:.1f} bits after itself and {after_reverse:.1f} "
        "after its letters in reverse; all else is the same."
    )
    alt = "Four rows of letters with bars, the name and the name backwards after each of the two."
    return Picture("swap", figures.swap(letters, backwards, by_letter), caption, alt)


def copying(
    bits: Mapping[str, Mapping[str, Sequence[float]]],
    returning: int,
    measured: int,
    names: int,
    dearer: int,
    reach: int,
) -> Picture:
    """The surprise at the names of headings, by kind ("lacks", "has") and by what is before them.

    `returning` headings return in the text. Of these `measured` are dots, with so many names, and
    so many cost more after reversed copies.
    """
    is_unknown = []
    of_pasts: dict[str, list[float]] = {}
    for kind, of_kind in bits.items():
        is_unknown += [kind == "lacks"] * len(of_kind["same"])
        for past, costs in of_kind.items():
            of_pasts[past] = [*of_pasts.get(past, []), *costs]
    all_of_them = f"all {returning} headings that return"
    sample = f"a sample of {measured} of the {returning} headings that return"
    caption = (
        f"The surprise at the names of {all_of_them if measured == returning else sample} in the "
        f"test half, with the median. Each dot is a heading, but there are only {names} different "
        f"names. The copy head reaches {reach:,} characters back. With each earlier copy spelt "
        f"backwards, the name costs more at {dearer} of the {measured} headings."
    )
    alt = "Three rows of dots, one for each heading, with the median of each row."
    return Picture("copying", figures.copying(of_pasts, is_unknown), caption, alt)


def headings(
    facts: Mapping[str, Mapping[str, Mapping[str, float]]], returning: Mapping[str, int]
) -> Table:
    """What names of headings cost, by network and then by kind: counts, and medians in bits.

    `returning` says for each network how many headings return within its reach.
    """
    rows = []
    samples = []
    findings = []
    for network, of_kinds in facts.items():
        for kind, of_kind in of_kinds.items():
            medians = [of_kind[past] for past in ("same", "backwards", "without_copies")]
            counts = [f"{of_kind['headings']}", f"{of_kind['names']}"]
            rows.append([network, f"{kind} it", *counts, *[f"{bits:.1f}" for bits in medians]])
        measured = sum(of_kind["headings"] for of_kind in of_kinds.values())
        if measured < returning[network]:
            total = returning[network]
            samples.append(f"For {network}, it is a sample of {measured} of the {total} headings.")
        lacks = of_kinds["lacks"]
        findings.append(
            f"A name that the training text lacks costs {network} {lacks['same']:.1f} bits, "
            f"and {lacks['backwards']:.1f} after reversed copies."
        )
    caption = (
        "What the name of a heading that returns costs, in bits (the median), by whether the "
        "training text has it: after the text as it is, after the same with each earlier copy of "
        f"the name reversed, and with the copy head switched off. {' '.join([*samples, *findings])}"
    )
    header = ["network", "training text", "headings", "names", "as it is", "reversed", "no copies"]
    return Table("headings", header, rows, caption)


def passage(
    text: str,
    surprise: Tensor,
    copied_passages: Sequence[CopiedPassage],
    network: str,
    from_within: int,
    from_before: int,
) -> Picture:
    """A passage with the network's surprise (characters,), and with arrows for what it copied."""
    caption = (
        f"A passage of new text (from the test half) as {network} reads it. The darker a "
        "character, the more it surprised the network; the numbers on the right are the bits of "
        "each line. Frames mark what the network copied, at least three characters in a row, each "
        "with a quarter or more of the attention (gaps of one or two are bridged). An arrow leads "
        f"there from what it copied, unless that is before this excerpt: {from_within} were copied "
        f"from within, and {from_before} from before."
    )
    return Picture(
        "passage",
        figures.passage_with_copies(text, surprise, copied_passages),
        caption,
        "Lines of text, shaded by surprise, with frames and arrows that show what was copied.",
    )


def copied(text: str, letters: Sequence[Mapping[str, Any]], certain: int) -> Table:
    """What the copy head does at each letter of a name.

    Each has its "position" in the text, the "source" that is copied most, with its "share", and
    the probabilities "for_copying" and "of_letter". At `certain` letters the share is over a half.
    """
    rows = []
    for at in letters:
        position = at["position"]
        source = at["source"]
        before = _markdown(text[max(0, source - 3) : source])
        after = _markdown(text[source + 1 : source + 4])
        row = [
            _markdown(text[position]),
            f"{100 * at['for_copying']:.0f} %",
            f"{100 * at['of_letter']:.0f} %",
            f"{before}**{_markdown(text[source])}**{after}",
            f"{position - source:,}",
            f"{100 * at['share']:.0f} %",
        ]
        rows.append(row)
    caption = (
        "What the copy head does at each letter of the name, at its second appearance: the "
        "probability for copying, that of copying the right letter, and the earlier character "
        f"(bold) with the largest share. At {certain} of {len(letters)} letters, a single "
        "character has more than half of the probability."
    )
    header = ["letter", "for copying", "this letter", "copied mostly from", "back", "its share"]
    return Table("copied", header, rows, caption)


def context(
    letters: str,
    lengths: Sequence[int],
    curves: Sequence[Sequence[float]],
    lowest: Sequence[float],
    distance: int,
    network: str,
) -> Picture:
    """The bits of a name by the length of context: with copies and without, each with its lowest.

    `distance` is how far back the name appeared first.
    """
    caption = (
        f"How much context {network} uses: its surprise at {in_quotes(letters)}, the second time, "
        "by the number of characters read before it, from an empty state. The name costs "
        f"{lowest[0]:.1f} bits at best; without copies, {lowest[1]:.1f}."
    )
    alt = "Two curves over the length of context: with copies and without."
    figure = figures.context_of_name(letters, lengths, curves, distance)
    return Picture("context", figure, caption, alt)


# --- optional: the hunt for a heading cell ---


def _short(target: str) -> str:
    """The name of a target or of a kind of character, in a table."""
    return target.replace("speaker ", "")


def cells(
    targets: Sequence[str],
    trained: Mapping[str, Mapping[str, Any]],
    untrained: Mapping[str, Mapping[str, Any]],
    followed: str,
    hidden_size: int,
) -> Table:
    """The "cell" that follows each target best, with its "score", in two networks."""
    rows = []
    for target in targets:
        layer, cell = divmod(trained[target]["cell"], hidden_size)
        scores = [f"{best[target]['score']:.2f}" for best in (trained, untrained)]
        rows.append([_short(target), f"{layer + 1}, {cell}", *scores])
    caption = (
        "The cell that follows each target best, and its correlation with it on the test half. "
        f"For *{_short(followed)}*, the target that we follow, it is "
        f"{trained[followed]['score']:.2f}, and in an untrained network "
        f"{untrained[followed]['score']:.2f}: so much of a score needs no training."
    )
    return Table("cells", ["target", "layer, cell", "trained", "untrained"], rows, caption)


def cell_values(target: str, text: str, values: Tensor, score: float) -> Picture:
    """A text, coloured by the values (characters,) of the cell that follows a target best."""
    caption = (
        "The passage that begins with the name, coloured by the value after each character of the "
        f"cell that follows *{_short(target)}* best. Its score is {score:.2f}."
    )
    return Picture(
        "cells",
        figures.cell_values(_short(target), text, values),
        caption,
        "A text, each character on blue, white or orange: the value of an LSTM cell.",
    )


def broken(rises: Mapping[str, Mapping[str, float]], followed: str) -> Table:
    """How much the loss rises, by kind of character ("all characters" too) and by what is held."""
    rows = []
    for kind, of_groups in rises.items():
        rows.append([_short(kind), *[signed(rise) for rise in of_groups.values()]])
    of_all = rises["all characters"]
    of_cell, of_quarter, of_random = [signed(rise) for rise in of_all.values()]
    caption = (
        "How much the loss rises (nats per character) when cells of one layer are held at zero: "
        f"the cell that follows the target *{_short(followed)}* best, the quarter of the layer "
        "that follows it best, and a random quarter (the mean of three). The loss of all "
        f"characters changes by {of_cell} without the best cell, by {of_quarter} without the best "
        f"quarter, and by {of_random} without a random one."
    )
    return Table("broken", ["characters", *of_all], rows, caption)
