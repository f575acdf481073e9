"""Solutions pass, stubs are to be done, usual mistakes are named."""

import math
import re
from collections.abc import Callable
from pathlib import Path

import nbformat
import numpy as np
import pytest
import torch
from conftest import ROOT
from matplotlib import pyplot as plt

from course.checks import check, find_checks, run_check
from course.checks import solution as solution_of

FOLDER = ROOT / "notebooks"
SOLUTIONS = sorted((FOLDER / "solutions").glob("*.ipynb"))
NOTEBOOKS = [FOLDER / path.name for path in SOLUTIONS]


def code_of(path: Path, tag: str | None = None) -> list[str]:
    """The code cells of a notebook, or those with a tag."""
    sources = []
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "code" and (tag is None or tag in cell.metadata.get("tags", [])):
            sources.append(cell.source)
    return sources


def exercises(path: Path) -> list[str]:
    """The names of the functions that a notebook asks for."""
    return re.findall(r"(?m)^check\((\w+)\)$", "\n".join(code_of(path)))


def solution(name: str) -> str:
    """The code that notebooks/solutions has for an exercise."""
    for path in SOLUTIONS:
        for source in code_of(path):
            code, _, after = source.partition("\n\n\ncheck(")
            if after == f"{name})":
                return code
    raise ValueError(name)


def printed_lines(capsys) -> list[str]:
    """What checks have printed, a line for each."""
    lines = capsys.readouterr().out.splitlines()
    return [line for line in lines if re.match(r"\[[A-Z]+\]", line)]


def test_every_exercise_has_a_check_a_solution_and_mistakes():
    names = [exercises(path) for path in NOTEBOOKS]
    assert names == [exercises(path) for path in SOLUTIONS]
    assert sorted(name for some in names for name in some) == sorted(find_checks())
    assert MISTAKES.keys() == find_checks().keys()


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_stubs_are_to_be_done_and_stop_nothing(path: Path, capsys):
    namespace: dict = {}
    for source in code_of(path, "exercise"):
        exec(source, namespace)
    starts = [line.split()[:2] for line in printed_lines(capsys)]
    assert starts == [["[TODO]", name] for name in exercises(path)]


@pytest.mark.parametrize("path", SOLUTIONS, ids=lambda path: path.stem)
def test_solutions_pass(path: Path, capsys, monkeypatch):
    monkeypatch.chdir(path.parent)
    plt.switch_backend("Agg")
    namespace: dict = {}
    for source in code_of(path):
        exec(source, namespace)
    plt.close("all")
    lines = printed_lines(capsys)
    assert [line.split(":")[0] for line in lines] == [f"[PASS] {name}" for name in exercises(path)]
    assert not any("nan" in line for line in lines)


