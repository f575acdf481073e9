"""The checks of notebook 02."""

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from study.lstm_cell import LSTMCell

from . import Mistakes, Wrong, call, compare

GATES = ("forget", "input", "output")
LAYERS = ("forget", "input", "candidate", "output")  # of a cell

# --- a step ---


def lstm_step(cell: LSTMCell, x: Tensor, h: Tensor, c: Tensor) -> tuple[Tensor, Tensor]:
    return cell(x, h, c)


def step(
    read: Callable = lambda x, h, c: torch.cat([x, h], dim=1),
    functions: Mapping[str, Callable] | None = None,
    update: Callable = lambda f, i, g, c: f * c + i * g,
    show: Callable = lambda o, c, new_c: o * torch.tanh(new_c),
) -> Callable:
    """A step in which some parts are wrong: what is read, functions, the equations."""

    def wrong(cell: LSTMCell, x: Tensor, h: Tensor, c: Tensor) -> tuple[Tensor, Tensor]:
        xh = read(x, h, c)  # (B, I + H)
        values = []
        for name in LAYERS:
            usual = torch.tanh if name == "candidate" else torch.sigmoid
            function = (functions or {}).get(name, usual)
            values.append(function(getattr(cell, name)(xh)))  # (B, H)
        f, i, g, o = values
        new_c = update(f, i, g, c)
        return show(o, c, new_c), new_c

    return wrong


no_function = nn.Identity()
LSTM_STEP: Mistakes = {
    "you put h before x: the first columns of the weights belong to x.": (
        step(read=lambda x, h, c: torch.cat([h, x], dim=1))
    ),
    "sigmoid and tanh are missing: cell.forget(xh) and the others are only sums.": (
        step(functions=dict.fromkeys(LAYERS, no_function))
    ),
    "you take the sigmoid for the candidate: with tanh it can also lower a cell.": (
        step(functions={"candidate": torch.sigmoid})
    ),
    "the gates are exchanged: f scales the old cell state, and i the candidate.": (
        step(update=lambda f, i, g, c: i * c + f * g)
    ),
    "h shows the old cell state: use the new one.": (
        step(show=lambda o, c, new_c: o * torch.tanh(c))
    ),
    "the tanh of the cell state is missing in h.": step(show=lambda o, c, new_c: o * new_c),
}


def check_lstm_step(theirs: Callable) -> str:
    cases = [cell_and_states(texts) for texts in (1, 3)]  # one text alone may hide a mistake
    compare(theirs, lstm_step, LSTM_STEP, cases, see=states)
    must_have_gradient(theirs, lstm_step)
    return "it matches the six equations."


def cell_and_states(texts: int) -> tuple[LSTMCell, Tensor, Tensor, Tensor]:
    h, c = torch.randn(2, texts, 6)
    return LSTMCell(3, 6), torch.randn(texts, 3), h, c


def states(function: Callable, *given: Any) -> Any:
    """What a step returns, where it isn't another kind of pair."""
    answer = call(function, *given)
    if isinstance(answer, tuple) and any(isinstance(state, tuple) for state in answer):
        raise Wrong("it returns h, (h, c), as PyTorch's layers do: return h, c.")
    return answer


DOUBLE = "right in single precision, but it should work in double precision as well: "
OF_ONE_TYPE = f"{DOUBLE}make new tensors by zeros_like, without .float()."


