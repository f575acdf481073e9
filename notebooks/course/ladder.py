"""What notebook 05 and the evidence compare: predictions of trained networks, and gains."""

import copy
import statistics
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from shakespeare.beyond.copying import CopyLSTM
from shakespeare.data import Corpus, Split
from shakespeare.evaluation import interval_over_blocks, losses_of, t_interval
from shakespeare.settings import Recipe

from .cells import never_copy
from .jobs import RunJobs, one_by_one
from .predictions import Prediction, cache_all
from .results import Trained


def recipe_without_copying(recipe: Recipe) -> Recipe:
    """A recipe of a CopyLSTM without its copy head, and without the renaming that trains it."""
    network = dict(recipe.network)
    network["class"] = "NormDropoutLSTM"
    del network["copy_size"]
    del network["memory"]
    return Recipe(network, recipe.training.changed(data="Streams"))


# Predictions and losses


def ranges_up_to(longest: int) -> list[int]:
    """How far back the copy head may copy: 256 characters, doubled up to the longest."""
    ranges = [256]
    while ranges[-1] < longest:
        ranges.append(2 * ranges[-1])
    return ranges


def to_predict(
    networks: Sequence[Trained], compute: Callable[..., Tensor], part: Corpus, **options: Any
) -> list[Prediction]:
    """What each network has to predict, for `cache_all`."""
    return [Prediction(folder, compute, network, part, options) for network, folder in networks]


def predict(
    networks: Sequence[Trained],
    compute: Callable[..., Tensor],
    part: Corpus,
    run_jobs: RunJobs = one_by_one,
    **options: Any,
) -> list[Tensor]:
    """Log-probabilities (characters, vocab_size) of each network."""
    predictions = to_predict(networks, compute, part, **options)
    cache_all(predictions, run_jobs)
    return [prediction.result() for prediction in predictions]


def losses(
    networks: Sequence[Trained],
    compute: Callable[..., Tensor],
    part: Corpus,
    run_jobs: RunJobs = one_by_one,
    **options: Any,
) -> list[Tensor]:
    """Losses in nats of each network, (characters,)."""
    predictions = predict(networks, compute, part, run_jobs, **options)
    return [losses_of(each, part) for each in predictions]


def without_copies(network: Any) -> Any:
    """The network with its copy head switched off: all of the probability goes to writing."""
    changed = copy.deepcopy(network)
    if isinstance(changed, CopyLSTM):
        never_copy(changed)
    return changed


# What a rung gains


def gain_over(
    below: Sequence[Tensor], above: Sequence[Tensor], split: Split
) -> dict[str, dict[str, Any]]:
    """What is gained from `below` to `above`, both (characters,) for each seed.

    By part of the held-out text, as `judge` returns it.
    """
    if len(below) < len(above):
        below = list(below) * len(above)  # n-grams have no seeds
    by_seed = []
    for before, after in zip(below, above, strict=True):  # (characters,) each
        by_seed.append(before - after)
    middle = len(split.validation.ids) - 1  # the first held-out character has no loss
    return {
        "validation": judge([gain[:middle] for gain in by_seed]),
        "test": judge([gain[middle:] for gain in by_seed]),
        "held_out": judge(by_seed),
    }


def judge(gains: Sequence[Tensor]) -> dict[str, Any]:
    """The mean gain, and its 95 % interval: over seeds, or over blocks where there is one seed."""
    by_seed = [gain.mean().item() for gain in gains]
    if len(gains) > 1:
        interval = t_interval(by_seed)
    else:
        interval = interval_over_blocks(gains[0])
    return {"gain": statistics.mean(by_seed), "interval": list(interval), "by_seed": by_seed}


def mean_of(losses: Sequence[Tensor]) -> Tensor:
    """The mean over seeds of the loss of each character, (characters,)."""
    return torch.stack(list(losses)).mean(0)
