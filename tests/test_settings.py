"""Settings have types and ranges, profiles are complete, each text has its folder."""

import subprocess
import sys

import pydantic
import pytest
from conftest import ROOT

from shakespeare.settings import (
    PROFILES,
    RECIPES,
    Settings,
    build_folder,
    load_settings,
    read_profile,
)


@pytest.mark.parametrize("profile", PROFILES)
def test_a_profile_says_what_the_baseline_is(profile):
    settings = load_settings(profile)
    defaults = set(Settings.model_fields) - settings.model_fields_set
    assert defaults <= {"limit_batches"}
    assert list(read_profile(profile)) == list(RECIPES)


def test_all_profiles_train_the_students_recipe():
    for profile in PROFILES:
        settings = load_settings(profile)
        assert settings.learning_rate == 1e-3
        assert settings.weight_decay == 1e-6


def test_every_setting_says_what_it_means():
    assert all(field.description for field in Settings.model_fields.values())


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
        ("hidden_size", 2.5, "integer"),
        ("hidden_size", None, "integer"),
        ("hidden_size", True, "integer"),
        ("hidden_size", [512], "integer"),
        ("hidden_size", 0, "greater than or equal to 1"),
        ("seed", -1, "greater than or equal to 0"),
        ("seed", 2**32, "4294967296"),
        ("limit_batches", 0, "greater than or equal to 1"),
        ("learning_rate", "0.1", "number"),
        ("learning_rate", -1.0, "greater than or equal to 0"),
        ("learning_rate", float("nan"), "finite"),
        ("learning_rate", float("inf"), "finite"),
    ],
)
def test_a_setting_of_another_type_or_out_of_range_is_refused(refuses, name, value, words):
    with refuses(f"setting {name}", words):
        load_settings("quick", changes={name: value})


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


def test_a_folder_of_an_unknown_profile_is_refused(refuses):
    with refuses("'../x'", *PROFILES):
        build_folder("../x", "input.txt")


def run(*arguments: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "shakespeare.settings", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_make_learns_the_folder_relative_to_the_root():
    assert run("smoke", "a/b.txt").stdout == "build/smoke-a+b.txt\n"
    refused = run("smok", "input.txt")
    assert refused.returncode == 1
    assert not refused.stdout
    assert refused.stderr.startswith("There is no profile 'smok'")
