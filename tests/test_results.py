"""Numbers and trained networks pass from notebook to notebook, in a folder of their own."""

import pytest
import torch

from course.results import Results
from shakespeare.beyond.copying import CopyLSTM


@pytest.fixture
def results(write, tmp_path):
    """Make the results of a text, in a temporary folder."""
    path = write("To be, or not to be.\n", "play.txt")

    def results(changes=None) -> Results:
        made = Results("smoke", str(path), changes)
        made.folder = tmp_path / made.folder.name
        return made

    return results


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


def test_unusable_texts_and_settings_are_refused(results, refuses, tmp_path):
    with refuses("no file", "absent.txt"):
        Results("smoke", str(tmp_path / "absent.txt"))
    with refuses("hiden_size"):
        results({"hiden_size": 3})


def test_changes_have_their_own_folder_and_reach_every_recipe_that_knows_them(results):
    made = results({"epochs": 7, "limit_batches": 5, "dropout": 0.5})
    assert made.folder != results().folder
    assert made.settings().dropout == 0.0  # the student's recipe has none
    for recipe in ("baseline", "rungs", "final", "page"):
        assert made.settings(recipe).epochs == 7
        assert made.settings(recipe).limit_batches == 5
    for recipe in ("rungs", "final", "page"):
        assert made.settings(recipe).dropout == 0.5


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
