"""What cannot be used, one row a case: each gets one sentence that says what is wrong, and no traceback."""

import math
import os
import stat
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import nbformat
import papermill
import pytest
import torch

from shakespeare import __main__ as command
from shakespeare import course
from shakespeare.analysis import cell_states, losses_by_context
from shakespeare.course import results_folder, settings
from shakespeare.data import ShakespeareData, ShakespeareDataset, StreamDataset, encode
from shakespeare.evaluation import (
    CopyFinder,
    carried_predictions,
    choose_memory,
    cold_predictions,
    dynamic_predictions,
    evaluate,
    losses_of,
    mixture_weights,
    ngram_losses,
    repetition,
)
from shakespeare.files import InputError
from shakespeare.model import CharLSTM
from shakespeare.sampling import generate, probabilities, steps, stream
from shakespeare.training import fit

ROOT = Path(__file__).resolve().parents[1]


def rows(*cases):
    """A parameter a case, with an id that can be read; what is bad is the first or the second of its values."""
    return [pytest.param(*case, id=" ".join(ascii(part)[:30] for part in case[:2])) for case in cases]


@pytest.fixture
def kit(make_model, text, write):
    """What a case may need: a text of 6,000 characters, its path, its parts, and a network that copies."""
    path = write(text.decode(text.data), "kit.txt")
    return SimpleNamespace(
        model=make_model(copy_size=4, memory=9), text=text, path=path, part=text.split().validation
    )


# --- texts --------------------------------------------------------------------------------------------------------

SAMPLE = "To be, or not to be.\n"


@pytest.mark.parametrize(
    ("content", "words"),
    rows(
        (b"", "no text"),
        (b" \n\t\r\n\x0c ", "no text"),
        ("\u3000\u2003\n".encode(), "no text"),
        (b"\xef\xbb\xbf", "no text"),
        (b"a", "one character over and over"),
        (b"a" * 999, "one character over and over"),
        (b"\xef\xbb\xbf" + b"a" * 999, "one character over and over"),
        (SAMPLE[:5].encode(), "seq_len = 5 needs 6 characters"),
        (b"a\r\nb\r\n", "seq_len = 5 needs 6 characters, but text.txt has 4"),  # a line end counts once
        ("Größe ".encode("latin-1") * 9, "is not UTF-8 (byte 2)"),
        ((SAMPLE * 99999 + "é").encode("latin-1"), "is not UTF-8 (byte 2,099,979)"),
        (SAMPLE.encode("utf-16"), "looks like UTF-16"),
        (b"\xff\xfe" + SAMPLE.encode("utf-16-le"), "looks like UTF-16"),
        (b"\xfe\xff" + SAMPLE.encode("utf-16-be"), "looks like UTF-16"),
        (SAMPLE.encode("utf-16-le"), "NUL"),
        (SAMPLE.encode("utf-16-be"), "NUL"),
        (SAMPLE.encode("utf-32"), "UTF-16"),
        (SAMPLE.encode() + b"\0", "NUL"),
        ("lone \ud800 surrogate".encode("utf-8", "surrogatepass"), "is not UTF-8 (byte 5)"),
        ("cut é".encode()[:-1], "is not UTF-8 (byte 4)"),
        (b"\x89PNG\r\n\x1a\n", "is not UTF-8 (byte 0)"),
    ),
)
def test_text_that_cannot_be_used(write, refuses, content, words):
    with refuses(words, "text.txt"):
        ShakespeareDataset(write(content), seq_len=5)


@pytest.mark.parametrize(
    ("path", "words"),
    rows(
        ("absent.txt", "There is no file"),
        ("no folder/absent.txt", "There is no file"),
        (".", "is a folder"),
        ("", "is a folder"),
        ("text.txt/more.txt", "Not a directory"),
        ("x" * 5000, "File name too long"),
        ("loop", "symbolic links"),
        ("pipe", "is no ordinary file"),
        ("a\0b", "must be a string such as 'input.txt'"),
        (None, "not None"),
        (3, "not 3"),
        (b"text.txt", "not b'text.txt'"),
        (["text.txt"], "not ['text.txt']"),
    ),
)
def test_path_that_cannot_be_used(write, refuses, monkeypatch, path, words):
    monkeypatch.chdir(write(SAMPLE).parent)
    os.symlink("loop", "loop")
    os.mkfifo("pipe")
    with refuses(words):
        ShakespeareDataset(path, seq_len=5)


