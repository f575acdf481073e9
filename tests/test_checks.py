"""Solutions pass, stubs are to be done, usual mistakes are named; and the glossary is in order."""

import copy
import math
import re
import symtable
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import nbformat
import numpy as np
import pytest
import torch
from matplotlib import pyplot as plt
from torch.nn import functional as F

from course.checks import check, find_checks

FOLDER = Path(__file__).resolve().parents[1] / "notebooks"
SOLUTIONS = sorted((FOLDER / "solutions").glob("*.ipynb"))
NOTEBOOKS = [FOLDER / path.name for path in SOLUTIONS]

each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
each_solution = pytest.mark.parametrize("path", SOLUTIONS, ids=lambda path: path.stem)


def read(path: Path, tag: str | None = None) -> list:
    """The cells of a notebook, or those with a tag."""
    notebook_cells = nbformat.read(path, as_version=4).cells
    if tag is None:
        return notebook_cells
    return [cell for cell in notebook_cells if tag in cell.metadata.get("tags", [])]


def code_of(notebook_cells: list) -> list[str]:
    return [cell.source for cell in notebook_cells if cell.cell_type == "code"]


def exercises(path: Path) -> list[str]:
    """The names of the functions that a notebook asks for."""
    source = "\n".join(code_of(read(path)))
    return re.findall(r"(?m)^check\((\w+)\)$", source)


def tasks(path: Path) -> list[tuple]:
    """The exercises of a notebook: the cell with the task, and the cell for the answer."""
    _, _, *rest = read(path, "exercise")
    assert len(rest) % 2 == 0
    return list(zip(rest[0::2], rest[1::2], strict=True))


def printed_lines(capsys) -> list[str]:
    """What checks have printed, a line for each."""
    lines = capsys.readouterr().out.splitlines()
    return [line for line in lines if re.match(r"\[[A-Z]+\]", line)]


# --- the notebooks ---


def test_every_exercise_has_a_check_and_a_solution():
    names = [exercises(path) for path in NOTEBOOKS]
    assert names == [exercises(path) for path in SOLUTIONS]
    assert sorted(name for some in names for name in some) == sorted(find_checks())


@each_notebook
def test_checks_are_explained_before_the_first_exercise(path: Path):
    introduction, imports, *_ = read(path, "exercise")
    assert "`[PASS]`" in introduction.source and "## " not in introduction.source
    assert f"(solutions/{path.name})" in introduction.source
    assert imports.source == "from course.checks import check"


@each_notebook
def test_an_exercise_has_a_task_and_a_cell_for_the_answer(path: Path):
    notebook_cells = read(path)
    stub = re.compile(r'def (\w+)\(.*\):\n    """[^"]+"""\n    \.\.\.\n\n\ncheck\(\1\)')
    for task, answer in tasks(path):
        assert task.source.startswith("### Exercise: ") and answer.cell_type == "code"
        assert notebook_cells.index(answer) == notebook_cells.index(task) + 1
        if "check(" in answer.source:
            assert stub.fullmatch(answer.source), answer.source
            assert "\n\n<details><summary>Hints</summary>\n\n" in task.source
            assert task.source.endswith("\n\n</details>")
        else:  # such as a prediction, which is written down
            assert "def " not in answer.source


@each_notebook
def test_solutions_have_the_headings_of_the_exercises(path: Path):
    expected = []
    for task, answer in tasks(path):
        if "check(" in answer.source:
            expected.append(heading(task).removeprefix("### Exercise: "))
    found = []
    for cell in read(path.parent / "solutions" / path.name):
        if cell.source.startswith("## "):
            found.append(heading(cell).removeprefix("## "))
    assert found == expected


@each_notebook
def test_no_other_cell_gives_the_name_of_an_exercise_to_something_else(path: Path):
    names = {"check", *exercises(path)}
    others = [cell for cell in read(path) if "exercise" not in cell.metadata.get("tags", [])]
    for source in code_of(others):
        for symbol in symtable.symtable(source, path.name, "exec").get_symbols():
            assert not (symbol.is_local() and symbol.get_name() in names), source


def heading(cell) -> str:
    return cell.source.partition("\n")[0]


