"""Networks come back as they were, strange files are refused, shipped ones keep their losses."""

import json
import pickle
from pathlib import Path

import pytest
import torch
from conftest import ROOT
from safetensors.torch import load, load_file, save_file

from shakespeare.beyond.copying import CopyLSTM
from shakespeare.beyond.peers import AttentionLSTM, ResidualLSTM, Transformer
from shakespeare.beyond.refinements import StrongLSTM
from shakespeare.evaluation import cold_predictions, losses_of
from shakespeare.model import CharLSTM
from shakespeare.pretrained import SHIPPED

METRICS = json.loads((ROOT / "report" / "metrics.json").read_text(encoding="utf-8"))["weights"]
FACTS = {
    "sampling": {"temperature": 0.5, "min_p": 0.1},
    "mixture": {"network": 0.6, "ngram": 0.3, "sampling": {"temperature": 0.7}},
}


@pytest.fixture
def saved(make_network, tmp_path):
    """A small CopyLSTM and the folder in which it is saved."""
    network = make_network(CopyLSTM, memory=32, dropout=0.5).float()
    network.facts = FACTS
    network.save_pretrained(tmp_path / "mine")
    return network, tmp_path / "mine"


# There and back


SIZES = {"embedding_size": 4, "hidden_size": 4, "num_layers": 3}
KINDS = {
    CharLSTM: SIZES,
    StrongLSTM: SIZES,
    CopyLSTM: SIZES | {"copy_size": 4, "memory": 4},
    ResidualLSTM: SIZES,
    AttentionLSTM: SIZES | {"heads": 2, "context": 4},
    Transformer: {"hidden_size": 4, "num_blocks": 1, "heads": 2, "context": 4},
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_network_comes_back_as_it_was(excerpt, tmp_path, kind):
    network = kind(excerpt.chars, **KINDS[kind]).eval()
    network.facts = FACTS
    network.save_pretrained(tmp_path / "new" / "folder")
    loaded = CharLSTM.from_pretrained(tmp_path / "new" / "folder")
    assert type(loaded) is kind
    assert not loaded.training
    assert loaded.config() == network.config()
    assert loaded.facts == FACTS
    ids = excerpt.ids[:50][None].long()
    expected, _ = network(ids)
    predicted, _ = loaded(ids)
    assert torch.equal(predicted, expected)


def test_a_class_of_somebodys_own_is_not_saved_as_ours(excerpt, tmp_path, refuses):
    own = type("CharLSTM", (CharLSTM,), {"__module__": "own"})
    with refuses("CharLSTM isn't a class of this package"):
        own(excerpt.chars, **SIZES).save_pretrained(tmp_path)


def test_a_network_is_refused_by_a_class_that_it_is_not(refuses):
    assert type(StrongLSTM.from_pretrained("small")) is CopyLSTM  # which is built on StrongLSTM
    with refuses("The network small is no Transformer: load it by CopyLSTM."):
        Transformer.from_pretrained("small")


def test_a_bare_word_is_a_shipped_network_and_a_sentence_says_so(saved, monkeypatch, capsys):
    network, path = saved
    monkeypatch.chdir(path.parent)
    network.save_pretrained("full")
    assert CharLSTM.from_pretrained("./full").config() == network.config()
    assert tuple(capsys.readouterr()) == ("", "")
    assert CharLSTM.from_pretrained("full").hidden_size == 512
    _, said = capsys.readouterr()
    assert said == '"full" is the shipped network: write "./full" for the folder of that name.\n'


# What cannot be used


def test_a_name_that_is_neither_shipped_nor_a_folder_is_refused(refuses, tmp_path):
    for name in ("fulll", "someone/some-model", tmp_path):
        with refuses(str(name), "full, small"):
            CharLSTM.from_pretrained(name)


class Runs:
    def __reduce__(self):
        return (exec, ("import pathlib; pathlib.Path('executed').touch()",))


def test_mangled_weights_are_refused_and_run_no_code(saved, refuses, tmp_path, monkeypatch):
    _, folder = saved
    monkeypatch.chdir(tmp_path)
    path = folder / "model.safetensors"
    content = path.read_bytes()
    tensors = load(content)

    def refused():
        with refuses(str(folder), "damaged"):
            CharLSTM.from_pretrained(folder)

    for mangled in (
        b"",
        content[:-100],
        (2**40).to_bytes(8, "little") + b"{}",  # a header that claims a terabyte
        pickle.dumps(Runs()),
    ):
        path.write_bytes(mangled)
        refused()
    assert not Path("executed").exists()
    save_file({name: weight for name, weight in tensors.items() if name != "linear.bias"}, path)
    refused()
    save_file(tensors | {"linear.bias": torch.zeros(3)}, path)
    refused()
    for factor in (torch.nan, 1e6):
        save_file(tensors | {"linear.bias": tensors["linear.bias"] * factor}, path)
        refused()
    path.unlink()
    refused()


def test_a_config_that_does_not_fit_is_refused(saved, refuses):
    _, folder = saved
    path = folder / "config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    for changed in (
        config | {"hidden_size": 11},
        config | {"num_layers": 10**8},  # would take hours to build
        config | {"memory": 10**9},  # would fill the memory
        config | {"weight_decay": float("nan")},
        config | {"weight_decay": -1.0},
        config | {"chars": config["chars"][1:]},
        config | {"hidden_sise": 12},
        config | {"architecture": "os.system"},
        config | {"architecture": "StrongLSTM"},
        {name: value for name, value in config.items() if name != "memory"},
        config | {"num_layers": config["num_layers"] - 1},  # then some weights have no place
        config | {"facts": {"sampling": {"temprature": 0.5}}},
        config | {"facts": {"sampling": {"min_p": 7}}},
        config | {"facts": {"mixture": {"network": 1.0}}},
        config | {"facts": {"mixture": {"network": 1.0, "ngram": float("nan")}}},
        config | {"facts": {"mixture": {"network": 1e300, "ngram": 0.1}}},
        [],
    ):
        path.write_text(json.dumps(changed), encoding="utf-8")
        with refuses(str(folder), "damaged"):
            CharLSTM.from_pretrained(folder)


