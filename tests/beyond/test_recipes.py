"""Settings ask for a network, its data and its run; all of them resume with the same bits."""

import math
import signal
import subprocess
import sys

import lightning as L
import pytest
import torch
from conftest import ROOT

from shakespeare.beyond.copying import CopyLSTM
from shakespeare.beyond.dynamic import dynamic_predictions
from shakespeare.beyond.peers import AttentionLSTM, ResidualLSTM, Transformer
from shakespeare.beyond.recipes import (
    make_data,
    make_network,
    make_training,
    train_many,
)
from shakespeare.beyond.refinements import StrongLSTM
from shakespeare.beyond.renaming import RenamedData
from shakespeare.beyond.settings import BeyondSettings, load_beyond
from shakespeare.beyond.streams import StreamData
from shakespeare.data import Corpus, ShakespeareData
from shakespeare.model import CharLSTM
from shakespeare.settings import Settings, load_settings
from shakespeare.training import read_curves, run_folder

BATCHES = 12  # in an epoch
WINDOWS = {"carry_state": False, "rename_share": 0.0, "copy_size": 0}


def small(**changes) -> BeyondSettings:
    """The settings of a tiny copying network: three epochs of 12 batches."""
    sizes = {"embedding_size": 16, "hidden_size": 32, "copy_size": 4, "memory": 40, "epochs": 3}
    batches = {"batch_size": 8, "seq_len": 16, "learning_rate": 2e-2, "limit_batches": BATCHES}
    return load_beyond("smoke", "rungs", sizes | batches | changes)


def train_small(corpus: Corpus, build, settings: Settings | None = None):
    """(network, run folder) of a recipe for the corpus's training part."""
    return train_many({"it": make_training(settings or small(), corpus.split())}, build)["it"]


@pytest.fixture(scope="module")
def trained(tmp_path_factory, excerpt):
    """A copying network and the folder of its run."""
    return train_small(excerpt, tmp_path_factory.mktemp("build"))


@pytest.fixture
def stop_at(monkeypatch):
    """`stop_at(n)`: the n-th batch from now raises; `stop_at(inf)`: none does."""
    step = StrongLSTM.training_step
    left = math.inf

    def stop_at(count: float) -> None:
        nonlocal left
        left = count

    def training_step(network, batch, batch_idx):
        nonlocal left
        left -= 1
        if left == 0:
            raise RuntimeError("power cut")
        return step(network, batch, batch_idx)

    monkeypatch.setattr(StrongLSTM, "training_step", training_step)
    return stop_at


def same(network, other) -> bool:
    weights = other.state_dict()
    return all(torch.equal(weight, weights[name]) for name, weight in network.state_dict().items())


def curves(run):
    """What was logged, except for the wall time."""
    return {name: curve for name, curve in read_curves(run).items() if name != "seconds"}


def test_settings_ask_for_a_network(excerpt):
    settings = small(dropout=0.25, num_layers=3)
    copying = make_network(excerpt.chars, settings)
    strong = make_network(excerpt.chars, small(copy_size=0))
    assert type(copying) is CopyLSTM
    assert type(strong) is StrongLSTM
    asked = settings.model_dump()
    for name, value in copying.config().items():
        assert name == "chars" or asked[name] == value


@pytest.mark.parametrize(
    ("kind", "sizes"),
    [
        (ResidualLSTM, {"embedding_size": 8, "hidden_size": 12, "num_layers": 3}),
        (
            AttentionLSTM,
            {"embedding_size": 8, "hidden_size": 12, "num_layers": 2, "heads": 2, "context": 9},
        ),
        (Transformer, {"hidden_size": 12, "num_blocks": 2, "heads": 2, "context": 9}),
    ],
)
def test_a_peer_has_its_own_sizes_and_the_settings_of_training(excerpt, kind, sizes):
    network = make_network(excerpt.chars, small(), kind, sizes)
    assert type(network) is kind
    config = network.config()
    assert {name: config[name] for name in sizes} == sizes
    assert config["learning_rate"] == 2e-2
    assert config["carry_state"]


def test_settings_ask_for_data(excerpt):
    split = excerpt.split()
    assert type(make_data(split, small())) is RenamedData
    assert type(make_data(split, small(rename_share=0.0))) is StreamData
    assert type(make_data(split, small(**WINDOWS))) is ShakespeareData


