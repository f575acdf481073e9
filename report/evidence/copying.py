"""Does the network copy the names of headings that return?"""

import random
from collections.abc import Sequence
from typing import Any

from course.copying import (
    Returning,
    are_unknown,
    backwards,
    bits_of_names,
    compare,
    returning_names,
    rewrite,
)
from shakespeare.beyond.renaming import HEADING

from .setup import Evidence


def copying(e: Evidence) -> dict[str, Any]:
    """What names cost where their headings return in the test half, by how they were spelt."""
    network, _ = e.with_choices("final")
    training_text = e.split.train.text()
    seed = e.final.training.seed
    returning = returning_names(e.split.test.text(), network.memory)
    pasts = {
        "same": returning,
        "backwards": backwards(returning),
        "another_name": rewrite(returning, other_names(returning, training_text, seed)),
        "crosses": rewrite(returning, ["X" * len(name) for name, _ in returning]),
    }
    bits = {}
    for past, of_names in pasts.items():
        bits[past], without_copies = bits_of_names(network, e.corpus, of_names)
        if past == "same":
            bits["without_copies"] = without_copies
    unknown = are_unknown(returning, training_text)
    return {
        "reach": network.memory,
        **compare(bits, returning, unknown),
        "bits": {past: [round(each, 2) for each in of_names] for past, of_names in bits.items()},
        "is_unknown": unknown,
    }


def other_names(returning: Sequence[Returning], training_text: str, seed: int) -> list[str]:
    """For each name another one of the same length, drawn from the training text's headings."""
    rng = random.Random(seed)
    known = sorted(set(HEADING.findall(training_text)))
    others = []
    for name, _ in returning:
        of_length = [each for each in known if len(each) == len(name) and each != name]
        others.append(rng.choice(of_length))
    return others
