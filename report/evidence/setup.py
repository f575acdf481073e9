"""What all questions share: text, settings, trained networks, and where answers are written."""

import base64
import copy
import json
import tomllib
from functools import cached_property
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from torch import Tensor

from course.display import markdown_table, picture, width_of
from course.ladder import Trained
from course.novelty import Study
from shakespeare.beyond.mixture import training_ngrams
from shakespeare.beyond.ngrams import WittenBell, kneser_ney_losses
from shakespeare.data import Corpus
from shakespeare.files import write
from shakespeare.pretrained import from_pretrained
from shakespeare.runs import Training
from shakespeare.settings import build_folder, load_settings

HERE = Path(__file__).resolve().parent
TEXT = HERE.parents[1] / "input.txt"
SIZES = tomllib.loads((HERE / "sizes.toml").read_text(encoding="utf-8"))
CLAIM = 1.22  # the validation loss in the student's report
PROMPT = "CORIOLANUS:\n"
PLAIN = {"temperature": 1.0, "min_p": None}  # nothing sharpened, nothing cut off


class Evidence:
    """One run of the instrument, in the profile smoke or full."""

    def __init__(self, profile: str) -> None:
        self.profile = profile
        self.sizes = SimpleNamespace(**SIZES[profile])
        self.build = build_folder(profile, TEXT)  # the module's runs are in it
        self.folder = self.build / "evidence"
        changes = {"precision": self.sizes.precision}
        self.student = load_settings(profile, "baseline", changes)
        self.final = load_settings(profile, "final", changes)
        self.rungs = load_settings(profile, "rungs", changes)
        self.page = load_settings(profile, "page", changes)
        self.corpus = Corpus.read(TEXT)
        self.split = self.corpus.split()
        self.held_out = self.split.held_out
        self.study = Study(self.split.train.text())
        self.trainings: dict[str, Training] = {}
        self.networks: dict[str, Trained] = {}  # both by the names in trainings.py

    # Networks

    def trained(self, name: str) -> Trained:
        """A network as it was trained, and its run.

        It is a copy: what one question sets in it changes no other answer.
        """
        network, run = self.networks[name]
        return copy.deepcopy(network), run

    def chosen(self, name: str) -> Trained:
        """The network "baseline", "final" or "page" with all that `networks` chose for it."""
        names = {
            "baseline": "the baseline",
            "final": "the final network",
            "page": "the page's network",
        }
        _, run = self.networks[names[name]]
        return from_pretrained(self.folder / "models" / name), run

    # N-grams

    def ngrams(self) -> WittenBell:
        return training_ngrams(self.corpus)

    @cached_property
    def kneser_ney(self) -> Tensor:
        """Losses of the n-gram models of each order, (orders, held-out characters)."""
        return kneser_ney_losses(self.split.train.ids, self.held_out.ids, self.corpus.vocab_size)

    # Answers

    def path(self, question: str) -> Path:
        return self.folder / f"{question}.json"

    def load(self, question: str) -> dict[str, Any]:
        """The numbers of a question that was answered before."""
        return json.loads(self.path(question).read_text(encoding="utf-8"))

    def save(self, question: str, numbers: dict[str, Any]) -> None:
        text = json.dumps(numbers, indent=1, allow_nan=False) + "\n"
        write(self.path(question), text.encode())

    def figure(self, label: str, figure: Any, caption: str, alt: str) -> None:
        """Write a picture as fig-LABEL.svg and .png."""
        width = width_of(figure)
        formats = picture(figure, alt)
        name = f"fig-{label}"
        png = base64.b64decode(formats["image/png"])
        write(self.folder / "figures" / f"{name}.svg", formats["image/svg+xml"].encode())
        write(self.folder / "figures" / f"{name}.png", png)
        self._caption(name, {"caption": caption, "alt": alt, "width": width})

    def table(self, label: str, header: list[str], rows: list[list[Any]], caption: str) -> None:
        """Write a table as tbl-LABEL.md."""
        name = f"tbl-{label}"
        markdown = f"{markdown_table(header, rows)}\n"
        write(self.folder / "figures" / f"{name}.md", markdown.encode())
        self._caption(name, {"caption": caption})

    def _caption(self, name: str, about: dict[str, Any]) -> None:
        path = self.folder / "figures" / "captions.json"
        captions = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        captions[name] = about
        in_order = {each: captions[each] for each in sorted(captions)}
        text = json.dumps(in_order, indent=1, ensure_ascii=False) + "\n"
        write(path, text.encode())