@pytest.mark.parametrize("devices", [0, -2, 1.5, "two", None])
def test_devices_are_counted(make_model, refuses, tmp_path, devices):
    with refuses("devices must be a whole number of at least 1"):
        fit(make_model(), None, tmp_path, devices=devices)


@pytest.mark.parametrize(
    ("devices", "strategy"), [(2, "ddpp"), (2, "ddp_notebok"), (1, 3), ([], "auto"), (["a"], "auto"), (1, "tpu")]
)
def test_what_lightning_refuses_is_one_sentence(make_model, refuses, tmp_path, devices, strategy):
    with refuses("Lightning cannot train with devices = ", repr(strategy), "choose others"):
        fit(make_model(), None, tmp_path, devices=devices, strategy=strategy)


def test_a_share_for_each_process(kit, refuses):
    data = ShakespeareData(kit.text.split(), batch_size=1, seq_len=5, window=20)
    data.trainer = SimpleNamespace(current_epoch=0, global_rank=1, world_size=2)
    with refuses("batch_size, of which each process has a share", "at least 2"):
        data.train_dataloader()


def test_training_that_cannot_write_is_one_sentence(make_model, text, refuses, tmp_path):
    (tmp_path / "logs").write_text("in the way")
    with refuses(str(tmp_path), "cannot be written", "disk"):
        fit(make_model().float(), ShakespeareData(text.split(), 4, 16, window=64), tmp_path, max_epochs=1)


def test_text_without_permission(write, refuses, monkeypatch):
    def refused(*_):
        raise PermissionError(13, "Permission denied")

    path = write(SAMPLE)
    monkeypatch.setattr(Path, "open", refused)  # root may read everything
    with refuses("cannot be read (Permission denied)", "text.txt"):
        ShakespeareDataset(path, seq_len=5)


# --- sizes --------------------------------------------------------------------------------------------------------


def first_batch(kit, **sizes):
    data = ShakespeareData(kit.text.split(), **({"batch_size": 2, "seq_len": 5, "window": 20} | sizes))
    return next(iter(data.train_dataloader()))


# What takes a size: the name by which it is refused, and a use of it.
SIZES = {
    "seq_len of a dataset": lambda kit, n: ShakespeareDataset(kit.path, n),
    "seq_len of a cut": lambda kit, n: kit.text.cut(n),
    "seq_len of streams": lambda kit, n: StreamDataset(kit.text.data, 2, n),
    "seq_len of training": lambda kit, n: first_batch(kit, seq_len=n),
    "stride of a dataset": lambda kit, n: ShakespeareDataset(kit.path, 5, n),
    "batch_size of streams": lambda kit, n: StreamDataset(kit.text.data, n, 5),
    "batch_size of training": lambda kit, n: first_batch(kit, batch_size=n),
    "window of training": lambda kit, n: first_batch(kit, window=n),
    "embedding_size of a model": lambda kit, n: CharLSTM(["a"], embedding_size=n),
    "hidden_size of a model": lambda kit, n: CharLSTM(["a"], hidden_size=n),
    "num_layers of a model": lambda kit, n: CharLSTM(["a"], num_layers=n),
    "memory of a model": lambda kit, n: CharLSTM(["a"], copy_size=4, memory=n),
    "copy_size of a model": lambda kit, n: CharLSTM(["a"], copy_size=n),
    "length of a sample": lambda kit, n: generate(kit.model, "a", n),
    "num_samples of a sample": lambda kit, n: generate(kit.model, "a", 3, num_samples=n),
    "top_k of a sample": lambda kit, n: generate(kit.model, "a", 3, top_k=n),
    "top_k of probabilities": lambda kit, n: probabilities(torch.zeros(5), top_k=n),
    "window of cold": lambda kit, n: cold_predictions(kit.model, kit.part, n),
    "batch_size of cold": lambda kit, n: cold_predictions(kit.model, kit.part, 20, n),
    "chunk of carried": lambda kit, n: carried_predictions(kit.model, kit.part, n),
    "chunk of dynamic": lambda kit, n: dynamic_predictions(kit.model, kit.part, chunk=n),
    "chunk of cells": lambda kit, n: cell_states(kit.model, kit.part.data[None], n),
    "memory of a copy head": lambda kit, n: choose_memory(kit.model, kit.part, [5, n]),
    "window of evaluate": lambda kit, n: evaluate({}, kit.text, window=n),
    "max_order of n-grams": lambda kit, n: ngram_losses(kit.text.data[:99], kit.text.data[99:], 65, n),
    "longest of copies": lambda kit, n: CopyFinder("abc", n),
    "length of repetition": lambda kit, n: repetition("abcabc", n),
    "lengths of contexts": lambda kit, n: losses_by_context(kit.model, kit.part, [n], torch.tensor([[99]])),
}
FINE = {("top_k of a sample", None), ("top_k of probabilities", None), ("max_order of n-grams", 0)}
FINE |= {("copy_size of a model", 0)}


