"""The checks of the exercises at the end of each notebook.

`check(function)` finds the check of the function's name. It computes what is right and what the usual mistakes would
give, so that whoever made one of them reads which.
"""

from __future__ import annotations

import copy
import functools
import inspect
import math
import traceback
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .evaluation import repetition
from .model import CharLSTM, LSTMCell
from .sampling import probabilities

Check = Callable[[Callable], str]
CHECKS: dict[str, Check] = {}


class Wrong(Exception):
    """What is wrong with a function, and why."""


class Nothing(Exception):
    """A function returned nothing. Not NotImplementedError, which PyTorch raises for a type it cannot do."""


def exercise(test: Check) -> Check:
    """The check of the function of the same name: it raises Wrong, or returns what there is to say."""
    CHECKS[test.__name__] = test
    return test


def check(function: Callable) -> None:
    """Print [PASS], [TODO] or [FAIL], the last with what is wrong. Never stops a notebook."""
    name = getattr(function, "__name__", str(function))
    try:
        if name not in CHECKS:
            raise Wrong("there is no exercise of this name: the function must keep the name it had.")
        with torch.random.fork_rng(devices=[]):  # what the notebook draws stays as it was
            torch.manual_seed(1)
            print(f"[PASS] {name}: {CHECKS[name](function)}")
    except Nothing:
        print(f"[TODO] {name} returns nothing yet, or not in all cases: write it, and run the cell again.")
    except Wrong as mistake:
        print(f"[FAIL] {name}: {mistake}")
    except (Exception, SystemExit) as error:  # of what a student wrote
        inner = inspect.unwrap(function)  # of a decorator such as torch.no_grad()
        file = getattr(getattr(inner, "__code__", None), "co_filename", None)
        lines = [frame.line for frame in traceback.extract_tb(error.__traceback__) if frame.filename == file]
        print(
            f"[FAIL] {name} stops with {type(error).__name__}: {error}",
            *filter(None, lines[-1:]),
            sep="\n  in the line: ",
        )


def call(function: Callable, *given: Any) -> Any:
    """What the function returns: something, and without changing what it was given."""
    handed = copy.deepcopy(given)
    found = function(*handed)
    if found is None or found is ...:
        raise Nothing
    if any(isinstance(a, Tensor) and not torch.equal(a, b) for a, b in zip(given, handed, strict=True)):
        raise Wrong("it changes what it was given. Work on a copy: who called it may still need the original.")
    return found


def numbers(value: Any) -> np.ndarray:
    """The numbers in whatever holds them: Python, NumPy, torch, or a list of these."""
    if isinstance(value, Tensor):
        return value.detach().cpu().double().numpy()
    return np.array([numbers(v) for v in value] if isinstance(value, list | tuple | range) else value, dtype=float)


def parts(found: Any, *names: str) -> list[Any]:
    """What a result consists of, when it should have several parts."""
    try:
        several = list(found)
    except TypeError:  # a number
        several = []
    if len(several) != len(names):
        raise Wrong(f"it should return {len(names)} things: {', '.join(names)}.")
    return several


def compare(found: Any, right: Any, mistakes: Mapping[str, Any]) -> None:
    """Raise Wrong unless both are the same numbers: with the mistake that gives what was found, if one does."""
    try:
        found, right = numbers(found), numbers(right)
    except (TypeError, ValueError):
        raise Wrong(f"it returns {str(found)[:60]!r} where numbers are asked for.") from None
    found = found.reshape(()) if right.ndim == 0 and found.size == 1 else found
    close = functools.partial(np.isclose, rtol=1e-4, atol=1e-5, equal_nan=True)
    for mistake, result in {"": right, **mistakes}.items():
        if found.shape == (given := numbers(result)).shape and close(found, given).all():
            if not mistake:
                return
            raise Wrong(mistake)
    if found.shape != right.shape:
        raise Wrong(f"the result has the shape {found.shape}; asked for is {right.shape}.")
    if not np.isfinite(found).all():
        raise Wrong("the result is not finite: somewhere it divides by zero, takes log(0) or overflows.")
    at = np.unravel_index(np.argmin(close(found, right)), right.shape)
    place = f" at {tuple(map(int, at))}" if at else ""
    raise Wrong(f"it gives {found[at]:.5g}{place} where {right[at]:.5g} is right, by none of the usual mistakes.")


