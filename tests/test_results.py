"""Numbers and trained networks pass from notebook to notebook, in the folder of their text."""

import inspect
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
import torch
from conftest import ROOT, curves, same, small_baseline, small_ladder
from lightning.pytorch.callbacks import Callback

import course
from course import results as module
from course.predictions import cached
from course.results import Results
from shakespeare.beyond.copying import CopyLSTM
from shakespeare.beyond.norm_dropout import NormDropoutLSTM
from shakespeare.data import RandomWindows
from shakespeare.evaluation import carried_predictions
from shakespeare.model import CharLSTM
from shakespeare.training_folder import read_curves


@pytest.fixture
def results(write, excerpt, tmp_path):
    """Make the results of a text, in a temporary folder."""

    def results(text: str | None = None, name: str = "play.txt") -> Results:
        made = Results("smoke", str(write(excerpt.text() if text is None else text, name)))
        made.folder = tmp_path / made.folder.name
        return made

    return results


def test_the_course_offers_what_most_notebooks_use():
    for name in course.FROM_RESULTS:
        assert getattr(course, name) is getattr(module, name)


def test_the_folder_is_found_without_pytorch():
    """Make asks for it at each start."""
    code = "import sys, course.folders; assert 'torch' not in sys.modules"
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([".", "notebooks"])}
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, check=True)


# --- the folder, and numbers in it ---


def test_each_text_has_its_own_folder(results):
    folder = results("To be, or not to be.\n").folder
    assert folder.name.startswith("smoke-play-")
    assert results("To be, or not to be.\n").folder == folder
    assert results("To be, or to be.\n").folder != folder
    assert results("To be, or not to be.\n", "other.txt").folder != folder


def test_unusable_texts_and_profiles_are_refused(write, refuses, tmp_path):
    with refuses("no file", "absent.txt"):
        Results("smoke", str(tmp_path / "absent.txt"))
    with refuses("no file", f"{tmp_path}"):  # a folder
        Results("smoke", str(tmp_path))
    with refuses("5 cannot be read"):
        Results("smoke", 5)
    with refuses("no profile", "tiny", "smoke, quick, full"):
        Results("tiny", str(write("To be.")))


def test_results_leave_pytorch_one_thread(results):
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        results()
        assert torch.get_num_threads() == 1
    finally:
        torch.set_num_threads(before)


def test_numbers_come_back_with_what_they_were_made_with(results):
    results().save("03-training", {"loss": 1.5})
    numbers = results().load("03-training")
    assert numbers["loss"] == 1.5
    assert numbers["made_with"]["profile"] == "smoke"
    assert numbers["made_with"]["text"] == "play.txt"


def test_numbers_that_cannot_be_written_leave_the_earlier_ones(results):
    made = results()
    made.save("03-training", {"loss": 1.5})
    with pytest.raises(ValueError, match="nan"):
        made.save("03-training", {"loss": float("nan")})
    assert made.load("03-training")["loss"] == 1.5


def test_missing_and_damaged_numbers_are_refused(results, refuses):
    made = results()
    with refuses("There is no", "01-preprocessing.json", "run notebook 01-preprocessing first"):
        made.load("01-preprocessing")
    made.save("01-preprocessing", {"lines": 3})
    path = made.folder / "01-preprocessing.json"
    path.write_bytes(path.read_bytes()[:20])
    with refuses("01-preprocessing.json is damaged", "run notebook 01-preprocessing again"):
        made.load("01-preprocessing")


# --- trained networks ---


def times(folder) -> tuple[int, list[float]]:
    """When a network was written, and how long its epochs took: a new training changes both."""
    return (folder / "model.safetensors").stat().st_mtime_ns, read_curves(folder)["seconds"]


def test_a_network_is_trained_once_and_found_by_the_next_notebook(results, refuses):
    recipe = small_baseline(epochs=1)
    with refuses("There is no network", "baseline", "run notebook 03-training first"):
        results().trained("baseline", "03-training")
    network, folder = results().train("baseline", recipe)
    assert folder == results().folder / "baseline"
    trained_at = times(folder)
    again, _ = results().train("baseline", recipe)
    found, in_folder = results().trained("baseline", "03-training")
    assert in_folder == folder
    assert times(folder) == trained_at
    assert same(network, again)
    assert same(network, found)


