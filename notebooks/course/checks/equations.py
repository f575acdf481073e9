"""The checks of notebook 02."""

import functools
from collections.abc import Callable, Iterable

import numpy as np
import torch
from torch import Tensor, nn

from shakespeare.model import CharLSTM, LSTMCell

from . import call, compare, parts, to_numbers


def check_forget_gate(theirs: Callable) -> str:
    x, h, w, b = torch.randn(4), torch.randn(4), torch.randn(4, 8), torch.randn(4)
    z, exchanged = w @ torch.cat([x, h]), w @ torch.cat([h, x])  # (4,)
    mistakes = {
        "you put h before x: the first columns of W belong to x.": (exchanged + b).sigmoid(),
        "the bias is missing.": z.sigmoid(),
        "the bias comes after the sigmoid: it belongs inside.": z.sigmoid() + b,
        "you take tanh, from -1 to 1: a gate lies between 0 and 1.": (z + b).tanh(),
        "the sigmoid is missing: a gate lies between 0 and 1.": z + b,
    }
    compare(call(theirs, x, h, w, b), (z + b).sigmoid(), mistakes)
    return "this is the gate of the equation."


def check_count_parameters(theirs: Callable) -> str:
    for v, e, h, layers in ((7, 3, 6, 2), (7, 3, 6, 1), (65, 32, 224, 4)):
        model = CharLSTM([chr(97 + k) for k in range(v)], e, h, layers)
        right = sum(weight.numel() for weight in model.parameters())
        lstm, extra = right - v * (e + h + 1), (layers - 1) * 4 * h * (h - e)
        mistakes = {
            "PyTorch has two biases for each of the four, you count one.": right - 4 * h * layers,
            "the last linear layer has a bias for each character, too.": right - v,
            "the last linear layer is missing.": right - v * h - v,
            "the embedding is missing.": right - v * e,
            "only the first layer reads the embedding, the others a hidden state.": right - extra,
            "a layer has four matrices: three gates and the candidate.": right - lstm // 4,
        }
        compare(call(theirs, v, e, h, layers), right, mistakes)
    return f"{right:,} for {v} characters, an embedding of {e} and {layers} layers of {h}."


def check_peephole_step(theirs: Callable) -> str:
    cell, x, (h, c) = LSTMCell(3, 6), torch.randn(2, 3), torch.randn(2, 2, 6)
    p_f, p_i, p_o = torch.randn(3, 6)
    xh = torch.cat([x, h], 1)  # (2, 9)

    def step(f: Tensor, i: Tensor, p: Tensor = p_o, late: bool = True) -> tuple[Tensor, Tensor]:
        new = f * c + i * cell.candidate(xh).tanh()
        o = (cell.output(xh) + p * (new if late else c)).sigmoid()
        return o * new.tanh(), new

    f, i = cell.forget(xh), cell.input(xh)
    gates = (f + p_f * c).sigmoid(), (i + p_i * c).sigmoid()
    outside = f.sigmoid() + p_f * c, i.sigmoid() + p_i * c
    none = f.sigmoid(), i.sigmoid(), torch.zeros(6)
    right = step(*gates)
    mistakes = {
        "the output gate looks at the old cell state: use the new one.": step(*gates, late=False),
        "the peepholes are missing: no gate looks at the cell state.": step(*none),
        "the output gate has no peephole.": step(*gates, p=none[2]),
        "the peepholes come after the sigmoid: they belong inside.": step(*outside),
        "h and c are exchanged in what you return.": right[::-1],
    }
    compare(parts(call(theirs, cell, x, h, c, p_f, p_i, p_o), "h", "c"), right, mistakes)
    return "two gates look before the cell state changes, one looks after."


def states_of(w: Tensor, steps: int) -> Tensor:
    """h_0 ... h_steps, (steps + 1, hidden_size), of a plain RNN over random input."""
    states = [torch.rand(len(w)) - 0.5]
    for _ in range(steps):
        states.append(torch.tanh(w @ states[-1] + torch.randn(len(w)) / 4))
    return torch.stack(states)


def check_state_jacobian(theirs: Callable) -> str:
    def product(factors: Iterable[Tensor]) -> Tensor:  # the last step on the left
        return functools.reduce(lambda before, step: step @ before, factors)

    for steps in (4, 1):
        w = torch.randn(3, 3)
        h = states_of(w, steps)
        slopes = 1 - h**2  # (steps + 1, 3), of tanh where its value is h; the first is no step's
        rows = slopes[:, :, None] * w  # (steps + 1, 3, 3)
        right, backwards = product(rows[1:]), product(rows[1:].flip(0))
        early, on_columns = product(rows[:-1]), product(slopes[1:, None] * w)
        mistakes = {
            "the factors are in the wrong order: the last step is on the left.": backwards,
            "the slope is that of the state before the step: take the one after.": early,
            "the slopes multiply columns of W: tanh comes after W, so multiply rows.": on_columns,
            "the slope of tanh is missing: for a = tanh(z) it is 1 - a ** 2.": product([w] * steps),
            "* multiplies number by number: the chain rule multiplies with @.": rows[1:].prod(0),
        }
        compare(call(theirs, w, h), right, mistakes)
    w = 0.95 * nn.init.orthogonal_(torch.empty(16, 16))
    norms = {k: np.linalg.norm(to_numbers(theirs(w, states_of(w, k)))) for k in (1, 10, 50)}
    shown = ", ".join(f"{norm:.1g} after {k}" for k, norm in norms.items())
    return f"for a matrix that shortens every vector by 5 % its norm is {shown} steps."