@each_notebook
def test_stubs_are_to_be_done_and_stop_nothing(path: Path, capsys):
    namespace: dict = {}
    for source in code_of(read(path, "exercise")):
        exec(source, namespace)
    starts = [line.split()[:2] for line in printed_lines(capsys)]
    assert starts == [["[TODO]", name] for name in exercises(path)]


@each_solution
def test_solutions_pass(path: Path, capsys, monkeypatch):
    monkeypatch.chdir(path.parent)
    plt.switch_backend("Agg")
    namespace: dict = {}
    for source in code_of(read(path)):
        exec(source, namespace)
    plt.close("all")
    lines = printed_lines(capsys)
    assert [line.split(":")[0] for line in lines] == [f"[PASS] {name}" for name in exercises(path)]
    assert not any("nan" in line for line in lines)


# --- the usual mistakes ---


class Exercise(NamedTuple):
    """The right code, and mistakes: what is said about one, and {right code: wrong code}."""

    solution: str
    mistakes: list[tuple[str, dict[str, str]]]


EXERCISES = {
    "unigram_bits": Exercise(
        """
def unigram_bits(train, test):
    counts = Counter(train)
    surprises = [-math.log2(counts[c] / len(train)) for c in test]
    return sum(surprises) / len(test)
""",
        [
            ("in nats, not bits", {"math.log2(": "math.log("}),
            ("this is the sum", {" / len(test)": ""}),
            ("the sign", {"[-math": "[math"}),
            ("you count in `test`", {"counts = ": "train = test\n    counts = "}),
            ("entropy of `train`", {"counts = ": "test = train\n    counts = "}),
            ("counts twice", {"counts = ": "test = ''.join(set(test))\n    counts = "}),
            (
                "capitals",
                {"counts = ": "train = train.lower()\n    test = test.lower()\n    counts = "},
            ),
            (
                "a single number, not a list",
                {"sum(surprises) / len(test)": "[sum(surprises) / len(test)]"},
            ),
        ],
    ),
    "split_windows": Exercise(
        """
def split_windows(length, seq_len):
    cut = length * 9 // 10
    return range(cut - seq_len), range(cut, length - seq_len)
""",
        [
            ("not the text", {"length * 9 // 10": "(length - seq_len) * 9 // 10"}),
            ("seq_len + 1", {"range(cut - seq_len)": "range(cut - seq_len + 1)"}),
            ("overlap the cut", {"range(cut - seq_len)": "range(cut)"}),
            ("needs more", {"range(cut, length - seq_len)": "range(cut, length)"}),
            ("missing: it starts at 83.", {"range(cut - seq_len)": "range(cut - seq_len - 1)"}),
            ("twice", {"range(cut - seq_len)": "[*range(cut - seq_len)] * 2"}),
            ("is empty", {"range(cut - seq_len)": "[]"}),
            ("2 things", {", range(cut, length - seq_len)": ""}),
            (
                "a list of starts",
                {"range(cut - seq_len), range(cut, length - seq_len)": "cut - seq_len, length"},
            ),
            ("a list of starts", {"range(cut - seq_len)": "[[0, 1], [1, 2]]"}),
            ("whole numbers", {"range(cut - seq_len)": "[k + 0.5 for k in range(cut - seq_len)]"}),
        ],
    ),
    "leaked_share": Exercise(
        """
def leaked_share(train, validation, seq_len):
    trained = {start + k for start in train for k in range(1, seq_len + 1)}
    targets = [start + k for start in validation for k in range(1, seq_len + 1)]
    leaks = torch.tensor([target in trained for target in targets]).view(-1, seq_len).float()
    return leaks.mean()
""",
        [
            ("equal windows", {"leaks.mean()": "len(set(train) & set(validation))"}),
            ("a window counts whole", {"leaks.mean()": "leaks.amax(1).mean()"}),
            (
                "a position counts once",
                {"leaks.mean()": "len(trained & {*targets}) / len({*targets})"},
            ),
            ("in per cent", {"leaks.mean()": "100 * leaks.mean()"}),
        ],
    ),
    "bigram_loss": Exercise(
        """
def bigram_loss(train, held_out, vocab_size):
    pairs = train[:-1] * vocab_size + train[1:]
    counts = torch.bincount(pairs, minlength=vocab_size**2) + 1
    counts = counts.view(vocab_size, vocab_size)
    p = counts / counts.sum(dim=1, keepdim=True)
    return -p[held_out[:-1], held_out[1:]].log().mean()
""",
        [
            ("in bits, not nats", {".log()": ".log2()"}),
            ("this is the sum", {".mean()": ".sum()"}),
            ("the sign", {"-p[": "p["}),
            ("has probability 0", {"**2) + 1": "**2)"}),
            ("not to the totals", {"counts.sum(": "(counts - 1).sum("}),
            ("not by all", {"counts.sum(dim=1, keepdim=True)": "counts.sum()"}),
            ("without keepdim=True", {", keepdim=True": ""}),
            (
                "before and after are exchanged",
                {"counts / counts.sum(dim=1, keepdim=True)": "(counts / counts.sum(dim=0)).T"},
            ),
            ("in the held-out text", {"pairs = ": "train = held_out\n    pairs = "}),
            (
                "the last character of `train`",
                {
                    "counts.sum(dim=1, keepdim=True)": (
                        "(torch.bincount(train, minlength=vocab_size) + vocab_size)[:, None]"
                    )
                },
            ),
        ],
    ),
    "forget_gate": Exercise(
        """
def forget_gate(x, h, W, b):
    xh = torch.cat([x, h])
    return torch.sigmoid(W @ xh + b)
""",
        [
            ("h before x", {"[x, h]": "[h, x]"}),
            ("bias is missing", {"W @ xh + b": "W @ xh"}),
            ("belongs inside", {"(W @ xh + b)": "(W @ xh) + b"}),
            ("you take tanh", {"sigmoid": "tanh"}),
            ("sigmoid is missing", {"torch.sigmoid": ""}),
            ("shape (1, 4)", {"(W @ xh + b)": "(W @ xh + b)[None]"}),
        ],
    ),
    "number_of_parameters": Exercise(
        """
def number_of_parameters(vocab_size, embedding_size, hidden_size, num_layers):
    V = vocab_size
    E = embedding_size
    H = hidden_size
    first = 4 * (H * E + H * H + 2 * H)
    further = 4 * (H * H + H * H + 2 * H)
    return V * E + first + (num_layers - 1) * further + H * V + V
""",
        [
            ("two biases", {"2 * H": "H"}),
            ("bias for each character", {"H * V + V": "H * V"}),
            ("last linear layer is missing", {" + H * V + V": ""}),
            ("embedding is missing", {"V * E + first": "first"}),
            ("only the first layer", {"further = 4 * (H * H": "further = 4 * (H * E"}),
            ("four matrices", {"= 4 *": "= 3 *"}),
        ],
    ),
    "peephole_step": Exercise(
        """
def peephole_step(cell, x, h, c, p_f, p_i, p_o):
    xh = torch.cat([x, h], dim=1)
    f = torch.sigmoid(cell.forget(xh) + p_f * c)
    i = torch.sigmoid(cell.input(xh) + p_i * c)
    c = f * c + i * torch.tanh(cell.candidate(xh))
    o = torch.sigmoid(cell.output(xh) + p_o * c)
    return o * torch.tanh(c), c
""",
        [
            (
                "looks at the old cell state",
                {"    c = f": "    old = c\n    c = f", "p_o * c": "p_o * old"},
            ),
            ("peepholes are missing", {" + p_f * c": "", " + p_i * c": "", " + p_o * c": ""}),
            ("the output gate has no peephole", {" + p_o * c": ""}),
            (
                "you add p_f, p_i, p_o outside",
                {
                    " + p_f * c)": ") + p_f * c",
                    " + p_i * c)": ") + p_i * c",
                    " + p_o * c)": ") + p_o * c",
                },
            ),
            ("you add p_f outside", {" + p_f * c)": ") + p_f * c"}),
            ("you add p_i outside", {" + p_i * c)": ") + p_i * c"}),
            ("you add p_o outside", {" + p_o * c)": ") + p_o * c"}),
            ("exchanged", {"o * torch.tanh(c), c": "c, o * torch.tanh(c)"}),
        ],
    ),
    "bits_and_perplexity": Exercise(
        """
def bits_and_perplexity(nats):
    return nats / math.log(2), math.exp(nats)
""",
        [
            ("multiply by log 2", {"nats / math.log(2)": "nats * math.log(2)"}),
            ("base is e", {"math.exp(nats)": "2**nats"}),
            (
                "wrong order",
                {"nats / math.log(2), math.exp(nats)": "math.exp(nats), nats / math.log(2)"},
            ),
            (
                "in this order",
                {"nats / math.log(2), math.exp(nats)": "{nats / math.log(2), math.exp(nats)}"},
            ),
        ],
    ),
    "cross_entropy": Exercise(
        """
def cross_entropy(logits, y):
    chosen = logits.gather(-1, y[..., None])[..., 0]
    return (logits.logsumexp(-1) - chosen).mean()
""",
        [
            ("in bits, not nats", {".mean()": ".mean() / math.log(2)"}),
            ("this is the sum", {".mean()": ".sum()"}),
            ("the sign", {"return (": "return -("}),
            ("add up over time", {".mean()": ".sum(1).mean()"}),
            (
                "along time",
                {
                    "logits.logsumexp(-1) - chosen": (
                        "-logits.log_softmax(1).gather(-1, y[..., None])"
                    )
                },
            ),
            ("softmax is missing", {"logits.logsumexp(-1) - chosen": "-chosen"}),
            (
                "logarithm of the mean",
                {
                    "(logits.logsumexp(-1) - chosen).mean()": (
                        "-(chosen - logits.logsumexp(-1)).exp().mean().log()"
                    )
                },
            ),
            ("likeliest", {"logits.gather(-1, y[..., None])[..., 0]": "logits.amax(-1)"}),
            ("overflows", {"logits.logsumexp(-1)": "logits.exp().sum(-1).log()"}),
            (
                "the largest of each position",
                {
                    "logits.logsumexp(-1)": (
                        "((logits - logits.max()).exp().sum(-1).log() + logits.max())"
                    )
                },
            ),
        ],
    ),
    "early_stopping": Exercise(
        """
def early_stopping(validation, test, patience):
    best = 0
    for epoch, loss in enumerate(validation):
        if loss < validation[best]:
            best = epoch
        if epoch - best == patience:
            break
    return best, test[best]
""",
        [
            ("had stopped by then", {"epoch - best == patience": "False"}),
            ("on the test half", {"return best": "best = test.index(min(test))\n    return best"}),
            ("where training stops", {"return best": "return epoch"}),
            ("numbered from 0", {"return best": "return best + 1"}),
            ("too early", {"== patience": "== patience - 1"}),
            ("not a new lowest one", {"loss < ": "loss <= "}),
            (
                "starts again at 0",
                {
                    "best = 0": "best = 0\n    waited = 0",
                    "if epoch - best == patience": (
                        "elif epoch > 0:\n            waited += 1\n        if waited == patience"
                    ),
                },
            ),
            ("this is the validation loss", {"test[best]": "validation[best]"}),
            ("lowest test loss", {"test[best]": "min(test)"}),
        ],
    ),
    "losses_in_windows": Exercise(
        """
@torch.no_grad()
def losses_in_windows(model, ids, window, carry):
    losses = []
    state = None
    for start in range(0, len(ids) - 1, window):
        x = ids[start : start + window]
        y = ids[start + 1 : start + 1 + window]
        logits, state = model(x[None], state if carry else None)
        log_p = logits[0].log_softmax(-1)
        losses.append(-log_p.gather(1, y[:, None])[:, 0])
    return torch.stack(losses)
""",
        [
            ("carry=True the state is dropped", {"state if carry else None": "None"}),
            ("carry=False the state is carried", {"state if carry else None": "state"}),
            ("that the model reads", {"y = ids[start + 1 : start + 1 + window]": "y = x"}),
            ("mean of each window", {"stack(losses)": "stack(losses).mean(1)"}),
            ("mean over the windows", {"stack(losses)": "stack(losses).mean(0)"}),
        ],
    ),
    "with_temperature": Exercise(
        """
def with_temperature(logits, tau):
    return (logits / tau).softmax(dim=-1)
""",
        [
            ("after the softmax", {"(logits / tau).softmax(dim=-1)": "logits.softmax(-1) / tau"}),
            (
                "the sum undid it",
                {
                    "return (logits / tau).softmax(dim=-1)": (
                        "p = logits.softmax(-1) / tau\n    return p / p.sum(-1, keepdim=True)"
                    )
                },
            ),
            ("multiply by the temperature", {"logits / tau": "logits * tau"}),
            ("wrong axis", {"dim=-1": "dim=0"}),
            (
                "overflows",
                {
                    "return (logits / tau).softmax(dim=-1)": (
                        "p = (logits / tau).exp()\n    return p / p.sum(-1, keepdim=True)"
                    )
                },
            ),
            (
                "of each row",
                {
                    "return (logits / tau).softmax(dim=-1)": (
                        "p = ((logits - logits.max()) / tau).exp()\n"
                        "    return p / p.sum(-1, keepdim=True)"
                    )
                },
            ),
            (
                "changes its arguments",
                {"return (logits / tau)": "logits /= tau\n    return logits"},
            ),
        ],
    ),
    "keep_top_k": Exercise(
        """
def keep_top_k(p, k):
    likeliest = p.topk(min(k, len(p))).indices
    kept = torch.zeros_like(p)
    kept[likeliest] = p[likeliest]
    return kept / kept.sum()
""",
        [
            ("do not add up to 1", {" / kept.sum()": ""}),
            (
                "softmax flattens",
                {"kept / kept.sum()": "kept.where(kept > 0, -torch.inf).softmax(0)"},
            ),
            ("brings the zeros back", {"kept / kept.sum()": "kept.softmax(0)"}),
            ("unlikeliest", {"p.topk": "(-p).topk"}),
            ("sorted", {"kept / kept.sum()": "p[likeliest] / kept.sum()"}),
        ],
    ),
    "keep_nucleus": Exercise(
        """
def keep_nucleus(p, top_p):
    ordered, place = p.sort(descending=True)
    before = ordered.cumsum(0) - ordered
    kept = torch.zeros_like(p)
    kept[place] = ordered * (before < top_p)
    return kept / kept.sum()
""",
        [
            ("do not add up to 1", {" / kept.sum()": ""}),
            ("must reach top_p", {"before < top_p": "ordered.cumsum(0) <= top_p"}),
            ("not for one character", {"before < top_p": "ordered >= top_p"}),
            (
                "one character too many",
                {"before < top_p": "torch.arange(len(p)) <= (before < top_p).sum()"},
            ),
            ("equals top_p", {"before < top_p": "before <= top_p"}),
            ("sorted", {"kept[place]": "kept[:]"}),
        ],
    ),
    "repeated_share": Exercise(
        """
def repeated_share(text, length):
    pieces = [text[k : k + length] for k in range(len(text) - length + 1)]
    return 1 - len(set(pieces)) / len(pieces) if pieces else 0
""",
        [
            (
                "first time",
                {"1 - len(set(pieces))": "sum(pieces.count(piece) > 1 for piece in pieces)"},
            ),
            (
                "fewer than characters",
                {
                    "1 - len(set(pieces)) / len(pieces)": (
                        "(len(pieces) - len(set(pieces))) / len(text)"
                    )
                },
            ),
            ("share of new", {"1 - len(set": "len(set"}),
            ("overlap", {"length + 1)": "length + 1, length)"}),
            ("last substring is missing", {"length + 1)": "length)"}),
            ("last substring is too short", {"length + 1)": "length + 2)"}),
            (
                "divide by one less",
                {
                    "/ len(pieces)": "/ (len(pieces) - 1)",
                    "1 - len(set(pieces))": "(len(pieces) - len(set(pieces)))",
                },
            ),
            ("ZeroDivisionError", {" if pieces else 0": ""}),
        ],
    ),
    "beam_search": Exercise(
        """
def beam_search(next_log_probs, length, width):
    beams = [([], 0.0)]
    for _ in range(length):
        longer = [
            ([*ids, k], total + log_p)
            for ids, total in beams
            for k, log_p in enumerate(next_log_probs(ids).tolist())
        ]
        beams = sorted(longer, key=lambda beam: beam[1], reverse=True)[:width]
    return beams[0]
""",
        [
            ("greedy", {"[:width]": "[:1]"}),
            (
                "its own best",
                {
                    "for _ in": "for step in",
                    "        beams = sorted(": """
        if step > 0:
            of_each_beam = [longer[k : k + 3] for k in range(0, len(longer), 3)]
            longer = [max(some, key=lambda beam: beam[1]) for some in of_each_beam]
        beams = sorted(""",
                },
            ),
            ("no more than `width`", {"[:width]": ""}),
            ("a probability", {"return beams[0]": "return beams[0][0], math.exp(beams[0][1])"}),
            (
                "last character's alone",
                {
                    "return beams[0]": (
                        "ids, _ = beams[0]\n    return ids, next_log_probs(ids[:-1])[ids[-1]]"
                    )
                },
            ),
        ],
    ),
    "backward_in_chunks": Exercise(
        """
def backward_in_chunks(model, chunks):
    losses = []
    state = None
    for chunk in chunks:
        loss, state = model.loss(chunk, state)
        loss.backward()
        state = [(h.detach(), c.detach()) for h, c in state]
        losses.append(loss.item())
    return losses
""",
        [
            (
                "graph of the previous chunk",
                {"[(h.detach(), c.detach()) for h, c in state]": "state"},
            ),
            (
                "crosses the borders",
                {
                    "[(h.detach(), c.detach()) for h, c in state]": "state",
                    "backward()": "backward(retain_graph=True)",
                },
            ),
            ("empty state", {"[(h.detach(), c.detach()) for h, c in state]": "None"}),
            ("last chunk", {"loss.backward()": "model.zero_grad()\n        loss.backward()"}),
            ("by the number of chunks", {"loss.backward()": "(loss / len(chunks)).backward()"}),
            ("no gradient", {"loss.backward()": "pass"}),
        ],
    ),
    "without_copying": Exercise(
        """
def without_copying(network):
    broken = copy.deepcopy(network)
    torch.nn.init.constant_(broken.copy_head.write.bias, 1e4)
    return broken
""",
        [
            ("changes the network that it is given", {"copy.deepcopy(network)": "network"}),
            (
                "copies as before",
                {"    torch.nn.init.constant_(broken.copy_head.write.bias, 1e4)\n": ""},
            ),
            ("never writes", {"1e4": "-1e4"}),
            ("not a number", {"1e4": "math.inf"}),
            (
                "still copies the last",
                {"torch.nn.init.constant_(broken.copy_head.write.bias, 1e4)": "broken.memory = 1"},
            ),
            (
                "memory of 0",
                {"torch.nn.init.constant_(broken.copy_head.write.bias, 1e4)": "broken.memory = 0"},
            ),
            (
                "no more than that of a copy",
                {
                    "torch.nn.init.constant_(broken.copy_head.write.bias, 1e4)": (
                        "for weight in broken.copy_head.write.parameters():\n"
                        "        weight.data.zero_()"
                    )
                },
            ),
            (
                "all characters alike",
                {
                    "torch.nn.init.constant_(broken.copy_head.write.bias, 1e4)": (
                        "for layer in (broken.copy_head.query, broken.copy_head.key):\n"
                        "        for weight in layer.parameters():\n"
                        "            weight.data.zero_()"
                    )
                },
            ),
            ("should return a network", {"return broken": "return broken.copy_head.write.bias"}),
        ],
    ),
    "copy_probabilities": Exercise(
        """
def copy_probabilities(query, keys, ids, write, vocab_size):
    scores = keys @ query / len(query) ** 0.5
    shares = torch.cat([write, scores]).softmax(0)
    return torch.zeros(vocab_size).index_add(0, ids, shares[1:])
""",
        [
            (
                "the shares of positions",
                {"torch.zeros(vocab_size).index_add(0, ids, shares[1:])": "shares[1:]"},
            ),
            (
                "more than once",
                {
                    "return torch.zeros(vocab_size).index_add(0, ids, shares[1:])": (
                        "p = [0] * vocab_size\n"
                        "    for k, share in zip(ids, shares[1:]):\n"
                        "        p[k] = share\n"
                        "    return p"
                    )
                },
            ),
            (
                "writing has a share",
                {"torch.cat([write, scores])": "scores", "shares[1:]": "shares"},
            ),
            ("by the root of the size", {" / len(query) ** 0.5": ""}),
            ("*root*", {" ** 0.5": ""}),
            ("begin with the second", {"shares[1:]": "shares[:-1]"}),
        ],
    ),
    "expected_calibration_error": Exercise(
        """
def expected_calibration_error(confidence, right):
    bins = (confidence * 10).long().clamp(max=9)
    gaps = torch.bincount(bins, confidence - right, minlength=10)
    return gaps.abs().sum() / len(confidence)
""",
        [
            (
                "weight each by",
                {
                    "gaps.abs().sum() / len(confidence)": (
                        "(gaps / torch.bincount(bins, minlength=10)).abs().nanmean()"
                    )
                },
            ),
            (
                "confidence of 1 are missing",
                {".clamp(max=9)": "", "return gaps": "return gaps[:10]"},
            ),
            (
                "single positions",
                {"gaps.abs().sum() / len(confidence)": "(confidence - right).abs().mean()"},
            ),
            ("both signs cancel", {".abs()": ""}),
            (
                "the largest gap",
                {
                    "gaps.abs().sum() / len(confidence)": (
                        "(gaps / torch.bincount(bins, minlength=10)).abs().nan_to_num().max()"
                    )
                },
            ),
        ],
    ),
    "nearest_rows": Exercise(
        """
def nearest_rows(vectors):
    unit = F.normalize(vectors - vectors.mean(0), dim=1)
    similarity = unit @ unit.T
    return similarity.fill_diagonal_(-2).argmax(1)
""",
        [
            ("rule it out", {".fill_diagonal_(-2)": ""}),
            ("the mean row first", {" - vectors.mean(0)": ""}),
            ("by its length", {"F.normalize(": "(", ", dim=1)": ")", "-2": "-99"}),
            ("least similar", {"argmax": "argmin", "-2": "2"}),
            ("shape (12, 1)", {"argmax(1)": "argmax(1)[:, None]"}),
        ],
    ),
    "state_jacobian": Exercise(
        """
def state_jacobian(U, h):
    jacobian = torch.eye(len(U))
    for h_t in h[1:]:
        slope = 1 - h_t**2
        jacobian = slope[:, None] * U @ jacobian
    return jacobian
""",
        [
            ("wrong order", {"slope[:, None] * U @ jacobian": "jacobian @ (slope[:, None] * U)"}),
            ("before the step", {"h[1:]": "h[:-1]"}),
            ("multiply rows", {"slope[:, None] * U": "slope * U"}),
            ("slope of tanh is missing", {"slope[:, None] * U": "U"}),
            ("multiplies elementwise", {"torch.eye(len(U))": "1", "U @ jacobian": "U * jacobian"}),
        ],
    ),
}


