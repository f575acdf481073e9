"""Pictures of the student's recipe: what it writes, and where the claim comes from."""

from typing import Any

from course.figures import training

from ..measures import PARTS
from . import figures
from .made import Answers, Picture, Table


def samples(answers: Answers) -> Picture:
    stages = answers["baseline"]["stages"]
    rows = []
    for stage in stages:
        step = f"{stage['step']:,}"
        name = f"{step} (best epoch)" if stage["is_best"] else step
        rows.append((name, stage["text"], stage["loss"]))
    return Picture(
        training.stages(rows),
        "What the baseline writes after so many steps of its training, with its loss on the "
        "validation half, cold. The weights of the best epoch are kept; ↵ is the end of a line. "
        f"From the first row to the last, the loss falls from {stages[0]['loss']:.2f} to "
        f"{stages[-1]['loss']:.2f}, and noise becomes words.",
        "Rows of text that become more like words; beside them the loss as a falling line of dots.",
    )


def claim(answers: Answers) -> Picture:
    of_baseline = answers["baseline"]
    at_random = answers["leak"]
    cold = answers["losses"]["baseline"]["cold"]
    carried = answers["losses"]["baseline"]["carried"]
    numbers = {**of_baseline, "cold": cold, "carried": carried, "leak": at_random}
    ends = ""
    if at_random["passes"]:
        ends = " The second training ends at its first loss below the claim."
    return Picture(
        figures.four_losses(numbers, answers["counting"]["bar"]),
        "One recipe, in two trainings. Left: its losses after each epoch; only that on the "
        f"validation half, in cold windows, is honest.{ends} Right: where they end. Dots (the "
        "network, in two protocols) and the diamond (the n-grams) are losses on the last 10 %. A "
        f"dashed line is the claim. The recipe reaches {of_baseline['train_loss']:.2f} on its "
        f"training text, {at_random['leaky']:.2f} on windows split at random and "
        f"{carried['held_out']:.2f} on the last 10 %.",
        "Left, falling curves over the epochs, and the claim as a dashed line. Right, the two "
        "losses on text that was trained on, and the losses on held-out text.",
    )


def losses(answers: Answers) -> Table:
    of_baseline = answers["baseline"]
    at_random = answers["leak"]
    cold = answers["losses"]["baseline"]["cold"]
    carried = answers["losses"]["baseline"]["carried"]
    of_random = [f"{at_random['train_loss']:.3f}", f"{at_random['leaky']:.3f}"]
    return Table(
        ["model and protocol", "training", "validation", "test", "last 10 %"],
        [
            ["the student's claim", "–", f"{at_random['claim']}", "–", "–"],
            ["windows split at random", *of_random, "–", "–"],
            losses_row("the baseline, cold", cold, f"{of_baseline['train_loss']:.3f}"),
            losses_row("the baseline, carried", carried),
            losses_row("Kneser-Ney n-grams", answers["counting"]["bar"]),
        ],
        "Losses in nats per character. For the random split, *validation* is the loss on its own "
        "held-out windows; this training ends at the first one below the claim. Elsewhere it is "
        "that on the validation half. A training loss is the mean over one epoch: the baseline's "
        "last, and the one in which the other network's validation loss was lowest. The claim is a "
        f"validation loss; the baseline's, in cold windows, is {cold['validation']:.3f}.",
    )


def losses_row(name: str, loss: dict[str, Any], training_loss: str = "–") -> list[str]:
    return [name, training_loss, *(f"{loss[part]:.3f}" for part in PARTS)]
