"""What the tests share: texts on disk, tiny networks, copies of the repository, HTML, PDF."""

import os

# Before torch is imported: two test processes run side by side.
os.environ["OMP_NUM_THREADS"] = "1"
os.environ["MKL_NUM_THREADS"] = "1"

import contextlib
import html
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from functools import partial
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
import torch
from pypdf import PdfReader

from shakespeare import training
from shakespeare.beyond.copying import CopyLSTM
from shakespeare.data import Corpus, Split
from shakespeare.files import InputError
from shakespeare.model import CharLSTM
from shakespeare.pretrained import save_pretrained
from shakespeare.settings import Recipe, Settings, load_recipe
from shakespeare.training_folder import read_curves

torch.set_num_threads(1)
ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = (
    "01-preprocessing",
    "02-lstm-equations",
    "03-training",
    "04-generation",
    "05-beyond-the-report",
    "06-inside-the-network",
    "07-who-copies",
)
SMOKE = "PROFILE=smoke"
FACTS = {  # what may be chosen for a network
    "sampling": {"temperature": 0.5, "min_p": 0.1},
}
# For make in a copy: without what the make that runs the tests was given.
GIVEN = {"MAKEFLAGS", "MAKELEVEL", "NETWORK", "PROFILE", "PROMPT", "PYTHON", "PYTHONPATH", "TEXT"}
ENVIRONMENT = {name: value for name, value in os.environ.items() if name not in GIVEN}
# For what is stopped by Ctrl-C: a process inherits that it is ignored, as in the background.
heed_ctrl_c = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)


def clone(folder: Path) -> Path:
    """A copy of the repository, without what was built in it."""
    built = (".git", ".venv", "build", "*.egg-info", "__pycache__", ".*_cache", "*.partial")
    return shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns(*built))


def make(folder: Path, *arguments: str, own_python: bool = True) -> subprocess.CompletedProcess:
    """Run make in a folder, with the Python that runs the tests."""
    command = ["make", *arguments]
    if own_python:
        command.append(f"PYTHON={sys.executable}")
    options = {"capture_output": True, "text": True, "check": False}
    return subprocess.run(command, cwd=folder, env=ENVIRONMENT, **options)


