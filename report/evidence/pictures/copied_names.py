"""The picture of what the names of headings cost where they return."""

from itertools import compress
from typing import Any

from course.display import Picture

from ..answers import Answers
from . import figures


def copying(answers: Answers) -> Picture:
    found = answers["copying"]
    known = found["known"]
    unknown = found["unknown"]
    panels = {
        "names that the training text lacks": of_headings(found, are_unknown=True),
        "names that it has": of_headings(found, are_unknown=False),
    }
    return Picture(
        "copied-names",
        figures.names(panels),
        "What a name costs the shipped final network where a heading of the test half returns, by "
        f"how the name is spelt in the {found['reach']:,} characters before: a dot for each of "
        f"{found['headings']} headings, and the median. Left: {unknown['headings']} headings with "
        f"{unknown['names']} names; right: {known['headings']} with {known['names']}. With each "
        f"earlier copy spelt backwards, {found['dearer']} of the {found['headings']} cost more.",
        "Four rows of dots in two panels, one dot for each heading, with the medians. Names that "
        f"the training text lacks: {in_a_row(unknown)}. Names that it has: {in_a_row(known)}.",
    )


def of_headings(found: dict[str, Any], are_unknown: bool) -> dict[str, list[float]]:
    """The bits of the headings whose name the training text lacks, or of the others."""
    chosen = [is_unknown == are_unknown for is_unknown in found["is_unknown"]]
    return {past: list(compress(bits, chosen)) for past, bits in found["bits"].items()}


def in_a_row(group: dict[str, Any]) -> str:
    """The medians of a group of headings, in the order of the rows."""
    medians = group["medians"]
    return (
        f"{medians['same']:.1f} bits as it is, {medians['backwards']:.1f} after copies spelt "
        f"backwards, {medians['another_name']:.1f} after another name, and "
        f"{medians['without_copies']:.1f} with the copy head switched off"
    )
