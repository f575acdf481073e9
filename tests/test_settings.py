"""Settings have types and ranges, profiles are complete, each text has its folder."""

import re
import subprocess
import sys
from pathlib import PurePosixPath, PureWindowsPath

import pydantic
import pytest
from conftest import ROOT

from shakespeare.settings import (
    PROFILES,
    RECIPES,
    Settings,
    build_folder,
    folder_name,
    load_settings,
    read_profile,
)


@pytest.mark.parametrize("profile", PROFILES)
def test_a_profile_says_what_the_baseline_is(profile):
    settings = load_settings(profile)
    defaults = set(Settings.model_fields) - settings.model_fields_set
    assert defaults <= {"limit_batches"}
    assert list(read_profile(profile)) == list(RECIPES)


def test_settings_can_be_changed_when_they_are_loaded_and_never_after():
    changed = load_settings("full", changes={"hidden_size": 99, "learning_rate": 1})
    assert changed.hidden_size == 99
    assert changed.learning_rate == 1.0
    assert changed.seq_len == load_settings("full").seq_len
    assert load_settings("full").hidden_size == 512
    with pytest.raises(pydantic.ValidationError, match="frozen"):
        changed.hidden_size = 3


def test_an_unknown_profile_recipe_or_setting_is_refused(refuses):
    with refuses("'quik'", *PROFILES):
        load_settings("quik")
    with refuses("'base'", *RECIPES):
        load_settings("quick", "base")
    with refuses("hiden_size", "hidden_size"):
        load_settings("quick", changes={"hiden_size": 3})


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("hidden_size", "512", "integer"),
        ("hidden_size", 0, "greater than or equal to 1"),
        ("learning_rate", float("nan"), "finite"),
    ],
)
def test_a_setting_of_another_type_or_out_of_range_is_refused(refuses, name, value, words):
    with refuses(f"setting {name}", words):
        load_settings("quick", changes={name: value})


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


@pytest.mark.parametrize(
    ("path", "name"),
    [
        (PureWindowsPath(r"C:\Users\me\my story.txt"), "quick-my_story-12345678"),
        (PurePosixPath("/café/a+b.tar.gz"), "quick-a_b_tar-12345678"),
    ],
)
def test_a_folder_has_a_name_that_every_system_takes(path, name):
    assert folder_name("quick", path, "123456789") == name


def run(*arguments: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "shakespeare.settings", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_make_learns_the_folder_relative_to_the_root():
    assert run("smoke", "input.txt").stdout == "build/smoke\n"
    for arguments, words in ((["smok", "input.txt"], "no profile"), (["smoke", "x"], "no file")):
        refused = run(*arguments)
        assert refused.returncode == 1 and not refused.stdout
        assert refused.stderr.startswith(f"There is {words}")
