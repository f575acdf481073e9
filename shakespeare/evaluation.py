"""How good predictions are: losses on text that the network was not trained on.

What a loss means depends on the protocol. *Cold*: the text is cut into windows of 256 characters,
and the network reads each from an empty state. *Carried*: it reads the text once from beginning
to end, and carries its state all the way.
"""

import math
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from .data import WINDOW, Corpus
from .files import InputError

INTERVAL_BLOCK = 10_000  # characters: neighbours depend on each other, distant passages less


def ids_for(network: Any, corpus: Corpus) -> Tensor:
    """The corpus's characters, (characters,), on the network's device.

    Raises InputError where the network has another vocabulary.
    """
    if network.chars != corpus.chars:
        raise InputError(f"{corpus.name} has another vocabulary than the network: train one on it.")
    return corpus.ids.long().to(network.device)


@torch.no_grad()
def cold_predictions(network: Any, corpus: Corpus, batch_size: int = 64) -> Tensor:
    """Protocol *cold*: log-probabilities (windows x 256, vocab_size), from the second character on.

    What is left after the last whole window is not predicted.
    """
    network.eval()
    windows = ids_for(network, corpus).unfold(0, WINDOW + 1, WINDOW)  # (windows, 257)
    predictions = []
    for batch in windows.split(batch_size):
        logits, _ = network(batch[:, :-1])  # (batch, 256, vocab_size)
        log_p = logits.float().log_softmax(-1)
        predictions.append(log_p.flatten(0, 1).cpu())  # (batch x 256, vocab_size)
    return torch.cat(predictions)


@torch.no_grad()
def carried_predictions(network: Any, corpus: Corpus, chunk: int = 512) -> Tensor:
    """Protocol *carried*: log-probabilities (characters - 1, vocab_size), in one pass.

    The text is read in chunks, which only bounds the memory that it takes.
    """
    network.eval()
    state = None
    predictions = []
    for ids in ids_for(network, corpus)[:-1].split(chunk):  # (chunk,)
        logits, state = network(ids[None], state)  # (1, chunk, vocab_size)
        predictions.append(logits[0].float().log_softmax(-1).cpu())  # (chunk, vocab_size)
    return torch.cat(predictions)


# The protocols by name; in both, the weights stay as they are.
PROTOCOLS = {"cold": cold_predictions, "carried": carried_predictions}


def losses_of(predictions: Tensor, corpus: Corpus) -> Tensor:
    """Loss in nats of each predicted character, (characters,).

    `predictions` (characters, vocab_size) are log-probabilities that begin at the second character.
    """
    true = corpus.ids[1 : 1 + len(predictions)].long()  # (characters,)
    return F.nll_loss(predictions, true, reduction="none")


def interval(
    losses: Tensor, block: int | None = None, samples: int = 10_000
) -> tuple[float, float]:
    """An interval of 95 % for the mean of losses (characters,), or of differences between them.

    The losses are cut into blocks. Each sample draws as many blocks as there are, with replacement
    (a bootstrap, Efron 1979), and the interval holds the middle 95 % of their means. It shows how
    much the mean depends on which passages of this text were held out, and not how it would be in
    another text. With paired differences it is about a gain: what is hard for both cancels out.
    By default a block has INTERVAL_BLOCK characters, or fewer, to make at least 10.
    """
    if block is None:
        block = min(INTERVAL_BLOCK, math.ceil(len(losses) / 10))
    blocks = losses.double().split(block)
    sums = torch.stack([part.sum() for part in blocks])  # (blocks,)
    lengths = torch.tensor([len(part) for part in blocks])  # the last one may be shorter
    generator = torch.Generator().manual_seed(0)
    shape = (samples, len(blocks))
    drawn = torch.randint(len(blocks), shape, generator=generator)  # indices of blocks
    # sums[drawn] is (samples, blocks): the sums of the blocks that each sample drew.
    means = sums[drawn].sum(1) / lengths[drawn].sum(1)  # (samples,)
    low, high = means.quantile(torch.tensor([0.025, 0.975], dtype=torch.double)).tolist()
    return low, high