def of_a_mean(right: float, count: int, unit: str = "nats") -> dict[str, Any]:
    """The mistakes that are possible with every mean loss."""
    other, factor = ("bits", 1 / math.log(2)) if unit == "nats" else ("nats", math.log(2))
    return {
        f"the loss is in {other}, not {unit}: the logarithm has the wrong base.": right * factor,
        "this is the sum: a loss is the mean over the characters.": right * count,
        "the sign is wrong: a probability has a negative logarithm, and the loss is minus that.": -right,
    }


def tiny_model() -> CharLSTM:
    """Untrained, with weights so large that its predictions depend on the state."""
    model = CharLSTM(list("abcdefg"), 4, 6, 1).eval()
    for weight in model.parameters():
        weight.data.mul_(4)
    return model


# --- 01: preprocessing ------------------------------------------------------------------------------------


@exercise
def unigram_bits(theirs: Callable) -> str:
    train, test = "The rest is silence.\n" * 3, "This is the rest.\n"

    def bits(counted: str, asked: str) -> float:
        return sum(-math.log2(counted.count(c) / len(counted)) for c in asked) / len(asked)

    right, own = bits(train, test), bits(test, test)
    mistakes = of_a_mean(right, len(test), "bits") | {
        "you count in `test`, which the model must not know.": own,
        "this is the entropy of `train`: take the mean over the characters of `test`.": bits(train, train),
        "a character that stands there twice counts twice in the mean.": bits(train, "".join(set(test))),
        "the capitals were made small, but T and t are two characters.": bits(train.lower(), test.lower()),
    }
    compare(call(theirs, train, test), right, mistakes)
    return f"{right:.2f} bits a character in the example; counting in the test text itself gives {own:.2f}."


@exercise
def split_windows(theirs: Callable) -> str:
    for length, size in ((100, 6), (1000, 20)):
        cut, found = length * 9 // 10, parts(call(theirs, length, size), "training starts", "held-out starts")
        try:
            train, held_out = (sorted(map(int, part)) for part in found)
        except (TypeError, ValueError):
            raise Wrong("each of the two is a list of starts, which are whole numbers.") from None
        if not train or not held_out:
            raise Wrong("one of the two lists is empty.")
        if held_out[0] < cut:
            raise Wrong(f"you split the windows, not the text: one begins at {held_out[0]}, before the cut at {cut}.")
        if train[-1] + size == cut:
            raise Wrong("the last y of training is the first held-out character: a window takes seq_len + 1.")
        if train[-1] + size > cut:
            raise Wrong(f"the windows overlap the cut at {cut}: the one from {train[-1]} reaches beyond it.")
        if held_out[-1] + size >= length:
            raise Wrong(f"the window from {held_out[-1]} asks for more than the {length} characters of the text.")
        right = [*range(cut - size), *range(cut, length - size)]
        if missing := {*right} - {*train, *held_out}:
            raise Wrong(f"{len(missing)} windows that fit are missing, among them the one from {max(missing)}.")
        if [*train, *held_out] != right:
            raise Wrong("a start stands there twice, or before the text.")
    return "no window reaches over the cut, and every one that fits is there."


