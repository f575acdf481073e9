"""Solutions pass, stubs are to be done, usual mistakes are named; and links lead somewhere."""

import itertools
import math
import re
from pathlib import Path

import nbformat
import numpy as np
import pytest
import torch
from matplotlib import pyplot as plt
from torch.nn import functional as F

from course.checks import check, find_checks

ROOT = Path(__file__).resolve().parents[1]
SOLUTIONS = sorted((ROOT / "notebooks" / "solutions").glob("*.ipynb"))
NOTEBOOKS = [ROOT / "notebooks" / path.name for path in SOLUTIONS]
GLOSSARY = ROOT / "notebooks" / "glossary.md"


def cells_of(path: Path, tag: str | None = None) -> list:
    cells = nbformat.read(path, as_version=4).cells
    return [cell for cell in cells if tag is None or tag in cell.metadata.get("tags", [])]


def code_of(cells: list) -> list[str]:
    return [cell.source for cell in cells if cell.cell_type == "code"]


def asked(path: Path) -> list[str]:
    """The functions that a notebook asks for."""
    return re.findall(r"(?m)^check\((\w+)\)$", "\n".join(code_of(cells_of(path))))


def said(capsys) -> list[str]:
    """What was printed by checks, a line for each."""
    return [line for line in capsys.readouterr().out.splitlines() if re.match(r"\[[A-Z]+\]", line)]


def test_every_exercise_has_a_check_and_a_solution():
    names = [asked(path) for path in NOTEBOOKS]
    assert names == [asked(path) for path in SOLUTIONS]
    assert all(3 <= len(some) <= 5 for some in names)
    assert list(itertools.chain(*names)) == list(find_checks())


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_exercises_are_the_end_of_the_notebook_and_tagged(path: Path):
    cells = cells_of(path)
    first = next(k for k, cell in enumerate(cells) if cell.source.startswith("## Exercises"))
    assert cells[first:] == cells_of(path, "exercise")
    tasks = [cell.source for cell in cells[first + 1 :] if cell.cell_type == "markdown"]
    assert len(tasks) == len(asked(path))
    for number, task in enumerate(tasks, 1):
        assert task.startswith(f"### {number}. ") and task.endswith("\n\n</details>")
        assert "\n\n<details><summary>Hints</summary>\n\n" in task
    for source in code_of(cells[first + 2 :]):
        assert re.fullmatch(
            r'def (\w+)\(.*\):\n    """[^"]+"""\n    \.\.\.\n\n\ncheck\(\1\)', source
        ), source


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_stubs_are_to_be_done_and_stop_nothing(path: Path, capsys):
    namespace: dict = {}
    for source in code_of(cells_of(path, "exercise")):
        exec(source, namespace)
    assert [line.split()[:2] for line in said(capsys)] == [["[TODO]", name] for name in asked(path)]


@pytest.mark.parametrize("path", SOLUTIONS, ids=lambda p: p.stem)
def test_solutions_pass(path: Path, capsys, monkeypatch):
    monkeypatch.chdir(path.parent)
    plt.switch_backend("Agg")
    for cell in cells_of(path):
        assert not cell.get("outputs") and not cell.get("execution_count")
    namespace: dict = {}
    for source in code_of(cells_of(path)):
        exec(source, namespace)
    plt.close("all")
    lines = said(capsys)
    assert [line.split(":")[0] for line in lines] == [f"[PASS] {name}" for name in asked(path)]
    assert not any("nan" in line for line in lines)


# --- the usual mistakes ---


def shares(text):
    return {c: text.count(c) / len(text) for c in text}


def surprise(counted, asked, log=math.log2):
    return -sum(log(shares(counted)[c]) for c in asked) / len(asked)


def bigram(train, held_out, size, one=1.0, read=lambda n: n / n.sum(1, keepdim=True), base=1.0):
    n = torch.full((size, size), one).index_put_(
        (train[:-1], train[1:]), torch.tensor(1.0), accumulate=True
    )
    return -read(n)[held_out[:-1], held_out[1:]].log().mean() / base


def gate(x, h, w, b, squash=torch.sigmoid):
    return squash(w @ torch.cat([x, h]) + b)


