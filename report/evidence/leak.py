"""How does the student's recipe get to the claim by mistake?"""

from typing import Any

from shakespeare.training_folder import read_curves

from .setup import CLAIM, Evidence
from .trainings import AT_RANDOM, SHIPPED


def leak(e: Evidence) -> dict[str, Any]:
    """The training loss, and the loss on windows that were split at random.

    That training ends with the first loss below the claim.
    """
    losses = read_curves(e.folder_of(AT_RANDOM))["val_loss"]  # one for each epoch
    lowest = min(losses)
    return {
        "claim": CLAIM,
        "train_loss": read_curves(e.folder_of(SHIPPED["baseline"]))["train_loss"][-1],
        "at_random": lowest,
        "epochs": losses.index(lowest) + 1 if lowest < CLAIM else None,
    }