@pytest.mark.parametrize(
    ("use", "value"),
    rows(*[(use, n) for use in SIZES for n in (0, -1, 2.5, "3", True, None, 2**70) if (use, n) not in FINE]),
)
def test_size_that_is_none(kit, refuses, use, value):
    with refuses(f"{use.split()[0]} ", f"{value:,}" if value == 2**70 else repr(value)):
        SIZES[use](kit, value)


@pytest.mark.parametrize(
    ("use", "words"),
    rows(
        ("seq_len of a dataset", "kit.txt has 6,000"),
        ("seq_len of a cut", "excerpt.txt has 6,000"),
        ("seq_len of streams", "there are 6,000"),
        ("seq_len of training", "there are 5,400"),
        ("batch_size of streams", "there are 6,000"),
        ("batch_size of training", "there are 5,400"),
        ("window of training", "the validation part of excerpt.txt has 300"),
        ("window of cold", "the validation part of excerpt.txt has 300"),
        ("lengths of contexts", "has only 99 characters before it"),
    ),
)
def test_size_beyond_the_data(kit, refuses, use, words):
    with refuses(words, "choose"):
        SIZES[use](kit, 10**9)


@pytest.mark.parametrize(
    "use",
    [
        *("stride of a dataset", "top_k of a sample", "top_k of probabilities", "batch_size of cold"),
        *("chunk of carried", "chunk of cells", "memory of a copy head", "length of repetition", "longest of copies"),
    ],
)
def test_size_beyond_the_data_that_means_no_limit(kit, use):
    SIZES[use](kit, 10**9)


# --- numbers and prompts ------------------------------------------------------------------------------------------

NUMBERS = {
    "temperature of a sample": lambda kit, x: generate(kit.model, "a", 3, temperature=x),
    "temperature of probabilities": lambda kit, x: probabilities(torch.zeros(5), temperature=x),
    "top_p of a sample": lambda kit, x: next(stream(kit.model, "a", 3, top_p=x)),
    "top_p of probabilities": lambda kit, x: probabilities(torch.zeros(5), top_p=x),
    "learning_rate of dynamic": lambda kit, x: dynamic_predictions(kit.model, kit.part, learning_rate=x),
    "seed of a sample": lambda kit, x: generate(kit.model, "a", 3, seed=x),
    "dropout of a model": lambda kit, x: CharLSTM(["a"], dropout=x),
    "learning_rate of a model": lambda kit, x: CharLSTM(["a"], learning_rate=x),
    "weight_decay of a model": lambda kit, x: CharLSTM(["a"], weight_decay=x),
    "renamed of training": lambda kit, x: first_batch(kit, renamed=x),
}
FINE |= {("top_p of a sample", None), ("top_p of probabilities", None), ("seed of a sample", None)}