def function_of(name: str, code: str) -> Callable:
    namespace = {"copy": copy, "math": math, "torch": torch, "F": F, "Counter": Counter}
    exec(code, namespace)
    return namespace[name]


def run(name: str, code: str) -> None:
    """Check a function that is given as code."""
    check(function_of(name, code))


@pytest.mark.parametrize("name", EXERCISES)
def test_each_mistake_is_told_by_its_name(name: str, capsys):
    solution, mistakes = EXERCISES[name]
    run(name, solution)
    assert capsys.readouterr().out.startswith(f"[PASS] {name}")
    for words, changes in mistakes:
        code = solution
        for right, wrong in changes.items():
            assert right in code
            code = code.replace(right, wrong)
        run(name, code)
        printed = capsys.readouterr().out
        assert printed.startswith(f"[FAIL] {name}") and words in printed, changes


def as_text(result: Any) -> Any:
    """The numbers in a result as strings; lists and tensors become lists of them."""
    several = isinstance(result, list | tuple | range) or np.ndim(result) > 0
    if several:
        return [as_text(one) for one in result]
    return f"{result:.6f}"


@pytest.mark.parametrize("name", [name for name in EXERCISES if name != "without_copying"])
def test_numbers_in_strings_are_wrong(name: str, capsys):
    solution = function_of(name, EXERCISES[name].solution)

    def function(*arguments):
        return as_text(solution(*arguments))

    function.__name__ = name
    check(function)
    printed = capsys.readouterr().out
    assert printed.startswith(f"[FAIL] {name}") and "numbers" in printed


