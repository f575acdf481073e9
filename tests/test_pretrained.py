"""Networks come back as they were, strange files are refused, shipped ones keep their losses."""

import json
import pickle
import resource
import time
from pathlib import Path

import pytest
import torch
from conftest import FACTS, ROOT
from safetensors.torch import load, load_file, save_file

from shakespeare.beyond.copying import CopyLSTM
from shakespeare.beyond.norm_dropout import NormDropoutLSTM
from shakespeare.evaluation import cold_predictions, losses_of
from shakespeare.model import CharLSTM
from shakespeare.pretrained import NETWORKS, SHIPPED, from_pretrained, save_pretrained

METRICS = json.loads((ROOT / "report" / "metrics.json").read_text(encoding="utf-8"))["networks"]


@pytest.fixture
def saved(make_network, tmp_path):
    """A small CopyLSTM and the folder in which it is saved."""
    network = make_network(CopyLSTM, memory=32, dropout=0.5).float()
    network.facts = FACTS
    save_pretrained(network, tmp_path / "mine")
    return network, tmp_path / "mine"


# There and back


SIZES = {"embedding_size": 4, "hidden_size": 4, "num_layers": 3}
KINDS = {
    CharLSTM: SIZES,
    NormDropoutLSTM: SIZES,
    CopyLSTM: SIZES | {"copy_size": 4, "memory": 4},
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_network_comes_back_as_it_was(excerpt, tmp_path, kind):
    network = kind(excerpt.chars, **KINDS[kind]).eval()
    network.facts = FACTS
    save_pretrained(network, tmp_path / "new" / "folder")
    loaded = from_pretrained(tmp_path / "new" / "folder")
    assert type(loaded) is kind
    assert not loaded.training
    assert loaded.config() == network.config()
    assert loaded.facts == FACTS
    ids = excerpt.ids[:50][None].long()
    expected, _ = network(ids)
    predicted, _ = loaded(ids)
    assert torch.equal(predicted, expected)


def test_a_folder_named_like_a_shipped_network_comes_first(saved, monkeypatch):
    network, folder = saved
    monkeypatch.chdir(folder.parent)
    assert from_pretrained("final").hidden_size == 512
    Path("final").mkdir()  # without a network
    assert from_pretrained("final").hidden_size == 512
    save_pretrained(network, "final")
    for name in ("final", "./final", Path("final")):
        assert from_pretrained(name).config() == network.config()


# What cannot be used


def test_a_name_that_is_neither_shipped_nor_a_folder_is_refused(refuses, tmp_path):
    for name in ("fulll", "someone/some-model", tmp_path):
        with refuses(str(name), "small"):
            from_pretrained(name)


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
        with refuses(str(folder), "no network that works"):
            from_pretrained(folder)

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
    save_file(tensors | {"more": torch.zeros(3)}, path)
    refused()
    save_file(tensors | {"linear.bias": torch.zeros(3)}, path)
    refused()
    save_file(tensors | {"linear.bias": tensors["linear.bias"] * torch.nan}, path)
    refused()
    path.unlink()
    refused()


def test_a_config_that_does_not_fit_is_refused(saved, refuses):
    _, folder = saved
    path = folder / "config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    chars = config["chars"]
    for changed in (
        config | {"hidden_size": 11},
        config | {"num_layers": config["num_layers"] - 1},  # then some weights have no place
        config | {"architecture": "os.system"},
        config | {"chars": chars[1:]},
        config | {"chars": ["ab", *chars[1:]]},
        config | {"facts": {"sampling": {"temprature": 0.5}}},
        config | {"facts": {"remark": "\ud800"}},  # half a character
        [],
    ):
        path.write_text(json.dumps(changed), encoding="utf-8")
        with refuses(str(folder), "no network that works"):
            from_pretrained(folder)
    path.write_text("{", encoding="utf-8")
    with refuses(str(folder), "no network that works"):
        from_pretrained(folder)


def test_a_class_of_your_own_is_saved_and_named_where_it_cannot_be_loaded(
    excerpt, tmp_path, refuses
):
    class OwnLSTM(CharLSTM):
        pass

    save_pretrained(OwnLSTM(excerpt.chars, **SIZES), tmp_path)
    with refuses(str(tmp_path), "no class OwnLSTM", *NETWORKS):
        from_pretrained(tmp_path)


@pytest.mark.parametrize(
    ("setting", "size"),
    [("num_layers", 10**5), ("hidden_size", 10**9), ("embedding_size", 10**9)],
)
def test_a_huge_network_is_refused_at_once_and_takes_no_memory(saved, refuses, setting, size):
    _, folder = saved
    path = folder / "config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(config | {setting: size}), encoding="utf-8")
    start = time.monotonic()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # in kilobytes
    with refuses(str(folder), "no network that works"):
        from_pretrained(folder)
    assert time.monotonic() - start < 1
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000


# What is shipped


def test_the_shipped_networks_are_plain_tensors_in_half_precision():
    names = sorted(path.name for path in SHIPPED.iterdir())
    assert names == sorted(METRICS) == ["baseline", "final", "small"]
    for folder in SHIPPED.iterdir():
        files = {path.name for path in folder.iterdir()}
        assert files <= {"config.json", "model.safetensors", "README.md"}
        tensors = load_file(folder / "model.safetensors")
        assert {weight.dtype for weight in tensors.values()} == {torch.half}
        network = from_pretrained(folder.name)
        parameters = sum(weight.numel() for weight in network.parameters())
        assert parameters == METRICS[folder.name]["parameters"]


@pytest.mark.parametrize(
    ("name", "windows", "loss"),
    [("small", 64, 1.31114), ("final", 8, 1.20409), ("baseline", 8, 1.29142)],
)
def test_the_shipped_networks_predict_as_they_did(corpus, name, windows, loss):
    """The whole held-out text takes longer: see tests/slow."""
    part = corpus.split().validation.slice(0, windows * 256 + 1, "first")
    losses = losses_of(cold_predictions(from_pretrained(name), part), part)
    assert len(losses) == windows * 256
    assert float(losses.mean()) == pytest.approx(loss, abs=5e-5)
