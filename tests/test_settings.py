"""Settings have types and ranges, and each text has its folder."""

import re
from pathlib import PurePosixPath, PureWindowsPath

import pytest
from conftest import ROOT

from shakespeare.settings import (
    PROFILES,
    RECIPES,
    build_folder,
    folder_name,
    load_settings,
)


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