@exercise
def leaked_share(theirs: Callable) -> str:
    size, starts = 8, [5 * k for k in torch.randperm(40).tolist()]
    train, validation = starts[10:], starts[:10]

    def targets(*starts: int) -> set[int]:
        return {start + k for start in starts for k in range(1, size + 1)}

    known, places = targets(*train), targets(*validation)
    each = [len(targets(start) & known) / size for start in validation]
    mistakes = {
        "you look for equal windows: others, too, may share nearly all of their targets.": 0,
        "a window counts whole as soon as it shares one target: count targets.": np.mean(np.sign(each)),
        "a place counts once for every validation window that asks for it.": len(places & known) / len(places),
        "this is in per cent: a share lies between 0 and 1.": 100 * np.mean(each),
    }
    compare(call(theirs, train, validation, size), np.mean(each), mistakes)
    mixed, row = torch.randperm(280).tolist(), list(range(280))
    pairs = (mixed[28:], mixed[:28]), (row[:232], row[252:])
    random, cut = (numbers(theirs(*pair, 20)).item() for pair in pairs)
    return f"of the targets of 28 windows of 20, split off at random, {random:.0%} leaked; after a cut, {cut:.0%}."


@exercise
def bigram_loss(theirs: Callable) -> str:
    size, ids = 5, torch.randint(1, 3, (90,)).cumsum(0) % 5  # what follows is one or two further on
    train, held_out = ids[:60], ids[60:]
    held_out[9] = held_out[8]  # but for a pair that never stood in train

    def counts(ids: Tensor) -> Tensor:  # and one: (before, after)
        return torch.bincount(ids[:-1] * size + ids[1:], minlength=size**2).view(size, size) + 1.0

    def loss(p: Tensor) -> float:
        return float(-p[held_out[:-1], held_out[1:]].log().mean())

    n, own = counts(train), counts(held_out)
    total = n.sum(1, keepdim=True)  # (before, 1)
    total_with_last = total + F.one_hot(train[-1], size)[:, None]
    right = loss(n / total)
    mistakes = of_a_mean(right, len(held_out) - 1) | {
        "a pair that training never saw gets probability 0: add one to every count.": math.inf,
        "one is added to the counts, but not to each of the totals they make up.": loss(n / (total - size)),
        "divide by how often the first of the two was followed by anything, not by all.": loss(n / n.sum()),
        "before and after are exchanged: this guesses from the one behind.": loss(n.T / n.sum(0)[:, None]),
        "you count in the held-out text, which the model must not know.": loss(own / own.sum(1, keepdim=True)),
        "the last character of `train` has none after it: do not count it.": loss(n / total_with_last),
    }
    compare(call(theirs, train, held_out, size), right, mistakes)
    return f"{right:.3f} nats in the example, where guessing among all alike has {math.log(size):.3f}."


# --- 02: the LSTM, equation by equation -------------------------------------------------------------------


@exercise
def forget_gate(theirs: Callable) -> str:
    x, h, w, b = torch.randn(4), torch.randn(4), torch.randn(4, 8), torch.randn(4)
    z = w @ torch.cat([x, h])  # (4,)
    mistakes = {
        "you put h before x: the first columns of W belong to x.": (w @ torch.cat([h, x]) + b).sigmoid(),
        "the bias is missing.": z.sigmoid(),
        "the bias comes after the sigmoid: it belongs inside.": z.sigmoid() + b,
        "you take tanh, which lies between -1 and 1: a gate lies between 0 and 1.": (z + b).tanh(),
        "the sigmoid is missing, which brings each number between 0 and 1.": z + b,
    }
    compare(call(theirs, x, h, w, b), (z + b).sigmoid(), mistakes)
    return "this is the gate of the equation."


@exercise
def count_parameters(theirs: Callable) -> str:
    for v, e, h, layers in ((7, 3, 6, 2), (7, 3, 6, 1), (65, 32, 224, 4)):
        model = CharLSTM([chr(97 + k) for k in range(v)], e, h, layers)
        right = sum(weight.numel() for weight in model.parameters())
        extra = (layers - 1) * 4 * h * (h - e)
        mistakes = {
            "PyTorch has two biases for each of the four, you count one.": right - 4 * h * layers,
            "the last linear layer has a bias for each character, too.": right - v,
            "the last linear layer is missing.": right - v * h - v,
            "the embedding is missing.": right - v * e,
            "only the first layer reads the embedding, the others read a hidden state.": right - extra,
            "a layer has four matrices: three gates and the candidate.": right - (right - v * (e + h + 1)) // 4,
        }
        compare(call(theirs, v, e, h, layers), right, mistakes)
    return f"{right:,} for {v} characters, an embedding of {e} and {layers} layers of {h}."


