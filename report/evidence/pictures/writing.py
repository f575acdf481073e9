"""Pictures and the table of what the networks write."""

import torch

from course.display import Picture, Table
from study.novelty import distance

from ..answers import Answers
from ..marks import UNKNOWN, Mark
from . import figures, tables


def writers(answers: Answers) -> Table:
    found = answers["writing"]
    counts_of = found["writers"]
    halves = found["halves"]
    labelled = {("the baseline", "temperature 1"): counts_of["the baseline"]}
    for name, counts in counts_of.items():
        if not name.startswith("the "):
            labelled["the final network", name] = counts
    labelled["the author", "validation half"] = halves["validation"]
    labelled["the author", "test half"] = halves["test"]
    rows = []
    for (writer, how), counts in labelled.items():
        settings = how.replace(", with", " +")  # so that it fits
        rows.append([writer, settings, *tables.writer_row(counts, list(halves.values()))])
    chosen = [
        distance(counts_of[name], halves["test"]) for name in ("chosen", "chosen, with n-grams")
    ]
    between_halves = distance(halves["validation"], halves["test"])
    loops = sum(counts["loops"] for counts in labelled.values())
    return Table(
        "final-writer",
        [
            "writer",
            "settings",
            "words, %",
            "malformed",
            "returning, %",
            "distinct, %",
            "copied, %",
            "distance",
        ],
        rows,
        f"What the baseline and the final network write, in texts of {found['length']:,} "
        "characters, beside held-out text in passages of the same length. Words: real ones. "
        "Malformed and returning are headings; one returns if its name has been in a heading of "
        "the same text. Copied: share of characters in passages of 30 or more that occur verbatim "
        "in the training text. Distance to the validation and test half: the differences from the "
        "author in the four shares (real words, malformed headings, distinct words, copied), added "
        f"up, in percentage points. {loops or 'None'} of all these texts "
        f"{'is' if loops < 2 else 'are'} stuck in a loop. The rule saw the validation half only, "
        "so the distance to the test half is a fair test of its choice. With the chosen settings "
        f"it is {chosen[0]:.1f}, with n-grams {chosen[1]:.1f}; the author's own two halves have a "
        f"distance of {between_halves:.1f}.",
    )


def specimens(answers: Answers) -> Picture:
    panels = []
    unknown = {}  # words, by title
    for text in answers["writing"]["specimens"]:
        end = figures.beginning(text["text"])
        marks = [Mark(*mark) for mark in text["marks"]]
        marks = [mark for mark in marks if mark.stop <= end]
        bits = torch.tensor(text["bits"][:end])
        panels.append((text["title"], text["text"][:end], bits, marks))
        unknown[text["title"]] = sum(mark.kind == UNKNOWN for mark in marks)
    of_second = unknown["the final network, with n-grams"]
    return Picture(
        "specimens",
        figures.specimens(panels),
        "Three texts, shaded by how much each character surprises the final network: the first "
        "that the baseline writes, and the first of the final network mixed with n-grams, each "
        "with the settings chosen for it, and held-out text. Words that the training text lacks "
        f"are underlined: {unknown['the baseline']} in the baseline's text, {of_second} in the "
        f"final network's, and {unknown['the author']} in the author's. All three look like verse, "
        "and only the author's makes sense.",
        "Three columns of text on light colours, darker where a character surprises more; "
        f"{sum(unknown.values())} words are underlined.",
    )