def must_have_gradient(theirs: Callable, right: Callable, exactly: bool = True) -> None:
    """Raise Wrong where no gradient, or another one, leads back to weights, x, h and c.

    As the notebook does, we compute in double precision.
    """
    cell = LSTMCell(3, 6).double()
    totals = []
    gradients = []
    for function in (theirs, right):
        x = torch.linspace(-1, 1, 6).double().view(2, 3).requires_grad_()
        h, c = (torch.full((2, 6), 0.3).double().requires_grad_() for _ in range(2))
        try:
            total = torch.stack([torch.as_tensor(each).sum() for each in function(cell, x, h, c)])
        except RuntimeError as error:
            if "dtype" not in str(error):
                raise
            raise Wrong(OF_ONE_TYPE) from None
        if total.dtype != torch.float64:
            raise Wrong(OF_ONE_TYPE)
        if not total.requires_grad:
            raise Wrong("right, but nothing can be learned: compute with PyTorch, with gradients.")
        given = (x, h, c, *cell.parameters())
        found = torch.autograd.grad(total.sum(), given, allow_unused=True, materialize_grads=True)
        totals.append(total)
        gradients.append(torch.cat([gradient.flatten() for gradient in found]))
    if not torch.allclose(gradients[0], gradients[1], rtol=1e-3, atol=1e-5):
        raise Wrong("right, but the gradient isn't: use states and weights without detach().")
    if exactly and not torch.allclose(totals[0], totals[1], rtol=0, atol=1e-10):
        raise Wrong(f"{DOUBLE}it is only right to some digits: take torch.sigmoid and torch.tanh.")


# --- a step in which some gates are fixed ---

Fixed = Mapping[str, Any]  # the values of some gates, by name


def fixed_gate_step(
    cell: LSTMCell, x: Tensor, h: Tensor, c: Tensor, fixed: Fixed
) -> tuple[Tensor, Tensor]:
    f, i, o, g = cell.gates(x, h)  # (B, H) each
    f = fixed.get("forget", f)
    i = fixed.get("input", i)
    o = fixed.get("output", o)
    c = f * c + i * g
    return o * torch.tanh(c), c


def fixed_by(gate_of: Callable) -> Callable:
    """A step whose gates are functions of their name, their sum z (B, H) and `fixed`."""

    def wrong(cell: LSTMCell, x: Tensor, h: Tensor, c: Tensor, fixed: Fixed) -> Any:
        xh = torch.cat([x, h], dim=1)  # (B, I + H)
        gates = {name: gate_of(name, getattr(cell, name)(xh), fixed) for name in GATES}
        return fixed_gate_step(cell, x, h, c, gates)

    return wrong


def with_fixed(function: Callable, fixed: Fixed) -> Callable:
    return lambda *given: function(*given, fixed)


def without_fixed(function: Callable) -> Callable:
    return lambda cell, x, h, c, fixed: function(cell, x, h, c)


FIXED_GATE_STEP: Mistakes = {
    "0 is a value, too, but in Python it counts as False: ask whether the name is in `fixed`.": (
        fixed_by(lambda name, z, fixed: fixed.get(name) or z.sigmoid())
    ),
    "you fix the sum before the sigmoid: the gate itself should have the value.": (
        fixed_by(lambda name, z, fixed: torch.as_tensor(fixed.get(name, z)).sigmoid())
    ),
    "you scale the gate by the value: the value should replace it.": (
        fixed_by(lambda name, z, fixed: z.sigmoid() * fixed.get(name, 1))
    ),
    "all gates get the value: replace only those in `fixed`.": (
        fixed_by(lambda name, z, fixed: next(iter(fixed.values()), z.sigmoid()))
    ),
    "no gate is fixed: replace those in `fixed` before you compute c and h.": (
        without_fixed(lstm_step)
    ),
}


def check_fixed_gate_step(theirs: Callable) -> str:
    several = {"forget": 0.6, "input": 0.4, "output": 0.5}
    cases: list[tuple] = []
    for fixed in (
        {},
        several,
        {"forget": 0.73},
        {"forget": 0},
        {"forget": 1},
        {"input": 0.4},
        {"output": 0.4},
    ):
        cases.append((*cell_and_states(2), fixed))

    def with_what(*case: Any) -> str:
        return f"with fixed = {case[-1]}, "

    compare(theirs, fixed_gate_step, FIXED_GATE_STEP, cases, see=states, where=with_what)
    for fixed in ({}, {"forget": 0.73}):
        own, right = (with_fixed(function, fixed) for function in (theirs, fixed_gate_step))
        must_have_gradient(own, right, exactly=False)  # 0.73 may be in single precision
    return "the gates in `fixed` have the given values, and the others are as before."