def parameters(v, e, h, layers, biases=2, first=None):
    return (
        v * e
        + 4 * h * (e + h + biases)
        + (layers - 1) * 4 * h * ((first or h) + h + biases)
        + h * v
        + v
    )


def peephole(cell, x, h, c, p_f, p_i, p_o, late=True):
    xh = torch.cat([x, h], 1)
    new = (cell.forget(xh) + p_f * c).sigmoid() * c + (
        cell.input(xh) + p_i * c
    ).sigmoid() * cell.candidate(xh).tanh()
    return (cell.output(xh) + p_o * (new if late else c)).sigmoid() * new.tanh(), new


def jacobian(w, states, factor, right=False):
    product = torch.eye(len(w))
    for before, after in itertools.pairwise(states):
        product = (
            product @ factor(w, before, after) if right else factor(w, before, after) @ product
        )
    return product


def slope(w, before, after):
    return (1 - after**2)[:, None] * w


def calibration(confidence, right, bins=None, weight=lambda places: len(places) / 100):
    bins = (confidence * 10).long().clamp(max=9) if bins is None else bins
    groups = [bins == k for k in range(10)]
    gaps = [
        (confidence[places] - right[places]).mean().abs() * weight(confidence[places])
        for places in groups
        if places.any()
    ]
    return sum(gaps)


def neighbours(vectors, mean=True, unit=True, itself=False):
    rows = vectors - vectors.mean(0) if mean else vectors
    rows = F.normalize(rows, dim=1) if unit else rows
    return (rows @ rows.T - (0 if itself else 9) * torch.eye(len(rows))).argmax(1)


def windows(model, ids, window, carry, shift=1):
    losses, state = [], None
    for start in range(0, len(ids) - 1, window):
        logits, state = model(ids[None, start : start + window], state if carry else None)
        losses.append(F.cross_entropy(logits[0], ids[start + shift :][:window], reduction="none"))
    return torch.stack(losses)


def pieces_of(
    model, pieces, change=lambda state: state.map(torch.Tensor.detach), after=lambda model: None
):
    losses, state = [], None
    for piece in pieces:
        after(model)
        loss, state = model.loss(piece, state)
        loss.backward(retain_graph=True)
        losses.append(loss.item())
        state = change(state)
    return losses


def whole_graph(model, pieces):
    losses, state = [], None
    for piece in pieces:
        loss, state = model.loss(piece, state)
        losses.append(loss)
    sum(losses).backward()
    return losses


def stop(validation, test, patience):
    best = 0
    for epoch, loss in enumerate(validation):
        best = epoch if loss < validation[best] else best
        if epoch - best == patience:
            break
    return best, epoch


def stop_without_starting_to_count_again(validation, test, patience):
    best = bad = 0
    for epoch, loss in enumerate(validation):
        best, bad = (epoch, bad) if epoch == 0 or loss < validation[best] else (best, bad + 1)
        if bad == patience:
            break
    return best, test[best]


def top(p, keep):
    kept = torch.zeros_like(p)
    kept[keep] = p[keep]
    return kept


def nucleus(p, top_p, needed=lambda ordered, top_p: ordered.cumsum(0) - ordered < top_p):
    ordered, place = p.sort(descending=True)
    kept = top(p, place[needed(ordered, top_p)])
    return kept / kept.sum()


def substrings(text, length, step=1):
    return [text[k : k + length] for k in range(0, len(text) - length + 1, step)]


def beams(ask, length, width, each=99, score=lambda total: total):
    found = [([], 0.0)]
    for step in range(length):
        longer = [
            sorted(
                ((total + log_p, [*ids, k]) for k, log_p in enumerate(ask(ids).tolist())),
                reverse=True,
            )
            for ids, total in found
        ]
        best = sorted(
            itertools.chain(*(some[: each if step else 99] for some in longer)), reverse=True
        )
        found = [(ids, total) for total, ids in best[:width]]
    return found[0][0], score(found[0][1])


def in_place(logits, tau):
    logits /= tau
    return logits.softmax(-1)


