"""The capstone of notebook 04: a program is tried, and its network is loaded."""

import nbformat
import pytest
from conftest import ROOT

from checks import capstone
from shakespeare.data import Corpus
from shakespeare.evaluation import carried_predictions, losses_of
from shakespeare.pretrained import from_pretrained

SOLUTION = (ROOT / "notebooks/solutions/my_lstm.py").read_text(encoding="utf-8")
SMALL = SOLUTION.replace('64, "hidden_size": 256', '8, "hidden_size": 12')  # for fast tests
FOR_TRAINING = "random_batches(training_ids,"
# What is said of a mistake, and the line of the solution with the one that makes it.
MISTAKES = {
    "it has no MyLSTM": ("class MyLSTM", "class LSTM"),
    "main should take": ("def main(text_file=", "def main():\n    ...\n\n\ndef other(text_file="),
    "two things": ("return self.linear(x), new_state", "return self.linear(x)"),
    "in the folder that it is given": (
        "    save(network, chars, folder)",
        '    save(network, chars, "x")',
    ),
    "the logits have the shape": ("return self.linear(x), new_state", "return x, new_state"),
    "batch_first=True": (", batch_first=True", ""),
    "depends on characters that come later": ("self.linear(x)", "self.linear(x.flip(1))"),
    "a text in two chunks": ("state[k] if state else None", "None"),
    "without a softmax": ("return self.linear(x), new", "return self.linear(x).softmax(-1), new"),
    "nn.ModuleList instead of a list": ("nn.ModuleList()", "[]"),
    "the same text gives other logits": (
        "self.linear(x), new",
        "self.linear(nn.functional.dropout(x)), new",
    ),
    "it doesn't learn": ("train_on(network, optimizer, batches, cross_entropy)", "[1.0]"),
    "(The check calls main with 10 steps.)": ("int(steps) // 10", "int(steps) // 100"),
    "sort the characters": ("sorted(set(text))", "sorted(set(text))[::-1]"),
    "split: the parts are exchanged": ("ids[:cut], ids[cut:]", "ids[cut:], ids[:cut]"),
    "split: cut the text first": ("return ids[:cut]", "return ids"),
    "not (BATCH_SIZE, SEQ_LEN + 1)": ("torch.arange(SEQ_LEN + 1)", "torch.arange(SEQ_LEN)"),
    "neighbouring characters": ("arange(SEQ_LEN + 1)", "randperm(SEQ_LEN + 1)"),
    "it should make 3 batches": ("range(count)", "range(count + 1)"),
    "draw new windows for each": (
        "    for _ in range(count):",
        "    torch.manual_seed(1)\n    for _ in range(count):\n        torch.manual_seed(1)",
    ),
    "cross_entropy: this is the sum": ("- chosen).mean()", "- chosen).sum()"),
    "train_on: gradients add up": ("        optimizer.zero_grad()\n", ""),
    "write: the state is dropped": ("drawn[:, None], state", "drawn[:, None]"),
    "seed the random numbers": ("    torch.manual_seed(1)", "    torch.seed()"),
    "depends on the last tenth": (FOR_TRAINING, "random_batches(ids,"),
    "would take the network for a CharLSTM": ("self.linear(x), new", "2 * self.linear(x), new"),
}


@pytest.fixture
def program(tmp_path):
    """Write a program and return its path."""

    def program(source: str):
        file = tmp_path / "my_lstm.py"
        file.write_text(source, encoding="utf-8")
        return file

    return program


def test_the_solution_passes(program, capsys):
    assert capstone.check_program(program(SMALL))
    assert capsys.readouterr().out.startswith("[PASS] my_lstm.py: it trains, writes")


def test_what_the_notebook_writes_is_the_solution_without_what_is_asked_for(program, capsys):
    cells = nbformat.read(ROOT / "notebooks/04-generation.ipynb", as_version=4).cells
    [stub] = [cell.source for cell in cells if cell.source.startswith("%%writefile")]
    _, _, source = stub.partition("\n")
    lines = [line for line in source.splitlines() if line.strip() != "..."]
    assert set(lines) <= set(SOLUTION.splitlines())
    assert not capstone.check_program(program(source))
    todo = "__init__, forward, split, random_batches, cross_entropy, train_on, write"
    said = capsys.readouterr().out
    assert said.startswith("[TODO]") and all(name in said for name in todo.split(", "))


@pytest.mark.parametrize("words", MISTAKES)
def test_a_mistake_is_named(program, capsys, words):
    right, wrong = MISTAKES[words]
    assert right in SMALL
    assert not capstone.check_program(program(SMALL.replace(right, wrong, 1)))
    said = capsys.readouterr().out
    assert said.startswith("[FAIL] my_lstm.py") and words in said


