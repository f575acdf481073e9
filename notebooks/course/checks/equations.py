"""The checks of notebook 02."""

from collections.abc import Callable

import torch
from torch import Tensor

from shakespeare.model import CharLSTM, LSTMCell

from . import call, compare, parts


def check_forget_gate(theirs: Callable) -> str:
    x = torch.randn(4)
    h = torch.randn(4)
    w = torch.randn(4, 8)
    b = torch.randn(4)
    z = w @ torch.cat([x, h])  # (4,)
    exchanged = w @ torch.cat([h, x])  # (4,)
    mistakes = {
        "you put h before x: the first columns of W belong to x.": (exchanged + b).sigmoid(),
        "the bias is missing.": z.sigmoid(),
        "the bias comes after the sigmoid: it belongs inside.": z.sigmoid() + b,
        "you take tanh, from -1 to 1: a gate lies between 0 and 1.": (z + b).tanh(),
        "the sigmoid is missing: a gate lies between 0 and 1.": z + b,
    }
    compare(call(theirs, x, h, w, b), (z + b).sigmoid(), mistakes)
    return "it matches the equation."


def check_number_of_parameters(theirs: Callable) -> str:
    for v, e, h, layers in ((7, 3, 6, 2), (7, 3, 6, 1), (65, 32, 224, 4)):
        model = CharLSTM([chr(97 + k) for k in range(v)], e, h, layers)
        right = sum(weight.numel() for weight in model.parameters())
        lstm = sum(weight.numel() for weight in model.layers.parameters())
        one_bias = 4 * h * layers
        # A layer's four matrices have a column for each component that it reads from below: h in a
        # further layer, but e if it read the embedding.
        missing_if_all_read_x = (layers - 1) * 4 * (h * h - h * e)
        mistakes = {
            "PyTorch has two biases for each of the four matrices.": right - one_bias,
            "the last linear layer also has a bias for each character.": right - v,
            "the last linear layer is missing.": right - v * h - v,
            "the embedding is missing.": right - v * e,
            "only the first layer reads the embedding; the others read h.": (
                right - missing_if_all_read_x
            ),
            "a layer has four matrices: three gates and the candidate.": right - lstm // 4,
        }
        compare(call(theirs, v, e, h, layers), right, mistakes)
    return f"{right:,} for {v} characters, an embedding of {e} and {layers} layers of {h}."


def check_peephole_step(theirs: Callable) -> str:
    cell = LSTMCell(3, 6)
    x = torch.randn(2, 3)
    h = torch.randn(2, 6)
    c = torch.randn(2, 6)
    p_f = torch.randn(6)
    p_i = torch.randn(6)
    p_o = torch.randn(6)
    xh = torch.cat([x, h], 1)  # (2, 9)
    z_f = cell.forget(xh)  # (2, 6), what the sigmoid is taken of; so are the next two
    z_i = cell.input(xh)
    z_o = cell.output(xh)
    g = cell.candidate(xh).tanh()  # (2, 6)

    f = (z_f + p_f * c).sigmoid()  # (2, 6), and so is the rest
    i = (z_i + p_i * c).sigmoid()
    new_c = f * c + i * g
    o = (z_o + p_o * new_c).sigmoid()
    right_h = o * new_c.tanh()

    old_o = (z_o + p_o * c).sigmoid()
    blind_o = z_o.sigmoid()
    blind_c = z_f.sigmoid() * c + z_i.sigmoid() * g

    def outside(gates: str) -> list[Tensor]:
        """h and c if the peepholes of these gates, such as "fi", come after the sigmoid."""
        wrong_f = z_f.sigmoid() + p_f * c if "f" in gates else f
        wrong_i = z_i.sigmoid() + p_i * c if "i" in gates else i
        its_c = wrong_f * c + wrong_i * g
        its_o = z_o.sigmoid() + p_o * its_c if "o" in gates else (z_o + p_o * its_c).sigmoid()
        return [its_o * its_c.tanh(), its_c]

    mistakes = {
        "the output gate looks at the old cell state: use the new one.": (
            [old_o * new_c.tanh(), new_c]
        ),
        "the peepholes are missing: no gate looks at the cell state.": (
            [blind_o * blind_c.tanh(), blind_c]
        ),
        "the output gate has no peephole.": [blind_o * new_c.tanh(), new_c],
        "h and c are exchanged: return h first.": [new_c, right_h],
    }
    for gates in ("f", "i", "o", "fi", "fo", "io", "fio"):
        names = ", ".join(f"p_{gate}" for gate in gates)
        mistake = f"a peephole belongs inside the sigmoid: you add {names} outside."
        mistakes[mistake] = outside(gates)
    answer = parts(call(theirs, cell, x, h, c, p_f, p_i, p_o), "h", "c")
    compare(answer, [right_h, new_c], mistakes)
    return "two gates see the old cell state, the output gate sees the new one."
