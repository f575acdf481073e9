"""The command line writes text and prints recipes, or says in one sentence why not."""

import io
import sys

import pytest

from shakespeare.__main__ import main
from shakespeare.beyond.copying import CopyLSTM
from shakespeare.beyond.mixture import Mixture
from shakespeare.beyond.ngrams import WittenBell
from shakespeare.beyond.settings import load_beyond
from shakespeare.sampling import generate

FACTS = {
    "sampling": {"temperature": 0.7, "min_p": 0.1},
    "mixture": {"network": 0.6, "ngram": 0.9, "sampling": {"temperature": 1.2}},
}
SEEDED = ("--length", "20", "--seed", "1")


@pytest.fixture
def shakespeare(monkeypatch, capsys):
    """Run the command in this process: exit code, or the message of code 1, and its output."""

    def run(*arguments: object) -> tuple[object, str, str]:
        monkeypatch.setattr(sys, "argv", ["shakespeare", *map(str, arguments)])
        try:
            code = main()
        except SystemExit as error:
            code = error.code
        return code, *capsys.readouterr()

    return run


@pytest.fixture
def model(make_network, tmp_path):
    """A saved network that knows how to draw from it."""
    network = make_network(CopyLSTM).float()
    network.facts = FACTS
    network.save_pretrained(tmp_path / "model")
    network.folder = tmp_path / "model"
    return network


# sample


def test_a_shipped_network_writes_and_a_seed_repeats_it(shakespeare):
    options = ("sample", "ROMEO:", "--model", "small", "--length", "20", "--seed")
    code, text, said = shakespeare(*options, "1")
    assert code is None
    assert text.startswith("ROMEO:")
    assert len(text) == len("ROMEO:") + 20 + 1
    assert "small" in said
    assert shakespeare(*options, "1")[1] == text
    assert shakespeare(*options, "2")[1] != text


def test_it_writes_what_generate_writes(shakespeare, model):
    _, text, _ = shakespeare("sample", "First", "--model", model.folder, *SEEDED)
    # A blank line stands before the prompt, as before a speech, and is not shown.
    [expected] = generate(model, "\n\nFirst", 20, seed=1)
    assert text == expected.removeprefix("\n\n") + "\n"
    [chosen] = generate(model, "\n\nFirst", 20, seed=1, **FACTS["sampling"])
    assert expected == chosen


def test_the_options_reach_the_network(shakespeare, model):
    options = ("sample", "First", "--model", model.folder, *SEEDED)
    _, greedy, _ = shakespeare(*options, "--temperature", "0")
    hot = ("--temperature", "3", "--min-p", "0")
    assert shakespeare(*options, *hot)[1] != greedy
    for option in (("--top-k", "1"), ("--top-p", "1e-9"), ("--min-p", "1")):
        assert shakespeare(*options, *hot, *option)[1] == greedy


def test_n_grams_count_the_training_part_and_have_the_exponents_of_the_network(
    shakespeare, model, excerpt, write
):
    text = excerpt.text()
    options = ("sample", "First", "--model", model.folder, *SEEDED, "--ngrams")
    _, written, _ = shakespeare(*options, write(text))
    train = excerpt.split().train
    both = Mixture(model, WittenBell(train.ids, excerpt.vocab_size))
    [expected] = generate(both, "\n\nFirst", 20, seed=1, temperature=1.2, min_p=None)
    assert written == expected.removeprefix("\n\n") + "\n"
    assert written != shakespeare(*options[:-1])[1]

    held_out_changed = train.text() + "e" * (len(text) - len(train.text()))
    assert shakespeare(*options, write(held_out_changed))[1] == written
    train_changed = "e" * len(train.text()) + excerpt.split().held_out.text()
    assert shakespeare(*options, write(train_changed))[1] != written


def test_a_new_line_in_the_prompt_is_written_as_backslash_n(shakespeare, model):
    _, text, _ = shakespeare("sample", r"First:\nAy", "--model", model.folder, *SEEDED)
    assert text.startswith("First:\nAy")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["First€"], "'€'"),
        (["A", "--model", "nowhere"], "no network nowhere"),
        (["A", "--min-p", "1.5"], "min_p"),
        (["A", "--ngrams", __file__], "test_main.py doesn't fit the network"),
    ],
)
def test_what_cannot_be_used_is_one_sentence(shakespeare, model, arguments, words):
    arguments = ["--model", model.folder, "--length", "3", *arguments]
    message, text, _ = shakespeare("sample", *arguments)
    assert isinstance(message, str)  # Python prints it without a traceback and exits with 1
    assert words in message
    assert message.endswith(".")
    assert "\n" not in message
    assert not text


def test_control_characters_of_a_network_or_prompt_never_reach_the_terminal(
    shakespeare, make_network, tmp_path
):
    chars = sorted("\n\x1b\x9b[2J\u202e")
    make_network(chars=chars).float().save_pretrained(tmp_path)
    options = ("--model", tmp_path, "--length", "300", "--seed", "1")
    code, text, _ = shakespeare("sample", "\x1b[2J", *options, "--temperature", "9")
    assert code is None
    assert text.startswith("\\x1b[2J")
    assert all(line.isprintable() for line in text.split("\n"))
    assert all(escaped in text for escaped in ("\\x1b", "\\x9b", "\\u202e"))
    refused, _, _ = shakespeare("sample", "\x07", *options)
    assert refused.isprintable()
    assert "\\x07" in refused


def test_what_the_output_cannot_show_is_replaced(monkeypatch, make_network, tmp_path):
    make_network(chars=sorted("\nabαβ")).float().save_pretrained(tmp_path)
    output = io.TextIOWrapper(io.BytesIO(), encoding="cp1252")
    monkeypatch.setattr(sys, "stdout", output)
    arguments = ["sample", "aα", "--model", tmp_path, "--length", "50", "--seed", "1"]
    monkeypatch.setattr(sys, "argv", ["shakespeare", *map(str, arguments)])
    main()
    assert output.buffer.getvalue().startswith(b"a?")


# recipe


def test_a_recipe_is_printed_a_setting_a_line_with_its_meaning(shakespeare):
    code, text, _ = shakespeare("recipe", "full", "final")
    assert code is None
    lines = text.splitlines()
    for line, (name, value) in zip(lines, load_beyond("full", "final"), strict=True):
        assert line.startswith(f"{name} = {value} ")
    assert len(shakespeare("recipe", "full", "baseline")[1].splitlines()) < len(lines)
