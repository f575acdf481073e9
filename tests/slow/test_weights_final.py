"""The published losses of the shipped networks, alone and mixed, are those of their files."""

import pytest

from report.evidence import answers
from report.evidence.measures import held_out_losses
from shakespeare.evaluation import carried_predictions, cold_predictions
from shakespeare.pretrained import from_pretrained

NETWORKS = answers.published()["networks"]


@pytest.mark.parametrize("name", NETWORKS)
def test_published_losses_are_those_of_the_shipped_file(corpus, name):
    network = from_pretrained(name)
    held_out = corpus.split().held_out
    predictions = {
        "cold": cold_predictions(network, held_out),
        "carried": carried_predictions(network, held_out),
    }
    losses = held_out_losses(predictions, corpus)
    assert losses.keys() == NETWORKS[name]["losses"].keys()
    for protocol, published in NETWORKS[name]["losses"].items():
        for what in ("validation", "test", "held_out"):
            expected = pytest.approx(published[what], abs=5e-5)
            assert losses[protocol][what] == expected, (protocol, what)
        if protocol.endswith("_mixed"):
            # The exponents are found by search, less exactly than the losses.
            expected = pytest.approx(published["exponents"], abs=5e-3)
            assert losses[protocol]["exponents"] == expected, protocol
