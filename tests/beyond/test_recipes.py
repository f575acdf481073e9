"""Settings ask for a network, its data and its run; all of them resume with the same bits."""

import pytest
from conftest import curves, same, small_ladder

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
from shakespeare.beyond.streams import StreamData
from shakespeare.data import Corpus, ShakespeareData
from shakespeare.model import CharLSTM
from shakespeare.settings import Settings, load_settings

WINDOWS = {"carry_state": False, "rename_share": 0.0, "copy_size": 0}


def train_small(corpus: Corpus, build, settings: Settings | None = None):
    """(network, run folder) of a recipe for the corpus's training part."""
    return train_many({"it": make_training(settings or small_ladder(), corpus.split())}, build)[
        "it"
    ]


@pytest.fixture(scope="module")
def trained(tmp_path_factory, excerpt):
    """A copying network and the folder of its run."""
    return train_small(excerpt, tmp_path_factory.mktemp("build"))


def test_settings_ask_for_a_network(excerpt):
    settings = small_ladder(dropout=0.25, num_layers=3)
    copying = make_network(excerpt.chars, settings)
    strong = make_network(excerpt.chars, small_ladder(copy_size=0))
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
    network = make_network(excerpt.chars, small_ladder(), kind, sizes)
    assert type(network) is kind
    config = network.config()
    assert {name: config[name] for name in sizes} == sizes
    assert config["learning_rate"] == 2e-2
    assert config["carry_state"]


def test_settings_ask_for_data(excerpt):
    split = excerpt.split()
    assert type(make_data(split, small_ladder())) is RenamedData
    assert type(make_data(split, small_ladder(rename_share=0.0))) is StreamData
    assert type(make_data(split, small_ladder(**WINDOWS))) is ShakespeareData


def test_plain_settings_are_the_recipe_of_notebook_03(excerpt):
    settings = load_settings("smoke")
    split = excerpt.split()
    network, data, _, callbacks = make_training(settings, split)
    assert type(network) is CharLSTM
    assert type(data) is ShakespeareData
    assert not callbacks
    assert same(network, make_training(settings, split).network)  # the seed decides
    assert network.learning_rate == settings.learning_rate


def test_streams_with_dropout_resume_with_the_same_bits(excerpt, tmp_path, monkeypatch):
    settings = small_ladder(dropout=0.3)
    whole, run = train_small(excerpt, tmp_path / "whole", settings)
    step = StrongLSTM.training_step

    def fail_in_the_second_epoch(network, batch, batch_idx):
        if network.trainer.current_epoch == 1 and batch_idx == 5:
            raise RuntimeError("power cut")
        return step(network, batch, batch_idx)

    with monkeypatch.context() as until_then:
        until_then.setattr(StrongLSTM, "training_step", fail_in_the_second_epoch)
        with pytest.raises(RuntimeError, match="power cut"):
            train_small(excerpt, tmp_path / "stopped", settings)
    resumed, resumed_run = train_small(excerpt, tmp_path / "stopped", settings)
    assert len(list(resumed_run.glob("logs/version_*"))) == 2
    assert same(resumed, whole)
    assert curves(resumed_run) == curves(run)


def test_a_trained_network_can_be_evaluated_dynamically(trained, excerpt):
    """It has been with a trainer, of which there must be no copy."""
    network, _ = trained
    part = excerpt.split().validation
    assert dynamic_predictions(network, part).shape == (299, excerpt.vocab_size)
