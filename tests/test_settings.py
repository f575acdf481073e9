"""Settings have types and ranges, profiles say what differs, each text has its folder."""

import subprocess
import sys

import pydantic
import pytest
from conftest import ROOT

from shakespeare.settings import PROFILES, Settings, build_folder, load_settings


@pytest.mark.parametrize("profile", ["smoke", "quick", "small", "full"])
def test_a_profile_says_what_differs(profile):
    settings, default = load_settings(profile).model_dump(), load_settings("quick").model_dump()
    differing = {name: value for name, value in settings.items() if value != default[name]}
    assert differing == PROFILES[profile]


def test_every_setting_says_what_it_means():
    assert all(field.description for field in Settings.model_fields.values())


def test_settings_can_be_changed_when_they_are_loaded_and_never_after():
    changed = load_settings("full", {"hidden_size": 99, "learning_rate": 1})
    assert (changed.hidden_size, changed.learning_rate) == (99, 1.0)
    assert changed.seq_len == load_settings("full").seq_len
    assert load_settings("full").hidden_size == 512
    with pytest.raises(pydantic.ValidationError, match="frozen"):
        changed.hidden_size = 3


def test_an_unknown_profile_or_setting_is_refused(refuses):
    with refuses("'quik'", *PROFILES):
        load_settings("quik")
    with refuses("hiden_size", "hidden_size"):
        load_settings("quick", {"hiden_size": 3})


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        *[("hidden_size", value, "integer") for value in ("512", 2.5, None, True, [512])],
        *[("hidden_size", value, "greater than or equal to 1") for value in (0, -1)],
        ("num_layers", 65, "less than or equal to 64"),
        ("seed", 2**32, "4294967295"),
        ("copy_size", -1, "greater than or equal to 0"),
        ("limit_batches", 0, "greater than or equal to 1"),
        ("dropout", 1, "less than 1"),
        ("dropout", "0.1", "number"),
        ("learning_rate", -1.0, "greater than or equal to 0"),
        *[("learning_rate", float(value), "finite") for value in ("nan", "inf")],
        ("rename_share", 1.1, "less than or equal to 1"),
        ("carry_state", 1, "boolean"),
        ("memories", [256, 0], "greater than or equal to 1"),
        ("memories", 256, "list"),
        ("dynamic_rates", ["1e-3"], "number"),
    ],
)
def test_a_setting_of_another_type_or_out_of_range_is_refused(refuses, name, value, words):
    with refuses(f"setting {name}", words):
        load_settings("quick", {name: value})


@pytest.mark.parametrize(
    ("text", "folder"),
    [
        ("input.txt", "quick"),
        ("./input.txt", "quick"),
        (f"{ROOT}/input.txt", "quick"),
        ("notebooks/../input.txt", "quick"),
        ("input", "quick-input"),
        ("x.txt", "quick-x.txt"),
        ("a/b.txt", "quick-a+b.txt"),
        ("a/input.txt", "quick-a+input.txt"),
        (f"{ROOT}/a/b.txt", "quick-a+b.txt"),
        ("/elsewhere/b.txt", "quick-elsewhere+b.txt"),
        ("my texts/a play.txt", "quick-my_texts+a_play.txt"),
    ],
)
def test_each_text_has_one_folder_from_wherever_it_is_named(monkeypatch, text, folder):
    monkeypatch.chdir(ROOT)
    assert build_folder("quick", text) == ROOT / "build" / folder
    monkeypatch.chdir(ROOT / "notebooks")
    named = text if text.startswith("/") else f"../{text}"
    assert build_folder("quick", named) == ROOT / "build" / folder
    assert not (ROOT / "build" / folder).exists() or "input.txt" in text


def test_a_folder_of_an_unknown_profile_is_refused(refuses):
    with refuses("'../x'", *PROFILES):
        build_folder("../x", "input.txt")


def run(*arguments: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "shakespeare.settings", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_make_learns_the_folder_relative_to_the_root():
    assert run("smoke", "a/b.txt").stdout == "build/smoke-a+b.txt\n"
    refused = run("smok", "input.txt")
    assert refused.returncode == 1 and not refused.stdout
    assert refused.stderr.startswith("There is no profile 'smok'")
