"""Several networks that predict together (notebook 07)."""

from collections.abc import Iterable

import torch
from torch import Tensor


def together(predictions: Iterable[Tensor]) -> Tensor:
    """The normalised geometric mean of the members' predictions.

    Each, like the result, has log-probabilities (characters, vocab_size).
    """
    return torch.stack(list(predictions)).mean(0).log_softmax(-1)
