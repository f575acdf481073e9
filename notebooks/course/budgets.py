"""How much the networks of notebook 07 read: stacks of layers, half epochs, less and more text."""

from pathlib import Path
from typing import Any, NamedTuple

import torch

from shakespeare.beyond.peers import gradient_norms
from shakespeare.beyond.recipes import make_network
from shakespeare.beyond.refinements import StrongLSTM
from shakespeare.beyond.settings import BeyondSettings
from shakespeare.data import Corpus, Split
from shakespeare.files import InputError
from shakespeare.settings import Settings
from shakespeare.training import read_curves, training_seconds

from . import texts
from .results import count_parameters

STRETCH = 10_000  # characters: less text is made of stretches from all over it


def characters_in_batch(settings: Settings) -> int:
    return settings.batch_size * settings.seq_len


def batches_in_epoch(settings: Settings, split: Split) -> int:
    return settings.limit_batches or len(split.train.ids) // characters_in_batch(settings)


def epochs_read(settings: Settings, split: Split) -> float:
    """How much a training reads, as a multiple of the training text's length."""
    batches = settings.epochs * batches_in_epoch(settings, split)
    return batches * characters_in_batch(settings) / len(split.train.ids)


def with_half_epochs(settings: Settings, split: Split) -> Any:
    """The settings, with half of the batches of each epoch."""
    half = max(1, batches_in_epoch(settings, split) // 2)
    return settings.model_copy(update={"limit_batches": half})


# Stacks of layers


class Stack(NamedTuple):
    """A stack to train. Those of a series have equally many parameters, or take equal time."""

    series: str
    layers: int
    hidden_size: int
    settings: BeyondSettings
    network_class: type[StrongLSTM]

    def __str__(self) -> str:
        return f"{self.series}, {self.layers} x {self.hidden_size}"

    def sizes(self) -> dict[str, int]:
        return sizes_of(self.settings, self.layers, self.hidden_size)


def sizes_of(settings: Settings, layers: int, hidden_size: int) -> dict[str, int]:
    return {
        "embedding_size": settings.embedding_size,
        "hidden_size": hidden_size,
        "num_layers": layers,
    }


def parameters_of(stack: Stack, chars: list[str]) -> int:
    """How many parameters a stack has; on the device `meta`, a tensor has only a shape."""
    with torch.device("meta"):
        return count_parameters(
            make_network(chars, stack.settings, stack.network_class, stack.sizes())
        )


def widest(stack: Stack, limit: int, chars: list[str]) -> Stack:
    """With the largest hidden size, a multiple of 4, that needs no more than `limit` parameters."""
    wider = stack._replace(hidden_size=4)
    while parameters_of(wider, chars) <= limit:
        stack = wider
        wider = stack._replace(hidden_size=stack.hidden_size + 4)
    return stack


def stack_row(
    stack: Stack, network: StrongLSTM, run: Path, losses: torch.Tensor, split: Split
) -> dict[str, Any]:
    """What notebook 07 saves about a stack; `losses` are carried, on the validation half."""
    return {
        "name": str(stack),
        "series": stack.series,
        "layers": stack.layers,
        "hidden_size": stack.hidden_size,
        "epochs": stack.settings.epochs,
        "epochs_read": epochs_read(stack.settings, split),
        "parameters": count_parameters(network),
        "minutes": training_seconds(run) / 60,
        "carried_validation": losses.mean().item(),
        "gradients": gradient_norms(network, split.validation),
    }


# Less and more text


def splits_by_amount(corpus: Corpus) -> dict[str, Split]:
    """The same held-out text, with less and more text to train on.

    Where pip can't download the other plays, this says so and leaves them out.
    """
    split = corpus.split()
    splits = {
        "a quarter": with_training_text(split, one_stretch_in(4, split.train)),
        "a half": with_training_text(split, one_stretch_in(2, split.train)),
        "all": split,
    }
    try:
        plays = texts.in_vocabulary(texts.plays_to_train_on(), corpus)
    except InputError as error:
        print(f"No other plays: {error}")
    else:
        ids = torch.cat([split.train.ids, plays.ids])
        splits["with 14 other plays"] = with_training_text(split, ids)
    return splits


def one_stretch_in(number: int, train: Corpus) -> torch.Tensor:
    """The first of every `number` stretches of a text."""
    return torch.cat(train.ids.split(STRETCH)[::number])


def with_training_text(split: Split, ids: torch.Tensor) -> Split:
    return split._replace(train=Corpus(ids, split.train.chars, "another training text"))


def reading(budget: int, settings: Settings, characters: int) -> Any:
    """Settings with which a training text of this length is read in at least three epochs.

    If that exceeds the budget, in characters, each epoch reads only some of its batches.
    """
    epochs = max(3, round(budget / characters))
    batches = None  # all
    if epochs * characters > 1.1 * budget:
        batches = budget // epochs // characters_in_batch(settings)
    return settings.model_copy(update={"epochs": epochs, "limit_batches": batches})


def kept_epoch(run: Path) -> str:
    """The epoch, counted from 1, whose weights were kept, and how many there were."""
    _, val_losses = read_curves(run)["val_loss"]
    return f"epoch {val_losses.index(min(val_losses)) + 1} of {len(val_losses)}"