# What is said about each mistake, and {code of the solution: wrong code}.
MISTAKES = {
    "unigram_bits": [
        ("in nats, not bits", {"math.log2(": "math.log("}),
        ("this is the sum", {" / len(test)": ""}),
        ("the sign", {"[-math": "[math"}),
        ("you count in `test`", {"counts = ": ("train = test\n    counts = ")}),
        ("entropy of `train`", {"counts = ": ("test = train\n    counts = ")}),
        ("counts twice", {"counts = ": ("test = ''.join(set(test))\n    counts = ")}),
        (
            "capitals",
            {"counts = ": ("train = train.lower()\n    test = test.lower()\n    counts = ")},
        ),
        (
            "a single number, not a list",
            {"sum(surprises) / len(test)": "[sum(surprises) / len(test)]"},
        ),
    ],
    "split_windows": [
        ("not the text", {"length * 9 // 10": "(length - seq_len) * 9 // 10"}),
        ("seq_len + 1", {"range(cut - seq_len)": "range(cut - seq_len + 1)"}),
        ("overlap the cut", {"range(cut - seq_len)": "range(cut)"}),
        ("needs more", {"range(cut, length - seq_len)": "range(cut, length)"}),
        ("missing: it starts at 83.", {"range(cut - seq_len)": "range(cut - seq_len - 1)"}),
        ("twice", {"range(cut - seq_len)": "[*range(cut - seq_len)] * 2"}),
        ("is empty", {"range(cut - seq_len)": "[]"}),
        ("a list of starts", {"range(cut - seq_len)": "cut - seq_len"}),
        ("whole numbers", {"range(cut - seq_len)": "[k + 0.5 for k in range(cut - seq_len)]"}),
    ],
    "leaked_share": [
        ("equal windows", {"leaked / len(targets)": "len(set(train) & set(validation))"}),
        (
            "a window counts whole",
            {
                "leaked = sum(target in trained for target in targets)": (
                    "leaked = sum(seq_len * any(start + i in trained for i in range(1, "
                    "seq_len + 1)) for start in validation)"
                )
            },
        ),
        (
            "a position counts once",
            {"leaked / len(targets)": "len(trained & {*targets}) / len({*targets})"},
        ),
        ("in per cent", {"leaked / len(targets)": "100 * leaked / len(targets)"}),
    ],
    "bigram_loss": [
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
        ("in the held-out text", {"pairs = ": ("train = held_out\n    pairs = ")}),
        (
            "the last character of `train`",
            {
                "counts.sum(dim=1, keepdim=True)": (
                    "(torch.bincount(train, minlength=vocab_size) + vocab_size)[:, None]"
                )
            },
        ),
    ],
    "forget_gate": [
        ("h before x", {"[x, h]": "[h, x]"}),
        ("bias is missing", {"W @ xh + b": "W @ xh"}),
        ("belongs inside", {"(W @ xh + b)": "(W @ xh) + b"}),
        ("you take tanh", {"sigmoid": "tanh"}),
        ("sigmoid is missing", {"torch.sigmoid": ""}),
    ],
    "number_of_parameters": [
        ("two biases", {"2 * H": "H"}),
        ("bias for each character", {"H * V + V": "H * V"}),
        ("last linear layer is missing", {" + H * V + V": ""}),
        ("embedding is missing", {"V * E + first": "first"}),
        ("only the first layer", {"further = 4 * (H * H": "further = 4 * (H * E"}),
        ("four matrices", {"= 4 *": "= 3 *"}),
    ],
    "peephole_step": [
        (
            "looks at the old cell state",
            {"    c = f": ("    old = c\n    c = f"), "p_o * c": "p_o * old"},
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
    "bits_and_perplexity": [
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
    "cross_entropy": [
        ("in bits, not nats", {".mean()": ".mean() / math.log(2)"}),
        ("this is the sum", {".mean()": ".sum()"}),
        ("the sign", {"return (": "return -("}),
        ("add up over time", {".mean()": ".sum(1).mean()"}),
        (
            "along time",
            {"logits.logsumexp(-1) - chosen": "-logits.log_softmax(1).gather(-1, y[..., None])"},
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
    "early_stopping": [
        ("had stopped by then", {"epoch - best == patience": "False"}),
        ("on the test half", {"return best": ("best = test.index(min(test))\n    return best")}),
        ("where training stops", {"return best": "return epoch"}),
        ("numbered from 0", {"return best": "return best + 1"}),
        ("too early", {"== patience": "== patience - 1"}),
        ("not a new lowest one", {"loss < ": "loss <= "}),
        (
            "starts again at 0",
            {
                "best = 0": ("best = 0\n    waited = 0"),
                "if epoch - best == patience": (
                    "elif epoch > 0:\n            waited += 1\n        if waited == patience"
                ),
            },
        ),
        ("this is the validation loss", {"test[best]": "validation[best]"}),
        ("lowest test loss", {"test[best]": "min(test)"}),
    ],
    "losses_in_windows": [
        ("carry=True the state is dropped", {"state if carry else None": "None"}),
        ("carry=False the state is carried", {"state if carry else None": "state"}),
        ("that the model reads", {"y = ids[start + 1 : start + 1 + window]": "y = x"}),
        ("mean of each window", {"stack(losses)": "stack(losses).mean(1)"}),
        ("mean over the windows", {"stack(losses)": "stack(losses).mean(0)"}),
    ],
    "with_temperature": [
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
        ("changes its arguments", {"return (logits / tau)": ("logits /= tau\n    return logits")}),
    ],
    "keep_top_k": [
        ("do not add up to 1", {" / kept.sum()": ""}),
        ("softmax flattens", {"kept / kept.sum()": "kept.where(kept > 0, -torch.inf).softmax(0)"}),
        ("brings the zeros back", {"kept / kept.sum()": "kept.softmax(0)"}),
        ("unlikeliest", {"p.topk": "(-p).topk"}),
        ("sorted", {"kept / kept.sum()": "p[likeliest] / kept.sum()"}),
    ],
    "keep_nucleus": [
        ("do not add up to 1", {" / kept.sum()": ""}),
        ("must reach top_p", {"before < top_p": "ordered.cumsum(0) <= top_p"}),
        ("not for one character", {"before < top_p": "ordered >= top_p"}),
        (
            "one character too many",
            {"before < top_p": "torch.arange(len(p)) <= (before < top_p).sum()"},
        ),
        ("equals top_p", {"before < top_p": "before <= top_p"}),
        ("sorted", {"kept[order]": "kept[:]"}),
    ],
    "repeated_share": [
        (
            "first time",
            {"1 - len(set(substrings))": "sum(substrings.count(each) > 1 for each in substrings)"},
        ),
        (
            "fewer than characters",
            {
                "1 - len(set(substrings)) / len(substrings)": (
                    "(len(substrings) - len(set(substrings))) / len(text)"
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
                "1 - len(set(substrings)) / len(substrings)": (
                    "(len(substrings) - len(set(substrings))) / (len(substrings) - 1)"
                )
            },
        ),
        ("ZeroDivisionError", {"if not substrings": "if False"}),
    ],
    "beam_search": [
        ("greedy", {"[:width]": "[:1]"}),
        (
            "its own best",
            {
                "for _ in": "for step in",
                "        beams = sorted(": (
                    "\n"
                    "        if step > 0:\n"
                    "            of_each_beam = [longer[k : k + 3] for k in range(0, "
                    "len(longer), 3)]\n"
                    "            longer = [max(some, key=lambda beam: beam[1]) for some in "
                    "of_each_beam]\n"
                    "        beams = sorted("
                ),
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
    "backward_in_chunks": [
        ("graph of the previous chunk", {"[(h.detach(), c.detach()) for h, c in state]": "state"}),
        (
            "crosses the borders",
            {
                "[(h.detach(), c.detach()) for h, c in state]": "state",
                "backward()": "backward(retain_graph=True)",
            },
        ),
        ("empty state", {"[(h.detach(), c.detach()) for h, c in state]": "None"}),
        ("last chunk", {"loss.backward()": ("model.zero_grad()\n        loss.backward()")}),
        ("by the number of chunks", {"loss.backward()": "(loss / len(chunks)).backward()"}),
        ("no gradient", {"loss.backward()": "pass"}),
    ],
    "without_copying": [
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
    "copy_probabilities": [
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
        ("writing has a share", {"torch.cat([write, scores])": "scores", "shares[1:]": "shares"}),
        ("by the root of the size", {" / len(query) ** 0.5": ""}),
        ("*root*", {" ** 0.5": ""}),
        ("begin with the second", {"shares[1:]": "shares[:-1]"}),
    ],
    "expected_calibration_error": [
        (
            "weight each by",
            {
                "gaps.abs().sum() / len(confidence)": (
                    "(gaps / torch.bincount(bins, minlength=10)).abs().nanmean()"
                )
            },
        ),
        ("confidence of 1 are missing", {".clamp(max=9)": "", "return gaps": "return gaps[:10]"}),
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
    "nearest_rows": [
        ("rule it out", {".fill_diagonal_(-torch.inf)": ""}),
        ("the mean row first", {" - vectors.mean(0)": ""}),
        ("by its length", {"F.normalize(": "(", ", dim=1)": ")"}),
        ("least similar", {"argmax": "argmin", "-torch.inf": "torch.inf"}),
        ("shape (12, 1)", {"argmax(1)": "argmax(1)[:, None]"}),
    ],
    "state_jacobian": [
        ("wrong order", {"slope[:, None] * U @ jacobian": "jacobian @ (slope[:, None] * U)"}),
        ("before the step", {"h[1:]": "h[:-1]"}),
        ("multiply rows", {"slope[:, None] * U": "slope * U"}),
        ("slope of tanh is missing", {"slope[:, None] * U": "U"}),
        ("multiplies elementwise", {"torch.eye(len(U))": "1", "U @ jacobian": "U * jacobian"}),
    ],
}


def function_of(name: str, code: str) -> Callable:
    namespace: dict = {}
    exec("import copy, math, torch\nfrom collections import Counter\n", namespace)
    exec("from torch.nn import functional as F\n", namespace)
    exec(code, namespace)
    return namespace[name]


@pytest.mark.parametrize("name", MISTAKES)
def test_each_mistake_is_told_by_its_name(name: str, capsys):
    for words, changes in MISTAKES[name]:
        code = solution(name)
        for right, wrong in changes.items():
            assert right in code
            code = code.replace(right, wrong)
        check(function_of(name, code))
        printed = capsys.readouterr().out
        assert printed.startswith(f"[FAIL] {name}") and words in printed, changes


# --- the checks themselves ---


def test_numbers_in_strings_are_wrong(capsys):
    right = function_of("unigram_bits", solution("unigram_bits"))

    def unigram_bits(train, test):
        return f"{right(train, test):.6f}"

    check(unigram_bits)
    assert "it should return numbers" in capsys.readouterr().out


def test_arrays_lists_and_tensors_are_all_right(capsys):
    def forget_gate(x, h, W, b):
        z = W.numpy() @ np.concatenate([x, h]) + b.numpy()
        return (1 / (1 + np.exp(-z))).tolist()

    def number_of_parameters(v, e, h, layers):
        of_layers = sum(4 * h * ((h if k else e) + h + 2) for k in range(layers))
        return torch.tensor(float(v * e + of_layers + h * v + v))

    def split_windows(length, seq_len):
        cut = length * 9 // 10
        train = set(range(cut - seq_len))
        held_out = set(np.arange(cut, length - seq_len, dtype=float))
        return iter([train, held_out])

    for function in (forget_gate, number_of_parameters, split_windows):
        check(function)
    lines = printed_lines(capsys)
    assert len(lines) == 3 and all(line.startswith("[PASS]") for line in lines)


@pytest.mark.parametrize(
    "returned",
    ["text", {}, (None, None), math.nan],
    ids=lambda returned: type(returned).__name__,
)
def test_nothing_is_raised_whatever_is_returned(returned, capsys):
    def function(*arguments):
        return returned

    for name in find_checks():
        function.__name__ = name
        check(function)
    assert {line.split()[0] for line in printed_lines(capsys)} == {"[FAIL]"}


def test_an_error_is_told_with_its_line(tmp_path, capsys):
    path = tmp_path / "cell.py"
    path.write_text("@decorator\ndef repeated_share(text, length):\n    return text.nothing\n")
    namespace: dict = {"decorator": torch.no_grad()}
    exec(compile(path.read_text(), str(path), "exec"), namespace)
    check(namespace["repeated_share"])
    printed = capsys.readouterr().out
    assert "AttributeError" in printed and "in the line: return text.nothing" in printed


def test_a_cell_can_use_the_solution_of_an_exercise():
    right = solution_of("backward_in_chunks")
    assert run_check("backward_in_chunks", right)
    with pytest.raises(ValueError, match="no such exercise"):
        solution_of("no such exercise")