@pytest.mark.parametrize(
    ("use", "value"),
    rows(
        *[
            (use, x)
            for use in NUMBERS
            for x in (-1, -0.5, math.nan, math.inf, -math.inf, "0.5", None, True, (1.0,), 10**400)
            if (use, x) not in FINE
        ],
        *[(use, x) for use in NUMBERS for x in (0, 1.0001, 2) if use.startswith("top_p")],
        *[("seed of a sample", x) for x in (2.5, "1", -(2**70))],
        *[(use, x) for use in ("dropout of a model", "renamed of training") for x in (1.0001, "all")],
    ),
)
def test_number_that_is_none(kit, refuses, use, value):
    with refuses(f"{use.split()[0]} ", f"{value:,}" if use.startswith("seed") and value == 10**400 else repr(value)):
        NUMBERS[use](kit, value)


@pytest.mark.parametrize(
    ("prompt", "words"),
    rows(
        ("", "prompt is empty"),
        (None, "prompt is empty"),
        (3, "not text but 3"),
        (b"to", "not text but b'to'"),
        (["to"], "not text but ['to']"),
        ("Romé", "'é' at position 3"),
        ("e\u0301", r"'\u0301' at position 1" if not "\u0301".isprintable() else "at position 1"),
        ("to 🙂", "'🙂' at position 3"),
        ("to\udcff", r"'\udcff' at position 2"),
        ("to\0", r"'\x00' at position 2"),
        ("a" * 99_999 + "€", "'€' at position 99,999"),
    ),
)
def test_prompt_that_cannot_be_read(kit, refuses, prompt, words):
    for use in (generate, lambda *given: next(stream(*given)), lambda *given: next(steps(*given))):
        with refuses(words):
            use(kit.model, prompt, 3)


def test_prompt_much_longer_than_the_memory(make_model):
    model = make_model(copy_size=4, memory=9).float()
    start = "".join(model.chars[k * k % len(model.chars)] for k in range(10_000))
    assert len(generate(model, start, 5)[0]) == 10_005
    logits, _ = model(encode(start[:3000], model.chars)[None].long())  # (1, 3000, vocab_size): read in one go
    p, _ = next(steps(model, start[:3000], 1))
    torch.testing.assert_close(p[0], logits[0, -1].softmax(-1))


def test_network_that_has_diverged(kit, refuses):
    with torch.no_grad():
        kit.model.linear.bias[3] = math.nan
    nan = carried_predictions(kit.model, kit.part)
    for use in (
        lambda: generate(kit.model, "a", 3),
        lambda: losses_of(nan, kit.part),
        lambda: mixture_weights(nan, nan.nan_to_num(), kit.part.data[1:].long()),
        lambda: choose_memory(kit.model, kit.part, [5, 6]),
        lambda: evaluate({"carried": torch.full((599, kit.text.vocab_size), math.nan)}, kit.text, 2),
    ):
        with refuses("diverged", "smaller learning_rate"):
            use()


@pytest.mark.parametrize(
    ("protocol", "shape", "words"),
    [
        ("carried", (299, 65), "299 characters, but of the held-out part of excerpt.txt it must be 599"),
        ("carried", (600, 65), "it must be 599"),
        ("carried", (0, 65), "it must be 599"),
        ("dynamic", (5399, 65), "it must be 599"),
        ("cold", (256, 65), "it must be 500"),  # of other windows
        ("cold", (599, 65), "it must be 500"),
        ("carried", (599, 3), "(599, 3)"),  # of another vocabulary
        ("carried", (599,), "(599,)"),
    ],
)
def test_predictions_of_something_else(text, refuses, protocol, shape, words):
    shape = tuple(text.vocab_size if n == 65 else n for n in shape)
    with refuses(words):
        evaluate({protocol: torch.zeros(shape).log_softmax(-1)}, text, 2, window=100)


def test_no_memory_to_choose_from(kit, refuses):
    with refuses("no memory to choose from"):
        choose_memory(kit.model, kit.part, [])