@exercise
def peephole_step(theirs: Callable) -> str:
    cell, x, (h, c), (p_f, p_i, p_o) = LSTMCell(3, 6), torch.randn(2, 3), torch.randn(2, 2, 6), torch.randn(3, 6)
    xh = torch.cat([x, h], 1)  # (2, 9)

    def step(f: Tensor, i: Tensor, look: float = 1, late: bool = True) -> tuple[Tensor, Tensor]:
        new = f * c + i * cell.candidate(xh).tanh()
        o = (cell.output(xh) + look * p_o * (new if late else c)).sigmoid()
        return o * new.tanh(), new

    f, i = cell.forget(xh), cell.input(xh)
    gates = (f + p_f * c).sigmoid(), (i + p_i * c).sigmoid()
    right = step(*gates)
    mistakes = {
        "the output gate looks at the old cell state: there is a new one by then.": step(*gates, late=False),
        "no gate looks at the cell state: the peepholes are missing.": step(f.sigmoid(), i.sigmoid(), look=0),
        "the output gate has no peephole.": step(*gates, look=0),
        "the peepholes come after the sigmoid: they belong inside.": step(
            f.sigmoid() + p_f * c, i.sigmoid() + p_i * c
        ),
        "h and c are exchanged in what is returned.": right[::-1],
    }
    compare(parts(call(theirs, cell, x, h, c, p_f, p_i, p_o), "h", "c"), right, mistakes)
    return "two gates look before the cell state changes, one looks after."


def states_of(w: Tensor, steps: int) -> Tensor:
    """h_0 ... h_steps, (steps + 1, hidden_size), of a plain RNN with the matrix w over random input."""
    states = [torch.rand(len(w)) - 0.5]
    for _ in range(steps):
        states.append(torch.tanh(w @ states[-1] + torch.randn(len(w)) / 4))
    return torch.stack(states)


@exercise
def state_jacobian(theirs: Callable) -> str:
    def product(factors: list[Tensor]) -> Tensor:
        return functools.reduce(torch.matmul, reversed(factors), torch.eye(3))  # the last step on the left

    for steps in (4, 1):
        w = torch.randn(3, 3)
        h = states_of(w, steps)
        slopes = 1 - h**2  # (steps + 1, 3), of tanh where its value is h
        factors = [slope[:, None] * w for slope in slopes]  # rows times slopes; the first one belongs to no step
        columns = [w * slope for slope in slopes[1:]]
        mistakes = {
            "the factors are in the wrong order: the last step stands on the left.": product(factors[:0:-1]),
            "the slope is that of the state before the step: take the state after it.": product(factors[:-1]),
            "the slopes multiply columns of W: tanh comes after W, so they multiply rows.": product(columns),
            "the slope of tanh is missing: where a = tanh(z) it is 1 - a ** 2.": product([w] * steps),
            "* multiplies number by number: the chain rule multiplies matrices, @.": torch.stack(factors[1:]).prod(0),
        }
        compare(call(theirs, w, h), product(factors[1:]), mistakes)
    w = 0.95 * nn.init.orthogonal_(torch.empty(16, 16))
    norms = (f"{np.linalg.norm(numbers(theirs(w, states_of(w, k)))):.1g} after {k}" for k in (1, 10, 50))
    return f"for a matrix that shortens a vector by 5 % its norm is {', '.join(norms)} steps."


# --- 03: training -----------------------------------------------------------------------------------------


