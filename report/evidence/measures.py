"""Gains with their intervals."""

import statistics
from collections.abc import Sequence
from typing import Any

from shakespeare.evaluation import t_interval

PARTS = ("validation", "test", "held_out")


def paired(above: Sequence[float], below: Sequence[float]) -> dict[str, Any]:
    """The mean of the differences `above` - `below`, of tenths or seeds, with its t interval."""
    differences = [high - low for high, low in zip(above, below, strict=True)]
    return {"mean": statistics.mean(differences), "interval": list(t_interval(differences))}
