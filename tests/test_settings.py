"""Settings have types and ranges, and ask for a network and its data; each text has its folder."""

import re

import pytest
from conftest import ROOT, same, small_ladder

from shakespeare.beyond.renaming import RenamedStreams
from shakespeare.beyond.streams import Streams
from shakespeare.data import RandomWindows
from shakespeare.model import CharLSTM
from shakespeare.networks import NETWORKS, make_network
from shakespeare.runs import Training
from shakespeare.settings import PROFILES, RECIPES, build_folder, load_settings, read_profile

OFF = {"layer_norm": False, "copy_size": 0, "memory": 0}  # parts that only some networks have


@pytest.mark.parametrize("profile", PROFILES)
def test_a_profile_says_what_each_recipe_is(profile):
    assert list(read_profile(profile)) == list(RECIPES)
    for recipe in RECIPES:
        load_settings(profile, recipe)


def test_what_is_unknown_or_out_of_range_is_refused(refuses):
    with refuses("'quik'", *PROFILES):
        load_settings("quik")
    with refuses("'base'", *RECIPES):
        load_settings("quick", "base")
    with refuses("hiden_size", "hidden_size"):
        load_settings("quick", changes={"hiden_size": 3})
    for value, words in (("512", "integer"), (0, "greater than or equal to 1")):
        with refuses("setting hidden_size", words):
            load_settings("quick", changes={"hidden_size": value})


def test_settings_that_need_each_other_are_named(refuses):
    with refuses("rename_share needs carry_state"):
        load_settings("quick", "final", {"carry_state": False})
    with refuses("CopyLSTM", "memory"):
        make_network(list("ab"), load_settings("quick", "final", {"memory": 0}))
    with refuses("heads"):
        make_network(list("ab"), load_settings("quick", changes={"network": "AttentionLSTM"}))


# What they ask for


@pytest.mark.parametrize("name", NETWORKS)
def test_settings_ask_for_a_network(excerpt, name):
    changes = {"network": name, "num_layers": 3}
    if name == "CharLSTM":
        changes |= OFF
    elif name != "CopyLSTM":
        changes |= OFF | {"dropout": 0.25}
    if name in ("AttentionLSTM", "Transformer"):
        changes |= {"heads": 2, "context": 9}
    settings = small_ladder(**changes)
    network = make_network(excerpt.chars, settings)
    assert type(network).__name__ == name
    asked = settings.model_dump()
    for setting, value in network.config().items():
        assert setting == "chars" or asked[setting] == value


def test_a_part_that_a_network_lacks_is_refused(excerpt, refuses):
    with refuses("NormDropoutLSTM has no copy_size"):
        make_network(excerpt.chars, small_ladder(network="NormDropoutLSTM"))
    with refuses("CharLSTM has no dropout"):
        make_network(excerpt.chars, load_settings("smoke", changes={"dropout": 0.1}))
    with refuses("There is no network LSTM", *NETWORKS):
        make_network(excerpt.chars, small_ladder(network="LSTM"))


def test_settings_ask_for_data(excerpt):
    def data_of(**changes):
        return type(Training(small_ladder(**changes), excerpt.split()).make_data())

    assert data_of() is RenamedStreams
    assert data_of(rename_share=0.0) is Streams
    assert data_of(rename_share=0.0, carry_state=False) is RandomWindows


def test_plain_settings_are_the_recipe_of_notebook_03(excerpt):
    training = Training(load_settings("smoke"), excerpt.split())
    network = training.make_network()
    assert type(network) is CharLSTM
    assert type(training.make_data()) is RandomWindows
    assert same(network, training.make_network())  # the seed decides
    other = Training(load_settings("smoke", changes={"seed": 99}), excerpt.split())
    assert not same(network, other.make_network())


# Folders


def test_a_text_has_the_folder_of_its_characters_wherever_it_is(write, tmp_path):
    ours = ROOT / "build" / "quick"
    plays = (ROOT / "input.txt").read_text(encoding="utf-8")
    assert build_folder("quick", ROOT / "notebooks" / ".." / "input.txt") == ours
    windows = tmp_path / "input.txt"
    windows.write_bytes(plays.replace("\n", "\r\n").encode())
    assert build_folder("quick", windows) == ours

    story = build_folder("quick", write("To be.\n", "story.txt"))
    assert re.fullmatch(r"quick-story-[0-9a-f]{8}", story.name)
    (tmp_path / "data").mkdir()
    others = [
        write("To bo.\n", "story.txt"),
        write("To be,\n", "data/story.txt"),
        write("To be;\n", "data+story.txt"),
        write(plays[:-1], "input.txt"),
    ]
    folders = {build_folder("quick", text) for text in others}
    assert len(folders) == len(others) and story not in folders


def test_changed_settings_have_a_folder_of_their_own(write):
    plays = ROOT / "input.txt"
    text = write("To be.\n")
    folders = [
        build_folder(profile, path, changes)
        for profile in ("smoke", "quick")
        for path in (plays, text)
        for changes in (None, {"epochs": 3}, {"epochs": 4}, {"seed": 3})
    ]
    assert len(set(folders)) == len(folders)
    assert build_folder("quick", plays, {}) == build_folder("quick", plays)
    both = {"epochs": 3, "seed": 3}
    in_another_order = dict(reversed(both.items()))
    assert build_folder("quick", plays, both) == build_folder("quick", plays, in_another_order)


@pytest.mark.parametrize("name", ["my story.txt", "a+b.tar.gz", "café $(x).txt"])
def test_a_folder_has_a_name_that_every_shell_and_system_takes(write, name):
    assert re.fullmatch(r"quick-[\w-]+-[0-9a-f]{8}", build_folder("quick", write("Ay", name)).name)
