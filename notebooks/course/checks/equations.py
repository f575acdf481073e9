"""The checks of notebook 02, and the step of an LSTM with peepholes."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from shakespeare.model import LSTMCell

from . import call, compare, parts


def example() -> tuple[Any, Tensor, Tensor, Tensor]:
    """A cell with peepholes, x, h and c."""
    cell = LSTMCell(3, 6)
    for name in ("p_f", "p_i", "p_o"):
        cell.register_parameter(name, nn.Parameter(torch.randn(6)))
    return cell, torch.randn(2, 3), torch.randn(2, 6), torch.randn(2, 6)


def check_lstm_step(theirs: Callable) -> str:
    cell, x, h, c = example()

    def states(
        xh: Tensor, gate: Callable = torch.sigmoid, squash: Callable = torch.tanh
    ) -> list[Tensor]:
        """The new h and c, with other functions in place of the gates' and the candidate's."""
        f = gate(cell.forget(xh))  # (2, 6), and so is the rest
        i = gate(cell.input(xh))
        o = gate(cell.output(xh))
        new_c = f * c + i * squash(cell.candidate(xh))
        return [o * new_c.tanh(), new_c]

    xh = torch.cat([x, h], 1)  # (2, 9)
    f, i, o, g = cell.gates(x, h)  # (2, 6) each
    right_h, new_c = states(xh)

    def shown(its_c: Tensor) -> list[Tensor]:
        return [o * its_c.tanh(), its_c]

    mistakes = {
        "you put h before x: the first columns of the weights belong to x.": (
            states(torch.cat([h, x], 1))
        ),
        "the gates' sigmoid is missing: a gate lies between 0 and 1.": (
            states(xh, gate=nn.Identity())
        ),
        "you take tanh, from -1 to 1, for the gates: a gate lies between 0 and 1.": (
            states(xh, gate=torch.tanh)
        ),
        "you take the sigmoid for the candidate: with tanh it can also lower a cell.": (
            states(xh, squash=torch.sigmoid)
        ),
        "the gates are exchanged: f scales the old cell state, and i the candidate.": (
            shown(i * c + f * g)
        ),
        "the input gate is missing: it scales the candidate.": shown(f * c + g),
        "the forget gate is missing: it scales the old cell state.": shown(c + i * g),
        "h shows the old cell state: use the new one.": [o * c.tanh(), new_c],
        "the tanh of the cell state is missing in h.": [o * new_c, new_c],
        "h and c are exchanged: return h first.": [new_c, right_h],
    }
    answer = parts(call(theirs, cell, x, h, c), "h", "c")
    compare(answer, [right_h, new_c], mistakes)
    return "it matches the six equations."


def peephole_step(cell: Any, x: Tensor, h: Tensor, c: Tensor) -> tuple[Tensor, Tensor]:
    """One step of an LSTM with peepholes, as the notebook's exercise asks for it."""
    xh = torch.cat([x, h], dim=1)  # (batch, input_size + hidden_size)
    f = torch.sigmoid(cell.forget(xh) + cell.p_f * c)  # (batch, hidden_size), and so is the rest
    i = torch.sigmoid(cell.input(xh) + cell.p_i * c)
    c = f * c + i * torch.tanh(cell.candidate(xh))
    o = torch.sigmoid(cell.output(xh) + cell.p_o * c)
    return o * torch.tanh(c), c


def check_peephole_step(theirs: Callable) -> str:
    cell, x, h, c = example()
    right_h, new_c = peephole_step(cell, x, h, c)
    f, i, o, g = cell.gates(x, h)  # (2, 6) each; these gates have no peepholes
    xh = torch.cat([x, h], 1)  # (2, 9)
    old_o = torch.sigmoid(cell.output(xh) + cell.p_o * c)
    blind_c = f * c + i * g

    def outside(gates: str) -> list[Tensor]:
        """h and c if the peepholes of these gates, such as "fi", come after the sigmoid."""
        its_f = f + cell.p_f * c if "f" in gates else (cell.forget(xh) + cell.p_f * c).sigmoid()
        its_i = i + cell.p_i * c if "i" in gates else (cell.input(xh) + cell.p_i * c).sigmoid()
        its_c = its_f * c + its_i * g
        inside_o = (cell.output(xh) + cell.p_o * its_c).sigmoid()
        its_o = o + cell.p_o * its_c if "o" in gates else inside_o
        return [its_o * its_c.tanh(), its_c]

    mistakes = {
        "the output gate looks at the old cell state: use the new one.": (
            [old_o * new_c.tanh(), new_c]
        ),
        "the peepholes are missing: no gate looks at the cell state.": (
            [o * blind_c.tanh(), blind_c]
        ),
        "the output gate has no peephole.": [o * new_c.tanh(), new_c],
        "h and c are exchanged: return h first.": [new_c, right_h],
    }
    for gates in ("f", "i", "o", "fi", "fo", "io", "fio"):
        names = ", ".join(f"p_{gate}" for gate in gates)
        mistake = f"a peephole belongs inside the sigmoid: you add {names} outside."
        mistakes[mistake] = outside(gates)
    answer = parts(call(theirs, cell, x, h, c), "h", "c")
    compare(answer, [right_h, new_c], mistakes)
    return "two gates see the old cell state, the output gate sees the new one."