@exercise
def bits_and_perplexity(theirs: Callable) -> str:
    for nats in (1.5, 0.4):
        bits, perplexity = parts(call(theirs, nats), "bits", "perplexity")
        mistakes = {
            "you multiply by log 2: a bit is less than a nat, so there are more of them.": nats * math.log(2),
            "bits and perplexity are in the wrong order.": math.exp(nats),
        }
        compare(bits, nats / math.log(2), mistakes)
        compare(perplexity, math.exp(nats), {"the exponent is in nats, and the base then e, not 2.": 2**nats})
    return "e to the power of the nats is 2 to the power of the bits."


@exercise
def cross_entropy(theirs: Callable) -> str:
    logits, y = 2 * torch.randn(2, 3, 5), torch.randint(5, (2, 3))  # (batch, time, vocab_size), (batch, time)

    def loss(log_p: Tensor) -> float:
        return float(-log_p.gather(2, y[..., None]).mean())

    log_p = logits.log_softmax(2)
    right = loss(log_p)
    mistakes = of_a_mean(right, 6) | {
        "you add up over time: the loss is the mean over batch and time.": 3 * right,
        "the softmax goes along time: it goes along the vocabulary, the last axis.": loss(logits.log_softmax(1)),
        "logits are no logarithms of probabilities: the softmax is missing.": loss(logits),
        "you take the logarithm of the mean: take the mean of the logarithms.": -math.log(-loss(log_p.exp())),
        "you take the likeliest character: what counts is the one that came, y.": -log_p.amax(2).mean(),
    }
    compare(call(theirs, logits, y), right, mistakes)
    if not np.isfinite(numbers(call(theirs, logits + 1000, y))).all():
        raise Wrong("right for small logits, but exp(1000) overflows: subtract the largest logit first.")
    compare(call(theirs, logits + 1000, y), right, {})
    return "it agrees with PyTorch's, for logits near 1,000, too."


@exercise
def early_stopping(theirs: Callable) -> str:
    cases = [  # validation, test, patience, the epoch to keep, the last one trained
        ([2.0, 1.7, 1.6, 1.65, 1.63, 1.5], [2.1, 1.7, 1.75, 1.8, 1.77, 1.9], 2, 2, 4),
        (
            [2.0, 1.8, 1.9, 1.85, 1.7, 1.75, 1.65, 1.76, 1.9, 1.7, 1.6],
            [2.0, 1.9, 1.82, 2.0, 1.95, 2.1, 1.97, 2.1, 2.1, 2.0, 1.9],
            3,
            6,
            9,
        ),
        ([2.0, 1.8, 1.7], [2.2, 2.0, 2.1], 5, 2, 2),
    ]
    for validation, test, patience, best, last in cases:
        epoch, loss = parts(call(theirs, validation, test, patience), "epoch", "test loss")
        mistakes = {
            f"training had stopped by then: {patience} epochs brought no new lowest loss.": np.argmin(validation),
            "the epoch was chosen on the test half, whose loss is then no test any more.": np.argmin(test),
            "this is where training stops: keep the epoch with the lowest loss so far.": last,
            "epochs are numbered from 0.": best + 1,
            "you stop too early: it takes `patience` epochs without a new lowest loss.": 1,
            "with a new lowest loss the count of epochs without one begins anew.": 4,
        }
        compare(epoch, best, mistakes)
        flattering = "this is the validation loss, which chose the epoch and so flatters it."
        lowest = "this is the lowest test loss: report the one of the epoch that validation chose."
        compare(loss, test[best], {flattering: validation[best], lowest: min(test)})
    return "the test half was looked at once, after the choice."


@exercise
def losses_in_windows(theirs: Callable) -> str:
    model, ids, size = tiny_model(), torch.randint(7, (41,)), 5

    def losses(x: Tensor, y: Tensor) -> Tensor:  # (windows, window)
        return F.cross_entropy(model(x)[0].transpose(1, 2), y, reduction="none").view(-1, size)

    x, y = ids[:-1].view(-1, size), ids[1:].view(-1, size)  # (windows, window) each
    cold, carried = losses(x, y), losses(x.view(1, -1), y.view(1, -1))
    for carry, right, other, seen in ((False, cold, carried, x), (True, carried, cold, x.view(1, -1))):
        mistakes = {
            f"with carry={carry} the state is {'dropped' if carry else 'carried on'} at a border.": other,
            "the model is asked for the character it reads: y is one further on.": losses(seen, seen),
            "this is the mean of each window: give the loss of each place.": right.mean(1),
            "this is the mean over the windows: give each window's losses.": right.mean(0),
        }
        compare(call(theirs, model, ids, size, carry), right, mistakes)
    return "cold, each window begins with an empty state; carried, only the first one."