MISTAKES = [
    ("unigram_bits", lambda train, test: surprise(train, test, math.log), "in nats, not bits"),
    ("unigram_bits", lambda train, test: surprise(train, train), "entropy of `train`"),
    ("unigram_bits", lambda train, test: surprise(test, test), "you count in `test`"),
    ("unigram_bits", lambda train, test: surprise(train, test) * len(test), "the sum"),
    ("unigram_bits", lambda train, test: -surprise(train, test), "the sign"),
    ("unigram_bits", lambda train, test: surprise(train, "".join(set(test))), "counts twice"),
    ("unigram_bits", lambda train, test: surprise(train.lower(), test.lower()), "capitals"),
    (
        "split_windows",
        lambda n, size: (range(n * 9 // 10), range(n * 9 // 10, n - size)),
        "overlap the cut",
    ),
    (
        "split_windows",
        lambda n, size: (range(n * 9 // 10 - size + 1), range(n * 9 // 10, n - size)),
        "seq_len + 1",
    ),
    (
        "split_windows",
        lambda n, size: (range((n - size) * 9 // 10), range((n - size) * 9 // 10, n - size)),
        "not the text",
    ),
    (
        "split_windows",
        lambda n, size: (range(n * 9 // 10 - size), range(n * 9 // 10, n)),
        "asks for more",
    ),
    (
        "split_windows",
        lambda n, size: (range(n * 9 // 10 - size - 1), range(n * 9 // 10, n - size)),
        "missing",
    ),
    ("split_windows", lambda n, size: range(n * 9 // 10 - size), "2 things"),
    ("split_windows", lambda n, size: (n * 9 // 10 - size, n - size), "a list of starts"),
    (
        "split_windows",
        lambda n, size: ([range(n)[s : s + size] for s in range(9)],) * 2,
        "a list of starts",
    ),
    (
        "split_windows",
        lambda n, size: ([*range(n * 9 // 10 - size)] * 2, range(n * 9 // 10, n - size)),
        "twice",
    ),
    ("leaked_share", lambda train, v, size: len(set(train) & set(v)) / len(v), "equal windows"),
    (
        "leaked_share",
        lambda train, v, size: np.mean([any(abs(a - b) < size for a in train) for b in v]),
        "a window counts whole",
    ),
    (
        "leaked_share",
        lambda train, v, size: (
            1
            - len(
                {b + k for b in v for k in range(size)}
                - {a + k for a in train for k in range(size)}
            )
            / len({b + k for b in v for k in range(size)})
        ),
        "a place counts once",
    ),
    ("bigram_loss", lambda *a: bigram(*a, base=math.log(2)), "in bits, not nats"),
    ("bigram_loss", lambda *a: bigram(*a, one=0.0), "probability 0"),
    (
        "bigram_loss",
        lambda *a: bigram(*a, read=lambda n: n / (n - 1).sum(1, keepdim=True)),
        "totals",
    ),
    ("bigram_loss", lambda *a: bigram(*a, read=lambda n: n / n.sum()), "not by all"),
    ("bigram_loss", lambda *a: bigram(*a, read=lambda n: (n / n.sum(0)).T), "exchanged"),
    (
        "bigram_loss",
        lambda train, held_out, size: bigram(held_out, held_out, size),
        "in the held-out text",
    ),
    ("forget_gate", lambda x, h, w, b: gate(h, x, w, b), "h before x"),
    ("forget_gate", lambda x, h, w, b: gate(x, h, w, 0), "bias is missing"),
    ("forget_gate", lambda x, h, w, b: gate(x, h, w, 0) + b, "belongs inside"),
    ("forget_gate", lambda x, h, w, b: gate(x, h, w, b, torch.tanh), "tanh"),
    ("forget_gate", lambda x, h, w, b: gate(x, h, w, b, lambda z: z), "sigmoid is missing"),
    ("forget_gate", lambda x, h, w, b: gate(x, h, w, b)[None], "shape (1, 4)"),
    ("count_parameters", lambda *sizes: parameters(*sizes, biases=1), "two biases"),
    (
        "count_parameters",
        lambda v, e, h, n: parameters(v, e, h, n, first=e),
        "only the first layer",
    ),
    ("count_parameters", lambda v, e, h, n: parameters(v, e, h, n) - v, "bias for each character"),
    ("count_parameters", lambda v, e, h, n: parameters(v, e, h, n) - v * e, "embedding is missing"),
    (
        "count_parameters",
        lambda v, e, h, n: parameters(v, e, h, n) - h * (e + h + 2) - (n - 1) * h * (2 * h + 2),
        "four matrices",
    ),
    ("peephole_step", lambda *a: peephole(*a, late=False), "looks at the old cell state"),
    ("peephole_step", lambda cell, *a: cell(*a[:3]), "peepholes are missing"),
    ("peephole_step", lambda *a: peephole(*a[:-1], 0), "the output gate has no peephole"),
    ("peephole_step", lambda *a: peephole(*a)[::-1], "exchanged"),
    ("bits_and_perplexity", lambda nats: (nats * math.log(2), math.exp(nats)), "multiply by log 2"),
    ("bits_and_perplexity", lambda nats: (nats / math.log(2), 2**nats), "base is e"),
    ("bits_and_perplexity", lambda nats: (math.exp(nats), nats / math.log(2)), "wrong order"),
    ("cross_entropy", lambda z, y: F.cross_entropy(z.mT, y) / math.log(2), "in bits, not nats"),
    ("cross_entropy", lambda z, y: F.cross_entropy(z.mT, y, reduction="sum"), "the sum"),
    ("cross_entropy", lambda z, y: -F.cross_entropy(z.mT, y), "the sign"),
    ("cross_entropy", lambda z, y: F.nll_loss(z.mT, y), "softmax is missing"),
    ("cross_entropy", lambda z, y: F.nll_loss(z.log_softmax(1).mT, y), "along time"),
    (
        "cross_entropy",
        lambda z, y: F.nll_loss((z.exp() / z.exp().sum(-1, keepdim=True)).log().mT, y),
        "overflows",
    ),
    ("cross_entropy", lambda z, y: -z.log_softmax(2).max(2).values.mean(), "likeliest"),
    (
        "losses_in_windows",
        lambda m, ids, size, carry: windows(m, ids, size, False),
        "carry=True the state is dropped",
    ),
    (
        "losses_in_windows",
        lambda m, ids, size, carry: windows(m, ids, size, True),
        "carry=False the state is carried",
    ),
    ("losses_in_windows", lambda *a: windows(*a, shift=0), "character it reads"),
    ("losses_in_windows", lambda *a: windows(*a).mean(1), "mean of each window"),
    ("backward_in_pieces", lambda *a: pieces_of(*a, change=lambda state: state), "detach"),
    ("backward_in_pieces", whole_graph, "detach the state"),
    ("backward_in_pieces", lambda *a: pieces_of(*a, change=lambda state: None), "empty state"),
    ("backward_in_pieces", lambda *a: pieces_of(*a, after=lambda m: m.zero_grad()), "last piece"),
    (
        "early_stopping",
        lambda v, t, patience: (min(range(len(t)), key=t.__getitem__), min(t)),
        "on the test half",
    ),
    ("early_stopping", lambda v, t, patience: (v.index(min(v)), t[v.index(min(v))]), "had stopped"),
    (
        "early_stopping",
        lambda v, t, patience: (stop(v, t, patience)[1], t[0]),
        "where training stops",
    ),
    (
        "early_stopping",
        lambda v, t, patience: (stop(v, t, patience)[0], v[stop(v, t, patience)[0]]),
        "validation loss",
    ),
    (
        "early_stopping",
        lambda v, t, patience: (stop(v, t, patience)[0], min(t)),
        "lowest test loss",
    ),
    (
        "early_stopping",
        lambda v, t, patience: (stop(v, t, patience - 1)[0], t[stop(v, t, patience - 1)[0]]),
        "early",
    ),
    ("early_stopping", stop_without_starting_to_count_again, "starts again at 0"),
    (
        "early_stopping",
        lambda v, t, patience: (stop(v, t, patience)[0] + 1, t[0]),
        "numbered from 0",
    ),
    ("with_temperature", lambda z, tau: z.softmax(-1) / tau, "after the softmax"),
    (
        "with_temperature",
        lambda z, tau: F.normalize(z.softmax(-1) / tau, p=1, dim=-1),
        "the sum undid it",
    ),
    ("with_temperature", lambda z, tau: (z * tau).softmax(-1), "multiply by the temperature"),
    ("with_temperature", lambda z, tau: (z / tau).softmax(0), "wrong axis"),
    (
        "with_temperature",
        lambda z, tau: (z / tau).exp() / (z / tau).exp().sum(-1, keepdim=True),
        "overflows",
    ),
    (
        "with_temperature",
        lambda z, tau: F.normalize(((z - z.max()) / tau).exp(), p=1, dim=-1, eps=0),
        "of each row",
    ),
    ("with_temperature", in_place, "changes its arguments"),
    ("keep_top_k", lambda p, k: top(p, p.topk(min(k, 6)).indices), "do not add up to 1"),
    ("keep_top_k", lambda p, k: top(p, p.topk(min(k, 6)).indices).softmax(0), "softmax"),
    (
        "keep_top_k",
        lambda p, k: F.normalize(top(p, (-p).topk(min(k, 6)).indices), p=1, dim=0),
        "unlikeliest",
    ),
    ("keep_top_k", lambda p, k: F.normalize(p.topk(min(k, 6)).values, p=1, dim=0), "sorted"),
    (
        "keep_nucleus",
        lambda *a: nucleus(*a, needed=lambda p, top_p: p.cumsum(0) <= top_p),
        "must reach top_p",
    ),
    (
        "keep_nucleus",
        lambda *a: nucleus(*a, needed=lambda p, top_p: p >= top_p),
        "not for one character",
    ),
    ("keep_nucleus", lambda p, top_p: p * (nucleus(p, top_p) > 0), "do not add up to 1"),
    ("keep_nucleus", lambda p, top_p: nucleus(p, top_p).sort(descending=True).values, "sorted"),
    (
        "repeated_share",
        lambda t, n: np.mean([substrings(t, n).count(s) > 1 for s in substrings(t, n)]),
        "first time",
    ),
    (
        "repeated_share",
        lambda t, n: (len(substrings(t, n)) - len(set(substrings(t, n)))) / len(t),
        "fewer than characters",
    ),
    (
        "repeated_share",
        lambda t, n: 1 - len(set(substrings(t, n, n))) / len(substrings(t, n, n)),
        "overlap",
    ),
    (
        "repeated_share",
        lambda t, n: 1 - len(set(substrings(t, n))) / len(substrings(t, n)),
        "ZeroDivisionError",
    ),
    ("beam_search", lambda ask, length, width: beams(ask, length, 1), "greedy"),
    ("beam_search", lambda *a: beams(*a, each=1), "its own best"),
    ("beam_search", lambda *a: beams(*a, score=math.exp), "a probability"),
    ("beam_search", lambda ask, length, width: beams(ask, length, 99), "no more than `width`"),
    (
        "expected_calibration_error",
        lambda c, right: calibration(c, right, weight=lambda places: 1 / 7),
        "weight each by its places",
    ),
    (
        "expected_calibration_error",
        lambda c, right: calibration(c, right, (c * 10).long()),
        "with a confidence of 1 are missing",
    ),
    ("expected_calibration_error", lambda c, right: (c - right).abs().mean(), "single places"),
    ("expected_calibration_error", lambda c, right: (c - right).mean(), "both signs cancel"),
    ("nearest_rows", lambda vectors: neighbours(vectors, itself=True), "rule it out"),
    ("nearest_rows", lambda vectors: neighbours(vectors, mean=False), "the mean row first"),
    ("nearest_rows", lambda vectors: neighbours(vectors, unit=False), "by its length"),
    ("nearest_rows", lambda vectors: neighbours(-vectors)[:, None], "shape (12, 1)"),
    ("state_jacobian", lambda w, h: jacobian(w, h, slope, right=True), "wrong order"),
    (
        "state_jacobian",
        lambda w, h: jacobian(w, h, lambda w, a, b: slope(w, b, a)),
        "before the step",
    ),
    (
        "state_jacobian",
        lambda w, h: jacobian(w, h, lambda w, a, b: w * (1 - b**2)),
        "multiply rows",
    ),
    ("state_jacobian", lambda w, h: jacobian(w, h, lambda w, a, b: w), "slope of tanh is missing"),
]


@pytest.mark.parametrize(
    ("name", "function", "words"), MISTAKES, ids=lambda part: part if isinstance(part, str) else ""
)
def test_a_mistake_is_told_by_its_name(name: str, function, words: str, capsys):
    function.__name__ = name
    check(function)
    printed = capsys.readouterr().out
    assert printed.startswith(f"[FAIL] {name}") and words in printed


def test_every_exercise_has_a_mistake():
    assert {name for name, *_ in MISTAKES} == find_checks().keys()


# --- the checks themselves ---


def test_arrays_lists_and_tensors_are_all_right(capsys):
    def forget_gate(x, h, W, b):
        return (1 / (1 + np.exp(-(W.numpy() @ np.concatenate([x, h]) + b.numpy())))).tolist()

    def with_temperature(logits, tau):
        z = logits.double().numpy() / tau
        p = np.exp(z - z.max(1, keepdims=True))
        return p / p.sum(1, keepdims=True)

    def count_parameters(*sizes):
        return torch.tensor(float(parameters(*sizes)))

    def bits_and_perplexity(nats):
        return np.array([nats / np.log(2), np.exp(nats)])

    def leaked_share(train, validation, seq_len):
        known = {start + k for start in train for k in range(seq_len)}
        return [np.mean([start + k in known for start in validation for k in range(seq_len)])]

    def split_windows(length, seq_len):
        cut = length * 9 // 10
        return map(set, (range(cut - seq_len), np.arange(cut, length - seq_len, dtype=float)))

    def beam_search(ask, length, width):
        found = [(0.0, torch.empty(0, dtype=torch.long))]
        for _ in range(length):
            longer = []
            for total, ids in found:
                log_p = ask(ids)
                log_p += total  # in place
                longer += [
                    (float(log_p[k]), torch.cat([ids, torch.tensor([k])]))
                    for k in range(len(log_p))
                ]
            found = sorted(longer, key=lambda beam: -beam[0])[:width]
        return found[0][::-1]

    functions = (forget_gate, with_temperature, count_parameters, bits_and_perplexity)
    for function in (*functions, leaked_share, split_windows, beam_search):
        check(function)
    lines = said(capsys)
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

    for function in (repeated_share, bigram_loss, forget_gate):
        check(function)
    nothing, *stops = said(capsys)
    assert nothing.startswith("[TODO]") and "or not in all cases" in nothing
    assert all(line.startswith("[FAIL]") and "stops with" in line for line in stops)


def test_nothing_is_raised_whatever_is_handed_in(capsys):
    for name in find_checks():
        for returned in (
            "text",
            {},
            [],
            (None, None),
            ([1, [2]], 3),
            torch.ones(3),
            math.nan,
            object(),
        ):

            def function(*_, returned=returned):
                return returned

            function.__name__ = name
            check(function)
    check(len)
    assert {line.split()[0] for line in said(capsys)} == {"[FAIL]"}


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


def headings(path: Path) -> set[str]:
    """The headings of a notebook or Markdown file, as JupyterLab links to them."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".ipynb":
        text = "\n".join(cell.source for cell in cells_of(path))
    return {title.replace(" ", "-") for title in re.findall(r"(?m)^#+ (.+)$", text)}


@pytest.mark.parametrize(
    "path", [GLOSSARY, *NOTEBOOKS, *SOLUTIONS], ids=lambda path: f"{path.parent.name}-{path.stem}"
)
def test_links_to_files_lead_to_what_exists(path: Path):
    cells = (
        cells_of(path)
        if path.suffix == ".ipynb"
        else [nbformat.v4.new_markdown_cell(path.read_text("utf-8"))]
    )
    for cell in cells:
        for target in re.findall(
            r"\]\(([^)\s]+)\)", cell.source if cell.cell_type == "markdown" else ""
        ):
            file, _, heading = target.partition("#")
            if file and "://" not in file:
                assert (path.parent / file).is_file(), target
                assert not heading or heading in headings(path.parent / file), target


def test_the_glossary_explains_each_term_where_it_belongs():
    text = GLOSSARY.read_text(encoding="utf-8")
    entries = re.findall(
        r"(?m)^- \*\*(.+?)\*\*(?:, [^:]+)?: (.+) \(\[.+?\]\((\d\d-[\w-]+\.ipynb)#.+\)\)$", text
    )
    assert len(entries) == len(re.findall(r"(?m)^- ", text)) > 60
    terms = [term.lower() for term, *_ in entries]
    assert terms == sorted(set(terms), key=lambda term: term.replace("-", " "))
    assert not re.search(r"\d\.\d", text), "numbers are computed, in the notebooks"
