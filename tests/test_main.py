"""The command line writes text, or says in one sentence why not."""

import sys

import pytest
from conftest import ROOT

from shakespeare.__main__ import main


@pytest.fixture
def shakespeare(monkeypatch, capsys):
    """Run the command in this process: exit code, or the message of code 1, and its output."""

    def run(*arguments: str) -> tuple[object, str, str]:
        monkeypatch.setattr(sys, "argv", ["shakespeare", *arguments])
        try:
            code = main()
        except SystemExit as error:
            code = error.code
        return code, *capsys.readouterr()

    return run


def test_a_seed_writes_the_same_text_twice(shakespeare):
    code, text, said = shakespeare("sample", "ROMEO:", "--length", "20", "--seed", "1")
    assert code is None and text.startswith("ROMEO:") and len(text) == len("ROMEO:") + 20 + 1
    assert "full" in said
    assert shakespeare("sample", "ROMEO:", "--length", "20", "--seed", "1")[1] == text
    assert shakespeare("sample", "ROMEO:", "--length", "20", "--seed", "2")[1] != text


def test_the_options_reach_the_model(shakespeare):
    options = ("sample", "ROMEO:", "--length", "20", "--model", "small")
    code, greedy, said = shakespeare(*options, "--temperature", "0")
    assert code is None and "small" in said
    for option in (("--top-k", "1"), ("--top-p", "1e-9")):
        assert shakespeare(*options, *option)[1] == greedy
    assert shakespeare(*options, "--temperature", "1.5", "--seed", "1")[1] != greedy
    assert shakespeare(*options, "--temperature", "1.5", "--top-k", "1")[1] == greedy


def test_n_grams_take_part(shakespeare):
    options = ("sample", "ROMEO:", "--length", "60", "--model", "small", "--temperature", "0")
    assert shakespeare(*options, "--ngrams", str(ROOT / "input.txt"))[1] != shakespeare(*options)[1]


def test_a_new_line_in_the_prompt_is_written_as_backslash_n(shakespeare):
    written = shakespeare("sample", r"ROMEO:\nAy", "--length", "3", "--model", "small")[1]
    assert written.startswith("ROMEO:\nAy")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["ROMEO€"], "'€'"),
        ([""], "Give a prompt"),
        (["A", "--model", "nowhere"], "no model nowhere"),
        (["A", "--temperature", "-1"], "temperature"),
        (["A", "--top-k", "0"], "top_k"),
        (["A", "--top-p", "1.5"], "top_p"),
        (["A", "--min-p", "1.5"], "min_p"),
        (["A", "--ngrams", "nowhere.txt"], "no file nowhere.txt"),
        (["A", "--ngrams", __file__], "is not in the vocabulary"),
    ],
)
def test_what_cannot_be_used_is_one_sentence(shakespeare, arguments, words):
    message, text, _ = shakespeare("sample", "--model", "small", "--length", "3", *arguments)
    assert isinstance(message, str)  # Python prints it without a traceback and exits with 1
    assert words in message and message.endswith(".") and "\n" not in message and not text


@pytest.mark.parametrize("option", ["--length", "--seed", "--temperature"])
def test_an_option_that_is_no_number_is_named(shakespeare, option):
    code, _, said = shakespeare("sample", "A", option, "many")
    assert code == 2 and option in said


def test_control_characters_of_a_model_or_prompt_never_reach_the_terminal(
    shakespeare, make_model, tmp_path
):
    chars = sorted("\n\x1b\x9b[2J\u202e")
    make_model(chars).float().save_pretrained(tmp_path)
    arguments = ("sample", "\x1b[2J", "--model", str(tmp_path), "--length", "300", "--seed", "1")
    code, text, _ = shakespeare(*arguments, "--temperature", "9")
    assert code is None and text.startswith("\\x1b[2J")
    assert all(line.isprintable() for line in text.split("\n"))
    assert {"\\x1b", "\\x9b", "\\u202e"} <= {c for c in ("\\x1b", "\\x9b", "\\u202e") if c in text}
    refused, _, _ = shakespeare("sample", "\x07", "--model", str(tmp_path))
    assert refused.isprintable() and "\\x07" in refused
