"""A network mixed with n-grams, as a predictor and as a writer (notebook 05)."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from ..data import WINDOW, Corpus, Split
from ..evaluation import losses_of, with_interval
from ..files import InputError
from .ngrams import WittenBell, contexts, contexts_after


def mix(of_network: Tensor, of_ngrams: Tensor, a: float | Tensor, b: float | Tensor) -> Tensor:
    """Log of P(c) ~ P_network(c)^a P_ngram(c)^b, from log-probabilities of both (Hinton 2002)."""
    return (a * of_network + b * of_ngrams).log_softmax(-1)


def fit_exponents(of_network: Tensor, of_ngrams: Tensor, true: Tensor) -> tuple[float, float]:
    """The a and b of `mix` with the lowest mean loss on the characters `true` (characters,).

    The loss is convex in them, so the search cannot get stuck.
    """
    exponents = torch.tensor([1.0, 0.0], requires_grad=True)
    optimizer = torch.optim.LBFGS([exponents], max_iter=50, line_search_fn="strong_wolfe")

    def loss_and_gradient() -> Tensor:  # LBFGS asks for them several times in a step
        optimizer.zero_grad()
        a, b = exponents
        loss = F.nll_loss(mix(of_network, of_ngrams, a, b), true)
        loss.backward()
        return loss

    optimizer.step(loss_and_gradient)
    a, b = exponents.tolist()
    return a, b


# What all networks that are measured on a corpus (the same object) share is computed once.
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
    in "dynamic" they count each character after they predicted it.
    """
    ids = part.ids.long()
    if protocol == "cold":
        rows = ids.unfold(0, WINDOW + 1, WINDOW)  # (windows, WINDOW + 1)
    else:
        rows = ids[None]  # (1, characters)
    context = contexts(rows, part.vocab_size, ngrams.max_order)  # (rows, characters)
    followed_by = ids if protocol == "dynamic" else None
    log_p = ngrams(context.flatten(), followed_by)  # (rows x characters, vocab_size)
    by_row = log_p.unflatten(0, context.shape)  # (rows, characters, vocab_size)
    predicted = by_row[:, 1:]  # a network doesn't predict the first character of a row
    return predicted.flatten(0, 1)  # (characters, vocab_size)


def evaluate(predictions: dict[str, Tensor], corpus: Corpus) -> dict[str, dict[str, Any]]:
    """Mean losses in nats, {protocol: {"validation"|"test"|"held_out": loss}}, of held-out text.

    Each also has the "interval" of the loss on all held-out text. Each protocol, such as "cold",
    gets a second entry, "cold_mixed": its mixture with n-grams. It also holds the exponents,
    "network" and "ngram", which are fitted on the validation half.
    """
    split = corpus.split()
    results = {}
    for protocol, of_network in predictions.items():
        of_ngrams = ngram_predictions(corpus, protocol)  # (characters, vocab_size)
        a, b = exponents_for(of_network, of_ngrams, split)
        alone = losses_of(of_network, split.held_out)  # (characters,)
        mixed = losses_of(mix(of_network, of_ngrams, a, b), split.held_out)
        results[protocol] = with_interval(alone, split)
        results[f"{protocol}_mixed"] = with_interval(mixed, split) | {"network": a, "ngram": b}
    return results


def exponents_for(of_network: Tensor, of_ngrams: Tensor, split: Split) -> tuple[float, float]:
    """The exponents that suit the validation half; predictions are those of all held-out text."""
    true = split.validation.ids[1:].long()  # the first character is not predicted
    seen = len(true)
    return fit_exponents(of_network[:seen], of_ngrams[:seen], true)


class Mixture:
    """A network and n-grams that predict together: `generate` takes it as it takes a network.

    `ngrams` are those of the network's training text. The exponents, and how to draw from the
    mixture, were chosen for the network and are saved with it, in `facts["mixture"]`.
    """

    def __init__(self, network: Any, ngrams: WittenBell) -> None:
        if "mixture" not in network.facts:
            raise InputError("This network has no exponents for a mixture: write without n-grams.")
        chosen = network.facts["mixture"]
        self.network = network
        self.ngrams = ngrams
        self.a = chosen["network"]
        self.b = chosen["ngram"]
        self.chars = network.chars
        self.device = network.device
        self.facts = {"sampling": chosen.get("sampling", {})}

    def eval(self) -> None:
        self.network.eval()

    def __call__(self, ids: Tensor, state: Any = None) -> tuple[Tensor, Any]:
        """As a network: logits (batch, time, vocab_size) and the new state, from ids (batch, time).

        A state is that of the network, and the characters just read.
        """
        if state:
            network_state, before = state
        else:
            network_state, before = None, ids[:, :0]
        logits, network_state = self.network(ids, network_state)
        all_ids = torch.cat([before, ids], dim=1)  # (batch, read)
        context = contexts_after(all_ids, len(self.chars), self.ngrams.max_order)  # (batch, read)
        context = context[:, -ids.shape[1] :]  # (batch, time): those after `ids`
        # The counts are on the processor, whatever the network's device.
        of_ngrams = self.ngrams(context.flatten().cpu()).unflatten(0, context.shape)
        of_network = logits.float().log_softmax(-1)
        mixed = mix(of_network, of_ngrams.to(logits.device), self.a, self.b)
        return mixed, (network_state, all_ids[:, -self.ngrams.max_order :])

    def stepper(self, state: Any) -> Callable[[Tensor], Tensor]:
        """As in CharLSTM."""
        network_state, recent = state
        network_step = self.network.stepper(network_state)

        def step(ids: Tensor) -> Tensor:
            nonlocal recent
            recent = torch.cat([recent, ids[:, None]], dim=1)[:, -self.ngrams.max_order :]
            log_p = network_step(ids).float().log_softmax(-1)  # (batch, vocab_size)
            return mix(log_p, self.ngrams.after(recent.cpu()).to(log_p.device), self.a, self.b)

        return step