# --- texts that are unusual and fine ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        "".join(chr(0x4E00 + k * k % 700) + "。\n" * (k % 9 == 0) for k in range(3000)),
        "🙂 e\u0301 👩‍👩‍👧 é\u200b \u202e\n" * 150,
        "\ufeff" + "Byte order mark.\r\n" * 200,
        "no line end at all " * 200,
        "ab" * 1500,
    ],
    ids=["Chinese", "emoji and marks", "BOM and CRLF", "one line", "two characters"],
)
def test_unusual_text_goes_all_the_way(write, make_model, content):
    text = ShakespeareDataset(write(content), seq_len=5)
    assert text.decode(text.data) == content.removeprefix("\ufeff").replace("\r\n", "\n")
    model = make_model(text.chars, copy_size=4).float()
    data = ShakespeareData(text.split(), 2, 8, renamed=0.5, window=32)
    loss, _ = model.loss(next(iter(data.train_dataloader())))
    assert loss.isfinite()
    [sample] = generate(model, text.decode(text.data[:9]), 20, top_k=5, top_p=0.9, seed=1)
    assert set(sample) <= set(text.chars) and len(sample) == 29
    split = text.split()
    assert ngram_losses(split.train.data, split.held_out.data, text.vocab_size, 3).isfinite().all()
    results = evaluate({"carried": carried_predictions(model, split.held_out)}, text, max_order=3)
    assert math.isfinite(results["carried_mixed"]["test"])


# --- settings and parameters --------------------------------------------------------------------------------------


WHOLE, NUMBER, LIST = "a whole number of at least", "a number from 0", "a list of at least one number"


@pytest.mark.parametrize(
    ("name", "value", "words"),
    rows(
        *[("hidden_size", value, f"{WHOLE} 1, not {value!r}") for value in ("512", 0, -1, 2.0, None, True, [512])],
        *[("epochs", value, f"{WHOLE} 1, not {value!r}") for value in (2.5, "3", 0)],
        *[("limit_batches", value, f"not None, must be {WHOLE} 1, not {value!r}") for value in (0, 0.5, "all", True)],
        *[("seed", value, f"{WHOLE} 0, not {value!r}") for value in (None, -1, 1.5, "1")],
        ("seed", 2**32, "at most 4,294,967,295, not 4,294,967,296"),
        ("copy_size", -1, f"{WHOLE} 0, not -1"),
        ("num_layers", 65, "at most 64, not 65"),  # weights of more could not be read again
        ("memories", [70_000], "at most 65,536, not 70,000"),
        *[("dropout", value, f"{NUMBER} to 0.99, not {value!r}") for value in (1.5, 1, -0.1, math.nan, "0.1", None)],
        *[("renamed", value, f"{NUMBER} to 1, not {value!r}") for value in (2, -1, "all")],
        *[
            ("learning_rate", value, f"{NUMBER} upwards, not {value!r}")
            for value in (-1, math.nan, math.inf, "1", None)
        ],
        ("weight_decay", -1e-6, f"{NUMBER} upwards, not -1e-06"),
        *[("carry_state", value, f"True or False, not {value!r}") for value in (1, 0, "no", None)],
        *[("memories", value, f"{LIST} such as [256, 512") for value in ([], 256, None, "256", {})],
        *[("memories", [9, value], f"{WHOLE} 1, not {value!r}") for value in (0, -1, 2.5, "256", None, [9])],
        ("dynamic_rates", [], f"{LIST} such as [0.0003]"),
        *[("dynamic_rates", [value], f"{NUMBER} upwards, not {value!r}") for value in (-1, math.nan, "1e-3")],
        ("recall_distances", [10, 0], f"{WHOLE} 1, not 0"),
        ("leak_steps", 14, "is checked leak_checks times"),
        *[(name, 1, "There is no setting") for name in ("hiden_size", "PROFILE", "", 3)],
    ),
)
def test_setting_that_cannot_be(refuses, name, value, words):
    with refuses(str(name), words):
        settings("quick", {name: value})


@pytest.mark.parametrize(
    ("profile", "changes", "words"),
    rows(
        ("quik", {}, "no profile 'quik'"),
        ("", {}, "no profile ''"),
        (None, {}, "no profile None"),
        (["quick"], {}, "no profile ['quick']"),
        *[
            ("quick", changes, "CHANGES must be a dictionary")
            for changes in ('{"epochs": 1}', [], ["epochs"], 3, {1})
        ],
    ),
)
def test_profile_or_changes_that_cannot_be(refuses, profile, changes, words):
    with refuses(words):
        settings(profile, changes)


