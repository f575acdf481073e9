"""The checks of notebook 02."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from ..lstm_cell import LSTMCell
from . import Wrong, call, compare, is_same, parts, to_numbers

LAYERS = ("forget", "input", "candidate", "output")  # of a cell
FUNCTIONS = {
    "forget": torch.sigmoid,
    "input": torch.sigmoid,
    "candidate": torch.tanh,
    "output": torch.sigmoid,
}
Step = Callable[..., tuple[Tensor, Tensor]]  # from a cell, x, h and c to the new h and c


def lstm_step(
    read: Callable = lambda x, h: torch.cat([x, h], dim=1),
    layers: tuple[str, ...] = LAYERS,
    functions: dict[str, Callable] | None = None,
    update: Callable = lambda f, i, g, c: f * c + i * g,
    show: Callable = lambda o, c, new_c: o * torch.tanh(new_c),
) -> Step:
    """One step of an LSTM, in which some parts may be replaced by wrong ones."""
    functions = FUNCTIONS | (functions or {})

    def step(cell: LSTMCell, x: Tensor, h: Tensor, c: Tensor) -> tuple[Tensor, Tensor]:
        xh = read(x, h)  # (B, I + H)
        values = []
        for name, layer in zip(LAYERS, layers, strict=True):
            z = getattr(cell, layer)(xh)  # (B, H)
            values.append(functions[name](z))
        f, i, g, o = values
        new_c = update(f, i, g, c)
        return show(o, c, new_c), new_c

    return step


def exchanged(one: str, other: str) -> Step:
    """A step that uses two of the cell's layers in place of each other."""
    swap = {one: other, other: one}
    return lstm_step(layers=tuple(swap.get(name, name) for name in LAYERS))


def c_first(*given: Any) -> tuple[Tensor, Tensor]:
    h, c = lstm_step()(*given)
    return c, h


def tanh_of_c(*given: Any) -> tuple[Tensor, Tensor]:
    h, c = lstm_step()(*given)
    return h, torch.tanh(c)


def output_gate_last(cell: LSTMCell, x: Tensor, h: Tensor, c: Tensor) -> tuple[Tensor, Tensor]:
    _, new_c = lstm_step()(cell, x, h, c)
    o = torch.sigmoid(cell.output(torch.cat([x, torch.tanh(new_c)], dim=1)))
    return o * torch.tanh(new_c), new_c


def old_c(cell: LSTMCell, x: Tensor, h: Tensor, c: Tensor) -> tuple[Tensor, Tensor]:
    new_h, _ = lstm_step()(cell, x, h, c)
    return new_h, c


def old_h(cell: LSTMCell, x: Tensor, h: Tensor, c: Tensor) -> tuple[Tensor, Tensor]:
    _, new_c = lstm_step()(cell, x, h, c)
    return h, new_c