def test_every_exercise_has_a_mistake():
    assert EXERCISES.keys() == find_checks().keys()


# --- the checks themselves ---


def test_arrays_lists_and_tensors_are_all_right(capsys):
    def forget_gate(x, h, W, b):
        z = W.numpy() @ np.concatenate([x, h]) + b.numpy()
        return (1 / (1 + np.exp(-z))).tolist()

    def with_temperature(logits, tau):
        z = logits.double().numpy() / tau
        p = np.exp(z - z.max(1, keepdims=True))
        return p / p.sum(1, keepdims=True)

    def number_of_parameters(v, e, h, layers):
        of_layers = sum(4 * h * ((h if k else e) + h + 2) for k in range(layers))
        return torch.tensor(float(v * e + of_layers + h * v + v))

    def bits_and_perplexity(nats):
        return np.array([nats / np.log(2), np.exp(nats)])

    def leaked_share(train, validation, seq_len):
        known = {start + k for start in train for k in range(seq_len)}
        return np.array([np.mean([s + k in known for s in validation for k in range(seq_len)])])

    def split_windows(length, seq_len):
        cut = length * 9 // 10
        train = set(range(cut - seq_len))
        held_out = set(np.arange(cut, length - seq_len, dtype=float))
        return iter([train, held_out])

    def beam_search(next_log_probs, length, width):
        beams = [(0.0, torch.empty(0, dtype=torch.long))]
        for _ in range(length):
            longer = []
            for total, ids in beams:
                log_p = next_log_probs(ids)
                log_p += total  # in place
                for k in range(len(log_p)):
                    longer.append((float(log_p[k]), torch.cat([ids, torch.tensor([k])])))
            beams = sorted(longer, key=lambda beam: -beam[0])[:width]
        total, ids = beams[0]
        return ids, total

    check(forget_gate)
    check(with_temperature)
    check(number_of_parameters)
    check(bits_and_perplexity)
    check(leaked_share)
    check(split_windows)
    check(beam_search)
    lines = printed_lines(capsys)
    assert len(lines) == 7 and all(line.startswith("[PASS]") for line in lines)


