"""Room 7: weights come back as they were, strange files are refused, the published ones are worth what they say."""

import hashlib
import json
import pickle
from pathlib import Path

import pytest
import torch
from safetensors.torch import load, save_file

from shakespeare.data import ShakespeareDataset
from shakespeare.evaluation import both_protocols, evaluate
from shakespeare.model import CharLSTM
from shakespeare.weights import WEIGHTS, write_weights

ROOT = Path(__file__).resolve().parents[1]
PUBLISHED = sorted(path.stem for path in WEIGHTS.glob("*.safetensors"))


@pytest.fixture
def stored(make_model, tmp_path):
    """A small model, and the folder in which it is written as `mine`."""
    model = make_model(copy_size=4, memory=32)
    model.copy_head.memory = 64
    write_weights(model, "mine", {"seed": 3}, tmp_path)
    return model, tmp_path


def test_weights_come_back_in_half_precision(stored, text):
    model, folder = stored
    loaded = CharLSTM.from_pretrained("mine", folder)
    assert loaded.chars == model.chars and loaded.copy_head.memory == 64 and not loaded.training
    assert json.loads((folder / "mine.json").read_text(encoding="utf-8"))["seed"] == 3
    for name, weight in model.state_dict().items():
        assert torch.equal(loaded.state_dict()[name], weight.half().float()), name
    assert loaded(text.data[:50][None].long())[0].dtype == torch.float32


class Runs:
    def __reduce__(self):
        return (exec, ("import pathlib; pathlib.Path('executed').touch()",))


def test_strange_weights_are_refused_by_name(stored, refuses, tmp_path, monkeypatch):
    _, folder = stored
    monkeypatch.chdir(tmp_path)
    path = folder / "mine.safetensors"
    tensors, about = load(path.read_bytes()), (folder / "mine.json").read_text(encoding="utf-8")

    def refused(*words):
        with refuses("mine.safetensors", *words):
            CharLSTM.from_pretrained("mine", folder)

    path.write_bytes(pickle.dumps(Runs()))  # somebody else's file under the expected name
    refused()
    assert not Path("executed").exists()
    path.write_bytes((2**40).to_bytes(8, "little") + b"{}")  # a header that claims a terabyte
    refused()
    save_file({name: weight for name, weight in tensors.items() if name != "linear.bias"}, path)
    refused()
    save_file(tensors | {"linear.bias": torch.zeros(3)}, path)
    refused()
    save_file(tensors | {"linear.bias": tensors["linear.bias"] * torch.nan}, path)
    refused("not finite")
    save_file(tensors, path)
    for wrong in ("{", "[]", '{"options": {}}', about.replace("hidden_size", "hidden_sise")):
        (folder / "mine.json").write_text(wrong, encoding="utf-8")
        refused()


def test_a_name_that_is_not_there_is_refused(stored, refuses):
    with refuses("'best'", "choose from mine"):
        CharLSTM.from_pretrained("best", stored[1])


def test_what_is_published_fits_the_promise():
    assert {"full", "small"} <= set(PUBLISHED)
    for name in PUBLISHED:
        assert (WEIGHTS / f"{name}.safetensors").stat().st_size <= 8e6
    assert sum(weight.numel() for weight in CharLSTM.from_pretrained("small").parameters()) <= 830_000


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_losses_are_those_of_the_shipped_file(name):
    about = json.loads((WEIGHTS / f"{name}.json").read_text(encoding="utf-8"))
    assert about["corpus_sha256"] == hashlib.sha256((ROOT / "input.txt").read_bytes()).hexdigest()
    text = ShakespeareDataset(ROOT / "input.txt", seq_len=1)
    losses = evaluate(both_protocols(CharLSTM.from_pretrained(name), text), text)
    assert about["losses"].keys() == losses.keys()
    for protocol, parts in about["losses"].items():
        assert losses[protocol] == pytest.approx(parts, abs=1e-3)