no_function = nn.Identity()
MISTAKES: dict[str, Step] = {  # by what to say of it, a wrong step
    "you put h before x: the first columns of the weights belong to x.": (
        lstm_step(read=lambda x, h: torch.cat([h, x], dim=1))
    ),
    "sigmoid and tanh are missing: cell.forget(xh) and the others are only sums.": (
        lstm_step(functions=dict.fromkeys(LAYERS, no_function))
    ),
    "you take tanh for the output gate: a gate lies between 0 and 1.": (
        lstm_step(functions={"output": torch.tanh})
    ),
    "the gates' sigmoid is missing: a gate lies between 0 and 1.": (
        lstm_step(functions=dict.fromkeys(("forget", "input", "output"), no_function))
    ),
    "you take tanh, from -1 to 1, for the gates: a gate lies between 0 and 1.": (
        lstm_step(functions=dict.fromkeys(LAYERS, torch.tanh))
    ),
    "you take the sigmoid for the candidate: with tanh it can also lower a cell.": (
        lstm_step(functions={"candidate": torch.sigmoid})
    ),
    "the candidate's tanh is missing: it lies between -1 and 1.": (
        lstm_step(functions={"candidate": no_function})
    ),
    "the gates are exchanged: f scales the old cell state, and i the candidate.": (
        lstm_step(update=lambda f, i, g, c: i * c + f * g)
    ),
    "cell.input and cell.candidate are exchanged: the first is for the gate i.": (
        exchanged("input", "candidate")
    ),
    "cell.forget and cell.output are exchanged.": exchanged("forget", "output"),
    "cell.input and cell.output are exchanged.": exchanged("input", "output"),
    "you add 1 to the forget gate's sum: cell.forget(xh) has its bias already.": (
        lstm_step(functions={"forget": lambda z: torch.sigmoid(z + 1)})
    ),
    "you take 1 - f for the input gate, a variant to try later: here, use cell.input.": (
        lstm_step(update=lambda f, i, g, c: f * c + (1 - f) * g)
    ),
    "the forget gate is the share that is kept: f scales the old cell state, not 1 - f.": (
        lstm_step(update=lambda f, i, g, c: (1 - f) * c + i * g)
    ),
    "the input gate is missing: it scales the candidate.": (
        lstm_step(update=lambda f, i, g, c: f * c + g)
    ),
    "the forget gate is missing: it scales the old cell state.": (
        lstm_step(update=lambda f, i, g, c: c + i * g)
    ),
    "the output gate is missing: it scales tanh(c) in h.": (
        lstm_step(show=lambda o, c, new_c: torch.tanh(new_c))
    ),
    "h shows the old cell state: use the new one.": (
        lstm_step(show=lambda o, c, new_c: o * torch.tanh(c))
    ),
    "the tanh of the cell state is missing in h.": lstm_step(show=lambda o, c, new_c: o * new_c),
    "you take the sigmoid of the cell state in h: take its tanh.": (
        lstm_step(show=lambda o, c, new_c: o * torch.sigmoid(new_c))
    ),
    "you return tanh(c) as the new cell state: only h takes the tanh.": tanh_of_c,
    "the output gate reads the new h: all gates read the given one.": output_gate_last,
    "h and c are exchanged: return h first.": c_first,
    "the c that you return is the old one.": old_c,
    "the h that you return is the old one.": old_h,
    "cell.forget and cell.candidate are exchanged.": exchanged("forget", "candidate"),
    "cell.candidate and cell.output are exchanged.": exchanged("candidate", "output"),
    "you read x and c: the gates read x and h.": lambda cell, x, h, c: lstm_step()(cell, x, c, c),
}
for _name in ("forget", "input", "output"):
    _words = f"the sigmoid of the {_name} gate is missing: a gate lies between 0 and 1."
    MISTAKES[_words] = lstm_step(functions={_name: no_function})


def check_lstm_step(theirs: Callable) -> str:
    for texts in (1, 3):  # one text alone may hide a mistake
        cell = LSTMCell(3, 6)
        x = torch.randn(texts, 3)
        h, c = torch.randn(2, texts, 6)
        given = (cell, x, h, c)
        right = lstm_step()(*given)
        answer = call(theirs, *given)
        must_be_both(answer, *right)
        wrong = {words: mistake(*given) for words, mistake in MISTAKES.items()}
        compare(parts(answer, "h", "c"), right, wrong)
    must_have_gradient(theirs, lstm_step())
    return "it matches the six equations."


DOUBLE = "right in single precision, but it should work in double precision as well: "
OF_ONE_TYPE = f"{DOUBLE}make new tensors by zeros_like, without .float()."


def must_have_gradient(theirs: Callable, right: Callable, exactly: bool = True) -> None:
    """Raise Wrong where no gradient, or another one, leads back to weights, x, h and c.

    As the notebook does, we compute in double precision.
    """
    cell = LSTMCell(3, 6).double()
    gradients = []
    totals: list[Any] = []
    for step in (theirs, right):
        x = torch.linspace(-1, 1, 6).double().view(2, 3).requires_grad_()
        h, c = (torch.full((2, 6), 0.3).double().requires_grad_() for _ in range(2))
        try:
            states = [each for each in step(cell, x, h, c) if isinstance(each, Tensor)]
        except RuntimeError as error:
            if "dtype" not in str(error):
                raise
            raise Wrong(OF_ONE_TYPE) from None
        if any(each.dtype != torch.float64 for each in states):
            raise Wrong(OF_ONE_TYPE)
        total = torch.stack([each.sum() for each in states]).sum() if states else None
        totals.append(total)
        if total is None or not total.requires_grad:
            raise Wrong("right, but nothing can be learned: compute with PyTorch, with gradients.")
        given = (x, h, c, *cell.parameters())
        found = torch.autograd.grad(total, given, allow_unused=True)
        gradients.append([torch.zeros(1) if each is None else each for each in found])
    for own, expected in zip(*gradients, strict=True):
        if own.shape != expected.shape or not torch.allclose(own, expected, rtol=1e-3, atol=1e-5):
            raise Wrong("right, but the gradient isn't: use states and weights without detach().")
    if exactly and abs(totals[0] - totals[1]) > 1e-10:
        raise Wrong(f"{DOUBLE}it is only right to some digits: take torch.sigmoid and torch.tanh.")