def test_no_folder_for_a_profile_or_text_that_cannot_be(refuses, tmp_path, monkeypatch):
    (tmp_path / "notebooks").mkdir()
    monkeypatch.chdir(tmp_path / "notebooks")
    for profile, text, words in [("quik", "../input.txt", "'quik'"), ("quick", None, "None"), ("../x", "", "'../x'")]:
        with refuses(words):
            results_folder(profile, text)
    assert [path.name for path in tmp_path.iterdir()] == ["notebooks"]


@pytest.mark.parametrize(
    ("cells", "unknown"),
    [
        (["", 'PROFILE = "quick"\nCHANGES = {}', '# Parameters\nPROFILE = "smoke"\n'], None),
        (["", 'PROFILE = "quick"\nCHANGES = {}', '# Parameters\nPROFIL = "smoke"\n'], "PROFIL"),
        (["", "TEXT = 1", '# Parameters\nTEXT = 2\nCHANGES = {"epochs": 1}\n', "x = 1"], "CHANGES"),
        (["", "# Parameters\nMINE = 1"], None),  # a notebook of one's own, that says nothing of its parameters
        (["", "x = 1", "y = 2"], None),
    ],
)
def test_parameter_that_the_notebook_does_not_have(refuses, monkeypatch, cells, unknown):
    monkeypatch.setattr(course, "get_ipython", lambda: SimpleNamespace(user_ns={"In": cells}))
    if unknown is None:
        settings("quick")
    else:
        with refuses(f"no parameter {unknown}"):
            settings("quick")


def test_papermill_stops_at_a_parameter_that_the_notebook_does_not_have(tmp_path):
    out = tmp_path / "out.ipynb"
    with pytest.raises(papermill.PapermillExecutionError, match="no parameter PROFIL: it has PROFILE, TEXT, CHANGES"):
        papermill.execute_notebook(
            ROOT / "notebooks/01-preprocessing.ipynb",
            out,
            {"PROFIL": "smoke"},
            kernel_name="python3",
            cwd=ROOT / "notebooks",
            progress_bar=False,
        )
    outputs = [output for cell in nbformat.read(out, 4).cells for output in cell.get("outputs", [])]
    [error] = [output for output in outputs if output.output_type == "error"]
    assert error.traceback == [f"InputError: {error.evalue}"]  # one line and no more


def execute(folder: Path, *parameters: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "report/execute.py", "notebooks/01-preprocessing.ipynb", folder / "1.ipynb", *parameters],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("parameter", "words"),
    rows(
        ("PROFIL=smoke", "has no parameter PROFIL: it has PROFILE, TEXT, CHANGES."),
        ("CHANGES={", 'CHANGES must be JSON such as {"epochs": 6}, not {.'),
        ("CHANGES={'epochs': 2}", "CHANGES must be JSON"),
        ('CHANGES={"hiden_size": 1}', "InputError: There is no setting 'hiden_size'"),
    ),
)
def test_parameter_on_the_command_line(tmp_path, parameter, words):
    done = execute(tmp_path, parameter)
    assert done.returncode == 1 and words in done.stderr and "Traceback" not in done.stderr + done.stdout
    assert not (tmp_path / "1.ipynb").exists()


# --- make and the terminal ----------------------------------------------------------------------------------------


def make(*arguments: str, folder: Path = ROOT) -> subprocess.CompletedProcess:
    own = {"MAKEFLAGS", "MAKELEVEL", "PROMPT", "PROFILE", "TEXT", "PYTHON"}
    env = {name: value for name, value in os.environ.items() if name not in own}
    return subprocess.run(["make", *arguments], cwd=folder, capture_output=True, text=True, check=False, env=env)


@pytest.fixture
def python(tmp_path) -> Path:
    """An interpreter that says what it was asked to run."""
    path = tmp_path / "python"
    path.write_text(
        '#!/bin/sh\nif [ "$1" = report/alone.py ]; then shift 2; exec "$@"; fi\n[ "$1" = -c ] || printf "%s|" "$@"\n'
    )
    path.chmod(path.stat().st_mode | stat.S_IEXEC)
    return path


