"""Models come back as they were, strange files are refused, shipped models keep their losses."""

import hashlib
import json
import os
import pickle
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from conftest import ROOT
from safetensors.torch import load, load_file, save_file

from shakespeare.evaluation import carried_predictions, cold_predictions, losses_of
from shakespeare.model import CharLSTM, CopyLSTM
from shakespeare.weights import SHIPPED

METRICS = json.loads((ROOT / "report" / "metrics.json").read_text(encoding="utf-8"))["weights"]


@pytest.fixture
def saved(make_model, tmp_path):
    """A small CopyLSTM and the folder in which it is saved."""
    model = make_model(copy=True, memory=32, dropout=0.5).float()
    model.hparams["memory"] = 64
    model.save_pretrained(tmp_path / "mine")
    return model, tmp_path / "mine"


@pytest.mark.parametrize("copy", [False, True])
def test_a_model_comes_back_as_it_was(make_model, text, tmp_path, copy):
    model = make_model(copy=copy, num_layers=3, dropout=0.5).float()
    model.save_pretrained(tmp_path)
    loaded = CharLSTM.from_pretrained(tmp_path)
    assert type(loaded) is type(model) and not loaded.training
    assert loaded.chars == model.chars and dict(loaded.hparams) == dict(model.hparams)
    ids = text.data[:50][None].long()
    assert torch.equal(loaded(ids)[0], model(ids)[0])
    names = {path.name for path in tmp_path.iterdir()}
    assert {"config.json", "model.safetensors", "README.md"} <= names


def test_half_precision_is_read_as_float32(saved):
    model, folder = saved
    model.half().save_pretrained(folder)
    loaded = CharLSTM.from_pretrained(folder)
    assert loaded.hparams["memory"] == 64
    for name, weight in model.state_dict().items():
        assert weight.dtype == torch.half
        assert torch.equal(loaded.state_dict()[name], weight.float()), name


def test_a_model_card_of_your_own_is_kept(saved):
    model, folder = saved
    (folder / "README.md").write_text("# Mine\n")
    model.save_pretrained(folder)
    assert (folder / "README.md").read_text() == "# Mine\n"


@pytest.mark.parametrize("name", ["full", "small", "mine"])
def test_loading_prints_nothing_and_asks_no_network(saved, monkeypatch, capfd, recwarn, name):
    def refused(*_, **__):
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket, "socket", refused)
    monkeypatch.setattr(socket, "getaddrinfo", refused)
    model = CharLSTM.from_pretrained(saved[1] if name == "mine" else name)
    assert type(model) is CopyLSTM and not model.training
    assert {weight.dtype for weight in model.parameters()} == {torch.float32}
    assert tuple(capfd.readouterr()) == ("", "") and not recwarn.list


def test_a_name_that_is_neither_shipped_nor_a_folder_is_refused(refuses, tmp_path):
    for name in ("fulll", "someone/some-model", tmp_path):
        with refuses(str(name), "full, small"):
            CharLSTM.from_pretrained(name)


class Runs:
    def __reduce__(self):
        return (exec, ("import pathlib; pathlib.Path('executed').touch()",))


def test_mangled_weights_are_refused(saved, refuses, tmp_path, monkeypatch):
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
    path.unlink()
    refused()


def test_a_config_that_does_not_fit_is_refused(saved, refuses):
    folder = saved[1]
    path = folder / "config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    plain = {"architecture": "CharLSTM", "copy_size": None, "memory": None}  # without its copy head
    for changes in (
        {"hidden_size": 11},
        {"num_layers": 1},
        {"chars": config["chars"][1:]},
        {"hidden_sise": 12},
        {"architecture": "Exec"},
        plain,
    ):
        changed = {key: value for key, value in (config | changes).items() if value is not None}
        path.write_text(json.dumps(changed), encoding="utf-8")
        with refuses(str(folder), "damaged"):
            CharLSTM.from_pretrained(folder)
    for content in ("", "{", "[]", "null"):
        path.write_text(content)
        with refuses(str(folder), "damaged"):
            CharLSTM.from_pretrained(folder)


def test_the_shipped_models_are_small_and_hold_no_pickle():
    for folder in SHIPPED.iterdir():
        files = {path.name: path for path in folder.iterdir()}
        assert {"config.json", "model.safetensors"} <= files.keys()
        assert files.keys() <= {"config.json", "model.safetensors", "README.md"}
        assert files["model.safetensors"].stat().st_size <= 8e6
        assert {w.dtype for w in load_file(files["model.safetensors"]).values()} == {torch.half}
        about, model = METRICS[folder.name], CharLSTM.from_pretrained(folder.name)
        assert sum(weight.numel() for weight in model.parameters()) == about["parameters"]
        corpus = hashlib.sha256((ROOT / "input.txt").read_bytes()).hexdigest()
        assert about["corpus_sha256"] == corpus
    assert sorted(METRICS) == sorted(path.name for path in SHIPPED.iterdir()) == ["full", "small"]


@pytest.mark.parametrize("protocol", ["cold", "carried"])
def test_published_losses_of_small_are_those_of_the_shipped_file(corpus, protocol):
    predict = {"cold": cold_predictions, "carried": carried_predictions}[protocol]
    held_out = corpus.split().held_out
    losses = losses_of(predict(CharLSTM.from_pretrained("small"), held_out), held_out)
    middle = len(corpus.split().validation.data) - 1
    halves = {"validation": losses[:middle], "test": losses[middle:], "held_out": losses}
    found = {half: float(each.mean()) for half, each in halves.items()}
    assert found == pytest.approx(METRICS["small"]["losses"][protocol], abs=5e-5)


def test_a_wheel_contains_the_weights_and_runs_elsewhere(tmp_path):
    pytest.importorskip("setuptools")
    source, wheels, unpacked = (tmp_path / name for name in ("source", "wheels", "unpacked"))
    for name in ("shakespeare", "notebooks/course"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, source / name, ignore=ignored)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    build = f"from setuptools.build_meta import build_wheel; build_wheel({str(wheels)!r})"  # as pip
    wheels.mkdir()
    subprocess.run([sys.executable, "-c", build], cwd=source, check=True, capture_output=True)
    [wheel] = wheels.glob("*.whl")
    options = ("--no-deps", "--no-index", "--no-compile", "--target", unpacked)
    install = [sys.executable, "-m", "pip", "install", "-q", *options, wheel]
    subprocess.run(install, check=True, capture_output=True)
    for path in SHIPPED.rglob("*.*"):
        copied = unpacked / "shakespeare" / "weights" / path.relative_to(SHIPPED)
        assert copied.read_bytes() == path.read_bytes()
    environment = os.environ | {"PYTHONPATH": str(unpacked)}

    def python(*arguments: str) -> str:
        options = {"cwd": tmp_path, "env": environment, "capture_output": True, "text": True}
        return subprocess.run([sys.executable, *arguments], check=True, **options).stdout

    place = python("-c", "import shakespeare; print(shakespeare.__file__)")
    assert place.startswith(str(unpacked))
    options = ("--model", "small", "--length", "9", "--seed", "1")
    written = python("-m", "shakespeare", "sample", "ROMEO:", *options)
    assert written.startswith("ROMEO:") and len(written) == len("ROMEO:") + 9 + 1
