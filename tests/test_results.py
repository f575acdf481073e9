"""Numbers and trained networks pass from notebook to notebook, in the folder of their profile."""

import pytest
import torch
from conftest import same, small_baseline, train_recipe

from course.results import Results
from shakespeare.beyond.copying import CopyLSTM


@pytest.fixture
def results(tmp_path):
    """Make results in a temporary folder."""

    def results() -> Results:
        made = Results("smoke")
        made.folder = tmp_path / "smoke"
        return made

    return results


# --- the folder, and numbers in it ---


def test_an_unknown_profile_is_refused(refuses):
    with refuses("no profile", "tiny", "smoke, quick, full"):
        Results("tiny")


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


def test_numbers_that_cannot_be_written_leave_the_earlier_ones(results):
    made = results()
    made.save("03-training", {"loss": 1.5})
    with pytest.raises(ValueError, match="nan"):
        made.save("03-training", {"loss": float("nan")})
    assert made.load("03-training")["loss"] == 1.5


def test_missing_numbers_are_refused(results, refuses):
    made = results()
    with refuses("There is no", "01-preprocessing.json", "run notebook 01-preprocessing first"):
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