def test_attention_whose_sums_overflow_is_refused(excerpt, tmp_path, refuses):
    sizes = {"hidden_size": 64, "num_blocks": 4, "heads": 4, "context": 32}
    network = Transformer(excerpt.chars, **sizes)
    for weight in network.parameters():
        torch.nn.init.constant_(weight, 65_000)  # a network of LSTM layers could write with these
    network.save_pretrained(tmp_path)
    with refuses("not finite"):
        CharLSTM.from_pretrained(tmp_path)


# What is shipped


def test_the_shipped_networks_hold_no_pickle():
    assert sorted(METRICS) == sorted(path.name for path in SHIPPED.iterdir()) == ["full", "small"]
    for folder in SHIPPED.iterdir():
        files = {path.name for path in folder.iterdir()}
        assert files <= {"config.json", "model.safetensors", "README.md"}
        tensors = load_file(folder / "model.safetensors")
        assert {weight.dtype for weight in tensors.values()} == {torch.half}
        network = CharLSTM.from_pretrained(folder.name)
        parameters = sum(weight.numel() for weight in network.parameters())
        assert parameters == METRICS[folder.name]["parameters"]


@pytest.mark.parametrize(
    ("name", "windows", "loss"),
    [("small", 64, 1.3178), ("full", 8, 1.2067)],
)
def test_the_shipped_networks_predict_as_they_did(corpus, name, windows, loss):
    """The whole held-out text takes longer: see tests/slow."""
    part = corpus.split().validation.slice(0, windows * 256 + 1, "first")
    losses = losses_of(cold_predictions(CharLSTM.from_pretrained(name), part), part)
    assert len(losses) == windows * 256
    assert float(losses.mean()) == pytest.approx(loss, abs=5e-5)
