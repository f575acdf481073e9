"""Gains of the ladder and their intervals."""

import pytest
import torch

from report.evidence import answers, ladder
from report.evidence.setup import Evidence
from report.evidence.trainings import ladder_recipes
from shakespeare.evaluation import t_interval


def losses_of_seeds(split, *means):
    """Losses (characters,) of a seed for each mean, hard and easy passages alike."""
    noise = torch.randn(len(split.held_out.ids) - 1, generator=torch.Generator().manual_seed(0))
    return [noise + mean for mean in means]


def test_a_gain_has_its_interval_over_seeds(excerpt):
    split = excerpt.split()
    below = ladder.by_part(losses_of_seeds(split, 2.0, 2.2, 2.3), split)
    above = ladder.by_part(losses_of_seeds(split, 1.0, 1.3, 1.8), split)
    gain = ladder.gain_over(below, above)
    assert gain.keys() == {"validation", "test", "held_out"}
    for of_part in gain.values():
        assert of_part["mean"] == pytest.approx(0.8, abs=1e-5)
        assert of_part["by_seed"] == pytest.approx([1.0, 0.9, 0.5], abs=1e-5)
        assert of_part["interval"] == pytest.approx(t_interval([1.0, 0.9, 0.5]), abs=1e-5)


def test_each_part_has_its_own_gain(excerpt):
    split = excerpt.split()
    below = losses_of_seeds(split, 2.0, 2.0)
    harder = torch.linspace(0.0, 1.0, len(below[0]))  # the gain falls along the text
    above = [of_seed - 1.5 + harder for of_seed in below]
    gain = ladder.gain_over(ladder.by_part(below, split), ladder.by_part(above, split))
    gains = {"validation": 1.5 - harder[:299], "test": 1.5 - harder[299:], "held_out": 1.5 - harder}
    for part, of_part in gains.items():
        assert gain[part]["mean"] == pytest.approx(float(of_part.mean()), abs=1e-5)


def test_the_published_gains_are_the_differences_of_the_published_losses():
    published = answers.published()["ladder"]
    e = Evidence("full")
    rungs = ladder_recipes(e.recipes["rungs"], e.recipes["baseline"])
    assert list(published["rungs"]) == [*rungs, ladder.LONGER_RANGE]
    below, *others = published["rungs"].values()
    assert below["gain"] is None
    for rung in others:
        gain = rung["gain"]["held_out"]
        assert gain["mean"] == pytest.approx(below["loss"] - rung["loss"], abs=1e-6)
        assert len(gain["by_seed"]) == published["seeds"]
        below = rung
