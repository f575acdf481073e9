"""What do the networks write, and do speakers return?"""

import math
import random
import re
from collections.abc import Sequence
from typing import Any

from shakespeare.beyond.mixture import Mixture
from shakespeare.data import Corpus
from shakespeare.evaluation import carried_predictions, losses_of
from shakespeare.sampling import generate
from study.novelty import find_headings, line_start, pieces, ratio, share_returning

from .marks import marks
from .measures import rounded
from .setup import PLAIN, PROMPT, Evidence


def write(e: Evidence, writer: Any, length: int, **options: Any) -> list[str]:
    """Many texts of a network or a mixture, without their prompt."""
    seed = e.seed + 1  # not the texts by which the settings were chosen
    texts = generate(writer, PROMPT, length, num_samples=e.sizes.texts, seed=seed, **options)
    return [text.removeprefix(PROMPT) for text in texts]


def writing(e: Evidence) -> dict[str, Any]:
    """What the baseline and the final network write, alone and with n-grams."""
    length = e.sizes.text
    baseline, _ = e.with_choices("baseline")
    network, _ = e.with_choices("final")
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
    returning = shares_returning(e, writers, texts["temperature 1"])
    lines = {
        "uniform": counted(e, 0, "".join(e.corpus.chars)),
        "counting": counted(e, 6, e.split.train.text()),
        "baseline": texts["the baseline"][0],
        "final": texts["temperature 1"][0],
        "final, with n-grams": texts["temperature 1, with n-grams"][0],
    }
    first = {name: text.lstrip().partition("\n")[0][:60] for name, text in lines.items()}
    return {
        "length": length,
        "writers": writers,
        "halves": halves,
        "returning": returning,
        "lines": first,
        "specimens": specimens(e, texts["chosen, with n-grams"][0]),
    }


def counted(e: Evidence, order: int, text: str) -> str:
    """Draw from what follows the last characters elsewhere in a text, as notebook 01 does."""
    rng = random.Random(e.seed)
    written = PROMPT
    for _ in range(100):
        context = written[len(written) - order :]
        ends = [found.end() for found in re.finditer(re.escape(context), text[:-1])]
        written += text[rng.choice(ends)]
    return written.removeprefix(PROMPT)


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
        "headings at random": returning_by_chance(texts_of_final, names, e.seed),
    }
    of_author = {
        "the author, as few headings": share_returning(e.study(pieces(e.held_out.text(), shorter))),
        "the author": share_returning(author),
    }
    return of_networks | of_author


def returning_by_chance(texts: list[str], names: Sequence[str], seed: int) -> float | None:
    """The share that would return if each heading of the texts were one of `names`, at random."""
    rng = random.Random(seed)
    headings = 0
    returning = 0
    for text in texts:
        count = len(find_headings(text))
        drawn = rng.choices(names, k=count)
        headings += len(drawn)
        returning += len(drawn) - len(set(drawn))
    return ratio(returning, headings)


def specimens(e: Evidence, of_final: str) -> list[dict[str, Any]]:
    """The first text of each writer, with the final network's surprise and what is to be marked."""
    network, _ = e.with_choices("final")
    baseline, _ = e.with_choices("baseline")
    seed = e.seed + 1
    [of_baseline] = generate(baseline, PROMPT, e.sizes.text, seed=seed)
    length = min(420, e.sizes.text)
    held_out_text = e.held_out.text()
    start = line_start(held_out_text, 500, 1_000)
    texts = {
        "the baseline": of_baseline.lstrip()[:length],
        "the final network, with n-grams": (PROMPT + of_final).lstrip()[:length],
        "the author": held_out_text[start : start + length],
    }
    found = []
    for title, text in texts.items():
        # The first character of a text has no loss, so a line break comes before it.
        written = Corpus(e.corpus.encode(f"\n{text}"), e.corpus.chars, title)
        its_losses = losses_of(carried_predictions(network, written), written)  # (characters,)
        found.append(
            {
                "title": title,
                "text": text,
                "bits": rounded(its_losses / math.log(2)),
                "marks": [list(mark) for mark in marks(text, e.study.words)],
            }
        )
    return found
