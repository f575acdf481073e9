"""A program that guesses the next character by counting, as readers do in notebook 01."""

import torch
from torch import Tensor

from shakespeare.beyond.ngrams import kneser_ney_by_order
from shakespeare.data import Corpus


def count_and_predict(train: Corpus, part: Corpus, order: int = 6) -> Tensor:
    """Probabilities (characters, vocab_size) at each position of `part`, from counts in `train`.

    This is the Kneser-Ney model that sets the bar, here for all characters of the vocabulary and
    not only for those that follow. It knows `order` characters of context.
    """
    x = torch.arange(train.vocab_size)  # each character that may follow
    by_order = kneser_ney_by_order(train.ids, part.ids, x, train.vocab_size, order)
    return list(by_order)[-1]


def guesses_needed(p: Tensor, ids: Tensor) -> Tensor:
    """How many guesses (characters,) it takes to find each character of `ids`, likeliest first.

    `p` (characters, vocab_size) says how likely each character is to follow.
    """
    p_of_true = p.gather(1, ids.long()[:, None])  # (characters, 1)
    return 1 + (p > p_of_true).sum(1)
