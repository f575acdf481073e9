"""What all questions share: text, recipes, trained networks, and where answers are written."""

import tomllib
from functools import cached_property
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from torch import Tensor

from shakespeare.beyond.ngrams import WittenBell, kneser_ney_losses
from shakespeare.data import Corpus
from shakespeare.pretrained import from_pretrained
from shakespeare.settings import Recipe, changed_recipe, load_recipe
from study.losses import training_ngrams
from study.novelty import Study

from . import answers
from .predictor import Predictor
from .train import Training, folder_of

HERE = Path(__file__).resolve().parent
TEXT = HERE.parents[1] / "input.txt"
BUILD = HERE.parents[1] / "build"
SIZES = tomllib.loads((HERE / "sizes.toml").read_text(encoding="utf-8"))
RECIPES = tomllib.loads((HERE / "recipes.toml").read_text(encoding="utf-8"))
CLAIM = 1.22  # the validation loss in the student's report
PROMPT = "CORIOLANUS:\n"
PLAIN = {"temperature": 1.0, "min_p": None}  # nothing sharpened, nothing cut off
SHIPPED = {  # networks that are shipped, by their recipes; the names of their trainings
    "final": "the final network",
    "small": "the page's network",
    "baseline": "the baseline",
}


class Evidence:
    """One run of the instrument, in the profile smoke or full."""

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
        self.study = Study(self.split.train.text())
        self.trainings: dict[str, Training] = {}  # by the names in trainings.py

    # Networks

    def as_trained(self, name: str) -> Predictor:
        """A network, and the folder in which it is trained, if it isn't yet."""
        folder = folder_of(name, self.build)
        return Predictor(self.trainings[name].train(folder), folder)

    def with_memory(self, name: str) -> Predictor:
        """A trained network that copies as far back as was chosen for the final network."""
        memories = self.load("networks")["final"]["memories"]
        trained = self.as_trained(name)
        trained.network.memory = int(min(memories, key=memories.__getitem__))
        return trained

    def with_choices(self, name: str) -> Predictor:
        """A network of SHIPPED with all that `networks` chose for it, and a folder for its
        predictions. Where `networks` wasn't asked here, it is the shipped one.
        """
        chosen = self.folder / "models" / name
        if chosen.exists():
            return Predictor(from_pretrained(chosen), folder_of(SHIPPED[name], self.build))
        return Predictor(from_pretrained(name), self.build / "shipped" / name)

    # N-grams

    def ngrams(self) -> WittenBell:
        return training_ngrams(self.corpus)

    @cached_property
    def kneser_ney(self) -> Tensor:
        """Losses of the n-gram models of each order, (orders, held-out characters)."""
        return kneser_ney_losses(self.split.train.ids, self.held_out.ids, self.corpus.vocab_size)

    # Answers

    def load(self, question: str) -> dict[str, Any]:
        """The numbers of a question that was answered before: here, or else the published ones."""
        return answers.load(self.folder, question)


def own_recipe(profile: str, name: str, changes: dict[str, Any]) -> Recipe:
    """A recipe of recipes.toml, with changes."""
    tables = RECIPES[profile][name]
    return changed_recipe(tables["network"], tables["training"], changes)
