"""Numbers and trained networks pass from notebook to notebook, in the folder of their text."""

import os
import subprocess
import sys

import pytest
import torch
from conftest import ROOT, same, small_baseline, train_recipe

import course
from course import results as module
from course.results import Results
from shakespeare.beyond.copying import CopyLSTM


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


def test_a_trained_network_is_found_by_the_next_notebook(results, excerpt, refuses):
    with refuses("There is no network", "better", "run notebook 05-beyond-the-report first"):
        results().trained("better", "05-beyond-the-report")
    network = train_recipe(small_baseline(epochs=1), excerpt.split(), results().folder / "better")
    found, in_folder = results().trained("better", "05-beyond-the-report")
    assert in_folder == results().folder / "better"
    assert same(network, found)


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
