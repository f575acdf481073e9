"""The checks of notebook 02."""

from collections.abc import Callable

import torch
from torch import Tensor

from shakespeare.model import CharLSTM, LSTMCell

from . import call, compare, parts


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
    return "it matches the equation."


def check_count_parameters(theirs: Callable) -> str:
    for v, e, h, layers in ((7, 3, 6, 2), (7, 3, 6, 1), (65, 32, 224, 4)):
        model = CharLSTM([chr(97 + k) for k in range(v)], e, h, layers)
        right = sum(weight.numel() for weight in model.parameters())
        lstm, extra = right - v * (e + h + 1), (layers - 1) * 4 * h * (h - e)
        mistakes = {
            "PyTorch has two biases for each of the four matrices.": right - 4 * h * layers,
            "the last linear layer also has a bias for each character.": right - v,
            "the last linear layer is missing.": right - v * h - v,
            "the embedding is missing.": right - v * e,
            "only the first layer reads the embedding; the others read h.": right - extra,
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
        "h and c are exchanged: return h first.": right[::-1],
    }
    compare(parts(call(theirs, cell, x, h, c, p_f, p_i, p_o), "h", "c"), right, mistakes)
    return "two gates see the old cell state, the output gate sees the new one."
