"""How predictable is the text without any network?"""

import math
from collections import Counter
from typing import Any

from torch.nn import functional as F

from shakespeare.beyond import ngrams
from study import guessing

from .measures import PARTS
from .setup import Evidence

UNREAD = 2_000  # characters of the guessing game


def counting(e: Evidence) -> dict[str, Any]:
    """The bar: n-gram models of each order, on each part of the held-out text."""
    train = e.split.train.ids
    held_out = e.held_out.ids
    middle = len(e.split.validation.ids)  # n-grams predict the first character, too
    losses = {  # each (orders, held-out characters)
        "witten_bell": ngrams.witten_bell_losses(train, held_out, e.corpus.vocab_size),
        "kneser_ney": e.kneser_ney,
    }
    by_smoothing = {}
    best = {}
    for name, each in losses.items():
        by_smoothing[name] = {
            "validation": each[:, :middle].mean(1).tolist(),
            "test": each[:, middle:].mean(1).tolist(),
            "held_out": each.mean(1).tolist(),
        }
        best[name] = int(each[:, :middle].mean(1).argmin())
    order = best["kneser_ney"]
    bar = {part: by_order[order] for part, by_order in by_smoothing["kneser_ney"].items()}

    return {
        "title": "Tiny Shakespeare",
        "characters": len(e.corpus.ids),
        "distinct": e.corpus.vocab_size,
        "split": {name: len(getattr(e.split, name).ids) for name in ("train", *PARTS)},
        "uniform": math.log(e.corpus.vocab_size),
        "ngram": by_smoothing,
        "ngram_best": best,
        "bar": bar,
        "guesses": guessing_game(e),
    }


def guessing_game(e: Evidence) -> dict[str, float]:
    """A program that guesses after six characters of context: its guesses and its loss, in bits."""
    unread = e.held_out.slice(0, UNREAD, "first")
    p = guessing.count_and_predict(e.split.train, unread)  # (characters, vocab_size)
    guesses = guessing.guesses_needed(p, unread.ids).tolist()
    shares = [times / len(guesses) for times in Counter(guesses).values()]
    loss = F.nll_loss(p.log(), unread.ids.long()).item()
    return {
        "bits": sum(-share * math.log2(share) for share in shares),
        "loss": loss / math.log(2),
    }
