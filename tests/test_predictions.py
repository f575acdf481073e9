"""Predictions are computed once, and again where they would be others."""

import torch

from course import predictions
from course.jobs import one_by_one
from course.predictions import Prediction, cache_all, cached
from shakespeare.beyond.copying import CopyLSTM
from shakespeare.data import Corpus
from shakespeare.evaluation import carried_predictions, cold_predictions


def test_a_prediction_is_computed_once_and_that_of_anything_else_again(
    make_network, excerpt, tmp_path, monkeypatch
):
    network = make_network(CopyLSTM, memory=40).float()
    split = excerpt.split()
    computed = []

    def carried(network, part, **options):
        computed.append(options)
        return carried_predictions(network, part, **options)

    def cold(network, part):
        computed.append("cold")
        return cold_predictions(network, part)

    def is_new(compute=carried, part=split.validation, **options) -> bool:
        computed.clear()
        found = cached(tmp_path, compute, network, part, **options)
        is_new = bool(computed)
        assert torch.equal(found, compute(network, part, **options))
        return is_new

    assert is_new()
    assert not is_new()
    assert is_new(chunk=32)
    assert is_new(part=split.test)
    assert is_new(cold)
    network.memory = 9
    assert is_new()
    reversed_text = Corpus(split.validation.ids.flip(0), excerpt.chars, split.validation.name)
    assert is_new(part=reversed_text)
    monkeypatch.setattr(predictions, "code_hash", lambda file: "of other code")
    assert is_new()
    assert not is_new()


def test_missing_predictions_are_computed_once(make_network, excerpt, tmp_path):
    asked = []

    def run_jobs(jobs):
        asked.append(len(jobs))
        return one_by_one(jobs)

    network = make_network().float()
    part = excerpt.split().validation
    carried = Prediction(tmp_path, carried_predictions, network, part, {})
    chunks = carried._replace(options={"chunk": 64})
    for jobs in (2, 0):  # the second time, nothing is missing
        cache_all([carried, carried, chunks], run_jobs)
        assert asked.pop() == jobs
    for each in (carried, chunks):
        assert each.file().exists()
        torch.testing.assert_close(each.result(), carried_predictions(network, part))