@exercise
def backward_in_pieces(theirs: Callable) -> str:
    model, ids = tiny_model(), torch.randint(7, (2, 13))
    pieces = [(ids[:, k : k + 4], ids[:, k + 1 : k + 5]) for k in (0, 4, 8)]

    def gradient_of(network: CharLSTM) -> Tensor:
        return torch.cat([w.grad.flatten() for w in network.parameters() if w.grad is not None])

    def reference(carry: bool = True, detach: bool = True, last: int = 3) -> tuple[list[Tensor], Tensor]:
        network, state, losses = copy.deepcopy(model), None, []
        for piece in pieces:
            loss, state = network.loss(piece, state if carry else None)
            state = state.map(Tensor.detach) if detach else state
            losses.append(loss)
        torch.stack(losses[-last:]).sum().backward()
        return losses, gradient_of(network)

    losses, right = reference()
    mistakes = {
        "the gradient goes on over the borders: detach the state there.": reference(detach=False)[1],
        "only the gradient of the last piece is left: do not set it to zero in between.": reference(last=1)[1],
        "the gradient is divided by the number of pieces: add up those of the pieces.": right / len(pieces),
    }
    try:
        found = theirs(model, pieces)
    except RuntimeError as error:
        if "second time" not in str(error):
            raise
        raise Wrong("the state still hangs on the graph of the piece before, which is gone: detach it.") from None
    if found is None:
        raise Nothing
    compare(found, losses, {"each piece begins with an empty state: carry it on.": reference(carry=False)[0]})
    if any(weight.grad is None for weight in model.parameters()):
        raise Wrong("the losses are right, but there is no gradient: call backward().")
    compare(gradient_of(model), right, mistakes)
    return "the state goes over the borders, the gradient does not."


# --- 04: generation ---------------------------------------------------------------------------------------


@exercise
def with_temperature(theirs: Callable) -> str:
    logits = 2 * torch.randn(3, 5)
    for tau in (0.5, 2.0, 1e-3):
        p, found = logits.softmax(-1), call(theirs, logits, tau)
        if tau == 1e-3 and not np.isfinite(numbers(found)).all():
            raise Wrong(
                "right, but for a temperature near 0 exp overflows, or gives a row of zeros: "
                "subtract the largest logit of each row first."
            )
        mistakes = {
            "you divided by the temperature after the softmax: divide the logits.": p / tau,
            "you divided after the softmax, and the sum undid it: divide the logits.": p,
            "you multiply by the temperature: then a high one would sharpen.": (logits * tau).softmax(-1),
            "the softmax goes along the wrong axis: it goes along the last one.": (logits / tau).softmax(0),
        }
        compare(found, probabilities(logits, tau), mistakes)
    shown = (f"{numbers(theirs(logits, tau))[0].max():.0%} at {tau}" for tau in (0.5, 1.0, 2.0))
    return f"the likeliest character of an example has {', '.join(shown)}."


@exercise
def keep_top_k(theirs: Callable) -> str:
    p = (2 * torch.randn(6)).softmax(0)
    for k in (3, 1, 9):
        right, low = probabilities(p.log(), top_k=k), p * (p <= p.sort().values[:k].max())
        ordered = right.sort(descending=True).values
        mistakes = {
            "they do not add up to 1: divide by the sum of those that are kept.": p * (right > 0),
            "a softmax makes probabilities more alike: divide by their sum.": p.where(right > 0, -torch.inf).softmax(
                0
            ),
            "a softmax of probabilities revives those that were 0: divide by their sum.": (p * (right > 0)).softmax(
                0
            ),
            "these are the k unlikeliest.": low / low.sum(),
            "they come back sorted: each character has to keep its place.": ordered[:k],
        }
        compare(call(theirs, p, k), right, mistakes)
    return "k are kept in their places, and add up to 1; with a k beyond the vocabulary, all."


