"""The picture and the table of who copies."""

import statistics
from collections.abc import Mapping
from typing import Any

from course.display import Picture, Table
from study.who_copies import NETWORKS

from ..answers import Answers
from ..who_copies import AFTER_NO_REPETITION, AFTER_REPETITION, LONGER
from . import figures


def copying_networks(answers: Answers) -> Picture:
    groups = answers["who_copies"]["groups"]
    bits = {}
    learning = {}
    for network in NETWORKS:
        of_names = groups[network]["names"]["unknown"]
        bits[network] = (of_names["same"], of_names["backwards"])
        if network.endswith("with copy head"):
            learning[network] = groups[network]
    learning["Transformer"] = groups[LONGER]
    learning["after repetition"] = groups[AFTER_REPETITION]
    learning["after no repetition"] = groups[AFTER_NO_REPETITION]
    names = {}
    letters = {}
    for name, group in learning.items():
        names[name] = apart(group, "backwards", "same")
        letters[name] = apart(group, "letters_first", "letters_second")
    unknown = groups["LSTM"]["seeds"]["1"]["unknown"]
    millions, by_itself = names["Transformer"][-1]
    _, taught = names["after repetition"][-1]
    return Picture(
        "copying-networks",
        figures.copying_networks(bits, names, letters),
        "Who copies? Left: what a name that the training text lacks costs six networks of half a "
        f"million parameters after two million characters, in the median of {unknown['headings']} "
        f"headings with {unknown['names']} names, as it is and with each earlier copy spelt "
        f"backwards (median of {groups[LONGER]['of']} seeds). Right, over the characters read "
        "(mean of the seeds): what reversed copies cost more, in the mean of some names of the "
        "validation half, and what random letters cost less where they come again. After "
        f"{millions:.0f} million characters, reversing costs a Transformer without a copy head "
        f"{by_itself:.1f} bits, and one that had first learned from random characters that repeat "
        f"{taught:.1f}.",
        "Left, a row for each network with two marks, far apart with a copy head. Right, twice six "
        "curves over millions of characters.",
    )


def apart(group: Mapping[str, Any], high: str, low: str) -> list[tuple[float, float]]:
    """Millions of characters, and how far apart two values are then, in the mean of the seeds."""
    points = []
    for moments in zip(*(seed["moments"] for seed in group["seeds"].values()), strict=True):
        difference = statistics.mean(each[high] - each[low] for each in moments)
        points.append((moments[0]["characters"] / 1e6, difference))
    return points


def copying_table(answers: Answers) -> Table:
    found = answers["who_copies"]
    rows = []
    for name, group in found["groups"].items():
        seed = group["seeds"]["1"]
        rows.append(
            [
                name,
                f"{seed['moments'][-1]['characters'] / 1e6:.1f}",
                f"{group['seconds']:.0f}",
                f"{group['cold']:.3f}",
                f"{group['carried']:.3f}",
                from_to(group["names"]["known"]),
                from_to(group["names"]["unknown"]),
                "{:.1f} → {:.1f}".format(*group["letters"]),
                f"{group['copies']} of {group['of']}",
            ]
        )
    known = found["groups"]["LSTM"]["seeds"]["1"]["known"]
    unknown = found["groups"]["LSTM"]["seeds"]["1"]["unknown"]
    parameters = [group["seeds"]["1"]["parameters"] / 1e6 for group in found["groups"].values()]
    header = ["network", "read (M)", "seconds", "cold", "in one pass"]
    return Table(
        "copying-networks",
        [*header, "known names", "unknown names", "letters", "copies"],
        rows,
        "Who copies, and in which training: measured after the last step, with one or three seeds, "
        f"of networks with {min(parameters):.2f} to {max(parameters):.2f} million parameters that "
        "have read so many million characters. Losses are means, on the last tenth; the others are "
        "medians. Names are in bits, as they are → with each earlier copy within "
        f"{found['reach']} characters spelt backwards: {known['headings']} headings with "
        f"{known['names']} names that the training text has, and {unknown['headings']} with "
        f"{unknown['names']} that it lacks. Letters are random ones, in bits, the first time → the "
        f"second time. A network copies if reversed copies cost at least {found['bits']:g} bits "
        "more, in the median of all names, each taken once. Seconds are those of one core that is "
        "slow in bfloat16, in single precision, beside other work.",
    )


def from_to(names: Mapping[str, float]) -> str:
    return f"{names['same']:.1f} → {names['backwards']:.1f}"
