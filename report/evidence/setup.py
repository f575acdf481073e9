"""What all questions share: text, recipes, trained networks, and where answers are written."""

import tomllib
from collections.abc import Callable, Sequence
from functools import cached_property, partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from torch import Tensor

from shakespeare.beyond.ngrams import kneser_ney_losses
from shakespeare.data import Corpus
from shakespeare.evaluation import losses_of
from shakespeare.pretrained import from_pretrained
from shakespeare.settings import Recipe, changed_recipe, load_recipe

from . import answers
from .pool import side_by_side
from .train import Training, folder_of

HERE = Path(__file__).resolve().parent
TEXT = HERE.parents[1] / "input.txt"
BUILD = HERE.parents[1] / "build"
SIZES = tomllib.loads((HERE / "sizes.toml").read_text(encoding="utf-8"))
RECIPES = tomllib.loads((HERE / "recipes.toml").read_text(encoding="utf-8"))
CLAIM = 1.22  # the validation loss in the student's report


class Evidence:
    """One run of the evidence, in the profile smoke or full."""

    def __init__(self, profile: str) -> None:
        self.profile = profile
        self.sizes = SimpleNamespace(**SIZES[profile])
        self.build = BUILD / profile
        self.folder = self.build / "evidence"
        precision = {"training.precision": self.sizes.precision}
        self.recipes = {
            "baseline": load_recipe(profile, "baseline", precision),
            "final": load_recipe(profile, "final", precision),
            "small": own_recipe(profile, "small", precision),
            "rungs": own_recipe(profile, "rungs", precision),
        }
        self.seed = self.recipes["baseline"].training.seed  # of all that is drawn
        self.corpus = Corpus.read(TEXT)
        self.split = self.corpus.split()
        self.held_out = self.split.held_out
        self.trainings: dict[str, Training] = {}  # by the names in trainings.py

    def folder_of(self, training: str) -> Path:
        return folder_of(training, self.build)

    def trained(self, training: str) -> Any:
        """A trained network; it is trained now if it isn't yet."""
        return self.trainings[training].train(self.folder_of(training))

    def shipped(self, name: str) -> Any:
        """A network as it is shipped: with all that was chosen for it, in half precision."""
        return from_pretrained(self.folder / "weights" / name)

    def with_range(self, training: str) -> Any:
        """A trained network that copies as far back as was chosen for the final network."""
        network = self.trained(training)
        network.memory = self.shipped("final").memory
        return network

    @cached_property
    def kneser_ney(self) -> Tensor:
        """Losses of the n-gram models of each order, (orders, held-out characters)."""
        return kneser_ney_losses(self.split.train.ids, self.held_out.ids, self.corpus.vocab_size)

    def load(self, question: str) -> dict[str, Any]:
        """The numbers of a question that was asked before."""
        return answers.load(self.folder, question)


def own_recipe(profile: str, name: str, changes: dict[str, Any]) -> Recipe:
    """A recipe of recipes.toml, with changes."""
    tables = RECIPES[profile][name]
    return changed_recipe(tables["network"], tables["training"], changes)


def losses_of_each(
    networks: Sequence[Any], protocol: Callable[[Any, Corpus], Tensor], part: Corpus
) -> list[Tensor]:
    """The losses (characters,) of each network on a part in a protocol, in nats."""
    jobs = {}
    for number, network in enumerate(networks):
        jobs[number] = partial(losses_in, protocol, network, part)
    return list(side_by_side(jobs).values())


def losses_in(protocol: Callable[[Any, Corpus], Tensor], network: Any, part: Corpus) -> Tensor:
    return losses_of(protocol(network, part), part)


def mean_losses(
    networks: Sequence[Any], protocol: Callable[[Any, Corpus], Tensor], part: Corpus
) -> list[float]:
    """The mean loss of each network."""
    return [losses.mean().item() for losses in losses_of_each(networks, protocol, part)]
