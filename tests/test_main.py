"""The command line trains, writes, measures, or says in one sentence why not."""

import io
import json
import math
import shlex
import subprocess
import sys

import nbformat
import pytest
import torch
from conftest import ROOT, assert_sentence, curves

from shakespeare import __version__
from shakespeare.__main__ import loss_of_counting, main, make_parser
from shakespeare.beyond.copying import CopyLSTM
from shakespeare.beyond.ngrams import kneser_ney_losses
from shakespeare.data import Corpus
from shakespeare.evaluation import cold_predictions, losses_of
from shakespeare.model import CharLSTM
from shakespeare.pretrained import from_pretrained, save_pretrained
from shakespeare.sampling import generate
from shakespeare.settings import PROFILES, RECIPES, Settings, load_recipe

METRICS = json.loads((ROOT / "report" / "metrics.json").read_text(encoding="utf-8"))
FACTS = {
    "sampling": {"temperature": 0.7, "min_p": 0.1},
}
SEEDED = ("--length", "20", "--seed", "1")
SMALL = (
    *("--profile", "smoke"),
    *("--set", "network.hidden_size=16"),
    *("--set", "training.limit_batches=3"),
)


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


def test_a_new_line_in_the_prompt_is_written_as_backslash_n(shakespeare, model):
    _, text, _ = shakespeare("sample", r"First:\nAy", "--model", model.folder, *SEEDED)
    assert text.startswith("First:\nAy")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["First€"], "'€'"),
        (["A", "--model", "nowhere"], "no network nowhere"),
        (["A", "--min-p", "1.5"], "min_p"),
    ],
)
def test_what_cannot_be_used_is_one_sentence(shakespeare, model, arguments, words):
    arguments = ["--model", model.folder, "--length", "3", *arguments]
    message, text, _ = shakespeare("sample", *arguments)
    assert_sentence(message, words)  # Python prints it without a traceback and exits with 1
    assert not text


# train


@pytest.fixture
def trained(shakespeare, excerpt, write, tmp_path):
    """The text and the folder of a network that was trained on it."""
    text = write(excerpt.text())
    code, said, _ = shakespeare("train", text, tmp_path / "mine", *SMALL)
    assert code is None
    assert "epoch 1/2:" in said and "epoch 2/2:" in said
    return text, tmp_path / "mine"


def test_a_network_is_trained_found_again_and_written_with(shakespeare, trained):
    text, folder = trained
    code, said, _ = shakespeare("train", text, folder, *SMALL)
    assert code is None
    assert "trained already" in said and "epoch 1" not in said
    assert len(curves(folder)["val_loss"]) == 2
    network = from_pretrained(folder)
    assert type(network) is CopyLSTM and network.hidden_size == 16
    _, written, _ = shakespeare("sample", "First", "--model", folder, *SEEDED)
    assert written.startswith("First") and len(written) == len("First") + 20 + 1


def test_the_commands_of_notebook_07_run_on_a_text_of_your_own(
    shakespeare, excerpt, write, monkeypatch
):
    notebook = nbformat.read(ROOT / "notebooks" / "07-who-copies.ipynb", as_version=4)
    [cell] = [cell for cell in notebook.cells if cell.id == "07-own-text"]
    commands = [
        shlex.split(line.removeprefix(".venv/bin/shakespeare "), comments=True)
        for line in cell.source.splitlines()
        if line.startswith(".venv/bin/shakespeare ")
    ]
    assert [name for name, *_ in commands] == ["train", "evaluate", "sample"]
    text = write("Once upon a time. " + excerpt.text(), "my.txt")
    monkeypatch.chdir(text.parent)
    said = []
    for command in commands:
        code, out, _ = shakespeare(*command, *(SMALL if command[0] == "train" else ()))
        assert code is None
        said.append(out)
    assert "the last 10 % of my.txt" in said[1] and "counting" in said[1]
    assert said[2].startswith("Once")


def test_what_to_try_now_is_a_command_for_a_shell(shakespeare, excerpt, write, tmp_path):
    folder = tmp_path / "my own network"
    _, said, _ = shakespeare("train", write(excerpt.text()), folder, *SMALL)
    [command] = [line for line in said.splitlines() if line.startswith("Now try: ")]
    arguments = shlex.split(command.removeprefix("Now try: shakespeare "))
    assert arguments == ["sample", "--model", str(folder), "the first words"]
    code, written, _ = shakespeare(*arguments, "--length", "5")
    assert code is None and written.startswith("the first words")


def test_a_recipe_and_settings_reach_the_training(shakespeare, excerpt, write, tmp_path):
    options = ("--profile", "smoke", "--recipe", "baseline", "--set", "training.limit_batches=2")
    changes = ("--set", "training.schedule=cosine", "--set", "network.class=NormDropoutLSTM")
    dropout = ("--set", "network.dropout=0.25", "--set", "training.data=Streams")
    folder = tmp_path / "mine"
    code, _, _ = shakespeare("train", write(excerpt.text()), folder, *options, *changes, *dropout)
    assert code is None
    run = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    assert run["network"]["class"] == "NormDropoutLSTM" and run["network"]["dropout"] == 0.25
    assert run["training"]["schedule"] == "cosine" and run["data"] == "Streams"


