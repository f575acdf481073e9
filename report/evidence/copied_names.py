"""Does the network copy the names of headings that return?"""

import random
import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from shakespeare.beyond.renaming import HEADING
from study.copying import (
    Returning,
    are_unknown,
    backwards,
    bits_of_names,
    returning_names,
    rewrite,
)

from .setup import Evidence


def copying(e: Evidence) -> dict[str, Any]:
    """What names cost where their headings return in the test half, by how they were spelt."""
    network = e.shipped("final")
    training_text = e.split.train.text()
    seed = e.recipes["final"].training.seed
    returning = returning_names(e.split.test.text(), network.memory)
    pasts = {
        "same": returning,
        "backwards": backwards(returning),
        "another_name": rewrite(returning, other_names(returning, training_text, seed)),
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


def compare(
    bits: Mapping[str, Sequence[float]], returning: Sequence[Returning], unknown: Sequence[bool]
) -> dict[str, Any]:
    """Medians of the bits by kind of past, and how many names cost more after "backwards".

    The kind "same" is the past as it is. `unknown` is from `are_unknown`.
    """
    kinds = {
        "known": [k for k, is_unknown in enumerate(unknown) if not is_unknown],
        "unknown": [k for k, is_unknown in enumerate(unknown) if is_unknown],
    }
    pairs = zip(bits["same"], bits["backwards"], strict=True)
    found: dict[str, Any] = {
        "headings": len(returning),
        "names": len({each.name for each in returning}),
        "dearer": sum(reversed_before > same for same, reversed_before in pairs),
    }
    for kind, chosen in kinds.items():
        found[kind] = medians(bits, returning, chosen)
    found["unknown"]["of_names"] = medians_of_names(bits, returning, kinds["unknown"])
    return found


def medians(
    bits: Mapping[str, Sequence[float]], returning: Sequence[Returning], chosen: Sequence[int]
) -> dict[str, Any]:
    """Medians by kind of past over the headings `chosen`, by number; None where there are none."""
    return {
        "headings": len(chosen),
        "names": len({returning[k].name for k in chosen}),
        "medians": {past: median([of[k] for k in chosen]) for past, of in bits.items()},
    }


def medians_of_names(
    bits: Mapping[str, Sequence[float]], returning: Sequence[Returning], chosen: Sequence[int]
) -> dict[str, float | None]:
    """The medians of the names' medians, so a name that returns often counts once."""
    found = {}
    for past, of_headings in bits.items():
        by_name: dict[str, list[float]] = {}
        for k in chosen:
            by_name.setdefault(returning[k].name, []).append(of_headings[k])
        found[past] = median([statistics.median(of_name) for of_name in by_name.values()])
    return found


def median(values: Sequence[float]) -> float | None:
    return statistics.median(values) if values else None
