"""What is copying worth, and how much does a network memorise?"""

from typing import Any

from course import ladder
from course.predictions import cached
from shakespeare.evaluation import (
    carried_predictions,
    cold_predictions,
    losses_of,
    mean_by_part,
)

from .setup import Evidence


def controls(e: Evidence) -> dict[str, Any]:
    """The final network without copies, and the gap between training text and new text."""
    of_final = e.chosen("final")
    silent = ladder.without_copies(of_final[0])
    switched_off = losses_of(carried_predictions(silent, e.held_out), e.held_out)
    [never_copied] = ladder.losses([e.trained("without copying")], carried_predictions, e.held_out)
    first = e.split.train.slice(0, len(e.held_out.ids), "first training")
    train_cold = {}  # loss on as many characters of the training text
    for name, (each, its_run) in {"baseline": e.chosen("baseline"), "final": of_final}.items():
        predictions = cached(its_run, cold_predictions, each, first)
        train_cold[name] = losses_of(predictions, first).mean().item()
    return {
        "without_copies": mean_by_part(switched_off, e.split),
        "trained_without_copying": mean_by_part(never_copied, e.split),
        "train_cold": train_cold,
    }