def must_be_both(answer: Any, h: Tensor, c: Tensor) -> None:
    """Raise Wrong for one state in place of two, whose rows would be taken for parts."""
    if isinstance(answer, tuple) and len(answer) == 2 and isinstance(answer[1], tuple):
        raise Wrong("it returns h, (h, c), as PyTorch's layers do: return h, c.")
    if not isinstance(answer, Tensor) or answer.shape != h.shape:
        return
    for name, state in (("only h", h), ("only c", c)):
        if is_same(to_numbers(answer), to_numbers(state)):
            raise Wrong(f"it returns {name}: return both states, h first.")
    raise Wrong("it returns one tensor: return both states, h first.")


# --- a step in which some gates are fixed ---

GATES = ("forget", "input", "output")
Fixed = Mapping[str, float]  # the values of some gates, by name
FIXED: list[Fixed] = [  # a step has to be right with each of them
    {},
    {"forget": 0.73},
    {"forget": 1},
    {"forget": 0},
    {"input": 0.4},
    {"input": 1},
    {"output": 0.4},
    {"output": 1},
    {"forget": 0.6, "output": 0.4},
    {"input": 0.4, "output": 0.6},
    {"forget": 0.6, "input": 0.4},
    {"forget": 0.6, "input": 0.4, "output": 0.5},
]


def fixed_gate_step(
    cell: LSTMCell, x: Tensor, h: Tensor, c: Tensor, fixed: Mapping[str, Any]
) -> tuple[Tensor, Tensor]:
    f, i, o, g = cell.gates(x, h)  # (B, H) each
    f = fixed.get("forget", f)
    i = fixed.get("input", i)
    o = fixed.get("output", o)
    c = f * c + i * g
    return o * torch.tanh(c), c


def fixed_by(gate_of: Callable[[str, Tensor, Fixed], Any]) -> Step:
    """A step whose gates are functions of their name, their sum z (B, H) and `fixed`."""

    def step(
        cell: LSTMCell, x: Tensor, h: Tensor, c: Tensor, fixed: Fixed
    ) -> tuple[Tensor, Tensor]:
        xh = torch.cat([x, h], dim=1)  # (B, I + H)
        f, i, o = (gate_of(name, getattr(cell, name)(xh), fixed) for name in GATES)
        c = f * c + i * torch.tanh(cell.candidate(xh))
        return o * torch.tanh(c), c

    return step


def first_of(fixed: Fixed) -> Fixed:
    return dict(list(fixed.items())[:1])


FIXED_MISTAKES: dict[str, Step] = {  # by what to say of it, a wrong step
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
    "a gate that isn't in `fixed` becomes 1: compute it as before.": (
        fixed_by(lambda name, z, fixed: fixed.get(name, 1))
    ),
    "a gate that isn't in `fixed` becomes 0: compute it as before.": (
        fixed_by(lambda name, z, fixed: fixed.get(name, 0))
    ),
    "you always take 0.73: take the value that is in `fixed`.": (
        fixed_by(lambda name, z, fixed: 0.73 if name in fixed else z.sigmoid())
    ),
    "you always take 1: take the value that is in `fixed`.": (
        fixed_by(lambda name, z, fixed: 1 if name in fixed else z.sigmoid())
    ),
    "you fix only one gate, although `fixed` may have several.": (
        fixed_by(lambda name, z, fixed: first_of(fixed).get(name, z.sigmoid()))
    ),
}


def check_fixed_gate_step(theirs: Callable) -> str:
    for fixed in FIXED:
        cell = LSTMCell(3, 6)
        x = torch.randn(2, 3)
        h, c = torch.randn(2, 2, 6)
        given = (cell, x, h, c)
        right = fixed_gate_step(*given, fixed)
        answer = call(theirs, *given, fixed)
        must_be_both(answer, *right)
        wrong = {words: mistake(*given, fixed) for words, mistake in FIXED_MISTAKES.items()}
        for name, value in first_of(fixed).items():
            words = f"the {name} gate isn't fixed: replace it before you compute c and h."
            wrong[words] = fixed_gate_step(*given, {})
            for other in GATES:
                words = f"you fix the {other} gate in place of the {name} gate."
                wrong[words] = fixed_gate_step(*given, {other: value})
        if not fixed:
            wrong |= {words: mistake(*given) for words, mistake in MISTAKES.items()}
        compare(parts(answer, "h", "c"), right, wrong)
    for fixed in ({}, {"forget": 0.73}):
        of_ours = partial(fixed_gate_step, fixed=fixed)
        # A value such as 0.73 may be in single precision.
        must_have_gradient(partial(theirs, fixed=fixed), of_ours, exactly=False)
    return "the gates in `fixed` have the given values, and the others are as before."
