"""What is copying worth?"""

from typing import Any

from course import ladder
from course.losses import mean_by_part
from shakespeare.evaluation import carried_predictions, losses_of

from .setup import Evidence


def controls(e: Evidence) -> dict[str, Any]:
    """The final network without copies, and one that was trained without copying."""
    of_final = e.with_choices("final")
    silent = ladder.without_copies(of_final[0])
    switched_off = losses_of(carried_predictions(silent, e.held_out), e.held_out)
    [never_copied] = ladder.losses(
        [e.as_trained("without copying")], carried_predictions, e.held_out
    )
    return {
        "without_copies": mean_by_part(switched_off, e.split),
        "trained_without_copying": mean_by_part(never_copied, e.split),
    }
