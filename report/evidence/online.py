"""A mixture whose weights learn while it reads, as in a compression program.

It predicts by log P(c) ~ w_1 f_1(c) + w_2 f_2(c) + ..., where the features f are log-probabilities
of networks and log-ratios of contexts. After each character, the weights take a step that would
have made it likelier (Mattern, 2012), with Adagrad's step sizes (Duchi et al., 2011).
"""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from shakespeare.data import Corpus

from .contexts import NAMES, LogRatios

# Chosen on the validation half.
RATE = 0.05
SQUARES = 100.0  # where the sums of squared gradients begin: large, so the first steps are small
START = 0.1  # weight of a context; those of the networks begin with a sum of 1
KINDS = 6  # of situations: one or several characters have followed, times three last characters


def features_of(
    predictions: Sequence[Tensor], of_contexts: LogRatios, part: Corpus
) -> tuple[Tensor, Tensor]:
    """The features of a part's characters from the second on, and the kind of situation of each.

    `predictions` (characters, vocab_size) are log-probabilities of networks, none or more. The
    features are (characters, networks + contexts, vocab_size), their kinds (characters, networks +
    contexts).
    """
    of_networks = [each[:, None] for each in predictions]  # (characters, 1, vocab_size) each
    features = torch.cat([*of_networks, of_contexts.values[1:]], dim=1)
    kinds = torch.zeros(features.shape[:2], dtype=torch.long)
    kinds[:, len(predictions) :] = 3 * of_contexts.several[1:]
    last = part.ids[:-1].long()
    return features, kinds + kinds_of_characters(part.chars)[last, None]


def kinds_of_characters(chars: Sequence[str]) -> Tensor:
    """For each character of the vocabulary: 0 for a letter, 1 for a line break, 2 for others."""
    kinds = []
    for character in chars:
        if character.isalpha() or character == "'":
            kinds.append(0)
        else:
            kinds.append(1 if character == "\n" else 2)
    return torch.tensor(kinds)


class OnlineMixture:
    """A softmax of weighted features. Each feature has a weight for each kind of situation."""

    def __init__(self, networks: int, contexts: int = len(NAMES)) -> None:
        of_networks = [1 / networks for _ in range(networks)]
        start = np.array(of_networks + [START] * contexts, np.float32)
        self.weights = np.repeat(start[:, None], KINDS, axis=1)  # (features, kinds)
        self.squares = np.full_like(self.weights, SQUARES)

    def read(self, features: Tensor, kinds: Tensor, true: Tensor) -> Tensor:
        """Log-probabilities (characters, vocab_size); the weights learn from each character after
        it was predicted. `features` and `kinds` are from `features_of`; `true` (characters,) are
        the characters that came.
        """
        of_features = features.numpy()
        rows = np.arange(len(self.weights))
        log_p = np.empty((len(features), features.shape[2]), np.float32)
        for t, (x, kind) in enumerate(zip(true.tolist(), kinds.numpy(), strict=True)):
            f = of_features[t]  # (features, vocab_size)
            used = (rows, kind)  # one weight of each feature
            z = self.weights[used] @ f  # (vocab_size,)
            log_p[t] = z - np.logaddexp.reduce(z)
            gradient = f[:, x] - f @ np.exp(log_p[t])  # of log P(x), (features,)
            self.squares[used] += gradient**2
            self.weights[used] += RATE * gradient / np.sqrt(self.squares[used])
        return torch.from_numpy(log_p)
