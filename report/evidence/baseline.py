"""What loss does the student's recipe really reach, and what shows a lower one?"""

from pathlib import Path
from typing import Any

from shakespeare import evaluation
from shakespeare.pretrained import from_pretrained
from shakespeare.sampling import generate
from shakespeare.training_folder import read_curves
from study.trained import count_parameters

from .networks import flat
from .setup import CLAIM, Evidence

SHOWN = (0, 30, 100, 400, 1_000, 3_000)  # steps at which the baseline writes


def baseline(e: Evidence) -> dict[str, Any]:
    """The baseline's losses while it trains, and what it writes."""
    network, folder = e.as_trained("the baseline")
    logged = read_curves(folder)  # with a value for each epoch
    train_losses = logged["train_loss"]
    return {
        "settings": flat(e.recipes["baseline"]),
        "parameters": count_parameters(network),
        "epochs": e.recipes["baseline"].training.epochs,
        "train_loss": train_losses[-1],  # mean of the last epoch
        "train_losses": train_losses,
        "validation_losses": logged["val_loss"],
        "stages": stages(e, folder),
    }


def validation_loss(e: Evidence, network: Any) -> float:
    """Mean loss on the validation half in windows of 256 characters, nats per character."""
    predictions = evaluation.cold_predictions(network, e.split.validation)
    return evaluation.losses_of(predictions, e.split.validation).mean().item()


def stages(e: Evidence, folder: Path) -> list[dict[str, Any]]:
    """What the baseline writes as it learns, and its loss then."""
    logged = read_curves(folder)
    best_epoch = logged["val_loss"].index(min(logged["val_loss"]))
    best_step = int(logged["step"][best_epoch])
    folders = {step: folder / f"step-{step}" for step in SHOWN}  # of Snapshots
    folders[best_step] = folder
    found = []
    for step, of_step in sorted(folders.items()):
        if not of_step.exists():  # a short training ends before
            continue
        network = from_pretrained(of_step)
        [sample] = generate(network, "\n", 64, seed=e.seed)
        found.append(
            {
                "step": step,
                "is_best": step == best_step,
                "loss": validation_loss(e, network),
                "text": sample.removeprefix("\n"),
            }
        )
    return found


def leak(e: Evidence) -> dict[str, Any]:
    """The same recipe on windows that were split at random."""
    _, folder = e.as_trained("random split")
    logged = read_curves(folder)
    losses = logged["val_loss"]
    train_losses = logged["train_loss"]
    lowest = min(losses)  # training ends with the first loss below the claim
    epoch = losses.index(lowest) + 1
    return {
        "claim": CLAIM,
        "epochs": len(losses),
        "passes": epoch if lowest < CLAIM else None,  # epochs until it fell below the claim
        "leaky": lowest,
        "losses": losses,
        "train_loss": train_losses[epoch - 1],
    }
