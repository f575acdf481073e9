"""Networks mixed with each other and with n-grams, as predictors and as a writer (notebook 05)."""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from ..data import WINDOW, Corpus, Split
from ..evaluation import losses_of, with_interval
from ..files import InputError
from .ngrams import WittenBell


def mix(predictions: Sequence[Tensor], exponents: Sequence[float] | Tensor) -> Tensor:
    """Log of P(c) ~ P_1(c)^e_1 P_2(c)^e_2 ..., from the log-probabilities of each (Hinton 2002)."""
    mixed = torch.zeros_like(predictions[0])
    for exponent, log_p in zip(exponents, predictions, strict=True):
        mixed = mixed + exponent * log_p
    return mixed.log_softmax(-1)


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


def evaluate(
    of_networks: Sequence[Mapping[str, Tensor]], corpus: Corpus
) -> dict[str, dict[str, Any]]:
    """Mean losses in nats, {protocol: {"validation"|"test"|"held_out": loss}}, of held-out text.

    `of_networks` has the predictions of each network, by protocol. Each loss also has the
    "interval" of that on all held-out text, and the "exponents" of the mixture, one for each
    network, which are fitted on the validation half. Each protocol, such as "cold", gets a second
    entry, "cold_mixed", with n-grams, whose exponent is the last.
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
    return with_interval(losses, split) | {"exponents": exponents}


def exponents_for(predictions: Sequence[Tensor], split: Split) -> list[float]:
    """The exponents that suit the validation half; predictions are those of all held-out text."""
    true = split.validation.ids[1:].long()  # the first character is not predicted
    return fit_exponents([each[: len(true)] for each in predictions], true)


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
        self.exponents = (chosen["network"], chosen["ngram"])
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
        with_next = F.pad(all_ids, (0, 1))  # whatever comes next: n-grams only see what is before
        # The counts are on the processor, whatever the network's device.
        of_all = self.ngrams(with_next.cpu())  # (batch, read + 1, vocab_size)
        of_ngrams = of_all[:, -ids.shape[1] :]  # (batch, time, vocab_size)
        of_network = logits.float().log_softmax(-1)
        mixed = mix([of_network, of_ngrams.to(logits.device)], self.exponents)
        return mixed, (network_state, all_ids[:, -self.ngrams.max_order :])

    def stepper(self, state: Any) -> Callable[[Tensor], Tensor]:
        """As in CharLSTM."""
        network_state, recent = state
        network_step = self.network.stepper(network_state)

        def step(ids: Tensor) -> Tensor:
            nonlocal recent
            recent = torch.cat([recent, ids[:, None]], dim=1)[:, -self.ngrams.max_order :]
            log_p = network_step(ids).float().log_softmax(-1)  # (batch, vocab_size)
            of_ngrams = self.ngrams.after(recent.cpu()).to(log_p.device)
            return mix([log_p, of_ngrams], self.exponents)

        return step
