"""Mixtures of networks and n-grams: the equation, the exponents, and the text they write."""

import torch
from torch.nn import functional as F

from shakespeare.beyond import mixture
from shakespeare.beyond.copying import CopyLSTM
from shakespeare.beyond.mixture import Mixture, evaluate, fit_exponents, mix
from shakespeare.beyond.ngrams import WittenBell
from shakespeare.data import Corpus
from shakespeare.evaluation import carried_predictions, losses_of
from shakespeare.sampling import generate_steps

PROMPT = "First Citizen:\n"
PLAIN = {"temperature": 1.0, "min_p": None}


def ngrams_of(corpus):
    return WittenBell(corpus.split().train.ids, corpus.vocab_size)


def close(found, expected):
    torch.testing.assert_close(torch.tensor(found), torch.as_tensor(expected).float())


# The equation and its exponents


def test_a_mixture_is_the_normalised_product():
    torch.manual_seed(1)
    predictions = list(torch.randn(3, 9, 5).log_softmax(-1))
    exponents = (0.7, 0.4, -0.1)
    product = torch.ones(9, 5)
    for log_p, exponent in zip(predictions, exponents, strict=True):
        product *= log_p.exp() ** exponent
    expected = product / product.sum(1, keepdim=True)
    torch.testing.assert_close(mix(predictions, exponents).exp(), expected)


def test_no_other_exponents_are_better():
    """Not near the ones that were found, and since the loss is convex in them, nowhere."""
    torch.manual_seed(200)
    predictions = list(torch.randn(2, 200, 5).log_softmax(-1))
    true = torch.randint(5, (200,))

    def loss(a: float, b: float) -> float:
        return float(F.nll_loss(mix(predictions, (a, b)), true))

    a, b = fit_exponents(predictions, true)
    for others in [(1, 0), (0, 1), (a + 0.05, b), (a - 0.05, b), (a, b + 0.05), (a, b - 0.05)]:
        assert loss(a, b) <= loss(*others) + 1e-4


# Losses


def test_exponents_are_fitted_on_the_validation_half_alone(make_network, excerpt):
    split = excerpt.split()
    network = carried_predictions(make_network(), split.held_out)
    results = evaluate([{"carried": network}], excerpt)
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
    monkeypatch.setattr(mixture, "WINDOW", 1)
    mixture.ngram_predictions.cache_clear()
    network = torch.zeros(599, excerpt.vocab_size).log_softmax(-1)  # the n-grams alone decide
    results = evaluate([{"cold": network, "carried": network}], excerpt)
    mixture.ngram_predictions.cache_clear()
    cold, carried = results["cold_mixed"], results["carried_mixed"]
    one_character = excerpt.split().held_out.ids[:-1, None]  # and nothing before it
    ngram = ngrams_of(excerpt).after(one_character)
    expected = mix([network, ngram], cold["exponents"])
    close(cold["held_out"], losses_of(expected, excerpt.split().held_out).mean())
    assert carried["held_out"] < cold["held_out"]


def test_n_grams_keep_counting_while_they_read(excerpt):
    held_out = excerpt.split().held_out
    network = torch.zeros(599, excerpt.vocab_size).log_softmax(-1)
    mixed = evaluate([{"learning": network}], excerpt)["learning_mixed"]
    ngram = ngrams_of(excerpt).while_counting(held_out.ids)[1:]
    expected = mix([network, ngram], mixed["exponents"])
    close(mixed["held_out"], losses_of(expected, held_out).mean())


# Writing


def test_text_is_drawn_from_the_mixture_that_is_measured(make_network, excerpt):
    """Each p is that of reading the whole text again, by the network and by counting."""
    network = make_network(CopyLSTM)
    network.facts = {"mixture": {"network": 0.7, "ngram": 0.2}}
    both = Mixture(network, ngrams_of(excerpt))
    drawn = list(generate_steps(both, PROMPT, 20, 2, seed=1, **PLAIN))
    for k in range(2):
        written = PROMPT + "".join(both.chars[int(ids[k])] for _, ids in drawn)
        part = Corpus(excerpt.encode(written), excerpt.chars, "written")
        network = carried_predictions(both.network, part)
        ngram = both.ngrams(part.ids)[1:]
        expected = mix([network, ngram], (0.7, 0.2)).exp()[-20:]
        torch.testing.assert_close(torch.stack([p[k] for p, _ in drawn]), expected.float())


def test_a_network_without_exponents_is_refused(make_network, excerpt, refuses):
    with refuses("exponents", "without n-grams"):
        Mixture(make_network(), ngrams_of(excerpt))
