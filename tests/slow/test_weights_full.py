"""The published losses of the shipped models, alone and mixed, are those of their files."""

import pytest
from test_weights import METRICS

from shakespeare.evaluation import carried_predictions, cold_predictions, evaluate
from shakespeare.model import CharLSTM


@pytest.mark.parametrize("name", sorted(METRICS))
def test_published_losses_are_those_of_the_shipped_file(corpus, name):
    model, held_out = CharLSTM.from_pretrained(name), corpus.split().held_out
    predictions = {"cold": cold_predictions(model, held_out)}
    predictions["carried"] = carried_predictions(model, held_out)
    losses = evaluate(predictions, corpus)
    assert losses.keys() == METRICS[name]["losses"].keys()
    for protocol, published in METRICS[name]["losses"].items():
        # The mixture's two weights are found by search, less exactly than the losses.
        weights = {key: published[key] for key in published.keys() & {"network", "ngram"}}
        halves = {key: published[key] for key in published.keys() - weights.keys()}
        found = losses[protocol]
        assert {key: found[key] for key in halves} == pytest.approx(halves, abs=5e-5)
        assert {key: found[key] for key in weights} == pytest.approx(weights, abs=5e-3)