def test_an_error_is_told_with_its_line(program, capsys):
    assert not capstone.check_program(program(SMALL.replace("self.linear(x)", "self.lin(x)")))
    said = capsys.readouterr().out
    assert "AttributeError" in said and "return self.lin(x), new_state" in said
    assert not capstone.check_program(program("def f(:\n"))
    assert "SyntaxError" in capsys.readouterr().out


def test_programs_and_networks_are_kept_once(program, tmp_path, capsys):
    folder = tmp_path / "my-network"
    folder.mkdir()
    for text in ("one", "one", "two", "one"):
        (folder / "model.safetensors").write_text(f"of {text}")
        capstone.keep(program(text), folder)
    (tmp_path / "my_lstm-1.py").unlink()
    (tmp_path / "my_lstm-3.py").write_text("my own copy")
    (folder / "model.safetensors").write_text("of two, trained longer")
    capstone.keep(program("three"), folder)
    kept = {path.name: path.read_text() for path in tmp_path.glob("my_lstm-*.py")}
    assert kept == {"my_lstm-1.py": "three", "my_lstm-2.py": "two", "my_lstm-3.py": "my own copy"}
    networks = sorted(path.read_text() for path in tmp_path.glob("my-network-*/*"))
    assert networks == ["of one", "of two", "of two, trained longer"]
    assert "is kept as my_lstm-2.py" in capsys.readouterr().out


IMPROVED = {  # lines of the solution, and what they may become
    "a carried state": {
        "    losses = []\n": "    losses = []\n    state = None\n",
        "logits, _ = network(batch[:, :-1])": (
            "logits, state = network(batch[:, :-1], state)\n"
            "        state = [(h.detach(), c.detach()) for h, c in state]"
        ),
    },
    "tied weights": {
        'embedding_size": 8,': 'embedding_size": 12,',
        "self.linear = nn.Linear(hidden_size, vocab_size)": (
            "self.linear = nn.Linear(hidden_size, vocab_size)\n"
            "        self.linear.weight = self.embedding.weight"
        ),
    },
    "longer windows": {"SEQ_LEN = 64": "SEQ_LEN = 512"},
    "a GRU": {'"CharLSTM"': '"MyGRU"', "nn.LSTM(": "nn.GRU("},
    "no choice of layers": {
        ', "num_layers": 1}': "}",
        "hidden_size, num_layers):": "hidden_size):\n        num_layers = 2",
        '"CharLSTM"': '"MyTwoLayers"',
    },
    "a data class": {
        "import json": "from __future__ import annotations\n\nimport json",
        "class MyLSTM": (
            "from dataclasses import dataclass\n\n\n"
            "@dataclass\nclass Settings:\n    rate: float = 0.1\n\n\nclass MyLSTM"
        ),
    },
}


@pytest.mark.parametrize("idea", IMPROVED)
def test_what_a_reader_improves_passes(program, capsys, idea):
    source = SMALL
    for old, new in IMPROVED[idea].items():
        assert old in source, old
        source = source.replace(old, new, 1)
    assert capstone.check_program(program(source)), capsys.readouterr().out


def test_a_network_is_loaded_as_the_module_loads_it(program, excerpt, tmp_path):
    file = program(SMALL)
    folder = tmp_path / "my-network"
    assert capstone.load(folder) is None
    text = tmp_path / "text.txt"
    text.write_text(excerpt.text(), encoding="utf-8")
    capstone.read_program(file).main(str(text), str(folder), 10)
    held_out = Corpus.read(text).split().held_out
    losses = []
    for network in (capstone.load(folder), from_pretrained(folder)):
        losses.append(losses_of(carried_predictions(network, held_out), held_out).mean().item())
    assert losses[0] == pytest.approx(losses[1], abs=1e-5) and 1 < losses[0] < 4


def test_another_kind_of_network_is_loaded_by_its_program_alone(
    program, excerpt, tmp_path, capsys, refuses
):
    layer = "self.linear = nn.Linear(hidden_size, vocab_size)"
    norm = f"{layer}\n        self.norm = nn.LayerNorm(hidden_size)"
    source = SMALL.replace(layer, norm).replace("linear(x), new", "linear(self.norm(x)), new")
    assert not capstone.check_program(program(source))
    file = program(source.replace('"CharLSTM"', '"MyNorm"'))
    assert capstone.check_program(file)
    assert "which isn't a CharLSTM" in capsys.readouterr().out
    folder = tmp_path / "my-network"
    text = tmp_path / "text.txt"
    text.write_text(excerpt.text(), encoding="utf-8")
    capstone.read_program(file).main(str(text), str(folder), 10)
    assert hasattr(capstone.load(folder), "norm")
    program(source)  # the same network, but another architecture in its config
    with refuses("has changed since it saved"):
        capstone.load(folder)
