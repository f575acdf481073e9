"""The picture and the table of the ladder."""

from typing import Any

from course.display import Picture, Table, signed
from course.figures import beyond

from ..answers import Answers
from ..rungs import BOTTOM, LAST
from . import tables


def above_bottom(rungs: dict[str, Any]) -> list[dict[str, Any]]:
    """The rungs that gain over the small baseline; what comes before it are counts."""
    names = list(rungs)
    return [rungs[name] for name in names[names.index(BOTTOM) + 1 :]]


def gains(answers: Answers) -> Picture:
    about = answers["ladder"]
    rungs = about["rungs"]
    bottom = rungs[BOTTOM]
    above = above_bottom(rungs)
    steps = [rung for rung in above if rung["name"] != LAST]
    of_seeds = [gain for rung in steps for gain in rung["gain"]["held_out"]["by_seed"]]
    return Picture(
        "gains",
        beyond.gains(above, other_protocol=LAST),
        "What each step gains over the one before, and on the right the carried loss that it "
        f"reaches, means over {len(about['seeds'])} seeds; a bar is the 95 % t interval over them. "
        "The first is compared with the small baseline, which has "
        f"{bottom['in_one_pass']['held_out']:.3f}; the copy head comes with a carried state. Below "
        "the line, the network learns while it reads, which is a different protocol. Of all "
        f"gains above the line, with any seed, the smallest is {signed(min(of_seeds))}.",
        f"A row for each of {len(above)} steps, with its gain as a line, a bar for the interval "
        "and a dot for each seed; a dashed line marks zero.",
    )


def ladder(answers: Answers) -> Table:
    about = answers["ladder"]
    rungs = about["rungs"]
    bottom = rungs[BOTTOM]
    steps = [rung for rung in above_bottom(rungs) if rung["name"] != LAST]
    return Table(
        "ladder",
        ["step", "cold", "validation", "test", "last 10 %", "gain", "interval"],
        [tables.rung_row(rung) for rung in rungs.values()],
        "The ladder: losses in nats per character, carried except in the first column (cold, last "
        "10 %), mean over the seeds, without the first character, which a network can't predict, "
        "and what each step gains in the carried loss, with the 95 % t interval over the "
        f"{len(about['seeds'])} seeds. All networks have {about['num_layers']} layers of "
        f"{about['hidden_size']} cells. In *learning while reading*, the network learns from the "
        "text while it is measured. From the small baseline to the mixture, the loss goes from "
        f"{bottom['in_one_pass']['held_out']:.3f} to {steps[-1]['in_one_pass']['held_out']:.3f}.",
    )
