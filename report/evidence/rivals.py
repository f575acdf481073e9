"""How good are these losses, beside compression programs?"""

from typing import Any

import torch

from course.results import training_seconds

from . import compressors
from .losses import members
from .measures import PARTS, mean_with_interval
from .plays import beginnings
from .setup import Evidence


def rivals(e: Evidence) -> dict[str, Any]:
    """Compression programs as predictors that learn while they read, and how far ahead we are."""
    programs = compressors.table_rows(e.corpus, beginnings(e.corpus, e.sizes.play))
    _, of_baseline = e.as_trained("the baseline")
    _, of_final = e.as_trained("the final network")
    seconds = {  # of training
        "baseline": training_seconds(of_baseline),
        "final": training_seconds(of_final),
        "committee": sum(training_seconds(folder) for _, folder in members(e).values()),
    }

    strongest = min(programs, key=lambda row: row["held_out"])
    ours = e.load("losses")["committee"]["learning_mixed"]
    by_play = e.load("plays")["losses"]["committee"]["learning_mixed"]["by_play"]
    ahead = mean_with_interval(torch.tensor(strongest["by_play"]) - torch.tensor(by_play), 1)
    verdict = {  # how far we are ahead, by part
        "program": compressors.name_of(strongest),
        **{part: strongest[part] - ours[part] for part in PARTS},
        "plays": ahead["mean"],
        "plays_interval": ahead["interval"],
    }
    return {"programs": programs, "seconds": seconds, "verdict": verdict}
