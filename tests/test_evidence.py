"""The ladder as settings, what a rung gains, and how much a network reads."""

from itertools import pairwise

import pytest
import torch

from course import budgets, evidence
from course.display import published_numbers
from shakespeare.beyond.copying import CopyLSTM
from shakespeare.beyond.peers import ResidualLSTM
from shakespeare.beyond.refinements import StrongLSTM
from shakespeare.beyond.settings import load_beyond
from shakespeare.evaluation import carried_predictions
from shakespeare.settings import load_settings


@pytest.mark.parametrize("profile", ["smoke", "quick", "full"])
def test_each_rung_changes_what_it_names_and_the_last_one_is_the_top(profile):
    top = load_beyond(profile, "rungs")
    student = load_settings(profile)
    ladder = evidence.ladder_settings(top, student)
    assert ladder["invented names"] == top
    assert ladder[evidence.BOTTOM].hidden_size == top.hidden_size
    assert ladder[evidence.BOTTOM].learning_rate == student.learning_rate
    for before, name in pairwise(list(ladder)[1:]):
        below = ladder[before].model_dump()
        changed = {key for key, value in ladder[name].model_dump().items() if below[key] != value}
        assert changed == set(evidence.SWITCHED_ON[name])


def losses_of_seeds(split, *means):
    """Losses (characters,) of a seed for each mean, hard and easy passages alike."""
    noise = torch.randn(len(split.held_out.ids) - 1, generator=torch.Generator().manual_seed(0))
    return [noise + mean for mean in means]


@pytest.mark.parametrize(
    ("above", "verdict"),
    [
        ((1.0, 1.1, 1.2), "gain"),
        ((1.0, 1.9, 1.9), "not shown"),  # all seeds gain, but one gains far more
        ((2.4, 2.5, 2.6), "worse"),
    ],
)
def test_a_gain_is_shown_where_both_intervals_exclude_zero(excerpt, above, verdict):
    split = excerpt.split()
    below = losses_of_seeds(split, 2.0)  # one seed, as n-grams have
    gain = evidence.gain_over(below, losses_of_seeds(split, *above), split)
    assert gain["verdict"] == gain["verdict_on_validation"] == verdict
    assert gain["test"] == pytest.approx(2.0 - sum(above) / 3, abs=1e-5)
    assert gain["by_seed"] == pytest.approx([2.0 - mean for mean in above], abs=1e-5)


def test_the_interval_over_seeds_is_students():
    assert evidence.seed_interval([1.0]) is None
    # scipy.stats.t.interval(0.95, 4, 3, scipy.stats.sem([1, 2, 3, 4, 5]))
    assert evidence.seed_interval([1, 2, 3, 4, 5]) == pytest.approx([1.0368, 4.9632], abs=1e-3)


def test_the_steps_to_the_claim_are_those_that_were_measured():
    published = published_numbers()
    steps = evidence.steps(published)
    assert list(steps) == list(evidence.STEPS)
    assert steps["a committee with n-grams"] == min(steps.values())
    assert list(evidence.steps({"training": published["training"]})) == ["the student's recipe"]


def test_without_copies_nothing_is_copied(make_network, excerpt):
    network = make_network(CopyLSTM).float()
    silent = evidence.without_copies(network)
    part = excerpt.slice(0, 300, "part")
    h, _ = network.run_layers(part.ids[None, :-1].long(), None)
    only_written = network.linear(h)[0].log_softmax(-1)
    torch.testing.assert_close(carried_predictions(silent, part), only_written.detach())
    assert network.memory == 256
    plain = make_network()
    assert evidence.without_copies(plain).config() == plain.config()


def test_a_stack_is_as_wide_as_its_parameters_allow(excerpt):
    settings = load_beyond("smoke", "rungs", {"copy_size": 0})
    wide = budgets.Stack("plain", 1, 64, settings, StrongLSTM)
    limit = budgets.parameters_of(wide, excerpt.chars)
    assert budgets.widest(wide, limit, excerpt.chars) == wide
    for network_class in (StrongLSTM, ResidualLSTM):
        deep = budgets.Stack("deep", 4, 0, settings, network_class)
        deep = budgets.widest(deep, limit, excerpt.chars)
        wider = deep._replace(hidden_size=deep.hidden_size + 4)
        assert budgets.parameters_of(deep, excerpt.chars) <= limit
        assert budgets.parameters_of(wider, excerpt.chars) > limit
