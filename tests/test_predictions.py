"""Predictions are computed once, and again where they would be others."""

import torch

from course.predictions import Prediction, cached, predict_side_by_side
from shakespeare.beyond.copying import CopyLSTM
from shakespeare.data import Corpus
from shakespeare.evaluation import carried_predictions, cold_predictions


def of_my_own(network, part):
    return torch.zeros(3)


def test_a_prediction_is_computed_once_and_that_of_anything_else_again(
    make_network, excerpt, tmp_path
):
    network = make_network(CopyLSTM, memory=40).float()
    split = excerpt.split()

    def is_new(compute=carried_predictions, part=split.validation, **options) -> bool:
        before = len(list(tmp_path.iterdir()))
        found = cached(tmp_path, compute, network, part, **options)
        assert torch.equal(found, compute(network, part, **options))
        return len(list(tmp_path.iterdir())) > before

    assert is_new()
    assert not is_new()
    assert is_new(chunk=32)
    assert is_new(part=split.test)
    assert is_new(cold_predictions)
    assert is_new(of_my_own)
    network.memory = 9
    assert is_new()
    reversed_text = Corpus(split.validation.ids.flip(0), excerpt.chars, split.validation.name)
    assert is_new(part=reversed_text)


def test_missing_predictions_are_computed_once_and_returned_by_name(
    make_network, excerpt, tmp_path
):
    network = make_network().float()
    part = excerpt.split().validation
    carried = Prediction(tmp_path, carried_predictions, network, part)
    chunks = carried._replace(options={"chunk": 64})
    found = predict_side_by_side({"one": carried, "the same": carried, "other options": chunks})
    assert list(found) == ["one", "the same", "other options"]
    assert len(list(tmp_path.glob("carried-*"))) == 2
    for predictions in found.values():
        torch.testing.assert_close(predictions, carried_predictions(network, part))
