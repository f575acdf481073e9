"""Losses by part of the held-out text, and mixtures, fitted on the validation half."""

from collections.abc import Sequence
from functools import lru_cache

import torch
from torch import Tensor
from torch.nn import functional as F

from shakespeare.beyond.mixture import mix
from shakespeare.beyond.ngrams import WittenBell
from shakespeare.data import WINDOW, Corpus, Split


def mean_by_part(losses: Tensor, split: Split) -> dict[str, float]:
    """Mean losses in nats, {"validation", "test", "held_out"}, of losses on all held-out text.

    A cold loss on the validation half is not quite the `val_loss` of training: here one window
    reaches into the test half.
    """
    validation, test = split.halves(losses)
    return {
        "validation": float(validation.mean()),
        "test": float(test.mean()),
        "held_out": float(losses.mean()),
    }


def fit_exponents(predictions: Sequence[Tensor], true: Tensor) -> list[float]:
    """The exponents of `mix` with the lowest mean loss on the characters `true` (characters,).

    The loss is convex in them, so the search cannot get stuck.
    """
    exponents = torch.full((len(predictions),), 1 / len(predictions), requires_grad=True)
    optimizer = torch.optim.LBFGS([exponents], max_iter=50, line_search_fn="strong_wolfe")

    def loss_and_gradient() -> Tensor:  # LBFGS asks for them several times in a step
        optimizer.zero_grad()
        loss = F.nll_loss(mix(predictions, exponents), true)
        loss.backward()
        return loss

    optimizer.step(loss_and_gradient)
    return exponents.tolist()


# This and the next are computed once for all networks that are measured on the same corpus.
@lru_cache(maxsize=1)
def training_ngrams(corpus: Corpus) -> WittenBell:
    """The n-grams of the training part."""
    return WittenBell(corpus.split().train.ids, corpus.vocab_size)


@lru_cache(maxsize=4)
def ngram_predictions(corpus: Corpus, protocol: str) -> Tensor:
    """Log-probabilities (characters, vocab_size) of the held-out text, from counts of the rest."""
    return predict_with_ngrams(training_ngrams(corpus), corpus.split().held_out, protocol)


def predict_with_ngrams(ngrams: WittenBell, part: Corpus, protocol: str) -> Tensor:
    """Log-probabilities (characters, vocab_size) of a part, from the second character on.

    The counts see what a network sees in the protocol: in "cold" windows nothing before the window.
    """
    if protocol == "cold":
        rows = part.ids.unfold(0, WINDOW + 1, WINDOW)  # (windows, WINDOW + 1)
    else:
        rows = part.ids[None]  # (1, characters)
    log_p = ngrams(rows)  # (rows, characters, vocab_size)
    return log_p[:, 1:].flatten(0, 1)  # a network doesn't predict the first of a row


def exponents_for(predictions: Sequence[Tensor], split: Split) -> list[float]:
    """The exponents that suit the validation half; predictions are those of all held-out text."""
    true = split.validation.ids[1:].long()  # the first character is not predicted
    return fit_exponents([split.halves(each)[0] for each in predictions], true)
