"""Pictures and the table of what the networks write."""

from typing import Any

import torch

from course.figures import generation
from course.novelty import UNKNOWN, Mark, distance

from . import figures, tables
from .made import Answers, Picture, Table


def returning(answers: Answers) -> Picture:
    found = answers["generation"]
    shares = found["returning"]
    return Picture(
        generation.returning(
            {"the baseline": shares["chosen"], "speakers drawn at random": shares["chance"]},
            {
                "Shakespeare, half as long": shares["author_half_as_long"],
                "Shakespeare": shares["author"],
            },
        ),
        f"The share of headings that return, in texts of {found['length']:,} characters. The "
        f"baseline's have {headings(found['chosen'])} headings each, Shakespeare's "
        f"{headings(found['author'])}, and passages of his that are half as long "
        f"{headings(found['author_half_as_long'])}.",
        "Two short bars for the baseline and for speakers drawn at random, and two long ones for "
        "Shakespeare.",
    )


def headings(counts: dict[str, Any]) -> str:
    """How many headings a text has, on average."""
    return f"{counts['headings'] / counts['texts']:.1f}"


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
        "Malformed and "
        "returning are headings; one returns if its name has been in a heading of the same text. "
        "Copied: share of characters in passages of 30 or more that occur verbatim in the training "
        "text. Distance to the validation and test half: the differences from the author in the "
        "four shares (real words, malformed "
        "headings, distinct words, copied), added up, in percentage points. The rule saw the "
        "validation half only, so the distance to the test half is a fair test of its choice. With "
        f"the chosen settings it is {chosen[0]:.1f}, with n-grams {chosen[1]:.1f}; the author's "
        f"own two halves have a distance of {between_halves:.1f}. "
        f"{loops or 'None'} of all these texts {'is' if loops < 2 else 'are'} stuck in a loop.",
    )


def specimens(answers: Answers) -> Picture:
    panels = []
    unknown = {}  # words, by title
    for text in answers["writing"]["specimens"]:
        marks = [Mark(*mark) for mark in text["marks"]]
        panels.append((text["title"], text["text"], torch.tensor(text["bits"]), marks))
        unknown[text["title"]] = sum(mark.kind == UNKNOWN for mark in marks)
    of_second = unknown["the final network, with n-grams"]
    return Picture(
        figures.specimens(panels),
        "Three texts, shaded by how much each character surprises the final network: the first "
        "that the baseline writes, and the first of the final network mixed with n-grams, each "
        "with the settings chosen for it, and held-out text. The legend says what "
        "is underlined. In the second text, "
        f"{of_second or 'no'} {'word is' if of_second < 2 else 'words are'} unknown.",
        "Three columns of text on light colours, with lines under some words and headings.",
    )