def test_what_cannot_be_trained_is_one_sentence_and_writes_nothing(
    shakespeare, trained, excerpt, write
):
    text, folder = trained
    new = folder.parent / "new"
    other = write(excerpt.text().replace("Citizen", "Netizen"), "other.txt")

    def files():
        return {path: path.read_bytes() for path in folder.parent.rglob("*") if path.is_file()}

    before = files()
    for arguments, *words in (
        ((other, folder, *SMALL), "text"),
        ((text, folder, *SMALL, "--set", "training.seed=5"), "seed = 1, and not 5"),
        ((text, folder, *SMALL, "--recipe", "baseline"), "class = CopyLSTM, and not CharLSTM"),
        ((text, folder.parent, *SMALL), "other files"),
        ((text, text, *SMALL), "is no folder"),
        ((folder / "none.txt", new, *SMALL), "no file"),
        ((text, new, *SMALL, "--set", "training.epochs"), "NAME=VALUE"),
        (
            (text, new, *SMALL, "--set", "hidden_size=16"),
            "hidden_size is unknown",
            "network.hidden",
        ),
        ((text, new, *SMALL, "--set", "network.hidden_size=0"), "hidden_size = 0"),
        ((text, new, *SMALL, "--set", "network.class=Foo"), "no class Foo", "CopyLSTM"),
        ((text, new, *SMALL, "--set", "network.class=1"), "no class 1", "CopyLSTM"),
        ((text, new, *SMALL, "--set", "network.layer_norm=False"), "layer_norm = 'False'"),
        ((text, new, *SMALL, "--set", "training.data=Foo"), "no class Foo", "RandomWindows"),
        ((text, new, *SMALL, "--set", "training.epochs=two"), "epochs = 'two'"),
        ((text, new, "--profile", "quik"), "'quik'", *PROFILES),
        ((text, new, "--recipe", "rungs"), "'rungs'", *RECIPES),
        ((text,), "a text and a folder"),
        ((), "a text and a folder"),
    ):
        message, _, _ = shakespeare("train", *arguments)
        assert_sentence(message, *words)
        assert files() == before, arguments
    assert not new.exists()


def test_settings_are_shown_one_a_line_with_their_meanings(shakespeare):
    options = ("--profile", "full", "--set", "training.epochs=3")
    code, text, _ = shakespeare("train", "--show", *options, "--set", "network.layer_norm=false")
    assert code is None
    changes = {"training.epochs": 3, "network.layer_norm": False}
    expected = load_recipe("full", "final", changes)
    lines = text.splitlines()
    of_network = [f"network.{name} = {value}" for name, value in expected.network.items()]
    assert lines[: len(of_network)] == of_network
    for line, (name, value) in zip(lines[len(of_network) :], expected.training, strict=True):
        assert line.startswith(f"training.{name} = {value} ")
        assert line.endswith(f" {Settings.model_fields[name].description}")


def test_what_could_not_be_trained_is_not_shown(shakespeare):
    change = ("--set", "network.hidden_size=0")
    message, text, _ = shakespeare("train", "--show", "--profile", "smoke", *change)
    assert_sentence(message, "hidden_size = 0")
    assert not text


# evaluate


def assert_measured(said: str, network, part, title: str) -> list[str]:
    """The command has said a network's losses on a part of a text. Returns what it says then."""
    nats = losses_of(cold_predictions(network, part), part).mean().item()
    first, cold, carried, *more = said.splitlines()
    assert first == f"{title}: loss per character"
    assert cold == f"cold     {in_words(nats)}"
    assert carried.startswith("carried  ")
    return more


def in_words(nats: float) -> str:
    return f"{nats:.4f} nats, {nats / math.log(2):.4f} bits, perplexity {math.exp(nats):.3f}"


def test_a_network_is_measured_on_the_last_tenth_of_a_text_or_all_of_it(
    shakespeare, trained, excerpt
):
    text, folder = trained
    network = from_pretrained(folder)
    code, said, _ = shakespeare("evaluate", folder, text)
    assert code is None
    split = excerpt.split()
    [of_counting] = assert_measured(said, network, split.held_out, f"the last 10 % of {text}")
    by_order = kneser_ney_losses(split.train.ids, split.held_out.ids, excerpt.vocab_size)
    middle = len(split.validation.ids)
    best = min(by_order, key=lambda losses: losses[:middle].mean())
    nats = best[1:].mean().item()
    assert of_counting == f"counting {in_words(nats)}"
    code, said, _ = shakespeare("evaluate", folder, text, "--all")
    assert code is None
    assert assert_measured(said, network, excerpt, str(text)) == []  # all may have been counted


