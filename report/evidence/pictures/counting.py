"""The table of counting."""

import math

from course.display import Table

from ..answers import Answers
from ..measures import PARTS


def ngrams(answers: Answers) -> Table:
    counting = answers["counting"]
    best = counting["ngram_best"]
    rows = [losses_row("Uniform", "–", [counting["uniform"]] * len(PARTS))]
    for title, name, order in (
        ("Witten-Bell", "witten_bell", 0),
        ("Witten-Bell", "witten_bell", best["witten_bell"]),
        ("Kneser-Ney", "kneser_ney", best["kneser_ney"]),
    ):
        by_order = counting["ngram"][name]
        rows.append(losses_row(title, str(order), [by_order[part][order] for part in PARTS]))
    return Table(
        "ngrams",
        ["model", "order", "validation", "test", "last 10 %", "bits", "perplexity"],
        rows,
        "Losses without a network, in nats per character. Order 0 knows only the character "
        "frequencies. The other two rows have the order with the lowest loss on the validation "
        "half. Bits and perplexity are for the last 10 %, the held-out text. The last row is "
        "the lowest: as unsure as a choice among "
        f"{math.exp(counting['bar']['held_out']):.1f} equally likely characters.",
    )


def losses_row(model: str, order: str, losses: list[float]) -> list[str]:
    """The cells of a model: its losses by part, the last of them also in other units."""
    held_out = losses[-1]
    nats = [f"{loss:.3f}" for loss in losses]
    return [model, order, *nats, f"{held_out / math.log(2):.3f}", f"{math.exp(held_out):.2f}"]