def test_plain_settings_are_the_recipe_of_notebook_03(excerpt):
    settings = load_settings("smoke")
    split = excerpt.split()
    network, data, _, callbacks = make_training(settings, split)
    assert type(network) is CharLSTM
    assert type(data) is ShakespeareData
    assert not callbacks
    L.seed_everything(settings.seed, verbose=False)
    by_hand = CharLSTM(
        excerpt.chars,
        settings.embedding_size,
        settings.hidden_size,
        settings.num_layers,
        settings.learning_rate,
        settings.weight_decay,
    )
    assert same(network, by_hand)


def test_other_training_text_has_another_run(excerpt, tmp_path):
    split = excerpt.split()
    training = make_training(small(), split)
    half = split.train.slice(0, 2700, "first half of the")
    more = Corpus(torch.cat([split.train.ids, half.ids]), excerpt.chars, "more text")
    runs = {run_folder(tmp_path, *training)}
    for part in (half, more):
        other = make_training(small(), split._replace(train=part))
        assert other.data.train_part is part
        windows = training.data.validation_windows.windows
        assert torch.equal(other.data.validation_windows.windows, windows)
        runs.add(run_folder(tmp_path, *other))
    assert len(runs) == 3


def test_trainings_have_names(trained, excerpt, tmp_path):
    split = excerpt.split()
    trainings = {1: make_training(small(epochs=1), split), "whole": make_training(small(), split)}
    results = train_many(trainings, tmp_path)
    assert list(results) == [1, "whole"]
    network, run = results["whole"]
    assert same(network, trained[0])
    assert curves(run) == curves(trained[1])
    assert not same(results[1][0], network)


def test_a_network_is_trained_once_and_found_again(trained, excerpt, stop_at):
    network, run = trained
    stop_at(1)
    again, folder = train_small(excerpt, run.parents[1])
    assert folder == run
    assert same(again, network)


@pytest.mark.parametrize("stops", [[5, BATCHES + 5], [BATCHES + 1, BATCHES]])
def test_streams_resume_with_the_same_bits(trained, excerpt, tmp_path, stop_at, stops):
    for stop in stops:
        stop_at(stop)
        with pytest.raises(RuntimeError, match="power cut"):
            train_small(excerpt, tmp_path)
    stop_at(math.inf)
    network, run = train_small(excerpt, tmp_path)
    assert len(list(run.glob("logs/version_*"))) == 3
    assert same(network, trained[0])
    assert curves(run) == curves(trained[1])


def test_windows_with_dropout_resume_with_the_same_bits(excerpt, tmp_path, stop_at):
    settings = small(epochs=2, dropout=0.3, **WINDOWS)
    whole, run = train_small(excerpt, tmp_path / "whole", settings)
    stop_at(BATCHES + 5)
    with pytest.raises(RuntimeError, match="power cut"):
        train_small(excerpt, tmp_path / "stopped", settings)
    stop_at(math.inf)
    resumed, resumed_run = train_small(excerpt, tmp_path / "stopped", settings)
    assert same(resumed, whole)
    assert curves(resumed_run) == curves(run)


KILLED = """
import os, signal, sys
sys.path[:0] = sys.argv[3:]
from shakespeare.beyond.refinements import StrongLSTM
from shakespeare.data import Corpus
from beyond.test_recipes import train_small

step = StrongLSTM.training_step
left = 17

def training_step(network, batch, batch_idx):
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return step(network, batch, batch_idx)

StrongLSTM.training_step = training_step
train_small(Corpus.read(sys.argv[1]), sys.argv[2])
"""


def test_a_run_that_was_killed_resumes_with_the_same_bits(trained, excerpt, tmp_path, write):
    text = write(excerpt.text())
    command = [sys.executable, "-c", KILLED, text, tmp_path / "build", ROOT, ROOT / "tests"]
    killed = subprocess.run(command, capture_output=True, text=True, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    network, run = train_small(excerpt, tmp_path / "build")
    assert len(list(run.glob("logs/version_*"))) == 2
    assert same(network, trained[0])
    assert curves(run) == curves(trained[1])
    assert not list(run.glob("*.partial"))


def test_a_learning_rate_that_is_far_too_high_is_one_sentence(excerpt, tmp_path, refuses):
    settings = small(one_cycle=False).model_copy(update={"learning_rate": 1e30})
    with refuses("finite", "learning_rate"):
        train_small(excerpt, tmp_path, settings)


def test_a_trained_network_can_be_evaluated_dynamically(trained, excerpt):
    """It has been with a trainer, of which there must be no copy."""
    network, _ = trained
    part = excerpt.split().validation
    assert dynamic_predictions(network, part).shape == (299, excerpt.vocab_size)
