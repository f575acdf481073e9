"""How good predictions are: losses on text that the network was not trained on.

What a loss means depends on the protocol. *Cold*: the text is cut into windows of 256 characters,
and the network reads each from an empty state. *Carried*: it reads the text once from beginning
to end, and carries its state all the way.
"""

import math
import statistics
from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from .data import WINDOW, Corpus
from .files import InputError
from .model import Network

BLOCKS = 10  # equal parts of a text
STUDENTS_T = {  # by the number of values, for 95 %
    2: 12.706,
    3: 4.303,
    4: 3.182,
    5: 2.776,
    6: 2.571,
    7: 2.447,
    8: 2.365,
    9: 2.306,
    10: 2.262,
    11: 2.228,
    12: 2.201,
    13: 2.179,
    14: 2.160,
}


def ids_for(network: Network, corpus: Corpus) -> Tensor:
    """The corpus's characters, (characters,), on the network's device.

    Raises InputError where the network has another vocabulary.
    """
    if network.chars != corpus.chars:
        raise InputError(f"{corpus.name} has another vocabulary than the network: train one on it.")
    return corpus.ids.long().to(network.device)


@torch.no_grad()
def cold_predictions(network: Network, corpus: Corpus, batch_size: int = 64) -> Tensor:
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
def carried_predictions(network: Network, corpus: Corpus, chunk: int = 512) -> Tensor:
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


def t_interval(values: Sequence[float]) -> tuple[float, float]:
    """The 95 % interval (Student's t) for the mean of 2 to 14 values, such as gains on tenths."""
    mean = statistics.mean(values)
    half = STUDENTS_T[len(values)] * statistics.stdev(values) / math.sqrt(len(values))
    return mean - half, mean + half


def interval_over_blocks(differences: Tensor) -> tuple[float, float]:
    """The t interval over ten blocks of a text, for the mean of differences (characters,).

    They are those of two models' losses. The interval is about this text alone, and because
    neighbouring blocks are alike, it is somewhat too narrow even there.
    """
    blocks = differences.double().tensor_split(BLOCKS)
    return t_interval([block.mean().item() for block in blocks])