def test_what_returns_nothing_is_told_from_what_stops(capsys):
    def repeated_share(text, length):
        pieces = [text[k : k + length] for k in range(len(text) - length + 1)]
        if pieces:
            return 1 - len(set(pieces)) / len(pieces)

    def bigram_loss(train, held_out, vocab_size):
        return train.softmax(0)  # of whole numbers, for which PyTorch raises NotImplementedError

    def forget_gate(x, h, W, b):
        raise SystemExit

    check(repeated_share)
    check(bigram_loss)
    check(forget_gate)
    nothing, *stops = printed_lines(capsys)
    assert nothing.startswith("[TODO]") and "at least in one case" in nothing
    assert len(stops) == 2
    assert all(line.startswith("[FAIL]") and "stops with" in line for line in stops)


@pytest.mark.parametrize(
    "returned",
    ["text", {}, [], (None, None), ([1, [2]], 3), torch.ones(3), math.nan, object()],
    ids=lambda returned: type(returned).__name__,
)
def test_nothing_is_raised_whatever_is_returned(returned, capsys):
    def function(*arguments):
        return returned

    for name in find_checks():
        function.__name__ = name
        check(function)
    assert {line.split()[0] for line in printed_lines(capsys)} == {"[FAIL]"}


def test_a_function_without_an_exercise_is_told(capsys):
    check(len)
    assert printed_lines(capsys)[0].startswith("[FAIL] len: no exercise has this name")


