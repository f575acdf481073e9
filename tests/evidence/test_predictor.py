"""Predictions are computed once, and again where they would be others."""

import torch

from report.evidence import predictor as module
from report.evidence.predictor import Predictor, learning, losses_of_each, predict_all
from shakespeare.beyond.copying import CopyLSTM
from shakespeare.data import Corpus
from shakespeare.evaluation import carried_predictions, cold_predictions, losses_of
from study.learning import learning_predictions


def test_a_prediction_is_computed_once_and_that_of_anything_else_again(
    make_network, excerpt, tmp_path
):
    network = make_network(CopyLSTM, memory=40).float()
    predictor = Predictor(network, tmp_path)
    split = excerpt.split()
    computed = []

    def carried(network, part):
        computed.append("carried")
        return carried_predictions(network, part)

    def is_new(protocol=carried, part=split.validation) -> bool:
        file = predictor.file(protocol, part)
        is_new = not file.exists()
        found = predictor.predict(protocol, part)
        assert file.exists() and torch.equal(found, protocol(network, part))
        return is_new

    assert is_new()
    computed.clear()
    assert not is_new() and len(computed) == 1  # only the comparison has computed it
    assert is_new(part=split.test)
    assert is_new(cold_predictions)
    assert is_new(learning(1e-3)) and is_new(learning(2e-3)) and not is_new(learning(1e-3))
    network.memory = 9
    assert is_new()
    reversed_text = Corpus(split.validation.ids.flip(0), excerpt.chars, split.validation.name)
    assert is_new(part=reversed_text)


def test_missing_predictions_are_computed_side_by_side_once(
    make_network, excerpt, tmp_path, monkeypatch
):
    asked = []

    def side_by_side(jobs):
        asked.append(len(jobs))
        for job in jobs.values():
            job()

    monkeypatch.setattr(module, "side_by_side", side_by_side)
    network = make_network().float()
    part = excerpt.split().validation
    predictor = Predictor(network, tmp_path)
    for jobs in (2, 0):  # the second time, nothing is missing
        predict_all([predictor, predictor], [carried_predictions, learning(1e-3)], [part])
        assert asked.pop() == jobs
    torch.testing.assert_close(
        predictor.predict(carried_predictions, part), carried_predictions(network, part)
    )
    expected = learning_predictions(network, part, learning_rate=1e-3)
    torch.testing.assert_close(predictor.predict(learning(1e-3), part), expected)


def test_losses_are_those_of_each_network(make_network, excerpt, tmp_path):
    part = excerpt.split().validation
    predictors = []
    for seed in (1, 2):
        network = make_network().float()
        network.linear.bias.data += seed * torch.arange(len(excerpt.chars)) / 10
        predictors.append(Predictor(network, tmp_path / str(seed)))
    found = losses_of_each(predictors, cold_predictions, part)
    for losses, predictor in zip(found, predictors, strict=True):
        right = losses_of(cold_predictions(predictor.network, part), part)
        torch.testing.assert_close(losses, right)