def test_without_a_recipe_it_is_the_profile_s_of_this_name(results, monkeypatch):
    small = small_ladder(epochs=1)
    asked = []

    def load_recipe(*profile_and_name):
        asked.append(profile_and_name)
        return small

    monkeypatch.setattr(module, "load_recipe", load_recipe)
    network, _ = results().train("final")
    assert asked == [("smoke", "final")]
    assert network.copy_head.query.out_features == 4


@pytest.mark.parametrize("change", ["recipe", "text", "code"])
def test_another_recipe_text_or_code_is_trained_again(results, monkeypatch, excerpt, change):
    made = results()
    before, folder = made.train("baseline", small_baseline(epochs=1))
    prediction = cached(folder, carried_predictions, before, excerpt.split().test)
    trained_at = times(folder)

    recipe = small_baseline(epochs=1)
    if change == "recipe":
        recipe = small_baseline(epochs=1, seed=2)
    if change == "text":  # as where a folder was copied
        made = results("again, " + excerpt.text())
        made.folder = folder.parent
    if change == "code":
        monkeypatch.setattr(module, "code_of", lambda *used: b"other code")
    after, same_folder = made.train("baseline", recipe)
    assert same_folder == folder
    assert times(folder) != trained_at
    assert same(before, after) == (change == "code")
    # What the network before predicted is gone with it.
    now = cached(folder, carried_predictions, after, excerpt.split().test)
    assert torch.equal(now, prediction) == (change == "code")


def test_the_code_is_that_of_the_core_and_of_the_classes_that_are_used(make_network, excerpt):
    data = RandomWindows(excerpt.split(), small_baseline().training)
    code = module.code_of(make_network(), data)
    for core in module.CORE:
        assert Path(sys.modules[core].__file__).read_bytes() in code
    copying = Path(inspect.getfile(CopyLSTM)).read_bytes()
    norm_dropout = Path(inspect.getfile(NormDropoutLSTM)).read_bytes()
    assert copying not in code
    of_copying = module.code_of(make_network(CopyLSTM))
    assert copying in of_copying
    assert norm_dropout in of_copying  # which a CopyLSTM inherits from


class Stop(Callback):
    """As Ctrl-C in the second epoch."""

    def __init__(self, stops: bool) -> None:
        self.stops = stops

    def on_train_epoch_start(self, trainer, pl_module):
        if self.stops and trainer.current_epoch == 1:
            raise KeyboardInterrupt


def test_a_stopped_training_is_resumed_by_the_same_cell(results, refuses):
    recipe = small_baseline(epochs=2)
    whole, folder = results().train("whole", recipe)
    with refuses("Training was stopped"):
        results().train("baseline", recipe, [Stop(True)])
    first_epoch = read_curves(results().folder / "baseline")["seconds"]
    assert len(first_epoch) == 1
    resumed, resumed_folder = results().train("baseline", recipe, [Stop(False)])
    assert read_curves(resumed_folder)["seconds"][:1] == first_epoch  # it wasn't trained again
    assert curves(resumed_folder) == curves(folder)
    assert same(resumed, whole)


def test_a_class_of_a_notebook_is_trained_each_time(results, monkeypatch):
    """Its code has no file, so nobody can tell whether it is what it was."""
    made = results()
    of_notebook = type("Mine", (CharLSTM,), {"__module__": "notebook"})
    monkeypatch.setitem(sys.modules, "notebook", ModuleType("notebook"))
    recipe = small_baseline(epochs=1)
    recipe.network["class"] = of_notebook
    first, folder = made.train("mine", recipe)
    (folder / "a-prediction.safetensors").write_bytes(b"")
    trained_at = times(folder)
    second, _ = made.train("mine", recipe)
    assert times(folder) != trained_at
    assert not (folder / "a-prediction.safetensors").exists()
    assert same(first, second)


def test_a_network_comes_back_in_the_next_notebook_with_its_choices(
    results, make_network, excerpt, refuses
):
    with refuses("There is no", "final", "run notebook 05-beyond-the-report first"):
        results().load_network("final", "05-beyond-the-report")
    network = make_network(CopyLSTM).float()
    network.memory = 99
    network.facts["sampling"] = {"min_p": 0.05}
    results().save_network(network, "final")
    found = results().load_network("final", "05-beyond-the-report")
    assert found.memory == 99
    assert found.facts == network.facts
    ids = excerpt.ids[None, :50].long()
    assert torch.equal(found(ids)[0], network(ids)[0])
