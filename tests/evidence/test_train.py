"""Trainings at the same time: equal to those one after the other, each in its folder."""

import pytest
import torch
from conftest import curves, same, small_baseline, small_ladder

from report.evidence import train
from report.evidence.pool import side_by_side
from report.evidence.splits import RandomSplitData
from report.evidence.train import Training, folder_of, train_all
from report.evidence.trainings import changed
from shakespeare.data import Corpus
from shakespeare.files import InputError
from shakespeare.pretrained import from_pretrained
from shakespeare.training import make_network
from study.trained import count_parameters


def trainings(corpus: Corpus) -> dict[str, Training]:
    """A short and a long one."""
    split = corpus.split()
    return {
        "short": Training(small_ladder(), split),
        "long, seed 2": Training(small_baseline(seed=2), split),
    }


@pytest.fixture
def processes(monkeypatch):
    """How many processes train."""

    def processes(count: int) -> None:
        monkeypatch.setattr(train, "side_by_side", lambda jobs: side_by_side(jobs, count))

    return processes


def test_networks_are_the_same_side_by_side_and_one_after_the_other(
    excerpt, tmp_path, capsys, processes
):
    processes(1)
    train_all(trainings(excerpt), tmp_path / "here")
    capsys.readouterr()
    processes(2)
    train_all(trainings(excerpt), tmp_path)
    expected = {}
    for name in trainings(excerpt):
        folder = folder_of(name, tmp_path / "here")
        expected[name] = from_pretrained(folder)
        assert same(from_pretrained(folder_of(name, tmp_path)), expected[name])
        assert curves(folder_of(name, tmp_path)) == curves(folder)
    assert (tmp_path / "runs" / "long-seed-2").exists()
    train_all(trainings(excerpt), tmp_path)
    assert capsys.readouterr().out == ""  # they were only loaded
    short = trainings(excerpt)["short"].train(folder_of("short", tmp_path))
    assert same(short, expected["short"])


def test_the_longest_training_begins_first(excerpt, tmp_path, monkeypatch):
    began = []
    monkeypatch.setattr(train, "side_by_side", began.extend)
    monkeypatch.setattr(Training, "train", lambda training, folder: None)
    train_all(trainings(excerpt), tmp_path)
    assert began == ["long, seed 2", "short"]


def test_a_folder_with_another_training_is_refused(excerpt, tmp_path):
    first = Training(small_baseline(epochs=1), excerpt.split())
    train_all({"one": first}, tmp_path)
    other = Training(changed(first.recipe, {"training.seed": 9}), first.split)
    with pytest.raises(InputError, match="seed"):
        train_all({"one": other}, tmp_path)


def test_a_training_has_the_data_that_it_names(excerpt, tmp_path):
    recipe = small_baseline(epochs=1)
    honest = Training(recipe, excerpt.split())
    at_random = Training(recipe, excerpt.split(), data=RandomSplitData)
    of_honest = honest.train(tmp_path / "honest")
    of_random = at_random.train(tmp_path / "random")
    assert not same(of_honest, of_random)
    assert torch.isfinite(torch.tensor(curves(tmp_path / "random")["val_loss"])).all()


def test_a_cost_is_parameters_times_characters(excerpt):
    recipe = small_baseline(epochs=2, limit_batches=3)
    training = Training(recipe, excerpt.split())
    parameters = count_parameters(make_network(recipe, excerpt.chars))
    assert train.parameters_of(recipe, excerpt.chars) == parameters
    assert training.cost() == parameters * 2 * 3 * 16 * 16
