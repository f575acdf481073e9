"""A network mixed with n-grams, which writes as a network does (notebook 05)."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from ..files import InputError
from ..model import Network
from .ngrams import WittenBell


def mix(predictions: Sequence[Tensor], exponents: Sequence[float] | Tensor) -> Tensor:
    """Log of P(c) ~ P_1(c)^e_1 P_2(c)^e_2 ..., from the log-probabilities of each (Hinton 2002)."""
    mixed = torch.zeros_like(predictions[0])
    for exponent, log_p in zip(exponents, predictions, strict=True):
        mixed = mixed + exponent * log_p
    return mixed.log_softmax(-1)


class Mixture:
    """A network and n-grams that predict together: `generate` takes it as it takes a network.

    `ngrams` are those of the network's training text. The exponents, and how to draw from the
    mixture, were chosen for the network and are saved with it, in `facts["mixture"]`.
    """

    def __init__(self, network: Network, ngrams: WittenBell) -> None:
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
