"""What is held out or drawn, but is in the training text, too (notebook 01)."""

import torch
from torch import Tensor


def share_trained_on(train: Tensor, validation: Tensor, seq_len: int) -> float:
    """The share of validation targets that are training targets, too.

    `train` and `validation` (windows,) are where windows start. The targets of a window that starts
    at s are the characters from s + 1 to s + seq_len.
    """
    last = int(torch.cat([train, validation]).max())
    trained_on = torch.zeros(last + seq_len + 1, dtype=torch.bool)  # (characters,)
    for i in range(1, seq_len + 1):
        trained_on[train + i] = True  # the i-th target of every training window
    total = 0.0
    for i in range(1, seq_len + 1):
        total += float(trained_on[validation + i].double().mean())
    return total / seq_len


def mark_copied(text: str, passages: set[str], length: int) -> list[bool]:
    """For each character, whether it is in one of the `passages`, all of `length` characters."""
    copied = [False] * len(text)
    for start in range(len(text) - length + 1):
        if text[start : start + length] in passages:
            copied[start : start + length] = [True] * length
    return copied
