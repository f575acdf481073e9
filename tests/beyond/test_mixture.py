"""Mixtures of networks and n-grams: the equation, and the text they write."""

import torch

from shakespeare.beyond.copying import CopyLSTM
from shakespeare.beyond.mixture import Mixture, mix
from shakespeare.beyond.ngrams import WittenBell
from shakespeare.data import Corpus
from shakespeare.evaluation import carried_predictions
from shakespeare.sampling import generate_steps

PROMPT = "First Citizen:\n"
PLAIN = {"temperature": 1.0, "min_p": None}


def ngrams_of(corpus):
    return WittenBell(corpus.split().train.ids, corpus.vocab_size)


# The equation


def test_a_mixture_is_the_normalised_product():
    torch.manual_seed(1)
    predictions = list(torch.randn(3, 9, 5).log_softmax(-1))
    exponents = (0.7, 0.4, -0.1)
    product = torch.ones(9, 5)
    for log_p, exponent in zip(predictions, exponents, strict=True):
        product *= log_p.exp() ** exponent
    expected = product / product.sum(1, keepdim=True)
    torch.testing.assert_close(mix(predictions, exponents).exp(), expected)


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
