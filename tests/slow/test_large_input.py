"""Input that is large for a text or a prompt, and works."""

import random
import resource

import pytest
import torch

from shakespeare.data import ShakespeareData, ShakespeareDataset, find_names
from shakespeare.model import CharLSTM
from shakespeare.sampling import generate


@pytest.mark.parametrize(
    "characters", ["abcdefghij .", "天地玄黃宇宙洪荒。"], ids=["one byte each", "three bytes each"]
)
def test_a_line_of_a_hundred_megabytes(tmp_path, characters):
    path, rng = tmp_path / "line.txt", random.Random(1)
    block = "".join(rng.choices(characters, k=1 << 16))
    copies = (100 << 20) // len(block.encode()) + 1
    with path.open("w", encoding="utf-8") as file:
        file.writelines([block] * copies)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # kilobytes
    text = ShakespeareDataset(path, seq_len=64)
    assert len(text.data) == len(block) * copies and text.chars == sorted(characters)
    assert text.decode(text.data[: len(block)]) == block == text.decode(text.data[-len(block) :])
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
    assert grown < 2 * len(text.data) + (100 << 20)
    assert find_names(text.decode(piece) for piece in text.data.split(1 << 20)) == set()
    data = ShakespeareData(text.split(), 32, 64, renamed=0.75)
    x, y = next(iter(data.train_dataloader()))
    assert x.shape == y.shape == (32, 64)


def test_a_prompt_of_a_hundred_thousand_characters():
    torch.manual_seed(1)
    model = CharLSTM(list("abc"), 4, 8, 1, copy_size=4).eval()
    start = "abcab" * 20_000
    [text] = generate(model, start, 5, temperature=0)
    assert text.startswith(start) and len(text) == 100_005
    # Texts like this one end alike for a network: what it remembers, and how its layers forget, is far shorter.
    assert text[-5:] == generate(model, start[-10_000:], 5, temperature=0)[0][-5:]