def test_the_order_of_counting_is_chosen_on_the_validation_half():
    generator = torch.Generator().manual_seed(1)
    cycle = torch.arange(8).repeat(500)
    noise = torch.randint(8, (4000,), generator=generator)
    # Long contexts are best for the validation half, a cycle, and none for the test half, noise.
    ids = torch.cat([cycle[:2000], noise[:1600], cycle[:200], noise[-200:]])
    split = Corpus(ids, list("abcdefgh"), "a text").split()
    by_order = kneser_ney_losses(split.train.ids, split.held_out.ids, 8)
    best = by_order[:, :200].mean(1).argmin()
    assert best != by_order.mean(1).argmin()
    assert loss_of_counting(split) == pytest.approx(by_order[best, 1:].mean().item())


def test_without_a_text_the_last_tenth_of_the_plays_is_measured_beside_what_is_published(
    shakespeare, corpus, tmp_path, monkeypatch
):
    torch.manual_seed(1)
    network = CharLSTM(corpus.chars, embedding_size=4, hidden_size=8, num_layers=1)
    save_pretrained(network, tmp_path / "mine")
    monkeypatch.chdir(tmp_path)  # where no input.txt is
    code, said, progress = shakespeare("evaluate", "mine")
    assert code is None
    title = "the last 10 % of tiny-shakespeare"
    of_counting, *table = assert_measured(said, network, corpus.split().held_out, title)
    assert of_counting.startswith("counting 1.5165 nats")
    assert "/111540" in progress  # characters that have been read
    own, others = "\n".join(table).split("Published by others, each measured in another way")
    losses = METRICS["networks"]["final"]["losses"]
    for protocol in ("cold", "carried"):
        assert f"  {losses[protocol]['held_out']:.4f}  {protocol:8} final\n" in own
    assert "  1.4697  nanoGPT, setting for a GPU" in others and "random crops of 256" in others


def test_what_a_network_cannot_be_measured_on_is_one_sentence(shakespeare, trained, write):
    _, folder = trained
    for content, words in (("Citizen\n" * 50, "too short"), ("€" * 5000, "'€'")):
        message, _, _ = shakespeare("evaluate", folder, write(content, "strange.txt"))
        assert_sentence(message, words, "strange.txt")
    message, _, _ = shakespeare("evaluate", folder)  # of a smaller vocabulary
    assert_sentence(message, "tiny-shakespeare doesn't fit the network")
    message, _, _ = shakespeare("evaluate", "nowhere")
    assert_sentence(message, "no network nowhere")


# All commands


def test_no_arguments_print_the_help(shakespeare):
    code, text, _ = shakespeare()
    assert code == 0
    assert text == shakespeare("--help")[1]


@pytest.mark.parametrize("name", ["train", "sample", "evaluate"])
def test_the_help_of_a_command_has_an_example_that_it_understands(shakespeare, monkeypatch, name):
    monkeypatch.setenv("COLUMNS", "80")
    _, text, _ = shakespeare(name, "--help")
    *_, example = text.splitlines()
    _, arguments = example.split("example: shakespeare ")
    make_parser().parse_args(shlex.split(arguments))


def test_what_a_terminal_cannot_show_is_printed_as_a_code(make_network, tmp_path, monkeypatch):
    network = make_network(chars=["e", "é", "\n"]).float()
    save_pretrained(network, tmp_path / "model")
    output = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", output)
    arguments = ["sample", "é", "--model", str(tmp_path / "model"), "--length", "1"]
    monkeypatch.setattr(sys, "argv", ["shakespeare", *arguments])
    main()
    output.seek(0)
    assert output.read().startswith("\\xe9")


def test_the_version_is_that_of_the_package(shakespeare):
    code, text, _ = shakespeare("--version")
    assert code == 0
    assert text == f"shakespeare {__version__}\n"


def test_help_and_refusals_of_settings_and_texts_come_before_pytorch(tmp_path):
    new = str(tmp_path / "new")
    cases = [
        ["--help"],
        ["--version"],
        ["train", "--help"],
        ["evaluate", "--help"],
        ["train", "input.txt"],
        ["train", "none.txt", new],
        ["train", "--set", "training.epochs=0", "input.txt", new],
        ["train", "--set", "hidden_size=3", "input.txt", new],
        ["train", "--profile", "quik", "input.txt", new],
        ["train", "--set", "training.epochs=0", "--show"],
    ]
    code = f"""
import sys
from shakespeare.__main__ import main
assert "pydantic" not in sys.modules  # it takes time, in which Ctrl-C would show a traceback
stopped = 0
for arguments in {cases}:
    sys.argv = ["shakespeare", *arguments]
    try:
        main()
    except SystemExit:
        stopped += 1
assert stopped == {len(cases)}
assert not {{"torch", "lightning"}} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True)
