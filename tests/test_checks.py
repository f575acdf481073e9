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

from course.checks import check, find_checks, own_or

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


GATES = ("forget", "input", "output")  # of an LSTM
FIX = 'fixed.get("{}", {})'  # in the solution, with a gate's name and its letter
PROMPT = {"network(ids[None])": "network(prompt := ids[None])"}  # so that a mistake can use it
# What is said about each mistake, and {code of the solution: wrong code}.
MISTAKES = {
    "loss_in_nats": [
        (
            "the probability 0",
            {"-p_of_true.log().mean()": "-p_of_true[p_of_true > 0].log().mean()"},
        ),
        ("whose product rounds", {"-p_of_true.log().mean()": "-p_of_true.prod().log() / len(ids)"}),
        (
            "result is rounded",
            {"return -p": "return -1 * round(float(p", ".mean()": ".mean()), 2)"},
        ),
        ("these are the surprises", {".mean()": ""}),
        ("this is the perplexity", {"-p_of_true.log().mean()": "(-p_of_true.log().mean()).exp()"}),
        ("the logarithm is missing", {"-p_of_true.log().mean()": "p_of_true.mean()"}),
        ("in bits, not nats", {".log()": ".log2()"}),
        ("this is the sum", {".mean()": ".sum()"}),
        ("the sign", {"-p_of": "p_of"}),
        ("the logarithm first", {".log().mean()": ".mean().log()"}),
        ("the likeliest characters", {"p[rows, ids]": "p.max(1).values"}),
        ("over all characters", {"p[rows, ids]": "p"}),
        ("the entropy", {"-p_of_true.log().mean()": "-(p * p.log()).sum(1).mean()"}),
        ("a column for each character", {"p[rows, ids]": "p[:, ids]"}),
        ("should be a single number", {"-p_of_true.log().mean()": "(-p_of_true.log()).tolist()"}),
        ("takes logits", {"-p_of_true.log().mean()": "F.cross_entropy(p, ids)"}),
        ("takes logarithms", {"-p_of_true.log().mean()": "F.nll_loss(p, ids)"}),
        ("the base 10", {".log()": ".log10()"}),
        ("takes whole rows", {"p[rows, ids]": "p[ids]"}),
        (
            "over the whole table",
            {"-p_of_true.log()": "-(F.one_hot(ids, p.shape[1]) * p.log())"},
        ),
        ("by the size of the vocabulary", {".mean()": ".sum() / p.shape[1]"}),
        ("don't shift", {"p[rows, ids]": "p[rows[:-1], ids[1:]]"}),
        ("too cheap", {"p[rows, ids]": "p[rows, ids] + 1e-8"}),
        ("too cheap", {"p[rows, ids]": "p[rows, ids].clamp(min=1e-6)"}),
    ],
    "witten_bell": [
        ("not only those that followed more than once", {"(n > 0).sum()": "(n > 1).sum()"}),
        ("without smoothing", {"(n + different * lower) / (times + different)": "n / times"}),
        (
            "gets all the weight",
            {"(n + different * lower) / (times + different)": "lower.clone()"},
        ),
        ("followed 24 times", {"(n > 0).sum()": "n.sum()"}),
        ("not different counts above 0", {"(n > 0).sum()": "n[n > 0].unique().numel()"}),
        ("don't recognise", {"(n > 0).sum()": "(n > 0).sum() + 0.5"}),
        ("not those that never did", {"(n > 0).sum()": "(n == 0).sum()"}),
        ("only those that followed once", {"(n > 0).sum()": "(n == 1).sum()"}),
        ("not the whole vocabulary", {"(n > 0).sum()": "len(n)"}),
        ("not different counts", {"(n > 0).sum()": "len(n.unique())"}),
        ("more than 1", {"(times + different)": "times"}),
        ("probabilities by N", {"different * lower": "lower"}),
        ("all of the numerator", {"(n + different * lower)": "n + different * lower"}),
        (
            "for each character",
            {
                "(n + different * lower) / (times + different)": (
                    "torch.where(n > 0, n / times, lower)"
                )
            },
        ),
        (
            "not their sum",
            {
                "(n + different": "((n + different",
                "(times + different)": "(times + different)).sum()",
            },
        ),
        (
            "the two weights are exchanged",
            {"n + different * lower": "different * n / times + times * lower"},
        ),
        ("same share of N", {"different * lower": "different / len(n)"}),
        (
            "also for those that followed",
            {"n + different * lower": "torch.where(n > 0, n, different * lower)"},
        ),
        (
            "scaled to add up to 1",
            {
                "return (n + different * lower) / (times + different)": (
                    "p = torch.where(n > 0, n, different * lower)\n    return p / p.sum()"
                )
            },
        ),
        ("divide n by n(u) + N, too", {"(n + different * lower)": "n / times + different * lower"}),
        (
            "not the same for all characters",
            {"return lower": "return torch.full_like(lower, 1 / len(n))"},
        ),
        ("divides 0 by 0", {"times == 0": "times < 0"}),
        ("return `lower`", {"return lower": "return n"}),
    ],
    "lstm_step": [
        (
            "the c that you return is the old one",
            {"    c = f": "    old = c\n    c = f", "return h, c": "return h, old"},
        ),
        (
            "the h that you return is the old one",
            {"    h = o": "    old = h\n    h = o", "return h, c": "return old, c"},
        ),
        ("you read x and c", {"[x, h]": "[x, c]"}),
        ("in double precision", {"torch.cat([x, h], dim=1)": "torch.cat([x, h], dim=1).float()"}),
        (
            "states and weights without detach",
            {"cell.forget(xh)": "F.linear(xh, cell.forget.weight.data, cell.forget.bias.data)"},
        ),
        ("sigmoid and tanh are missing", {"torch.sigmoid(": "(", "torch.tanh(cell": "(cell"}),
        (
            "cell.forget and cell.output are exchanged",
            {"cell.forget": "cell.o", "cell.output": "cell.forget", "cell.o(": "cell.output("},
        ),
        (
            "cell.input and cell.output are exchanged",
            {"cell.input": "cell.o", "cell.output": "cell.input", "cell.o(": "cell.output("},
        ),
        ("h before x", {"[x, h]": "[h, x]"}),
        (
            "sigmoid is missing",
            {f"torch.sigmoid(cell.{gate}(xh))": f"cell.{gate}(xh)" for gate in GATES},
        ),
        ("you take tanh", {"torch.sigmoid": "torch.tanh"}),
        ("the sigmoid for the candidate", {"torch.tanh(cell": "torch.sigmoid(cell"}),
        ("gates are exchanged", {"f * c + i * g": "i * c + f * g"}),
        ("input gate is missing", {"i * g": "g"}),
        ("forget gate is missing", {"f * c + i": "c + i"}),
        (
            "shows the old cell state",
            {"    c = f": ("    old = c\n    c = f"), "o * torch.tanh(c)": "o * torch.tanh(old)"},
        ),
        ("tanh of the cell state is missing", {"o * torch.tanh(c)": "o * c"}),
        ("h and c are exchanged", {"return h, c": "return c, h"}),
        ("sigmoid of the input gate", {"torch.sigmoid(cell.input(xh))": "cell.input(xh)"}),
        ("candidate's tanh is missing", {"torch.tanh(cell.candidate(xh))": "cell.candidate(xh)"}),
        ("output gate is missing", {"o * torch.tanh(c)": "torch.tanh(c)"}),
        (
            "cell.input and cell.candidate are exchanged",
            {
                "sigmoid(cell.input": "sigmoid(cell.candidate",
                "tanh(cell.candidate": "tanh(cell.input",
            },
        ),
        ("returns only h", {"return h, c": "return h"}),
        ("it returns h, (h, c)", {"return h, c": "return h, (h, c)"}),
        ("you add 1", {"cell.forget(xh)": "cell.forget(xh) + 1"}),
        ("a variant to try later", {"i * g": "(1 - f) * g"}),
        ("not 1 - f", {"f * c": "(1 - f) * c"}),
        ("take its tanh", {"o * torch.tanh(c)": "o * torch.sigmoid(c)"}),
        ("only h takes the tanh", {"return h, c": "return h, torch.tanh(c)"}),
        (
            "reads the new h",
            {
                "    o = torch.sigmoid(cell.output(xh))\n": "",
                "    h = o * torch.tanh(c)": (
                    "    xh = torch.cat([x, torch.tanh(c)], dim=1)\n"
                    "    h = torch.sigmoid(cell.output(xh)) * torch.tanh(c)"
                ),
            },
        ),
        ("returns only c", {"return h, c": "return c"}),
        ("returns one tensor", {"return h, c": "return h + c"}),
    ],
    "fixed_gate_step": [
        ("the forget gate isn't fixed", {FIX.format(gate, gate[0]): gate[0] for gate in GATES}),
        ("the output gate isn't fixed", {'fixed.get("output", o)': "o"}),
        ("changes its arguments", {"fixed.get(": "fixed.pop("}),
        (
            "before the sigmoid",
            {
                f"torch.sigmoid(cell.{gate}(xh))": (
                    f'torch.sigmoid(torch.as_tensor(fixed.get("{gate}", cell.{gate}(xh))))'
                )
                for gate in GATES
            }
            | {FIX.format(gate, gate[0]): gate[0] for gate in GATES},
        ),
        (
            "scale the gate",
            {FIX.format(gate, gate[0]): f'{gate[0]} * fixed.get("{gate}", 1)' for gate in GATES},
        ),
        (
            "all gates get the value",
            {FIX.format(gate, gate[0]): f"next(iter(fixed.values()), {gate[0]})" for gate in GATES},
        ),
        ("becomes 1", {FIX.format(gate, gate[0]): FIX.format(gate, 1) for gate in GATES}),
        ("becomes 0", {FIX.format(gate, gate[0]): FIX.format(gate, 0) for gate in GATES}),
        (
            "always take 0.73",
            {
                FIX.format(gate, gate[0]): f'0.73 if "{gate}" in fixed else {gate[0]}'
                for gate in GATES
            },
        ),
        (
            "always take 1",
            {FIX.format(gate, gate[0]): f'1 if "{gate}" in fixed else {gate[0]}' for gate in GATES},
        ),
        (
            "0 is a value, too",
            {FIX.format(gate, gate[0]): f'fixed.get("{gate}") or {gate[0]}' for gate in GATES},
        ),
        (
            "only one gate",
            {"    f = fixed": "    fixed = dict([*fixed.items()][:1])\n    f = fixed"},
        ),
        (
            "the input gate in place of the forget gate",
            {"f = fixed": "i = fixed", '"forget", f': '"forget", i'},
        ),
        ("input gate is missing", {"i * g": "g"}),
        ("returns only h", {"return h, c": "return h"}),
    ],
    "hold_out": [
        (
            "some of them twice",
            {
                "numbers = torch.randperm(count)": (
                    "drawn = torch.randint(count, (round(share * count),)).unique()\n"
                    "    rest = torch.ones(count).index_fill(0, drawn, 0).nonzero()[:, 0]\n"
                    "    return rest, drawn"
                )
            },
        ),
        ("these are floats", {"numbers[held_out:]": "numbers[held_out:].float()"}),
        ("not masks", {"numbers[held_out:]": "[k % 2 == 0 for k in range(count)]"}),
        ("give a tuple", {"numbers[held_out:]": "torch.where(numbers > 9)"}),
        (
            "the same windows at each call",
            {"numbers = ": "torch.manual_seed(0)\n    numbers = "},
        ),
        ("in both parts", {"return numbers[held_out:]": "return numbers"}),
        ("in neither part", {"numbers[held_out:]": "numbers[held_out + 5 :]"}),
        ("return lists or tensors", {"numbers[held_out:]": "set(numbers[held_out:].tolist())"}),
        (
            "exchanged",
            {
                "numbers[held_out:], numbers[:held_out]": "numbers[:held_out], numbers[held_out:]",
            },
        ),
        ("would be 5,000", {"round(share * count)": "round(share * count / 10)"}),
        ("use both arguments", {"round(share * count)": "count // 10"}),
        ("use both arguments", {"round(share * count)": "100"}),
        ("no window has the index 20,000", {"randperm(count)": "randperm(count) + 1"}),
        ("no window has the index", {"randperm(count)": "randperm(count + 1)"}),
        ("come twice", {"numbers[:held_out]": "numbers[:held_out].repeat(2)"}),
        ("asks for random ones", {"torch.randperm(count)": "torch.arange(count)"}),
        (
            "you will need it below",
            {
                "numbers[held_out:], numbers[:held_out]": (
                    "torch.arange(count - held_out - 64), torch.arange(count - held_out, count)"
                )
            },
        ),
        (
            "asks for random ones",
            {"torch.randperm(count)": "torch.arange(count).roll(int(torch.randint(900, ())))"},
        ),
        (
            "in a regular pattern",
            {"torch.randperm(count)": "torch.arange(count).view(-1, round(1 / share)).T.flatten()"},
        ),
        (
            "`.indices`",
            {
                "return numbers[held_out:], numbers[:held_out]": (
                    "return torch.utils.data.random_split(range(count), [1 - share, share])"
                )
            },
        ),
        (
            "nonzero() gives a column",
            {
                "return numbers[held_out:], numbers[:held_out]": (
                    "mask = numbers < held_out\n    return (~mask).nonzero(), mask.nonzero()"
                )
            },
        ),
        (
            "not masks",
            {
                "return numbers[held_out:], numbers[:held_out]": (
                    "mask = numbers < held_out\n    return ~mask, mask"
                )
            },
        ),
        ("should return 2 things", {", numbers[:held_out]": ""}),
    ],
    "cross_entropy": [
        ("add up over the batch", {".mean()": ".mean(1).sum()"}),
        (
            "along the batch",
            {"logits.logsumexp(-1) - chosen": "-logits.log_softmax(0).gather(-1, y[..., None])"},
        ),
        ("from one of the two terms", {"- chosen": "- logits.amax(-1) - chosen"}),
        ("the loss of the first window", {".mean()": "[0].mean()"}),
        ("this is the perplexity", {".mean()": ".mean().exp()"}),
        (
            "exchange no axes",
            {
                "(logits.logsumexp(-1) - chosen).mean()": (
                    "F.cross_entropy(logits.reshape(len(y), -1, y.shape[1]), y)"
                )
            },
        ),
        (
            "takes all characters of y",
            {"logits.logsumexp(-1) - chosen": "-logits.log_softmax(-1)[:, :, y]"},
        ),
        (
            "the logarithm is missing",
            {"(logits.logsumexp(-1) - chosen)": "-(chosen - logits.logsumexp(-1)).exp()"},
        ),
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
        (
            "rounds to 0",
            {
                "return (logits.logsumexp(-1) - chosen).mean()": (
                    "return -logits.softmax(-1).gather(-1, y[..., None]).log().mean()"
                )
            },
        ),
        (
            "too cheap",
            {
                "return (logits.logsumexp(-1) - chosen).mean()": (
                    "return -(logits.softmax(-1).gather(-1, y[..., None]) + 1e-9).log().mean()"
                )
            },
        ),
        (
            "not the mean",
            {
                "logits.logsumexp(-1)": (
                    "((logits - logits.mean(-1, keepdim=True)).exp().sum(-1).log()"
                    " + logits.mean(-1))"
                )
            },
        ),
        ("applied twice", {"    chosen": "    logits = logits.softmax(-1)\n    chosen"}),
        (
            "y is one ahead already",
            {"    chosen": "    logits, y = logits[:, :-1], y[:, 1:]\n    chosen"},
        ),
        ("the last position", {"- chosen)": "- chosen)[:, -1]"}),
        ("over the vocabulary, too", {".mean()": ".mean() / logits.shape[-1]"}),
        ("the losses of all positions", {".mean()": ""}),
        (
            "too cheap",
            {
                "    chosen": "    logits = logits - logits.amax(-1, keepdim=True)\n    chosen",
                "y[..., None])": "y[..., None]).clamp(min=-50)",
            },
        ),
        ("no gradient leads back", {".mean()": ".mean().item()"}),
        (
            "no gradient leads back",
            {
                "return (": "return torch.tensor((",
                ".mean()": ".mean().item(), requires_grad=True)",
            },
        ),
    ],
    "train_on": [
        ("don't multiply it", {"loss.item()": "loss.item() * len(batch)"}),
        ("don't divide it", {"loss.item()": "loss.item() / len(batch)"}),
        (
            "begins with an empty state",
            {
                "    losses = []\n": "    losses, state = [], None\n",
                "        logits, _ = network(batch[:, :-1])\n": (
                    "        logits, state = network(batch[:, :-1], state)\n"
                    "        state = [(h.detach(), c.detach()) for h, c in state]\n"
                ),
            },
        ),
        (
            "the losses after the step",
            {"loss.item()": "loss_of(network(batch[:, :-1])[0], batch[:, 1:]).item()"},
        ),
        ("add up from step to step", {"        optimizer.zero_grad()\n": ""}),
        ("not the one that it reads", {"batch[:, 1:]": "batch[:, :-1]"}),
        ("reads the whole batch", {"batch[:, :-1]": "batch", "batch[:, 1:]": "batch"}),
        ("the weights don't change", {"        optimizer.step()\n": ""}),
        (
            "don't change from batch to batch",
            {"        optimizer.step()\n": "", "    return": "    optimizer.step()\n    return"},
        ),
        (
            "x and y are exchanged",
            {
                "batch[:, :-1]": "batch[:, 1:]",
                "loss_of(logits, batch[:, 1:])": "loss_of(logits, batch[:, :-1])",
            },
        ),
        ("leaves out a window", {"batch[:, :-1]": "batch[:-1]", "batch[:, 1:]": "batch[1:]"}),
        ("the last position", {"(logits, batch[:, 1:])": "(logits[:, -1:], batch[:, -1:])"}),
        ("leave out the softmax", {"loss_of(logits,": "loss_of(logits.softmax(-1),"}),
        (
            "the loss that you are given",
            {"loss_of(logits, batch[:, 1:])": "F.cross_entropy(logits.mT, batch[:, 1:])"},
        ),
        ("by loss.item()", {"loss.item()": "loss"}),
        ("return after the loop", {"    return": "        return"}),
        ("the weights don't change", {"        loss.backward()\n": ""}),
        (
            "the weights don't change",
            {
                "optimizer.zero_grad()\n        loss.backward()": (
                    "loss.backward()\n        optimizer.zero_grad()"
                )
            },
        ),
        (
            "in this order",
            {
                "loss.backward()\n        optimizer.step()": (
                    "optimizer.step()\n        loss.backward()"
                )
            },
        ),
        (
            "before backward()",
            {
                "        optimizer.step()\n": "",
                "        optimizer.zero_grad()\n": (
                    "        optimizer.step()\n        optimizer.zero_grad()\n"
                ),
            },
        ),
        ("not the last one's", {"return losses": "return losses[-1]"}),
        ("not their mean", {"return losses": "return sum(losses) / len(losses)"}),
        ("not their sum", {"return losses": "return sum(losses)"}),
        ("logits, _ = network(x)", {"logits, _ = network": "logits = network"}),
        (
            "the last batch's step is missing",
            {
                "        optimizer.step()": (
                    "        if len(losses) < len(batches) - 1:\n            optimizer.step()"
                )
            },
        ),
    ],
    "leaked_share": [
        ("equal windows", {"leaked / len(targets)": "len(set(train) & set(held_out))"}),
        (
            "a window counts whole",
            {
                "leaked = sum(target in trained for target in targets)": (
                    "leaked = sum(seq_len * any(number + i in trained for i in range(1, "
                    "seq_len + 1)) for number in held_out)"
                )
            },
        ),
        (
            "a position counts once",
            {"leaked / len(targets)": "len(trained & {*targets}) / len({*targets})"},
        ),
        ("in per cent", {"leaked / len(targets)": "100 * leaked / len(targets)"}),
        (
            "exchanged",
            {"    trained =": "    train, held_out = held_out, train\n    trained ="},
        ),
        (
            "training targets begin one too early",
            {
                "for number in train for i in range(1, seq_len + 1)": (
                    "for number in train for i in range(seq_len)"
                )
            },
        ),
        (
            "held-out targets begin one too early",
            {
                "for number in held_out for i in range(1, seq_len + 1)": (
                    "for number in held_out for i in range(seq_len)"
                )
            },
        ),
        ("these are T + 1", {"range(1, seq_len + 1)": "range(1, seq_len + 2)"}),
        ("these are T - 1", {"range(1, seq_len + 1)": "range(1, seq_len)"}),
        (
            "a training window has T targets",
            {
                "for number in train for i in range(1, seq_len + 1)": (
                    "for number in train for i in range(1, seq_len + 2)"
                )
            },
        ),
        (
            "is read, but not predicted",
            {
                "for number in train for i in range(1, seq_len + 1)": (
                    "for number in train for i in range(seq_len + 1)"
                )
            },
        ),
        ("this is a count", {"leaked / len(targets)": "leaked"}),
        ("not of training targets", {"len(targets)": "(len(train) * seq_len)"}),
        ("not of different training targets", {"len(targets)": "len(trained)"}),
        ("that was *not* trained on", {"target in trained": "target not in trained"}),
        (
            "only if all of its targets",
            {
                "leaked = sum(target in trained for target in targets)": (
                    "leaked = sum(seq_len * all(number + i in trained for i in range(1, "
                    "seq_len + 1)) for number in held_out)"
                )
            },
        ),
        (
            "you look for neighbours",
            {
                "leaked / len(targets)": (
                    "sum(k - 1 in train or k + 1 in train for k in held_out) / len(held_out)"
                )
            },
        ),
    ],
    "cut_first": [
        ("these are floats", {"torch.arange(0,": "1.0 * torch.arange(0,"}),
        ("the windows that cross the cut", {"cut - seq_len)": "cut)"}),
        ("ends after the text", {"length - seq_len)": "length)"}),
        ("the parts are exchanged", {"return train, held_out": "return held_out, train"}),
        ("it should be all from", {"torch.arange(0,": "torch.arange(100,"}),
        ("it should be all from", {"(1 - share)": "share"}),
        ("it should be all from", {"cut - seq_len)": "cut - seq_len - 1)"}),
        ("it should be all from", {"torch.arange(cut,": "torch.arange(cut + 1,"}),
        ("is empty", {"return train, held_out": "return train, []"}),
        ("always hold out a tenth", {"(1 - share)": "0.9"}),
        ("use `seq_len`", {"- seq_len": "- 64"}),
        ("use `length`", {"* length": "* 1000", "length - seq_len": "1000 - seq_len"}),
        (
            "the same character",
            {"round((1 - share) * length)": "900", "length - seq_len": "1000 - seq_len"},
        ),
        (
            "numbered from 0",
            {"torch.arange(cut, length - seq_len)": "torch.arange(length - seq_len - cut)"},
        ),
        (
            "the parts are mixed",
            {
                "return train, held_out": (
                    "every = torch.randperm(length - seq_len)\n"
                    "    return every[len(held_out) :], every[: len(held_out)]"
                )
            },
        ),
    ],
    "losses_in_windows": [
        ("torch.stack makes one tensor", {"torch.stack(losses)": "losses"}),
        ("carry=True the state is dropped", {"state if carry else None": "None"}),
        ("carry=False the state is carried", {"state if carry else None": "state"}),
        ("that the model reads", {"y = ids[start + 1 : start + 1 + window]": "y = x"}),
        ("mean of each window", {"stack(losses)": "stack(losses).mean(1)"}),
        ("mean over the windows", {"stack(losses)": "stack(losses).mean(0)"}),
        ("in bits", {"stack(losses)": "stack(losses) / math.log(2)"}),
        ("torch.stack makes rows", {"stack(losses)": "cat(losses)"}),
        ("not a column", {"stack(losses)": "stack(losses, dim=1)"}),
        ("last window is missing", {"len(ids) - 1, window": "len(ids) - 1 - window, window"}),
    ],
    "write": [
        ("it draws only one character", {"        ids = torch.cat": "        return torch.cat"}),
        (
            "from the same prediction",
            {"        logits, state = network(drawn[:, None], state)": "        pass"},
        ),
        (
            "last character is fed each time",
            PROMPT | {"network(drawn[:, None]": "network(prompt[:, -1:]"},
        ),
        (
            "one character behind",
            {
                "        ids = torch.cat([ids, drawn])\n": "",
                "network(drawn[:, None], state)": (
                    "network(ids[None, -1:], state)\n        ids = torch.cat([ids, drawn])"
                ),
                "  # (1, 1, vocab_size)": "",
            },
        ),
        ("the state is dropped", {"network(drawn[:, None], state)": "network(drawn[:, None])"}),
        (
            "the state after the prompt",
            {"        logits, state = network(drawn": "        logits, _ = network(drawn"},
        ),
        ("that has read it before", {"network(drawn[:, None]": "network(ids[None]"}),
        (
            "last character is read twice",
            {"    for": "    logits, state = network(ids[None, -1:], state)\n    for"},
        ),
        ("after the prompt's first", {"sampler(logits[:, -1])": "sampler(logits[:, 0])"}),
        ("the sampler isn't used", {"sampler(logits[:, -1])": "logits[:, -1].softmax(-1)"}),
        ("gets probabilities", {"sampler(logits[:, -1])": "sampler(logits[:, -1].softmax(-1))"}),
        ("the prompt is missing", PROMPT | {"return ids": "return ids[prompt.numel() :]"}),
        ("the prompt comes twice", PROMPT | {"return ids": "return torch.cat([prompt[0], ids])"}),
        ("counts the new characters", {"range(length)": "range(length - len(ids))"}),
        ("the axis of the batch", {"return ids": "return ids[None]"}),
        (
            "without another softmax",
            {"sampler(logits[:, -1])": "sampler(logits[:, -1]).softmax(-1)"},
        ),
        (
            "only the last 8 characters",
            {"network(drawn[:, None], state)": "network(ids[None, -8:])"},
        ),
        ("the shape (1, 5, 7)", {"sampler(logits[:, -1])": "sampler(logits)"}),
        ("the shape (7,)", {"sampler(logits[:, -1])": "sampler(logits[0, -1])"}),
        ("the shape (5, 7)", {"sampler(logits[:, -1])": "sampler(logits[0])"}),
        (
            "in the probabilities by which you draw",
            {"sampler(logits[:, -1])": "sampler(2 * logits[:, -1])"},
        ),
        ("one character too few", {"range(length)": "range(length - 1)"}),
        ("one character too many", {"range(length)": "range(length + 1)"}),
        ("greedy", {"draw(p)": "p.argmax(-1)"}),
        ("of your own", {"draw(p)": "p.multinomial(1)[:, 0]"}),
    ],
    "with_temperature": [
        ("after the softmax", {"(logits / tau).softmax(dim=-1)": "logits.softmax(-1) / tau"}),
        (
            "the sum undoes it",
            {
                "return (logits / tau).softmax(dim=-1)": (
                    "p = logits.softmax(-1) / tau\n    return p / p.sum(-1, keepdim=True)"
                )
            },
        ),
        ("multiply by the temperature", {"logits / tau": "logits * tau"}),
        ("wrong axis", {"dim=-1": "dim=0"}),
        ("softmax is missing", {".softmax(dim=-1)": ""}),
        ("applied twice", {".softmax(dim=-1)": ".softmax(-1).softmax(-1)"}),
        ("a second softmax", {"(logits / tau)": "(logits.softmax(-1) / tau)"}),
        (
            "the whole batch adds up",
            {
                "return (logits / tau).softmax(dim=-1)": (
                    "e = (logits / tau).exp()\n    return e / e.sum()"
                )
            },
        ),
        (
            "by the sum of the batch",
            {
                "return (logits / tau).softmax(dim=-1)": (
                    "e = ((logits - logits.amax(-1, keepdim=True)) / tau).exp()\n"
                    "    return e / e.sum()"
                )
            },
        ),
        (
            "of each column",
            {
                "return (logits / tau).softmax(dim=-1)": (
                    "e = ((logits - logits.amax(0)) / tau).exp()\n"
                    "    return e / e.sum(-1, keepdim=True)"
                )
            },
        ),
        ("not log_softmax", {".softmax": ".log_softmax"}),
        (
            "powers of probabilities",
            {
                "return (logits / tau).softmax(dim=-1)": (
                    "p = logits.softmax(-1) ** (1 / tau)\n    return p / p.sum(-1, keepdim=True)"
                )
            },
        ),
        (
            "exp overflows",
            {
                "return (logits / tau).softmax(dim=-1)": (
                    "p = (logits / tau).exp()\n    return p / p.sum(-1, keepdim=True)"
                )
            },
        ),
        (
            "that of each row",
            {
                "return (logits / tau).softmax(dim=-1)": (
                    "p = ((logits - logits.max()) / tau).exp()\n"
                    "    return p / p.sum(-1, keepdim=True)"
                )
            },
        ),
        ("changes its arguments", {"return (logits / tau)": ("logits /= tau\n    return logits")}),
    ],
    "keep_nucleus": [
        ("do not add up to 1", {" / kept.sum()": ""}),
        ("must reach top_p", {"before < top_p": "ordered.cumsum(0) <= top_p"}),
        ("not for one character", {"before < top_p": "ordered >= top_p"}),
        ("that would be min-p", {"before < top_p": "ordered >= top_p * ordered[0]"}),
        (
            "one character too many",
            {"before < top_p": "torch.arange(len(p)) <= (before < top_p).sum()"},
        ),
        ("from the unlikeliest", {"descending=True": ""}),
        (
            "in the order of the vocabulary",
            {"p.sort(descending=True)": "(p, torch.arange(len(p)))"},
        ),
        ("not by top_p", {"kept.sum()": "top_p"}),
        ("changes the proportions", {"kept / kept.sum()": "kept.softmax(0)"}),
        ("the mask is sorted", {"kept[order] = ordered": "kept = p"}),
        ("equals top_p", {"before < top_p": "before <= top_p"}),
        ("equally likely", {"before < top_p": "ordered >= ordered[before < top_p][-1]"}),
        ("sorted", {"kept[order]": "kept[:]"}),
        (
            "write there",
            {"kept[order] = ordered": "kept = (ordered", "< top_p)": "< top_p))[order]"},
        ),
    ],
    "backward_in_chunks": [
        (
            "it changes the weights",
            {
                "return losses": (
                    "[weight.data.add_(1) for weight in model.parameters()]\n    return losses"
                )
            },
        ),
        ("no gradient is left", {"return losses": "model.zero_grad()\n    return losses"}),
        ("graph of the previous chunk", {"[(h.detach(), c.detach()) for h, c in state]": "state"}),
        (
            "crosses the borders",
            {
                "[(h.detach(), c.detach()) for h, c in state]": "state",
                "backward()": "backward(retain_graph=True)",
            },
        ),
        ("empty state", {"[(h.detach(), c.detach()) for h, c in state]": "None"}),
        (
            "through c",
            {
                "h.detach(), c.detach()": "h.detach(), c",
                "backward()": "backward(retain_graph=True)",
            },
        ),
        (
            "through h",
            {
                "h.detach(), c.detach()": "h, c.detach()",
                "backward()": "backward(retain_graph=True)",
            },
        ),
        ("detach h and c", {"h.detach(), c.detach()": "h.detach(), c"}),
        ("only h is passed on", {"c.detach()": "torch.zeros_like(c)"}),
        ("not their sum", {"return losses": "return sum(losses)"}),
        ("not their mean", {"return losses": "return sum(losses) / len(losses)"}),
        ("by loss.item()", {"loss.item()": "loss"}),
        (
            "kept until the end",
            {
                "        loss.backward()\n": "",
                "loss.item()": "loss",
                "    return losses": (
                    "    torch.stack(losses).sum().backward()\n"
                    "    return [loss.item() for loss in losses]"
                ),
            },
        ),
        (
            "in the gradient, it gives",
            {"loss.backward()": "(2 * loss).backward()"},
        ),
        ("last chunk", {"loss.backward()": ("model.zero_grad()\n        loss.backward()")}),
        ("by the number of chunks", {"loss.backward()": "(loss / len(chunks)).backward()"}),
        ("no gradient", {"loss.backward()": "pass"}),
    ],
    "without_copying": [
        ("a bias of 8 is too small", {"1e4": "8"}),
        ("changes the network that it is given", {"copy.deepcopy(network)": "network"}),
        (
            "copies as before",
            {"    torch.nn.init.constant_(broken.copy_head.write.bias, 1e4)\n": ""},
        ),
        ("never writes", {"1e4": "-1e4"}),
        ("not a number", {"1e4": "math.inf"}),
        ("a bias of 0", {"1e4": "0"}),
        ("a bias of 10", {"1e4": "10"}),
        ("you change the weight", {"write.bias": "write.weight"}),
        (
            "needs its copy head",
            {
                "torch.nn.init.constant_(broken.copy_head.write.bias, 1e4)": (
                    "broken.copy_head = None"
                )
            },
        ),
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
        ("instead of multiplying", {" / len(query)": " * len(query)"}),
        (
            "isn't a share yet",
            {
                "torch.cat([write, scores]).softmax(0)": (
                    "torch.cat([write.sigmoid(), scores.softmax(0) * (1 - write.sigmoid())])"
                )
            },
        ),
        (
            "don't take the largest",
            {
                "return torch.zeros(vocab_size).index_add(0, ids, shares[1:])": (
                    "p = [0] * vocab_size\n"
                    "    for k, share in zip(ids, shares[1:]):\n"
                    "        p[k] = max(p[k], share)\n"
                    "    return p"
                )
            },
        ),
        (
            "don't take their mean",
            {
                "return torch.zeros(vocab_size).index_add(0, ids, shares[1:])": (
                    "one = torch.zeros(vocab_size)\n"
                    "    times = ids.bincount(minlength=vocab_size).clamp(min=1)\n"
                    "    return one.index_add(0, ids, shares[1:]) / times"
                )
            },
        ),
        ("*root*", {" ** 0.5": ""}),
        ("begin with the second", {"shares[1:]": "shares[:-1]"}),
        (
            "not its scores",
            {
                "torch.cat([write, scores])": (
                    "torch.cat([write, torch.zeros(vocab_size).index_add(0, ids, scores)])"
                ),
                "torch.zeros(vocab_size).index_add(0, ids, shares[1:])": "shares[1:]",
            },
        ),
        ("not of how many there are", {"len(query) ** 0.5": "len(keys) ** 0.5"}),
        (
            "not the score for writing",
            {
                " / len(query) ** 0.5": "",
                "torch.cat([write, scores])": "(torch.cat([write, scores]) / len(query) ** 0.5)",
            },
        ),
        ("writing last", {"[write, scores]": "[scores, write]"}),
        (
            "p[ids] += shares",
            {
                "return torch.zeros(vocab_size).index_add(0, ids, shares[1:])": (
                    "p = torch.zeros(vocab_size)\n    p[ids] += shares[1:]\n    return p"
                )
            },
        ),
    ],
    "bits_of_name": [
        ("begin with row start - 1", {"log_p[start - 1 : stop - 1]": "log_p[: stop - start]"}),
        ("in nats", {" / math.log(2)": ""}),
        ("instead of multiplying", {" / math.log(2)": " * math.log(2)"}),
        ("the sign", {"return -": "return "}),
        ("this is the mean", {".sum()": ".mean()"}),
        ("not added up", {"log_p_of_letters.sum()": "log_p_of_letters[:, 0]"}),
        ("begin with row start - 1", {"log_p[start - 1 : stop - 1]": "log_p[start:stop]"}),
        ("not start + 1", {"log_p[start - 1 : stop - 1]": "log_p[start + 1 : stop + 1]"}),
        ("likeliest", {"rows.gather(1, letters[:, None])": "rows.amax(1)"}),
        ("at all characters", {"    letters": "    start, stop = 1, len(ids)\n    letters"}),
        (
            "every letter from every row",
            {"rows.gather(1, letters[:, None])": "rows[:, letters]"},
        ),
        (
            "as gather does. And row t",
            {"rows.gather(1, letters[:, None])": "log_p[start:stop, letters]"},
        ),
        ("one character too many", {"start:stop": "start:stop + 1", ": stop - 1": ": stop"}),
        ("letters begin one too early", {"ids[start:stop]": "ids[start - 1 : stop - 1]"}),
        ("too late", {"start:stop": "start + 1 : stop + 1", "start - 1 : stop - 1": "start:stop"}),
        ("too early", {"    letters": "    start, stop = start - 1, stop - 1\n    letters"}),
        ("before the name", {"    letters": "    start = start - 1\n    letters"}),
        ("first letter is missing", {"    letters": "    start = start + 1\n    letters"}),
        ("last letter is missing", {"    letters": "    stop = stop - 1\n    letters"}),
        (
            "add up probabilities",
            {"-log_p_of_letters.sum()": "-log_p_of_letters.exp().sum().log()"},
        ),
        ("logarithms already", {"rows.gather": "rows.log().gather"}),
    ],
    "hold_at_zero": [
        ("copy.deepcopy gives", {"copy.deepcopy(network)": "network"}),
        ("copy.deepcopy gives", {"copy.deepcopy(network)": "copy.copy(network)"}),
        ("rows of the input gate", {"_, _, candidate, _": "candidate, _, _, _"}),
        ("rows of the forget gate", {"_, _, candidate, _": "_, candidate, _, _"}),
        ("rows of the output gate", {"_, _, candidate, _": "_, _, _, candidate"}),
        ("biases are missing", {"layer.parameters()": "list(layer.parameters())[:2]"}),
        ("second bias is missing", {"layer.parameters()": "list(layer.parameters())[:3]"}),
        (
            "first bias is missing",
            {"layer.parameters()": "[w for k, w in enumerate(layer.parameters()) if k != 2]"},
        ),
        (
            "recurrent weights are missing",
            {"layer.parameters()": "[w for k, w in enumerate(layer.parameters()) if k != 1]"},
        ),
        (
            "weights of the input are missing",
            {"layer.parameters()": "list(layer.parameters())[1:]"},
        ),
        ("only the weights of the input", {"layer.parameters()": "[layer.weight_ih_l0]"}),
        ("only the recurrent weights", {"layer.parameters()": "[layer.weight_hh_l0]"}),
        ("counted through all layers", {"candidate[cell % size]": "candidate[cell]"}),
        (
            "counted through all layers",
            {
                "_, _, candidate, _ = weight.chunk(4)": "candidate = weight",
                "candidate[cell % size]": "candidate[2 * size + cell]",
            },
        ),
        ("in the first layer", {"layers[cell // size]": "layers[0]"}),
        ("in the last layer", {"layers[cell // size]": "layers[-1]"}),
        ("in every layer", {"in layer.parameters()": "in changed.layers.parameters()"}),
        ("not a column", {"candidate[cell % size]": "candidate[:, cell % size]"}),
        ("The biases are right", {"candidate[cell": "candidate[..., cell"}),
        (
            "in the part for g",
            {"layer.parameters()": "list(layer.parameters())[:2]", "date[cell": "date[:, cell"},
        ),
        (
            "not a column",
            {
                "layer.parameters()": "list(layer.parameters())[:2]",
                "_, _, candidate, _ = weight.chunk(4)": "candidate = weight",
                "candidate[cell": "candidate[:, cell",
            },
        ),
        (
            "not a column",
            {
                "layer.parameters()": "[layer.weight_hh_l0]",
                "_, _, candidate, _ = weight.chunk(4)": "candidate = weight",
                "candidate[cell": "candidate[:, cell",
            },
        ),
        ("torch.no_grad()", {"torch.no_grad()": "torch.enable_grad()"}),
        ("only the biases", {"layer.parameters()": "list(layer.parameters())[2:]"}),
        ("bias_hh_l0 are missing", {"layer.parameters()": "list(layer.parameters())[::2]"}),
        ("counted from 0", {"for cell in held:": "for cell in held:\n            cell = cell - 1"}),
        (
            "by the number of layers",
            {
                "layers[cell // size]": "layers[cell % 2]",
                "candidate[cell % size]": "candidate[cell // 2]",
            },
        ),
        (
            "the output gate is shut",
            {
                "in layer.parameters()": "in [layer.bias_ih_l0]",
                "_, _, candidate, _": "_, _, _, candidate",
                "candidate[cell % size] = 0": "candidate[cell % size] = -1e4",
            },
        ),
        (
            "the third part of each weight",
            {
                "_, _, candidate, _ = weight.chunk(4)": "candidate = weight.movedim(-1, 0)",
            },
        ),
        ("nothing has changed", {"weight.chunk(4)": "weight.clone().chunk(4)"}),
        ("only the last cell", {"in held:": "in held[-1:]:"}),
        ("only the first cell", {"in held:": "in held[:1]:"}),
        ("all cells of the layer", {"candidate[cell % size]": "candidate[:]"}),
        ("should return a network", {"return changed": "return changed.state_dict()"}),
    ],
}


