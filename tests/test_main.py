"""The command line trains, writes and measures, or says in one sentence why not."""

import io
import json
import math
import subprocess
import sys

import pytest
from conftest import ROOT, assert_sentence, curves

from shakespeare.__main__ import main
from shakespeare.beyond.copying import CopyLSTM
from shakespeare.beyond.mixture import Mixture
from shakespeare.beyond.ngrams import WittenBell
from shakespeare.evaluation import cold_predictions, interval, losses_of
from shakespeare.pretrained import from_pretrained, save_pretrained
from shakespeare.sampling import generate
from shakespeare.settings import Settings, load_settings

FACTS = {
    "sampling": {"temperature": 0.7, "min_p": 0.1},
    "mixture": {"network": 0.6, "ngram": 0.9, "sampling": {"temperature": 1.2}},
}
SEEDED = ("--length", "20", "--seed", "1")
SMALL = ("--profile", "smoke", "--set", "hidden_size=16", "--set", "limit_batches=3")


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
    save_pretrained(network, tmp_path / "model")
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
    assert shakespeare("sample", *options[2:], "1")[1] == text  # this prompt is the default
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
    assert_sentence(message, words)  # Python prints it without a traceback and exits with 1
    assert not text


def test_control_characters_of_a_network_or_prompt_never_reach_the_terminal(
    shakespeare, make_network, tmp_path
):
    chars = sorted("\n\x1b\x9b[2J\u202e")
    save_pretrained(make_network(chars=chars).float(), tmp_path)
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
    save_pretrained(make_network(chars=sorted("\nabαβ")).float(), tmp_path)
    output = io.TextIOWrapper(io.BytesIO(), encoding="cp1252")
    monkeypatch.setattr(sys, "stdout", output)
    arguments = ["sample", "aα", "--model", tmp_path, "--length", "50", "--seed", "1"]
    monkeypatch.setattr(sys, "argv", ["shakespeare", *map(str, arguments)])
    main()
    assert output.buffer.getvalue().startswith(b"a?")


# train and evaluate


@pytest.fixture
def trained(shakespeare, excerpt, write, tmp_path):
    """The text and the folder of a network that was trained on it."""
    text = write(excerpt.text())
    code, said, _ = shakespeare("train", text, tmp_path / "mine", *SMALL)
    assert code is None
    assert "epoch 1/2:" in said and "epoch 2/2:" in said and "shakespeare sample" in said
    return text, tmp_path / "mine"


def test_a_network_is_trained_found_again_written_with_and_measured(shakespeare, trained, excerpt):
    text, folder = trained
    code, said, _ = shakespeare("train", text, folder, *SMALL)
    assert code is None
    assert "trained already" in said and "epoch 1" not in said
    assert len(curves(folder)["val_loss"]) == 2

    network = from_pretrained(folder)
    assert network.hidden_size == 16
    _, written, _ = shakespeare("sample", "First", "--model", folder, *SEEDED)
    assert written.startswith("First") and len(written) == len("First") + 20 + 1

    for part, option in ((excerpt.split().held_out, ()), (excerpt, ("--all",))):
        losses = losses_of(cold_predictions(network, part), part)
        low, high = interval(losses)
        code, said, _ = shakespeare("evaluate", folder, text, *option)
        assert code is None
        assert f"{losses.mean():.4f} nats  ({low:.4f} to {high:.4f})" in said
        assert f"{losses.mean() / math.log(2):.4f} bits" in said
        assert [line.split()[0] for line in said.splitlines()[1:]] == 2 * ["cold"] + 2 * ["carried"]


def test_another_training_never_goes_into_a_folder(shakespeare, trained, excerpt, write):
    text, folder = trained
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    other = write(excerpt.text().replace("Citizen", "Netizen"), "other.txt")
    for arguments, words in (
        ((other, folder, *SMALL), "text"),
        ((text, folder, *SMALL, "--set", "seed=5"), "seed = 1"),
        ((text, folder, *SMALL, "--recipe", "baseline"), "network = CopyLSTM"),
        ((text, folder.parent, *SMALL), "other files"),
        ((text, text, *SMALL), "is a file"),
        ((text, "small", *SMALL), "shipped network"),
        ((folder / "none.txt", folder.parent / "new", *SMALL), "no file"),
        ((text, folder.parent / "new", *SMALL, "--set", "hidden_size"), "NAME=VALUE"),
        ((text,), "a text and a folder"),
    ):
        message, _, _ = shakespeare("train", *arguments)
        assert_sentence(message, words)
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
    assert not (folder.parent / "new").exists()


def test_a_run_of_other_code_or_with_damaged_settings_is_left_alone(shakespeare, trained):
    text, folder = trained
    description = json.loads((folder / "settings.json").read_text(encoding="utf-8"))
    of_other_code = json.dumps(description | {"code": {}})
    for content, words in ((of_other_code, "another code"), ("{", "is damaged")):
        (folder / "settings.json").write_text(content)
        message, _, _ = shakespeare("train", text, folder, *SMALL)
        assert_sentence(message, words)


def test_what_a_kill_left_half_written_is_no_obstacle(shakespeare, excerpt, write, tmp_path):
    folder = tmp_path / "stopped"
    folder.mkdir()
    (folder / "settings.json.1.partial").write_text("{")
    code, _, _ = shakespeare("train", write(excerpt.text()), folder, *SMALL)
    assert code is None and (folder / "model.safetensors").exists()


def test_what_a_network_cannot_be_measured_on_is_one_sentence(shakespeare, trained, write):
    _, folder = trained
    for content, words in (("Citizen\n" * 50, "too short"), ("€" * 5000, "'€'")):
        message, _, _ = shakespeare("evaluate", folder, write(content, "strange.txt"))
        assert_sentence(message, words, "strange.txt")


def test_settings_are_shown_one_a_line_with_their_meanings(shakespeare):
    options = ("--profile", "full", "--recipe", "final", "--set", "epochs=3")
    code, text, _ = shakespeare("train", "--show", *options, "--set", "one_cycle=false")
    assert code is None
    expected = load_settings("full", "final", {"epochs": 3, "one_cycle": False})
    for line, (name, value) in zip(text.splitlines(), expected, strict=True):
        assert line.startswith(f"{name} = {value} ")
        assert line.endswith(str(Settings.model_fields[name].description))


def test_help_and_refusals_come_before_pytorch(tmp_path):
    new = str(tmp_path / "new")
    cases = [
        ["--help"],
        ["train", "--help"],
        ["train", "--show"],
        ["train", "input.txt"],
        ["train", "none.txt", new],
        ["train", "input.txt", "tests"],
        ["train", "--set", "hidden_size=0", "input.txt", new],
    ]
    code = f"""
import sys
from shakespeare.__main__ import main
for arguments in {cases}:
    sys.argv = ["shakespeare", *arguments]
    try:
        main()
    except SystemExit:
        pass
assert not {{"torch", "lightning"}} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True)
