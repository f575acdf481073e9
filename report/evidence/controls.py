"""What is copying worth?"""

from typing import Any

from shakespeare.evaluation import carried_predictions, losses_of
from study.cells import without_copies
from study.losses import mean_by_part

from .predictor import losses_of_each
from .setup import Evidence


def controls(e: Evidence) -> dict[str, Any]:
    """The final network without copies, and one that was trained without copying."""
    of_final = e.with_choices("final")
    silent = without_copies(of_final[0])
    switched_off = losses_of(carried_predictions(silent, e.held_out), e.held_out)
    [never_copied] = losses_of_each(
        [e.as_trained("without copying")], carried_predictions, e.held_out
    )
    return {
        "without_copies": mean_by_part(switched_off, e.split),
        "trained_without_copying": mean_by_part(never_copied, e.split),
    }
