"""The tables of losses by protocol."""

import math

from course.display import Table, signed

from ..answers import Answers
from ..measures import PARTS
from ..teams import PROTOCOLS, TEAMS
from . import tables


def full_size(answers: Answers) -> Table:
    at_home = answers["losses"]
    rows = []
    for protocol in PROTOCOLS:
        for team in ("baseline", "final", "committee"):
            loss = at_home[team][protocol]
            of_parts = [f"{loss[part]:.3f}" for part in PARTS]
            bits = f"{loss['held_out'] / math.log(2):.3f}"
            of_plays = f"{answers['plays']['losses'][team][protocol]['mean']:.3f}"
            title = TEAMS[team].title
            rows.append([tables.label(protocol), title, *of_parts, bits, of_plays])
    sizes = answers["networks"]
    carried = [f"{at_home[team]['carried']['held_out']:.3f}" for team in ("baseline", "final")]
    return Table(
        "full-size",
        ["protocol", "model", "validation", "test", "last 10 %", "bits", "other plays"],
        rows,
        "Losses in nats per character: the baseline "
        f"({sizes['baseline']['parameters'] / 1e6:.2f} million parameters), the final network "
        f"({sizes['final']['parameters'] / 1e6:.2f} million) and its committee, by protocol; "
        "compare within a protocol only. The bits per character are those of "
        f"the last 10 %. The carried loss on the last 10 % goes from {carried[0]} to {carried[1]}, "
        f"and with n-grams to {at_home['final']['carried_mixed']['held_out']:.3f}.",
    )


def carry_over(answers: Answers) -> Table:
    gains = answers["plays"]["gains"]
    rows = []
    for protocol in PROTOCOLS:
        on_plays = gains[protocol]["plays"]
        mean = signed(on_plays["mean"])
        interval = tables.from_to(on_plays["interval"])
        at_home = signed(gains[protocol]["held_out"]["mean"])
        rows.append([tables.label(protocol), mean, interval, at_home])
    return Table(
        "carry-over",
        ["protocol", "gain, other plays", "95 % t interval", "gain, last 10 %"],
        rows,
        "What the final network gains over the baseline, in nats per character: on fourteen plays "
        "that the text lacks and that neither is trained on, with a paired t interval over the "
        "plays, and on the last 10 % of our text. Each network has one seed. On the plays, it is "
        f"{signed(gains['carried']['plays']['mean'])} carried "
        f"and {signed(gains['cold']['plays']['mean'])} cold.",
    )
