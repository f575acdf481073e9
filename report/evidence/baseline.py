"""What loss does the student's recipe really reach, and what shows a lower one?"""

from pathlib import Path
from typing import Any

from course import ladder
from course.figures import training as figures
from course.predictions import cached
from course.results import count_parameters
from shakespeare import evaluation
from shakespeare.evaluation import carried_predictions
from shakespeare.pretrained import from_pretrained
from shakespeare.runs import read_curves
from shakespeare.sampling import generate

from . import figures as own_figures
from .setup import CLAIM, Evidence

SHOWN = (0, 30, 100, 400, 1_000, 3_000)  # steps at which the baseline writes


def baseline(e: Evidence) -> dict[str, Any]:
    """The baseline's losses while it trains, and what it writes."""
    network, run = e.trained("the baseline")
    logged = read_curves(run)  # with a value for each epoch
    train_losses = logged["train_loss"]

    order = e.load("counting")["ngram_best"]["kneser_ney"]
    of_baseline = cached(run, carried_predictions, network, e.held_out)
    gain = ladder.gain_over(
        [e.kneser_ney[order, 1:]], [evaluation.losses_of(of_baseline, e.held_out)], e.split
    )
    return {
        "settings": e.student.model_dump(exclude_unset=True),  # that a recipe or sizes.toml sets
        "parameters": count_parameters(network),
        "epochs": e.student.epochs,
        "train_loss": train_losses[-1],  # mean of the last epoch
        "train_losses": train_losses,
        "validation_losses": logged["val_loss"],
        "stages": stages(e, run),
        "gain_over_counting": gain,
    }


def validation_loss(e: Evidence, network: Any) -> float:
    """Mean loss on the validation half in windows of 256 characters, nats per character."""
    predictions = evaluation.cold_predictions(network, e.split.validation)
    return evaluation.losses_of(predictions, e.split.validation).mean().item()


def stages(e: Evidence, run: Path) -> list[dict[str, Any]]:
    """What the baseline writes as it learns, and its loss then."""
    logged = read_curves(run)
    best_epoch = logged["val_loss"].index(min(logged["val_loss"]))
    best_step = int(logged["step"][best_epoch])
    folders = {step: run / f"step-{step}" for step in SHOWN}  # of Snapshots
    folders[best_step] = run
    found = []
    rows = []
    for step, folder in sorted(folders.items()):
        if not folder.exists():  # a short run ends before
            continue
        network = from_pretrained(folder)
        loss = validation_loss(e, network)
        found.append({"step": step, "loss": loss})
        [sample] = generate(network, "\n", 64, seed=e.student.seed)
        name = f"{step:,} (best epoch)" if step == best_step else f"{step:,}"
        rows.append((name, sample.removeprefix("\n"), loss))
    e.figure(
        "samples",
        figures.stages(rows),
        "What the baseline writes after so many steps of its training, with its loss on the "
        "validation half, cold. The weights of the best epoch are kept; ↵ is the end of a line. "
        f"From the first row to the last, the loss falls from {found[0]['loss']:.2f} to "
        f"{found[-1]['loss']:.2f}, and noise becomes words.",
        "Rows of text that become more like words; beside them the loss as a falling line of dots.",
    )
    return found


def leak(e: Evidence) -> dict[str, Any]:
    """The same recipe on windows that were split at random."""
    _, run = e.trained("random split")
    logged = read_curves(run)
    losses = logged["val_loss"]
    train_losses = logged["train_loss"]
    lowest = min(losses)  # training ends with the first loss below the claim
    epoch = losses.index(lowest) + 1
    found = {
        "claim": CLAIM,
        "epochs": len(losses),
        "passes": epoch if lowest < CLAIM else None,  # epochs until it fell below the claim
        "leaky": lowest,
        "losses": losses,
        "train_loss": train_losses[epoch - 1],
    }
    of_baseline = e.load("baseline")
    losses_of = e.load("losses")["baseline"]
    bar = e.load("counting")["bar"]
    honest = {"cold": losses_of["cold"], "carried": losses_of["carried"]}
    show_claim(e, of_baseline, found, honest, bar)
    show_losses(e, of_baseline, found, honest, bar)
    return found


def show_claim(
    e: Evidence,
    of_baseline: dict[str, Any],
    at_random: dict[str, Any],
    honest: dict[str, Any],
    bar: dict[str, Any],
) -> None:
    ends = ""
    if at_random["passes"]:
        ends = " The second training ends at its first loss below the claim."
    e.figure(
        "claim",
        own_figures.four_losses({**of_baseline, **honest, "leak": at_random}, bar),
        "One recipe, in two trainings. Left: its losses after each epoch; only that on the "
        f"validation half, in cold windows, is honest.{ends} Right: where they end. Dots (the "
        "network, in two protocols) and the diamond (the n-grams) are losses on the last 10 %, "
        "with 95 % intervals. A dashed line is the claim. The recipe reaches "
        f"{of_baseline['train_loss']:.2f} on its training text, {at_random['leaky']:.2f} on "
        f"windows split at random and {honest['carried']['held_out']:.2f} on the last 10 %.",
        "Left, falling curves over the epochs, and the claim as a dashed line. Right, the two "
        "losses on text that was trained on, and the losses on held-out text as dots with "
        "intervals.",
    )


def show_losses(
    e: Evidence,
    of_baseline: dict[str, Any],
    at_random: dict[str, Any],
    honest: dict[str, Any],
    bar: dict[str, Any],
) -> None:
    def row(name: str, loss: dict[str, Any], training_loss: str = "–") -> list[str]:
        low, high = loss["interval"]
        means = [f"{loss[part]:.3f}" for part in ("validation", "test", "held_out")]
        return [name, training_loss, *means, f"{low:.3f} – {high:.3f}"]

    of_random = [f"{at_random['train_loss']:.3f}", f"{at_random['leaky']:.3f}"]
    e.table(
        "losses",
        ["model and protocol", "training", "validation", "test", "last 10 %", "interval"],
        [
            ["the student's claim", "–", f"{CLAIM}", "–", "–", "–"],
            ["windows split at random", *of_random, "–", "–", "–"],
            row("the baseline, cold", honest["cold"], f"{of_baseline['train_loss']:.3f}"),
            row("the baseline, carried", honest["carried"]),
            row("Kneser-Ney n-grams", bar),
        ],
        "Losses in nats per character. The column *validation* shows the validation half; for the "
        "random split, it shows the held-out windows of that split. The 95 % interval is that of "
        "the loss on the last 10 %. A training loss is the mean over one epoch: the baseline's "
        "last, and the one in which the other network's validation loss was lowest. The claim is a "
        "validation loss; the baseline's, in cold windows, is "
        f"{honest['cold']['validation']:.3f}.",
    )