def function_of(name: str, code: str) -> Callable:
    namespace: dict = {}
    exec("import copy, math, torch\nfrom collections import Counter\n", namespace)
    exec("from torch.nn import functional as F\n", namespace)
    exec(code, namespace)
    return namespace[name]


def changed_solution(name: str, changes: dict[str, str]) -> str:
    """The code of a solution, with some of it replaced."""
    code = solution(name)
    for old, new in changes.items():
        assert old in code
        code = code.replace(old, new)
    return code


@pytest.mark.parametrize("name", MISTAKES)
def test_each_mistake_is_told_by_its_name(name: str, capsys):
    for words, changes in MISTAKES[name]:
        check(function_of(name, changed_solution(name, changes)))
        printed = capsys.readouterr().out
        assert printed.startswith(f"[FAIL] {name}") and words in printed, changes


# --- the checks themselves ---


def test_numbers_in_strings_are_wrong(capsys):
    right = function_of("loss_in_nats", solution("loss_in_nats"))

    def loss_in_nats(p, ids):
        return f"{right(p, ids):.6f}"

    check(loss_in_nats)
    assert "it should return numbers" in capsys.readouterr().out


def test_arrays_lists_and_tensors_are_all_right(capsys):
    def witten_bell(n, lower):
        if not n.any():
            return lower.tolist()
        rows = zip(n.tolist(), lower.numpy(), strict=True)
        different = np.count_nonzero(n)
        return tuple((of_x + different * p) / (sum(n.tolist()) + different) for of_x, p in rows)

    check(witten_bell)
    assert printed_lines(capsys)[0].startswith("[PASS]")