class Page(HTMLParser):
    """An HTML file: its tags with their attributes, its text, and its scripts by their id."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.tags = []
        self.words = []
        self.scripts = {}
        self.script = None  # the one whose content comes, or a style
        self.feed(path.read_text(encoding="utf-8"))
        self.text = " ".join("".join(self.words).split())

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        self.script = dict(attributes).get("id", tag) if tag in ("script", "style") else None

    def handle_endtag(self, tag):
        self.script = None

    def handle_data(self, data):
        if self.script is None:
            self.words.append(data)
        else:
            self.scripts[self.script] = self.scripts.get(self.script, "") + data


def addresses(pdf: Path) -> set[str]:
    """The addresses to which a PDF links; a link within it has none."""
    found = set()
    for page in PdfReader(pdf).pages:
        for annotation in page.get("/Annots", []):
            action = annotation.get_object().get("/A", {})
            if "/URI" in action:
                found.add(action["/URI"])
    return found


def small_baseline(**changes: Any) -> Recipe:
    """The recipe of a tiny network: three epochs of 22 batches of the excerpt.

    A change has the name of a setting of the training, or of an argument of the network.
    """
    sizes = {"embedding_size": 16, "hidden_size": 32, "epochs": 3, "limit_batches": None}
    batches = {"batch_size": 16, "seq_len": 16, "learning_rate": 2e-2}
    return load_recipe("smoke", "baseline", dotted(sizes | batches | changes))


def small_ladder(**changes: Any) -> Recipe:
    """The recipe of a tiny copying network: three epochs of 12 batches."""
    sizes = {"embedding_size": 16, "hidden_size": 32, "copy_size": 4, "memory": 40, "epochs": 3}
    batches = {"batch_size": 8, "seq_len": 16, "learning_rate": 2e-2, "limit_batches": 12}
    return load_recipe("smoke", "final", dotted(sizes | batches | changes))


def dotted(changes: dict[str, Any]) -> dict[str, Any]:
    """Changes by their full names, such as training.epochs."""
    found = {}
    for name, value in changes.items():
        table = "training" if name in Settings.model_fields else "network"
        found[f"{table}.{name}"] = value
    return found


def train_recipe(
    recipe: Recipe, split: Split, folder: Path, callbacks: Sequence[Any] = (), **trainer: Any
) -> Any:
    """The network of a recipe, trained in a folder."""
    network = training.make_network(recipe, split.train.chars)
    data = training.make_data(recipe, split)
    return training.train(network, data, folder, callbacks, **trainer)


def same(network: torch.nn.Module, other: torch.nn.Module) -> bool:
    """Whether two networks have the same weights to the bit."""
    weights = network.state_dict()
    others = other.state_dict()
    if weights.keys() != others.keys():
        return False
    return all(torch.equal(weights[name], others[name]) for name in weights)


def curves(folder: Path) -> dict[str, list[float]]:
    """The curves of a training, except for the wall time."""
    found = read_curves(folder)
    return {name: curve for name, curve in found.items() if name != "seconds"}


@pytest.fixture
def write(tmp_path):
    """Write a text, or bytes, to a file and return its path."""

    def write(content: str | bytes, name: str = "text.txt") -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


def assert_sentence(message: Any, *words: str) -> None:
    """A message is one sentence that contains all the words."""
    assert isinstance(message, str) and message.endswith("."), message
    assert not re.search(r"\n|[.!?] [A-Z]", message), message
    for word in words:
        assert word in message


@pytest.fixture
def refuses():
    """A block that must raise InputError: one sentence that contains all the words."""

    @contextlib.contextmanager
    def refuses(*words: str):
        with pytest.raises(InputError) as caught:
            yield
        assert_sentence(str(caught.value), *words)

    return refuses


def save_random(network: CharLSTM, folder: Path) -> Path:
    """A folder with a network whose weights are large, so that its predictions differ."""
    torch.manual_seed(0)
    for weight in network.parameters():
        torch.nn.init.normal_(weight)
    save_pretrained(network, folder)
    return folder


@pytest.fixture(scope="session")
def node():
    """report/page/node.py, which runs the page's code; skips the test without Node."""
    if not shutil.which("node"):
        pytest.skip("needs Node: apt-get install nodejs")
    from report.page import node

    return node


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Chromium without a window."""
    from chromium import find_chromium
    from playwright.sync_api import expect, sync_playwright

    found = find_chromium()
    assert found, "There is no Chromium: get it with apt-get install chromium."
    expect.set_options(timeout=30_000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def pictures() -> Path:
    """Where tests leave pictures to look at."""
    folder = ROOT / "build" / "browser"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def corpus() -> Corpus:
    """The whole of input.txt."""
    return Corpus.read(ROOT / "input.txt")


@pytest.fixture(scope="session")
def excerpt(tmp_path_factory) -> Corpus:
    """The first 6,000 characters of input.txt, with a vocabulary of their own."""
    path = tmp_path_factory.mktemp("texts") / "excerpt.txt"
    path.write_text((ROOT / "input.txt").read_text(encoding="utf-8")[:6000], encoding="utf-8")
    return Corpus.read(path)


@pytest.fixture
def make_network(excerpt):
    """An untrained network in float64, its weights large enough for predictions that differ."""

    def make_network(
        kind: type[CharLSTM] = CharLSTM, chars: list[str] | None = None, **options: Any
    ) -> Any:
        torch.manual_seed(49)  # with this seed greedy text does not repeat one character
        sizes = {"embedding_size": 8, "hidden_size": 12, "num_layers": 2}
        if issubclass(kind, CopyLSTM):
            sizes |= {"copy_size": 4, "memory": 256}
        network = kind(chars or excerpt.chars, **(sizes | options)).double().eval()
        with torch.no_grad():
            for weight in network.parameters():
                weight.mul_(5)
            if isinstance(network, CopyLSTM):
                network.copy_head.write.bias.fill_(3)  # with 15 the head would never copy
        return network

    return make_network


def shown(widget: Any) -> str:
    """What a browser shows of a widget's HTML."""
    return html.unescape(re.sub(r"<[^>]*>", "", widget.value))