@pytest.mark.parametrize(
    ("argument", "words"),
    rows(
        *[
            (f"PROFILE={name}", "There is no profile of this name")
            for name in ("quik", "", "quick smoke", "quick;ls")
        ],
        *[
            (f"TEXT={path}", "TEXT must be one path without spaces, quotes and signs of the shell")
            for path in ("", " ", "a b.txt", "a\nb", *(f"a{sign}b" for sign in "$;'\"`|&%:#*?()[]{}<>\\"))
        ],
        ("TEXT=nowhere.txt", "There is no file nowhere.txt"),
        ("PYTHON=nowhere", "PYTHON=nowhere does not run"),
        ("PYTHON=/no where/python", "PYTHON=/no where/python does not run"),
    ),
)
def test_make_says_what_is_wrong(argument, words, python):
    done = make("notebooks", *([] if argument.startswith("PYTHON") else [f"PYTHON={python}"]), argument)
    assert done.returncode == 2 and words in done.stderr and "Traceback" not in done.stderr
    assert not done.stdout


def test_make_takes_its_own_python_where_none_is_named():
    assert ".venv/bin/python report/execute.py" in make("-n", "notebooks", "PYTHON=").stdout


@pytest.mark.parametrize(
    "prompt",
    [
        '"',
        "'",
        "a'b\"c",
        "$HOME $$ $(PYTHON)",
        "`id`",
        "back\\slash",
        "two\nlines",
        "--help",
        "-",
        "a   ",
        "",
        "a;b#c",
        "é🙂",
    ],
)
def test_make_hands_a_prompt_over_as_it_is(python, prompt):
    done = make("sample", f"PYTHON={python}", f"PROMPT={prompt}")
    assert done.stdout == f"-m|shakespeare|build/quick|{prompt}|", done.stderr


@pytest.mark.parametrize(
    ("text", "folder"),
    [
        ("input.txt", "quick"),
        ("./input.txt", "quick"),
        (f"{ROOT}/input.txt", "quick"),
        ("input", "quick-input"),
        ("x.txt", "quick-x.txt"),
        ("x.md", "quick-x.md"),
        ("a/x.txt", "quick-a+x.txt"),
        ("a/../b/x.txt", "quick-b+x.txt"),
        ("a+x.txt", "quick-a++x.txt"),
        ("a/input.txt", "quick-a+input.txt"),
        ("/elsewhere/x.txt", "quick-+elsewhere+x.txt"),
        ("~/x.txt", f"quick-{Path.home()}/x.txt".replace("/", "+")),
    ],
)
def test_each_text_has_one_folder_for_make_and_notebooks(python, tmp_path, monkeypatch, text, folder):
    assert f"|build/{folder}|" in make("sample", f"PYTHON={python}", f"TEXT={text}").stdout
    monkeypatch.chdir(ROOT / "notebooks")
    monkeypatch.setattr(Path, "mkdir", lambda *_, **__: None)
    given = os.path.relpath(ROOT / os.path.expanduser(text))  # as report/execute.py hands it over
    assert results_folder("quick", given) == Path("../build") / folder


@pytest.mark.parametrize(
    ("prompt", "words"),
    rows(
        ("", "prompt is empty"),
        ("€", "'€' at position 2"),
        ("a\\\\b", r"'\\'"),
        ("\udcff", r"'\udcff'"),
        ("$", "'$'"),
    ),
)
def test_terminal_refuses_a_prompt_before_it_prints(make_model, refuses, monkeypatch, capsys, prompt, words):
    chars = sorted(set("\n abcdef"))
    monkeypatch.setattr(command, "trained_model", lambda _: make_model(chars))
    with refuses(words):
        command.main("build/quick", prompt)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("prompt", ["   ", "a\\nb", "a\nb", "a" * 3000])
def test_terminal_goes_on_from_an_unusual_prompt(make_model, monkeypatch, capsys, prompt):
    chars = sorted(set("\n abcdef"))
    monkeypatch.setattr(command, "trained_model", lambda _: make_model(chars))
    command.main("build/quick", prompt, length=7)
    prompt = prompt.replace("\\n", "\n")
    shown = capsys.readouterr().out
    assert shown.startswith(prompt) and len(shown) == len(prompt) + 8


def test_input_error_is_a_line_in_a_notebook():
    assert InputError("This.")._render_traceback_() == ["InputError: This."]