def test_an_error_is_told_with_its_line(tmp_path, capsys):
    path = tmp_path / "cell.py"
    path.write_text("@decorator\ndef repeated_share(text, length):\n    return text.nothing\n")
    namespace: dict = {"decorator": torch.no_grad()}
    exec(compile(path.read_text(), str(path), "exec"), namespace)
    check(namespace["repeated_share"])
    printed = capsys.readouterr().out
    assert "AttributeError" in printed and "in the line: return text.nothing" in printed


def test_the_notebook_draws_what_it_would_have_drawn():
    def keep_top_k(p, k):
        return torch.rand(3)

    torch.manual_seed(3)
    expected = torch.rand(2).tolist()
    torch.manual_seed(3)
    check(keep_top_k)
    assert torch.rand(2).tolist() == expected


# --- the glossary ---


def test_the_glossary_explains_each_term_where_it_belongs():
    text = (FOLDER / "glossary.md").read_text(encoding="utf-8")
    entry = r"(?m)^- \*\*(.+?)\*\*(?:, [^:]+)?: .+ \(\[.+?\]\(\d\d-[\w-]+\.ipynb#.+\)\)$"
    terms = [term.lower() for term in re.findall(entry, text)]
    assert len(terms) == len(re.findall(r"(?m)^- ", text)) > 60
    assert terms == sorted(set(terms), key=lambda term: term.replace("-", " "))
    assert not re.search(r"\d\.\d", text), "numbers are computed, in the notebooks"
