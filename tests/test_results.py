"""Numbers, trained networks and predictions pass from notebook to notebook, or are refused."""

import json

import pytest
import torch

import course.results
from course.results import (
    Prediction,
    Results,
    cache_side_by_side,
    cached,
    cold_and_carried,
    count_parameters,
    predict_side_by_side,
    versions,
)
from shakespeare.beyond.copying import CopyLSTM
from shakespeare.data import Corpus
from shakespeare.evaluation import carried_predictions, cold_predictions
from shakespeare.settings import build_folder


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


def test_numbers_come_back_and_replace_their_own_notebooks_only(results):
    made = results()
    made.save("03-training", {"loss": 1.5, "old": 1})
    made.save("01-preprocessing", {"speaker": "Königin 🙂", "counts": [1, 2]})
    made.save("03-training", {"loss": 1.25})
    numbers = results().load("03-training")
    assert numbers == {"loss": 1.25, "made_with": made.made_with}
    assert numbers["made_with"]["profile"] == "smoke"
    assert results().load("01-preprocessing")["speaker"] == "Königin 🙂"
    names = {path.name for path in made.folder.iterdir()}
    assert names == {"03-training.json", "01-preprocessing.json"}


@pytest.mark.parametrize("unusable", [object(), float("nan")])
def test_numbers_that_cannot_be_written_leave_the_earlier_ones(results, unusable):
    made = results()
    made.save("03-training", {"loss": 1.5})
    with pytest.raises((TypeError, ValueError)):
        made.save("03-training", {"loss": unusable})
    assert made.load("03-training")["loss"] == 1.5


def test_the_folder_is_that_of_the_profile_and_text(write):
    path = write("To be, or not to be.\n")
    assert Results("quick", str(path)).folder.resolve() == build_folder("quick", path)
    assert not build_folder("quick", path).exists()  # nothing is made before it is needed


def test_numbers_of_another_text_are_refused(results, refuses):
    results().save("01-preprocessing", {"lines": 3})
    assert results(name="same.txt").load("01-preprocessing")["lines"] == 3
    with refuses("01-preprocessing.json was made with fingerprint", "delete it and run notebook"):
        results("To be, or not to bo.\n").load("01-preprocessing")


def test_missing_and_damaged_numbers_name_the_notebook_to_run(results, refuses):
    made = results()
    with refuses("There is no", "01-preprocessing.json", "run notebook 01-preprocessing"):
        made.load("01-preprocessing")
    made.save("01-preprocessing", {"lines": 3})
    path = made.folder / "01-preprocessing.json"
    for content in (path.read_bytes()[:20], b"", b"[]", b"null", b"{}", b"\xff\xfe"):
        path.write_bytes(content)
        with refuses("01-preprocessing.json is damaged", "delete it and run notebook"):
            made.load("01-preprocessing")


def test_unusable_texts_and_settings_are_refused(results, refuses, tmp_path):
    with refuses("no file", "absent.txt"):
        Results("smoke", str(tmp_path / "absent.txt"))
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


def test_a_number_of_one_notebook_depends_on_the_profile(results):
    assert results().by_profile(smoke=4, quick=16, full=64) == 4


def test_the_network_comes_back_in_the_next_notebook(trained, results, make_network, excerpt):
    loaded = load(results())
    ids = excerpt.ids[None, :50].long()
    assert torch.equal(loaded(ids)[0], make_network(CopyLSTM).float()(ids)[0])
    changed = results(changes={"dropout": 0.5})  # which the student's recipe doesn't know
    assert load(changed).chars == loaded.chars


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


def test_numbers_name_the_weights_of_their_network_whatever_is_saved_last(
    trained, results, make_network
):
    made = results()
    made.save("04-generation", {}, network="baseline")
    digests = {"baseline": trained.weights_digest("baseline")}
    assert made.load("04-generation")["made_with"]["weights"] == digests["baseline"]

    for name, bias in (("final", 1.0), ("page", 2.0)):
        network = make_network(CopyLSTM).float()
        torch.nn.init.constant_(network.linear.bias, bias)
        made.save_network(network, name)
        digests[name] = made.weights_digest(name)
    assert len(set(digests.values())) == 3
    for name, digest in digests.items():
        made.save("05-beyond-the-report", {}, network=name)
        assert made.load("05-beyond-the-report")["made_with"]["weights"] == digest
    results().save("01-preprocessing", {})
    assert "weights" not in made.load("01-preprocessing")["made_with"]


def test_predictions_are_computed_once(make_network, excerpt, tmp_path):
    network = make_network(CopyLSTM).float()
    part = excerpt.split().validation
    calls = []

    def predictions(*given, **options):
        calls.append(options)
        return carried_predictions(*given, **options)

    first = cached(tmp_path, predictions, network, part)
    second = cached(tmp_path, predictions, network, part)
    assert torch.equal(first, carried_predictions(network, part))
    assert torch.equal(second, first)
    assert len(calls) == 1


def of_my_own(network, part):
    return torch.zeros(3)


def test_predictions_of_anything_else_are_computed(make_network, excerpt, tmp_path):
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


def test_both_protocols_are_predicted(make_network, excerpt, tmp_path):
    network = make_network().float()
    part = excerpt.split().held_out
    found = cold_and_carried(tmp_path, network, part)
    assert torch.equal(found["cold"], cold_predictions(network, part))
    assert torch.equal(found["carried"], carried_predictions(network, part))


def test_all_weights_are_counted():
    assert count_parameters(torch.nn.Linear(3, 5)) == 20


def test_versions_name_the_packages():
    assert versions().startswith("Python 3.") and f"torch {torch.__version__[:4]}" in versions()


def test_the_numbers_file_is_readable_json(results, write):
    made = results()
    made.save("04-generation", {"sample": "ROMEO:\n\x1b[2J"})
    content = (made.folder / "04-generation.json").read_text(encoding="utf-8")
    assert json.loads(content)["sample"] == "ROMEO:\n\x1b[2J" and "\x1b" not in content
    assert "made_with" in Corpus.read(write(content)).text()


def test_missing_predictions_are_computed_once_and_then_read(
    make_network, excerpt, tmp_path, monkeypatch
):
    network = make_network().float()
    part = excerpt.split().validation
    asked = Prediction(tmp_path, carried_predictions, network, part)
    chunks = asked._replace(options={"chunk": 64})
    cache_side_by_side({"one": asked, "the same": asked, "other options": chunks})
    assert len(list(tmp_path.glob("carried_predictions-*"))) == 2

    def side_by_side(jobs):
        assert not jobs

    monkeypatch.setattr(course.results, "side_by_side", side_by_side)
    cache_side_by_side({"again": asked})
    torch.testing.assert_close(
        cached(tmp_path, carried_predictions, network, part), carried_predictions(network, part)
    )


def test_what_was_predicted_side_by_side_is_returned_by_name(make_network, excerpt, tmp_path):
    network = make_network().float()
    part = excerpt.split().validation
    found = predict_side_by_side(
        {
            "cold": Prediction(tmp_path, cold_predictions, network, part),
            "carried": Prediction(tmp_path, carried_predictions, network, part, {"chunk": 64}),
        }
    )
    assert list(found) == ["cold", "carried"]
    torch.testing.assert_close(found["cold"], cold_predictions(network, part))
    torch.testing.assert_close(found["carried"], carried_predictions(network, part, chunk=64))
