"""Numbers, trained networks and predictions pass from notebook to notebook, or are refused."""

import pytest
import torch

from course.results import Prediction, Results, cached, predict_side_by_side
from shakespeare.beyond.copying import CopyLSTM
from shakespeare.data import Corpus
from shakespeare.evaluation import carried_predictions, cold_predictions


@pytest.fixture
def results(tmp_path):
    """Make the results of a text, in one temporary folder whatever the text is."""

    def results(content="To be, or not to be.\n", name="play.txt", changes=None) -> Results:
        path = tmp_path / name
        path.write_text(content, encoding="utf-8")
        made = Results("smoke", str(path), changes)
        made.folder = tmp_path / "build"
        return made

    return results


@pytest.fixture
def trained(results, make_network):
    """Results with a network and its numbers, as notebook 03 leaves them."""
    made = results()
    made.save_network(make_network(CopyLSTM).float(), "baseline")
    made.save("03-training", {"settings": made.settings().model_dump()}, network="baseline")
    return made


def load(results):
    return results.load_network("baseline", "03-training", results.settings())


def test_numbers_that_cannot_be_written_leave_the_earlier_ones(results):
    made = results()
    made.save("03-training", {"loss": 1.5})
    with pytest.raises(ValueError, match="nan"):
        made.save("03-training", {"loss": float("nan")})
    assert made.load("03-training")["loss"] == 1.5


def test_numbers_of_another_text_and_missing_and_damaged_ones_are_refused(results, refuses):
    made = results()
    with refuses("There is no", "01-preprocessing.json", "run notebook 01-preprocessing"):
        made.load("01-preprocessing")
    made.save("01-preprocessing", {"lines": 3})
    with refuses("01-preprocessing.json was made with fingerprint", "delete it and run notebook"):
        results("To be, or not to bo.\n").load("01-preprocessing")
    path = made.folder / "01-preprocessing.json"
    for content in (path.read_bytes()[:20], b"{}"):
        path.write_bytes(content)
        with refuses("01-preprocessing.json is damaged", "delete it and run notebook"):
            made.load("01-preprocessing")


def test_unusable_texts_and_settings_are_refused(results, refuses, tmp_path):
    with refuses("no file", "absent.txt"):
        Results("smoke", str(tmp_path / "absent.txt"))
    with refuses("NUL", "UTF-8"):  # UTF-16 without its mark, for example
        results("T\0o\0")
    made = results()
    results("To be, or not to bo.\n")  # replaces the text
    with refuses("play.txt has changed", "restart"):
        made.save("01-preprocessing", {})
    with refuses("hiden_size"):
        results(changes={"hiden_size": 3})
    with refuses("dictionary"):
        results(changes=["hidden_size"])


def test_changes_reach_every_recipe_that_knows_them(results):
    made = results(changes={"epochs": 7, "dropout": 0.5})
    assert made.settings().epochs == 7
    for recipe in ("rungs", "final", "page"):
        assert made.beyond(recipe).epochs == 7
        assert made.beyond(recipe).dropout == 0.5


def test_the_network_comes_back_in_the_next_notebook(trained, results, make_network, excerpt):
    ids = excerpt.ids[None, :50].long()
    expected, _ = make_network(CopyLSTM).float()(ids)
    for changes in (None, {"dropout": 0.5}):  # which the student's recipe doesn't know
        found, _ = load(results(changes=changes))(ids)
        assert torch.equal(found, expected)


def test_a_network_of_other_settings_or_weights_is_refused(trained, results, make_network, refuses):
    with refuses("another hidden_size", "run notebook 03-training again"):
        load(results(changes={"hidden_size": 99}))
    with refuses("fingerprint"):
        load(results("To be, or not to bo.\n"))
    trained.save_network(make_network(CopyLSTM).float().half(), "baseline")
    with refuses("has changed", "run notebook 03-training again"):
        load(results())
    (trained.folder / "models" / "baseline" / "model.safetensors").unlink()
    with refuses("There is no", "model.safetensors", "run the notebook that trains it again"):
        load(results())


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
    network.memory = 9
    assert is_new()
    torch.nn.init.ones_(network.linear.bias)
    assert is_new()
    assert is_new(of_my_own)
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
    assert len(list(tmp_path.glob("carried_predictions-*"))) == 2
    for predictions in found.values():
        torch.testing.assert_close(predictions, carried_predictions(network, part))
