"""Solutions pass, stubs are to be done, usual mistakes are named."""

import math
import re
from collections.abc import Callable
from pathlib import Path

import nbformat
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
    ],
    "witten_bell": [
        ("without smoothing", {"(n + different * lower) / (times + different)": "n / times"}),
        (
            "gets all the weight",
            {"(n + different * lower) / (times + different)": "lower.clone()"},
        ),
        ("followed ten times", {"(n > 0).sum()": "n.sum()"}),
        ("no usual mistake", {"(n > 0).sum()": "n[n > 0].unique().numel()"}),
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
        ("divides 0 by 0", {"times == 0": "times < 0"}),
        ("return `lower`", {"return lower": "return n"}),
    ],
    "lstm_step": [
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
        ("returns only c", {"return h, c": "return c"}),
        ("returns one tensor", {"return h, c": "return h + c"}),
    ],
    "fixed_gate_step": [
        ("the forget gate isn't fixed", {FIX.format(gate, gate[0]): gate[0] for gate in GATES}),
        ("the output gate isn't fixed", {'fixed.get("output", o)': "o"}),
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
        ("in both parts", {"return numbers[held_out:]": "return numbers"}),
        ("in neither part", {"numbers[held_out:]": "numbers[held_out + 5 :]"}),
        (
            "exchanged",
            {
                "numbers[held_out:], numbers[:held_out]": "numbers[:held_out], numbers[held_out:]",
            },
        ),
        ("a tenth would be 100", {"round(share * count)": "round(share * count / 10)"}),
        ("too large or come twice", {"randperm(count)": "randperm(count + 1)"}),
        ("draw each one", {"torch.randperm(count)": "torch.arange(count)"}),
        (
            "draw each one",
            {"torch.randperm(count)": "torch.arange(count).roll(int(torch.randint(900, ())))"},
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
        ("add up from step to step", {"        optimizer.zero_grad()\n": ""}),
        ("not the one that it reads", {"batch[:, 1:]": "batch[:, :-1]"}),
        ("the weights don't change", {"        optimizer.step()\n": ""}),
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
    ],
    "cut_first": [
        ("the windows that cross the cut", {"cut - seq_len)": "cut)"}),
        ("ends after the text", {"length - seq_len)": "length)"}),
        ("the parts are exchanged", {"return train, held_out": "return held_out, train"}),
        ("it should be all from", {"torch.arange(0,": "torch.arange(100,"}),
        ("it should be all from", {"(1 - share)": "share"}),
        ("it should be all from", {"cut - seq_len)": "cut - seq_len - 1)"}),
        ("it should be all from", {"torch.arange(cut,": "torch.arange(cut + 1,"}),
        ("is empty", {"return train, held_out": "return train, []"}),
    ],
    "losses_in_windows": [
        ("carry=True the state is dropped", {"state if carry else None": "None"}),
        ("carry=False the state is carried", {"state if carry else None": "state"}),
        ("that the model reads", {"y = ids[start + 1 : start + 1 + window]": "y = x"}),
        ("mean of each window", {"stack(losses)": "stack(losses).mean(1)"}),
        ("mean over the windows", {"stack(losses)": "stack(losses).mean(0)"}),
    ],
    "write": [
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
        ("one character too few", {"range(length)": "range(length - 1)"}),
        ("one character too many", {"range(length)": "range(length + 1)"}),
        ("greedy", {"draw(p)": "p.argmax(-1)"}),
        ("of your own", {"draw(p)": "p.multinomial(1)[:, 0]"}),
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
        ("softmax is missing", {".softmax(dim=-1)": ""}),
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
        ("equals top_p", {"before < top_p": "before <= top_p"}),
        ("equally likely", {"before < top_p": "ordered >= ordered[before < top_p][-1]"}),
        ("sorted", {"kept[order]": "kept[:]"}),
        (
            "write there",
            {"kept[order] = ordered": "kept = (ordered", "< top_p)": "< top_p))[order]"},
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
        ("in nats", {" / math.log(2)": ""}),
        ("instead of multiplying", {" / math.log(2)": " * math.log(2)"}),
        ("the sign", {"return -": "return "}),
        ("this is the mean", {".sum()": ".mean()"}),
        ("not added up", {"log_p_of_letters.sum()": "log_p_of_letters[:, 0]"}),
        ("begin with row start - 1", {"log_p[start - 1 : stop - 1]": "log_p[start:stop]"}),
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
        return tuple((of_x + 4 * p) / (10 + 4) for of_x, p in rows)

    check(witten_bell)
    assert printed_lines(capsys)[0].startswith("[PASS]")


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

    wrong = {"lstm_step": [without_gradient, of_detached], "cross_entropy": [half_detached]}
    for name, functions in wrong.items():
        for function in functions:
            function.__name__ = name
            check(function)
            assert printed_lines(capsys)[0].startswith(f"[FAIL] {name}")


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
