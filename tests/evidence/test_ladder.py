"""Gains and their intervals; a recipe without copies."""

import pytest
import torch

from report.evidence import ladder
from report.evidence.rungs import recipe_without_copying
from shakespeare.beyond.norm_dropout import NormDropoutLSTM
from shakespeare.beyond.streams import Streams
from shakespeare.evaluation import interval_over_blocks, t_interval
from shakespeare.settings import load_recipe
from shakespeare.training import make_data
from shakespeare.training import make_network as network_of


def losses_of_seeds(split, *means):
    """Losses (characters,) of a seed for each mean, hard and easy passages alike."""
    noise = torch.randn(len(split.held_out.ids) - 1, generator=torch.Generator().manual_seed(0))
    return [noise + mean for mean in means]


def test_a_gain_has_its_interval_over_seeds(excerpt):
    split = excerpt.split()
    below = losses_of_seeds(split, 2.0)  # one seed, as n-grams have
    gain = ladder.gain_over(below, losses_of_seeds(split, 1.0, 1.1, 1.5), split)
    for part in ("validation", "test", "held_out"):
        assert gain[part]["gain"] == pytest.approx(0.8, abs=1e-5)
        assert gain[part]["by_seed"] == pytest.approx([1.0, 0.9, 0.5], abs=1e-5)
        assert gain[part]["interval"] == pytest.approx(t_interval([1.0, 0.9, 0.5]), abs=1e-5)


def test_a_gain_of_a_single_seed_has_its_interval_over_blocks(excerpt):
    split = excerpt.split()
    [below] = losses_of_seeds(split, 2.0)
    harder = torch.linspace(0.0, 1.0, len(below))  # the gain falls along the text
    above = below - 1.5 + harder
    gain = ladder.gain_over([below], [above], split)
    gains = {"validation": 1.5 - harder[:299], "test": 1.5 - harder[299:], "held_out": 1.5 - harder}
    for part, of_part in gains.items():
        assert gain[part]["gain"] == pytest.approx(float(of_part.mean()), abs=1e-5)
        assert gain[part]["interval"] == pytest.approx(interval_over_blocks(of_part), abs=1e-5)


def test_a_recipe_without_copying_changes_nothing_else(excerpt):
    final = load_recipe("smoke", "final")
    plain = recipe_without_copying(final)
    network = network_of(plain, excerpt.chars)
    assert type(network) is NormDropoutLSTM
    assert type(make_data(plain, excerpt.split())) is Streams
    config = network_of(final, excerpt.chars).config()
    del config["copy_size"], config["memory"]
    assert network.config() == config
    assert plain.training.changed(data=final.training.data) == final.training