OTHER_STYLES = {  # right answers that differ from the solution, {code of the solution: other code}
    "loss_in_nats": [
        {"-p_of_true.log().mean()": "F.cross_entropy(p.log(), ids)"},
        {"-p_of_true.log().mean()": "-torch.distributions.Categorical(p).log_prob(ids).mean()"},
        {"-p_of_true.log().mean()": "-sum(map(math.log, p_of_true)) / len(ids)"},
    ],
    "witten_bell": [{"times == 0": "not n.any()", "(n > 0).sum()": "n.count_nonzero()"}],
    "hold_out": [
        {"round(share * count)": "int(share * count)"},
        {
            "return numbers[held_out:], numbers[:held_out]": (
                "parts = torch.utils.data.random_split(range(count), [1 - share, share])\n"
                "    return [part.indices for part in parts]"
            )
        },
        {
            "return numbers[held_out:], numbers[:held_out]": (
                "mask = torch.rand(count) < share\n"
                "    return (~mask).nonzero()[:, 0].numpy(), mask.nonzero()[:, 0].numpy()"
            )
        },
    ],
    "train_on": [
        {"return losses": "return torch.tensor(losses)"},
        {"loss.item()": "loss.detach()"},
    ],
    "cut_first": [
        {"round((1 - share) * length)": "length - int(share * length)"},
        {"torch.arange(0,": "range(0,", "torch.arange(cut,": "range(cut,"},
        {"return train, held_out": "return train.flip(0), held_out.numpy()"},
    ],
    "losses_in_windows": [{"torch.stack(losses)": "[one.tolist() for one in losses]"}],
    "write": [
        {"return ids": "return ids.tolist()"},
        {"network(drawn[:, None], state)": "network(ids[None])"},
    ],
    "backward_in_chunks": [
        {"loss.item()": "loss.detach()"},
        {"h.detach(), c.detach()": "h.data, c.data"},
    ],
    "without_copying": [{"1e4": "100.0"}],
    "hold_at_zero": [
        {"candidate[cell % size] = 0": "candidate.data[cell % size].zero_()"},
        {
            "in layer.parameters()": "in [layer.bias_ih_l0]",
            "_, _, candidate, _": "candidate, *_",
            "size] = 0": "size] = -1e4",
        },  # with its input gate shut, a cell stays at zero, too
    ],
}