@exercise
def keep_nucleus(theirs: Callable) -> str:
    p = (2 * torch.randn(6)).softmax(0)
    for top_p in (0.9, 0.1):
        right = probabilities(p.log(), top_p=top_p)
        ordered, count = right.sort(descending=True).values, int((right > 0).sum())
        without, high = p * (right > ordered[count - 1]), p * (p >= top_p)
        mistakes = {
            "they do not add up to 1: divide by the sum of those that are kept.": p * (right > 0),
            "the set must reach top_p: the character with which it does belongs to it.": without / without.sum(),
            "top_p is not for one character: it is what those that are kept reach together.": high / high.sum(),
            "the set is not the smallest: one more is kept than is needed.": probabilities(p.log(), top_k=count + 1),
            "they come back sorted: each character has to keep its place.": ordered,
        }
        compare(call(theirs, p, top_p), right, mistakes)
    return "the set is the smallest that reaches top_p, and never empty."


@exercise
def repeated_share(theirs: Callable) -> str:
    text, size = "to be, or not to be, that is to be what is not to be", 5
    pieces = [text[k : k + size] for k in range(len(text) - size + 1)]
    right, apart = repetition(text, size), pieces[::size]
    mistakes = {
        "the first time a substring stands there is no repetition.": np.mean([pieces.count(s) > 1 for s in pieces]),
        "divide by the number of substrings: there are fewer than characters.": right * len(pieces) / len(text),
        "this is the share of those that are new.": 1 - right,
        "one begins at every character: they overlap.": 1 - len(set(apart)) / len(apart),
    }
    compare(call(theirs, text, size), right, mistakes)
    compare(call(theirs, "too short", 20), 0, {})
    return f"{right:.0%} of the substrings of the example stood there before."


@exercise
def beam_search(theirs: Callable) -> str:
    torch.manual_seed(2009)  # with these tables greedy choice, either kind of beam and the best of all differ
    length, tables = 4, [(2 * torch.randn([3] * (k + 1))).log_softmax(-1) for k in range(4)]

    def next_log_probs(ids: list[int]) -> Tensor:  # (3,)
        return tables[len(ids)][tuple(ids)].clone()  # theirs to change

    def search(width: int, each: int = 3) -> tuple[list[int], float]:
        beams: list[tuple[list[int], float]] = [([], 0.0)]
        for step in range(length):
            longer = []
            for ids, total in beams:
                values, order = next_log_probs(ids).topk(each if step else 3)
                longer += [([*ids, k], total + v) for v, k in zip(values.tolist(), order.tolist(), strict=True)]
            beams = sorted(longer, key=lambda beam: -beam[1])[:width]
        return beams[0]

    for width in (1, 2, 81):
        ids, total = parts(call(theirs, next_log_probs, length, width), "ids", "log-probability")
        right, log_p = search(width)
        mistakes = {
            "the width does nothing: this is the greedy choice.": search(1)[0],
            "each beam keeps its own best: let the continuations of all beams compete.": search(width, each=1)[0],
            "this is the best of all: keep no more than `width` after each step.": search(81)[0],
        }
        compare(ids, right, mistakes)
        last = float(next_log_probs(right[:-1])[right[-1]])
        wanted = "this is {}: add up the log-probabilities of all characters."
        compare(
            total, log_p, {wanted.format("a probability"): math.exp(log_p), wanted.format("of the last one"): last}
        )
    shown = (f"{search(width)[1]:.2f} with a width of {width}" for width in (1, 2, 81))
    return f"the log-probability of what is found is {', '.join(shown)}."
