"""Numbers, the trained model and predictions pass from notebook to notebook, or are refused."""

import json

import pytest
import torch

from course.results import Results, cached, versions
from shakespeare.data import ShakespeareDataset
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
def trained(results, make_model):
    """Results with a model and its numbers, as notebook 03 leaves them."""
    made = results()
    made.save_model(make_model(copy=True).float(), "03-training")
    made.save("03-training", {"settings": made.settings.model_dump()})
    return made


def test_numbers_come_back_and_replace_their_own_notebooks_only(results):
    made = results()
    made.save("03-training", {"loss": 1.5, "old": 1})
    made.save("01-preprocessing", {"speaker": "Königin 🙂", "counts": [1, 2]})
    made.save("03-training", {"loss": 1.25})
    numbers = results().read("03-training")
    assert numbers == {"loss": 1.25, "made_with": made.made_with}
    assert numbers["made_with"]["profile"] == "smoke"
    assert results().read("01-preprocessing")["speaker"] == "Königin 🙂"
    names = {path.name for path in made.folder.iterdir()}
    assert names == {"03-training.json", "01-preprocessing.json"}


@pytest.mark.parametrize("unusable", [object(), float("nan")])
def test_numbers_that_cannot_be_written_leave_the_earlier_ones(results, unusable):
    made = results()
    made.save("03-training", {"loss": 1.5})
    with pytest.raises((TypeError, ValueError)):
        made.save("03-training", {"loss": unusable})
    assert made.read("03-training")["loss"] == 1.5


def test_the_folder_is_that_of_the_profile_and_text(write):
    path = write("To be, or not to be.\n")
    assert Results("quick", str(path)).folder.resolve() == build_folder("quick", path)
    assert not build_folder("quick", path).exists()  # nothing is made before it is needed


def test_numbers_of_another_text_are_refused(results, refuses):
    results().save("01-preprocessing", {"lines": 3})
    assert results(name="same.txt").read("01-preprocessing")["lines"] == 3
    with refuses("01-preprocessing.json", "another text", "run notebook 01-preprocessing"):
        results("To be, or not to bo.\n").read("01-preprocessing")


def test_missing_and_damaged_numbers_name_the_notebook_to_run(results, refuses):
    made = results()
    with refuses("There is no", "01-preprocessing.json", "run notebook 01-preprocessing"):
        made.read("01-preprocessing")
    made.save("01-preprocessing", {"lines": 3})
    path = made.folder / "01-preprocessing.json"
    for content in (path.read_bytes()[:20], b"", b"[]", b"null", b"{}", b"\xff\xfe"):
        path.write_bytes(content)
        with refuses("01-preprocessing.json is damaged", "run notebook 01-preprocessing"):
            made.read("01-preprocessing")


def test_unusable_texts_and_settings_are_refused(results, refuses, tmp_path):
    with refuses("no file", "absent.txt"):
        Results("smoke", str(tmp_path / "absent.txt"))
    with refuses("hiden_size"):
        results(changes={"hiden_size": 3})


def test_the_model_comes_back_in_the_next_notebook(trained, results, make_model, text):
    loaded, ids = results().load_model("03-training"), text.data[None, :50].long()
    assert torch.equal(loaded(ids)[0], make_model(copy=True).float()(ids)[0])
    changed = results(changes={"sample_length": 99})  # a setting that training does not know
    assert changed.load_model("03-training").chars == loaded.chars


def test_a_model_of_other_settings_or_weights_is_refused(trained, results, make_model, refuses):
    with refuses("another hidden_size", "run notebook 03-training again"):
        results(changes={"hidden_size": 99}).load_model("03-training")
    with refuses("another text"):
        results("To be, or not to bo.\n").load_model("03-training")
    trained.save_model(make_model(copy=True, memory=9).float().half(), "03-training")
    with refuses("trained again since", "run notebook 03-training again"):
        results().load_model("03-training")
    (trained.folder / "models" / "03-training" / "model.safetensors").unlink()
    with refuses("There is no", "model.safetensors", "run notebook 03-training again"):
        results().load_model("03-training")


def test_predictions_are_computed_once(make_model, text, tmp_path):
    model, part, calls = make_model(copy=True).float(), text.split().validation, []

    def predictions(*given, **options):
        calls.append(options)
        return carried_predictions(*given, **options)

    first = cached(tmp_path, predictions, model, part)
    assert torch.equal(first, carried_predictions(model, part))
    assert torch.equal(cached(tmp_path, predictions, model, part), first) and len(calls) == 1


def test_predictions_of_anything_else_are_computed(make_model, text, tmp_path):
    model, split = make_model(copy=True, memory=40).float(), text.split()

    def is_new(compute=carried_predictions, part=split.validation, **options) -> bool:
        before = len(list(tmp_path.iterdir()))
        found = cached(tmp_path, compute, model, part, **options)
        assert torch.equal(found, compute(model, part, **options))
        return len(list(tmp_path.iterdir())) > before

    assert is_new() and not is_new()
    assert is_new(chunk=32) and is_new(part=split.test) and is_new(cold_predictions)
    model.hparams["memory"] = 9
    assert is_new()
    torch.nn.init.ones_(model.linear.bias)
    assert is_new()
    flipped = split.validation.slice(0, 300, "flipped")
    flipped.name, flipped.data = split.validation.name, flipped.data.flip(0)
    assert is_new(part=flipped)


def test_versions_name_the_packages():
    assert versions().startswith("Python 3.") and f"torch {torch.__version__[:4]}" in versions()


def test_the_numbers_file_is_readable_json(results, write):
    made = results()
    made.save("04-generation", {"sample": "ROMEO:\n\x1b[2J"})
    content = (made.folder / "04-generation.json").read_text(encoding="utf-8")
    assert json.loads(content)["sample"] == "ROMEO:\n\x1b[2J" and "\x1b" not in content
    assert ShakespeareDataset(write(content), seq_len=4).data.numel() > 100
