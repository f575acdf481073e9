"""What the tests share: texts on disk, tiny models, and what an InputError looks like."""

import os

os.environ["OMP_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = "1"  # before torch is imported

import contextlib
import re
from pathlib import Path

import pytest
import torch

from shakespeare.data import ShakespeareDataset
from shakespeare.files import InputError
from shakespeare.model import CharLSTM, CopyLSTM

torch.set_num_threads(1)  # two test processes run side by side
ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def write(tmp_path):
    """Write a text, or bytes, to a file and return its path."""

    def write(content: str | bytes, name: str = "text.txt") -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


@pytest.fixture
def refuses():
    """A block that must raise InputError: one sentence that contains all the words."""

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
def corpus() -> ShakespeareDataset:
    """The whole of input.txt, in windows of 20."""
    return ShakespeareDataset(ROOT / "input.txt", seq_len=20)


@pytest.fixture(scope="session")
def text(tmp_path_factory) -> ShakespeareDataset:
    """The first 6,000 characters of the corpus, in windows of 16."""
    path = tmp_path_factory.mktemp("text") / "excerpt.txt"
    path.write_text((ROOT / "input.txt").read_text(encoding="utf-8")[:6000], encoding="utf-8")
    return ShakespeareDataset(path, seq_len=16)


@pytest.fixture
def make_model(text):
    """An untrained network in float64, its weights large enough for predictions that differ."""

    def make_model(
        chars: list[str] | None = None, copy: bool = False, memory: int = 256, **options
    ) -> CharLSTM:
        torch.manual_seed(49)  # with this seed greedy text does not repeat one character
        chars, sizes = chars or text.chars, {"embedding_size": 8, "hidden_size": 12} | options
        model = CopyLSTM(chars, 4, memory, **sizes) if copy else CharLSTM(chars, **sizes)
        model.double().eval()
        with torch.no_grad():
            for weight in model.parameters():
                weight.mul_(5)
            if copy:
                model.copy_head.write.bias.fill_(3)  # with 15 the head would never copy
        return model

    return make_model
