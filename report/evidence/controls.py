"""How much do the losses depend on the seed, and what is copying worth?"""

from shakespeare.evaluation import carried_predictions
from study.cells import without_copies

from .setup import Evidence, mean_losses
from .trainings import ANOTHER_SEED, OTHER_SEEDS, WITHOUT_COPYING, with_seed


def seeds(e: Evidence) -> dict[str, list[float]]:
    """Losses on the last tenth in one pass with other seeds than those of the shipped networks."""
    baselines = [e.trained(with_seed("the baseline", seed)) for seed in OTHER_SEEDS]
    finals = [e.with_range(ANOTHER_SEED)]
    return {
        "baseline": mean_losses(baselines, carried_predictions, e.held_out),
        "final": mean_losses(finals, carried_predictions, e.held_out),
    }


def controls(e: Evidence) -> dict[str, float]:
    """The loss of the final network without copies, and of one that was trained without copying."""
    networks = [without_copies(e.shipped("final")), e.trained(WITHOUT_COPYING)]
    switched_off, never_copied = mean_losses(networks, carried_predictions, e.held_out)
    return {"without_copies": switched_off, "trained_without_copying": never_copied}
