"""The picture and the table of the student's recipe: where the claim comes from."""

from typing import Any

from course.display import Picture, Table

from ..answers import Answers
from ..measures import PARTS
from . import figures


def claim(answers: Answers) -> Picture:
    of_baseline = answers["baseline"]
    at_random = answers["leak"]
    carried = answers["losses"]["baseline"]["carried"]["held_out"]
    counting = answers["counting"]["bar"]["held_out"]
    ends = ""
    if at_random["passes"]:
        ends = ", a second training, which ends at its first loss below the claim"
    return Picture(
        "claim",
        figures.four_losses(of_baseline, at_random, carried, counting),
        "The recipe's losses. Left, where they end: on its training text (the mean over the last "
        f"epoch); on held-out windows of a random split{ends}; and on the last tenth, which it "
        "reads in one pass. Right, on the way there; the loss on the validation half is in cold "
        f"windows. On text that it has read, the recipe is below the claim of "
        f"{at_random['claim']:.2f}: it ends at {of_baseline['train_loss']:.2f}, and has "
        f"{at_random['leaky']:.2f} where the random split was stopped. On the last tenth it ends "
        f"at {carried:.2f}, little below counting's {counting:.2f}.",
        "Left, four rows with a mark and its loss each: training text "
        f"{of_baseline['train_loss']:.2f}, windows split at random {at_random['leaky']:.2f}, the "
        f"last tenth {carried:.2f}, and counting {counting:.2f}; a dashed line is the claim. "
        "Right, three curves over the epochs: two fall to the claim and below, and that of the "
        "validation half stays far above it.",
    )


def losses(answers: Answers) -> Table:
    of_baseline = answers["baseline"]
    at_random = answers["leak"]
    cold = answers["losses"]["baseline"]["cold"]
    carried = answers["losses"]["baseline"]["carried"]
    of_random = [f"{at_random['train_loss']:.3f}", f"{at_random['leaky']:.3f}"]
    return Table(
        "losses",
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