@pytest.mark.parametrize("name", OTHER_STYLES)
def test_other_styles_pass(name: str, capsys):
    for changes in OTHER_STYLES[name]:
        check(function_of(name, changed_solution(name, changes)))
        assert printed_lines(capsys)[0].startswith(f"[PASS] {name}"), changes


def test_a_lambda_is_known_by_the_name_that_it_was_given(capsys):
    code = "loss_in_nats = lambda p, ids: -p[range(len(ids)), ids].log().mean()"
    namespace: dict = {}
    exec(code, namespace)
    check(namespace["loss_in_nats"])
    assert printed_lines(capsys)[0].startswith("[PASS] loss_in_nats")


def test_printing_is_not_returning(capsys):
    for name in find_checks():
        namespace: dict = {}
        exec(f"def {name}(*given):\n    print(given)", namespace)
        check(namespace[name])
        assert f"[FAIL] {name} returns nothing" in capsys.readouterr().out


def test_what_cannot_learn_is_told(capsys):
    """The number alone isn't enough where it is trained with."""
    lstm_step = function_of("lstm_step", solution("lstm_step"))
    cross_entropy = function_of("cross_entropy", solution("cross_entropy"))

    def without_gradient(*given):
        with torch.no_grad():
            return lstm_step(*given)

    def of_detached(cell, x, h, c):
        return lstm_step(cell, x, h.detach(), c)

    def half_detached(logits, y):
        return cross_entropy(logits, y) + logits.detach().mean() - logits.mean()

    wrong = (
        ("lstm_step", without_gradient, "nothing can be learned"),
        ("lstm_step", of_detached, "without detach()"),
        ("cross_entropy", half_detached, "leave out detach()"),
    )
    for name, function, words in wrong:
        function.__name__ = name
        check(function)
        said = printed_lines(capsys)[0]
        assert said.startswith(f"[FAIL] {name}") and words in said


def test_a_solution_takes_the_place_of_what_fails(capsys):
    def loss_in_nats(p, ids): ...

    right = function_of("loss_in_nats", solution("loss_in_nats"))
    assert own_or(loss_in_nats, right) is right
    assert "Your loss_in_nats doesn't pass" in capsys.readouterr().out
    assert own_or(right, loss_in_nats) is right
    assert capsys.readouterr().out == ""


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
    path.write_text("@decorator\ndef keep_nucleus(p, top_p):\n    return p.nothing\n")
    namespace: dict = {"decorator": torch.no_grad()}
    exec(compile(path.read_text(), str(path), "exec"), namespace)
    check(namespace["keep_nucleus"])
    printed = capsys.readouterr().out
    assert "AttributeError" in printed and "in the line: return p.nothing" in printed
