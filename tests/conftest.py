"""What the tests share: texts on disk, tiny models, and what an InputError has to look like."""

import contextlib
import re
from pathlib import Path

import pytest
import torch

from shakespeare.data import ShakespeareDataset
from shakespeare.files import InputError
from shakespeare.model import CharLSTM

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def write(tmp_path):
    """Write a text, or bytes, to a file and give its path."""

    def write(content: str | bytes, name: str = "text.txt") -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


@pytest.fixture
def refuses():
    """A block that must raise InputError: one sentence in which all the words occur."""

    @contextlib.contextmanager
    def refuses(*words: str):
        with pytest.raises(InputError) as caught:
            yield
        message = str(caught.value)
        assert message.endswith(".") and not re.search(r"\n|[.!?] [A-Z]", message), message
        for word in words:
            assert word in message

    return refuses


@pytest.fixture(scope="session")
def text(tmp_path_factory) -> ShakespeareDataset:
    """The first 6,000 characters of the corpus, in windows of 16."""
    path = tmp_path_factory.mktemp("text") / "excerpt.txt"
    path.write_text((ROOT / "input.txt").read_text(encoding="utf-8")[:6000], encoding="utf-8")
    return ShakespeareDataset(path, seq_len=16)


@pytest.fixture
def make_model(text):
    """An untrained CharLSTM in float64, its weights large enough for predictions that differ."""

    def make_model(chars: list[str] | None = None, num_layers: int = 2, **options) -> CharLSTM:
        torch.manual_seed(4)  # with this one greedy text does not get stuck at one character
        model = CharLSTM(chars or text.chars, 8, 12, num_layers, **options).double().eval()
        with torch.no_grad():
            for weight in model.parameters():
                weight.mul_(5)
        return model

    return make_model
