"""How predictable is the text without any network?"""

import math
from typing import Any

from .measures import PARTS
from .setup import Evidence


def counting(e: Evidence) -> dict[str, Any]:
    """The bar: n-gram models with Kneser-Ney smoothing, of each order.

    The order with the lowest loss on the validation half is chosen.
    """
    middle = len(e.split.validation.ids)  # n-grams predict the first character, too
    losses = e.kneser_ney  # (orders, held-out characters)
    order = int(losses[:, :middle].mean(1).argmin())
    parts = {"validation": losses[:, :middle], "test": losses[:, middle:], "held_out": losses}
    return {
        "characters": len(e.corpus.ids),
        "distinct": e.corpus.vocab_size,
        "split": {name: len(getattr(e.split, name).ids) for name in ("train", *PARTS)},
        "uniform": math.log(e.corpus.vocab_size),
        "order": order,
        "by_order": losses.mean(1).tolist(),
        "bar": {name: of_part[order].mean().item() for name, of_part in parts.items()},
    }
