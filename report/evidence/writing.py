"""What do the networks write, and do speakers return?"""

import math
import random
import re
from typing import Any

from course.figures import generation as course_figures
from course.novelty import (
    UNKNOWN,
    distance,
    find_headings,
    marks,
    pieces,
    returning_by_chance,
    share_returning,
)
from course.quiz import line_start
from shakespeare.beyond.mixture import Mixture
from shakespeare.data import Corpus
from shakespeare.evaluation import carried_predictions, losses_of
from shakespeare.sampling import generate

from . import figures, tables
from .setup import PLAIN, PROMPT, Evidence


def generation(e: Evidence) -> dict[str, Any]:
    """What the baseline writes, with the settings that were chosen for it."""
    network, _ = e.chosen("baseline")
    length = e.sizes.baseline_text
    texts = write(e, network, length, **network.facts["sampling"])
    chosen = e.study(texts)
    author = e.study(pieces(e.held_out.text(), length))
    half_as_long = e.study(pieces(e.held_out.text(), length // 2))
    names = find_headings(e.split.train.text())
    returning = {
        "author": share_returning(author),
        "author_half_as_long": share_returning(half_as_long),
        "chosen": share_returning(chosen),
        "chance": returning_by_chance(texts, names, e.student.seed),
    }
    e.figure(
        "returning",
        course_figures.returning(
            {"the baseline": returning["chosen"], "speakers drawn at random": returning["chance"]},
            {
                "Shakespeare, half as long": returning["author_half_as_long"],
                "Shakespeare": returning["author"],
            },
        ),
        f"The share of headings that return, in texts of {length:,} characters. The baseline's "
        f"have {headings(chosen)} headings each, Shakespeare's {headings(author)}, and passages "
        f"of his that are half as long {headings(half_as_long)}.",
        "Two short bars for the baseline and for speakers drawn at random, and two long ones for "
        "Shakespeare.",
    )
    return {
        "prompt": PROMPT,
        "sampling": network.facts["sampling"],
        "chosen": chosen,
        "author": author,
        "returning": returning,
    }


def headings(counts: dict[str, Any]) -> str:
    """How many headings a text has, on average."""
    return f"{counts['headings'] / counts['texts']:.1f}"


def write(e: Evidence, writer: Any, length: int, **options: Any) -> list[str]:
    """Many texts of a network or a mixture, without their prompt."""
    seed = e.student.seed + 1  # not the texts by which the settings were chosen
    texts = generate(writer, PROMPT, length, num_samples=e.sizes.texts, seed=seed, **options)
    return [text.removeprefix(PROMPT) for text in texts]


def writing(e: Evidence) -> dict[str, Any]:
    """What the baseline and the final network write, alone and with n-grams."""
    length = e.sizes.text
    baseline, _ = e.chosen("baseline")
    network, _ = e.chosen("final")
    mixture = Mixture(network, e.ngrams())
    texts = {
        "the baseline": write(e, baseline, length, **PLAIN),
        "temperature 1": write(e, network, length, **PLAIN),
        "chosen": write(e, network, length, **network.facts["sampling"]),
        "temperature 1, with n-grams": write(e, mixture, length, **PLAIN),
        "chosen, with n-grams": write(e, mixture, length, **mixture.facts["sampling"]),
    }
    writers = {name: e.study(written) for name, written in texts.items()}
    halves = {
        "validation": e.study(pieces(e.split.validation.text(), length)),
        "test": e.study(pieces(e.split.test.text(), length)),
    }
    writers["the author"] = e.study(pieces(e.held_out.text(), length))
    show_writers(e, writers, halves)
    returning = shares_returning(e, writers, texts["temperature 1"])
    show_specimens(e, texts["chosen, with n-grams"][0])
    lines = {
        "uniform": counted(e, 0, "".join(e.corpus.chars)),
        "counting": counted(e, 6, e.split.train.text()),
        "baseline": texts["the baseline"][0],
        "final": texts["temperature 1"][0],
        "final, with n-grams": texts["temperature 1, with n-grams"][0],
    }
    first = {name: text.lstrip().partition("\n")[0][:60] for name, text in lines.items()}
    return {"writers": writers, "halves": halves, "returning": returning, "lines": first}


def counted(e: Evidence, order: int, text: str) -> str:
    """Draw from what follows the last characters elsewhere in a text, as notebook 01 does."""
    rng = random.Random(e.student.seed)
    written = PROMPT
    for _ in range(100):
        context = written[len(written) - order :]
        ends = [found.end() for found in re.finditer(re.escape(context), text[:-1])]
        written += text[rng.choice(ends)]
    return written.removeprefix(PROMPT)


def show_writers(
    e: Evidence, writers: dict[str, dict[str, Any]], halves: dict[str, dict[str, Any]]
) -> None:
    labelled = {("the baseline", "temperature 1"): writers["the baseline"]}
    for name, counts in writers.items():
        if not name.startswith("the "):
            labelled["the final network", name] = counts
    labelled["the author", "validation half"] = halves["validation"]
    labelled["the author", "test half"] = halves["test"]
    rows = []
    for (writer, how), counts in labelled.items():
        settings = how.replace(", with", " +")  # so that it fits
        rows.append([writer, settings, *tables.writer_row(counts, list(halves.values()))])
    chosen = [
        distance(writers[name], halves["test"]) for name in ("chosen", "chosen, with n-grams")
    ]
    between_halves = distance(halves["validation"], halves["test"])
    loops = sum(counts["loops"] for counts in labelled.values())
    e.table(
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
        f"What the baseline and the final network write, in texts of {e.sizes.text:,} characters, "
        "beside held-out text in passages of the same length. Words: real ones. Malformed and "
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


def shares_returning(
    e: Evidence, writers: dict[str, dict[str, Any]], texts_of_final: list[str]
) -> dict[str, float | None]:
    """The shares of headings that return."""
    final = writers["temperature 1"]
    author = writers["the author"]
    shorter = e.sizes.text  # passages of the author with as many headings as the network's texts
    if final["headings"] and author["headings"]:
        of_network = final["headings"] / final["texts"]
        of_author = author["headings"] / author["texts"]
        shorter = min(e.sizes.text, max(1, round(e.sizes.text * of_network / of_author)))
    names = find_headings(e.split.train.text())
    of_networks = {
        "the baseline": share_returning(writers["the baseline"]),
        "the final network": share_returning(final),
        "headings at random": returning_by_chance(texts_of_final, names, e.student.seed),
    }
    of_author = {
        "the author, as few headings": share_returning(e.study(pieces(e.held_out.text(), shorter))),
        "the author": share_returning(author),
    }
    return of_networks | of_author


def show_specimens(e: Evidence, of_final: str) -> None:
    """The first text of each writer, shaded by the final network's surprise."""
    network, _ = e.chosen("final")
    baseline, _ = e.chosen("baseline")
    [of_baseline] = generate(baseline, PROMPT, e.sizes.text, seed=e.student.seed + 1)
    length = min(420, e.sizes.text)
    held_out_text = e.held_out.text()
    start = line_start(held_out_text, 500, 1_000)
    specimens = {
        "the baseline": of_baseline.lstrip()[:length],
        "the final network, with n-grams": (PROMPT + of_final).lstrip()[:length],
        "the author": held_out_text[start : start + length],
    }
    panels = []
    unknown = {}  # words, by title
    for title, text in specimens.items():
        # The first character of a text has no loss, so a line break comes before it.
        written = Corpus(e.corpus.encode(f"\n{text}"), e.corpus.chars, title)
        its_losses = losses_of(carried_predictions(network, written), written)  # (characters,)
        of_text = marks(text, e.study.words)
        panels.append((title, text, its_losses / math.log(2), of_text))
        unknown[title] = sum(mark.kind == UNKNOWN for mark in of_text)
    of_second = unknown["the final network, with n-grams"]
    e.figure(
        "specimens",
        figures.specimens(panels),
        "Three texts, shaded by how much each character surprises the final network: the first "
        "that the baseline writes, and the first of the final network mixed with n-grams, each "
        "with the settings chosen for it, and held-out text. The legend says what "
        "is underlined. In the second text, "
        f"{of_second or 'no'} {'word is' if of_second < 2 else 'words are'} unknown.",
        "Three columns of text on light colours, with lines under some words and headings.",
    )
