"""Losses by part of the held-out text, of networks and of their mixtures, and how these are fitted.

All that is fitted is fitted on the validation half.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from shakespeare.beyond.mixture import mix
from shakespeare.beyond.ngrams import WittenBell
from shakespeare.data import WINDOW, Corpus, Split
from shakespeare.evaluation import losses_of


def mean_by_part(losses: Tensor, split: Split) -> dict[str, float]:
    """Mean losses in nats, {"validation", "test", "held_out"}, of losses on all held-out text.

    A cold loss on the validation half is not quite the `val_loss` of training: here one window
    reaches into the test half.
    """
    middle = len(split.validation.ids) - 1  # the first held-out character is not predicted
    return {
        "validation": float(losses[:middle].mean()),
        "test": float(losses[middle:].mean()),
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

    The counts see what a network sees in the protocol: in "cold" windows nothing before the window;
    in "learning" they count each character after they predicted it.
    """
    if protocol == "learning":
        log_p = ngrams.while_counting(part.ids)  # (characters, vocab_size)
        return log_p[1:]  # a network doesn't predict the first character
    if protocol == "cold":
        rows = part.ids.unfold(0, WINDOW + 1, WINDOW)  # (windows, WINDOW + 1)
    else:
        rows = part.ids[None]  # (1, characters)
    log_p = ngrams(rows)  # (rows, characters, vocab_size)
    return log_p[:, 1:].flatten(0, 1)  # nor the first one of a row


def held_out_losses(
    of_networks: Sequence[Mapping[str, Tensor]], corpus: Corpus
) -> dict[str, dict[str, Any]]:
    """Mean losses in nats, {protocol: {"validation"|"test"|"held_out": loss}}, of held-out text.

    `of_networks` has the predictions of each network, by protocol. Each loss also has the
    "exponents" of the mixture, one for each network, which are fitted on the validation half. Each
    protocol, such as "cold", gets a second entry, "cold_mixed", with n-grams, whose exponent is the
    last.
    """
    split = corpus.split()
    results = {}
    for protocol in of_networks[0]:
        predictions = [of_network[protocol] for of_network in of_networks]
        of_ngrams = ngram_predictions(corpus, protocol)  # (characters, vocab_size)
        results[protocol] = loss_of_mixture(predictions, split)
        results[f"{protocol}_mixed"] = loss_of_mixture([*predictions, of_ngrams], split)
    return results


def loss_of_mixture(predictions: Sequence[Tensor], split: Split) -> dict[str, Any]:
    """The losses of predictions (characters, vocab_size) of the held-out text, and the exponents.

    A single one is not changed.
    """
    exponents = [1.0] if len(predictions) == 1 else exponents_for(predictions, split)
    losses = losses_of(mix(predictions, exponents), split.held_out)
    return mean_by_part(losses, split) | {"exponents": exponents}


def exponents_for(predictions: Sequence[Tensor], split: Split) -> list[float]:
    """The exponents that suit the validation half; predictions are those of all held-out text."""
    true = split.validation.ids[1:].long()  # the first character is not predicted
    return fit_exponents([each[: len(true)] for each in predictions], true)
