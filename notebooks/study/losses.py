"""Losses by part of the held-out text."""

from torch import Tensor

from shakespeare.data import Split


def mean_by_part(losses: Tensor, split: Split) -> dict[str, float]:
    """Mean losses in nats, {"validation", "test", "held_out"}, of losses on all held-out text.

    A cold loss on the validation half is not quite the `val_loss` of training: here one window
    reaches into the test half.
    """
    validation, test = split.halves(losses)
    return {
        "validation": float(validation.mean()),
        "test": float(test.mean()),
        "held_out": float(losses.mean()),
    }
