"""Losses by part of the held-out text, and the exponents of mixtures, fitted on one half of it."""

import pytest
import torch
from torch.nn import functional as F

from report.evidence.measures import held_out_losses
from shakespeare.beyond.mixture import mix
from shakespeare.beyond.ngrams import WittenBell
from shakespeare.evaluation import carried_predictions, losses_of
from study import losses as course_losses
from study.losses import fit_exponents, mean_by_part


def ngrams_of(corpus):
    return WittenBell(corpus.split().train.ids, corpus.vocab_size)


def close(found, expected):
    torch.testing.assert_close(torch.tensor(found), torch.as_tensor(expected).float())


def test_the_halves_of_the_held_out_text_are_those_of_the_split(make_network, excerpt):
    split = excerpt.split()
    losses = losses_of(carried_predictions(make_network(), split.held_out), split.held_out)
    means = mean_by_part(losses, split)
    # Losses begin at the second held-out character; the test half begins at character 300.
    assert means["validation"] == pytest.approx(float(losses[:299].mean()))
    assert means["test"] == pytest.approx(float(losses[299:].mean()))
    assert means["held_out"] == pytest.approx(float(losses.mean()))


def test_no_other_exponents_are_better():
    """None near those that were found, and so none at all, because the loss is convex in them."""
    torch.manual_seed(200)
    predictions = list(torch.randn(2, 200, 5).log_softmax(-1))
    true = torch.randint(5, (200,))

    def loss(a: float, b: float) -> float:
        return float(F.nll_loss(mix(predictions, (a, b)), true))

    a, b = fit_exponents(predictions, true)
    for others in [(1, 0), (0, 1), (a + 0.05, b), (a - 0.05, b), (a, b + 0.05), (a, b - 0.05)]:
        assert loss(a, b) <= loss(*others) + 1e-4


def test_exponents_are_fitted_on_the_validation_half_alone(make_network, excerpt):
    split = excerpt.split()
    network = carried_predictions(make_network(), split.held_out)
    results = held_out_losses({"carried": network}, excerpt)
    alone = losses_of(network, split.held_out)
    close(results["carried"]["held_out"], alone.mean())

    mixed = results["carried_mixed"]
    ngram = ngrams_of(excerpt)(split.held_out.ids)[1:]
    true = split.held_out.ids[1:].long()
    assert mixed["exponents"] == fit_exponents([network[:299], ngram[:299]], true[:299])
    losses = losses_of(mix([network, ngram], mixed["exponents"]), split.held_out)
    close(mixed["validation"], losses[:299].mean())
    close(mixed["test"], losses[299:].mean())
    close(mixed["held_out"], losses.mean())


def test_n_grams_of_a_cold_window_know_nothing_before_it(excerpt, monkeypatch):
    monkeypatch.setattr(course_losses, "WINDOW", 1)
    course_losses.ngram_predictions.cache_clear()
    network = torch.zeros(599, excerpt.vocab_size).log_softmax(-1)  # the n-grams alone decide
    results = held_out_losses({"cold": network, "carried": network}, excerpt)
    course_losses.ngram_predictions.cache_clear()
    cold, carried = results["cold_mixed"], results["carried_mixed"]
    one_character = excerpt.split().held_out.ids[:-1, None]  # and nothing before it
    ngram = ngrams_of(excerpt).after(one_character)
    expected = mix([network, ngram], cold["exponents"])
    close(cold["held_out"], losses_of(expected, excerpt.split().held_out).mean())
    assert carried["held_out"] < cold["held_out"]
