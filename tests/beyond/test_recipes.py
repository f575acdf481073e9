"""Settings ask for a network and its data."""

from conftest import same, small_ladder

from shakespeare.beyond.copying import CopyLSTM
from shakespeare.beyond.peers import Transformer
from shakespeare.beyond.recipes import (
    make_data,
    make_network,
    make_training,
)
from shakespeare.beyond.refinements import StrongLSTM
from shakespeare.beyond.renaming import RenamedData
from shakespeare.beyond.streams import StreamData
from shakespeare.data import ShakespeareData
from shakespeare.model import CharLSTM
from shakespeare.settings import load_settings

WINDOWS = {"carry_state": False, "rename_share": 0.0, "copy_size": 0}


def test_settings_ask_for_a_network(excerpt):
    settings = small_ladder(dropout=0.25, num_layers=3)
    copying = make_network(excerpt.chars, settings)
    strong = make_network(excerpt.chars, small_ladder(copy_size=0))
    assert type(copying) is CopyLSTM
    assert type(strong) is StrongLSTM
    asked = settings.model_dump()
    for name, value in copying.config().items():
        assert name == "chars" or asked[name] == value


def test_a_peer_has_its_own_sizes_and_the_settings_of_training(excerpt):
    sizes = {"hidden_size": 12, "num_blocks": 2, "heads": 2, "context": 9}
    network = make_network(excerpt.chars, small_ladder(), Transformer, sizes)
    assert type(network) is Transformer
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
