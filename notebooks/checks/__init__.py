"""Check the exercises: compute what is right and what the usual mistakes give; name the mistake.

Each of notebooks 01 to 04 has a module here. For the exercise `name`, it has:

    name        a solution
    NAME        the usual mistakes: {what to say of it: the wrong function}
    check_name  raises Wrong, or returns what to say of the right solution
"""

import copy
import importlib
import inspect
import math
import traceback
from collections.abc import Callable, Sequence
from numbers import Number
from typing import Any, NamedTuple, NoReturn

import numpy as np
import torch
from torch import Tensor

NOTEBOOKS = ("preprocessing", "equations", "training", "generation")
Mistakes = dict[str, Callable]  # what to say of it: the wrong function


class Wrong(Exception):
    """What is wrong with a function, and why."""


class NothingReturned(Exception):
    """Not NotImplementedError, which PyTorch raises for a type that it does not support."""


class Verdict(NamedTuple):
    mark: str  # "PASS", "TODO" or "FAIL"
    name: str  # of the exercise
    words: str  # what is wrong, or what the right solution does

    def __str__(self) -> str:
        return f"[{self.mark}] {self.name}: {self.words}"


def find_checks() -> dict[str, Callable[[Callable], str]]:
    """All checks by the name of their exercise, in the order of the notebooks."""
    checks = {}
    for notebook in NOTEBOOKS:
        module = importlib.import_module(f"{__name__}.{notebook}")
        for name, value in vars(module).items():
            if name.startswith("check_"):
                checks[name.removeprefix("check_")] = value
    return checks


def check(function: Callable) -> None:
    """Print [PASS], [TODO] or [FAIL], the last with what is wrong. Never stops a notebook."""
    print(verdict(function))


def verdict(function: Callable) -> Verdict:
    """What `check` prints. Raises nothing, whatever the function does."""
    name = name_of(function)
    try:
        return Verdict("PASS", name, run_check(name, function))
    except NothingReturned:
        if is_stub(function):
            return Verdict("TODO", name, "it returns nothing yet. Write it, then rerun.")
        words = "it returns nothing, at least in one case: `return` the result."
    except Wrong as mistake:
        words = str(mistake)
    except (Exception, SystemExit) as error:
        words = f"it stops with {told(error)}"
        line = failed_line(error, function)
        if line:
            words += f"\n  in the line: {line}"
    return Verdict("FAIL", name, words)


def told(error: BaseException) -> str:
    """The type and message of an error, of which `__str__` may raise another."""
    return f"{type(error).__name__}: {traceback.TracebackException(type(error), error, None)}"


def own_or(function: Callable, solution: Callable) -> Callable:
    """The reader's function if it passes its check; else the solution, and a sentence says so."""
    name = name_of(function)
    try:
        run_check(name, function)
    except (Exception, SystemExit):
        print(f"Your {name} doesn't pass its check yet, so a solution takes its place here.")
        return solution
    return function


def name_of(function: Callable) -> str:
    """The exercise's name: the function's own, or that by which its notebook knows it.

    A lambda, or what a decorator without functools.wraps returns, has another name of its own.
    """
    own = getattr(function, "__name__", type(function).__name__)
    known = getattr(function, "__globals__", {})
    names = [name for name in find_checks() if known.get(name) is function]
    return own if own in find_checks() or not names else names[0]


def run_check(name: str, function: Callable) -> str:
    """What to say about a right solution; raises Wrong, NothingReturned, or what it raises."""
    checks = find_checks()
    if name not in checks:
        raise Wrong("no exercise has this name, so give the function its old name back.")
    with torch.random.fork_rng(devices=[]):  # the notebook's own random numbers stay the same
        torch.manual_seed(1)
        return checks[name](function)


def is_stub(function: Callable) -> bool:
    """Whether a function still uses nothing by name, as `...` doesn't."""
    code = getattr(inspect.unwrap(function), "__code__", None)
    return code is not None and not code.co_names


def failed_line(error: BaseException, function: Callable) -> str | None:
    """The last line of the function's file that ran before the error, if there is one."""
    original = inspect.unwrap(function)  # without a decorator such as torch.no_grad()
    file = inspect.getfile(original)
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.line for frame in frames if frame.filename == file and frame.line]
    return lines[-1] if lines else None


def call(function: Callable, *given: Any) -> Any:
    """What the function returns; Wrong if it changes its arguments."""
    arguments = copy.deepcopy(given)
    answer = returned(function(*arguments))
    for before, after in zip(given, arguments, strict=True):
        is_other = isinstance(before, dict) and before != after
        if is_other or (isinstance(before, Tensor) and not torch.equal(before, after)):
            raise Wrong("it changes its arguments. Work on a copy: the caller may still need them.")
    return answer


def returned(answer: Any) -> Any:
    """What a function returned; raises NothingReturned where that is nothing."""
    if answer is None or answer is ...:  # the second, where a reader put `return` before the dots
        raise NothingReturned
    return answer


def to_numbers(value: Any) -> np.ndarray:
    """The numbers in a Python number, an array, a tensor, or a list of these."""
    if isinstance(value, Tensor):
        return value.detach().cpu().double().numpy()
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if isinstance(value, list | tuple | range):
        value = [to_numbers(one) for one in value]
    elif not isinstance(value, Number):  # NumPy would read "1.5" as a number, and None as nan
        raise TypeError(f"not a number: {str(value)[:60]!r}")
    return np.array(value, dtype=float)


def parts(answer: Any, *names: str) -> list[Any]:
    """The parts of a result, which should be as many as the names."""
    if isinstance(answer, set | dict):
        raise Wrong(f"it should return {', '.join(names)} in this order, as a tuple.")
    try:
        several = list(answer)
    except TypeError:  # a number
        several = []
    if len(several) != len(names):
        raise Wrong(f"it should return {len(names)} things: {', '.join(names)}.")
    return several


def compare(
    theirs: Callable,
    right: Callable,
    mistakes: Mistakes,
    cases: Sequence[tuple] = ((),),
    see: Callable = call,
    where: str | Callable[..., str] = "",
    otherwise: str = "",
) -> None:
    """Raise Wrong unless their function does what the right one does, in each of the cases.

    What it does in a case is what `see(function, *case)` finds, as numbers. `where`, as in "in
    the gradient, ", or what it returns for a case, begins a sentence about unexplained numbers.
    `otherwise` is what to say if it is none of the mistakes.
    """

    def is_right(function: Callable, case: tuple) -> bool:
        return is_same(to_numbers(see(function, *case)), to_numbers(see(right, *case)))

    for k, case in enumerate(cases):
        expected = to_numbers(see(right, *case))
        numbers = numbers_of(see(theirs, *case), is_single=expected.ndim == 0)
        if is_same(numbers, expected):
            continue
        for words, mistake in mistakes.items():
            if is_same(numbers, to_numbers(see(mistake, *case))):
                # Theirs was right in the cases before, so this has to be right there, too.
                if all(is_right(mistake, before) for before in cases[:k]):
                    raise Wrong(words)
        if otherwise:
            raise Wrong(otherwise)
        raise_unexplained(numbers, expected, where(*case) if callable(where) else where)


def numbers_of(answer: Any, is_single: bool) -> np.ndarray:
    """What a function returned, as numbers or as a single one; Wrong if it is something else."""
    try:
        numbers = to_numbers(answer)
    except (TypeError, ValueError):
        raise Wrong(f"it should return numbers, not {str(answer)[:60]!r}.") from None
    if is_single and isinstance(answer, list | tuple | range):
        raise Wrong(f"it should be a single number, not a {type(answer).__name__}.")
    if is_single and numbers.size == 1:
        numbers = numbers.reshape(())  # a tensor of one number will do as a number
    return numbers


def raise_unexplained(numbers: np.ndarray, expected: np.ndarray, where: str) -> NoReturn:
    """Raise Wrong for numbers that no usual mistake gives: where and how they differ."""
    if numbers.shape != expected.shape:
        shapes = f"the shape {numbers.shape}, but should have {expected.shape}"
        raise Wrong(f"{where}the result has {shapes}.")
    if not np.isfinite(numbers).all():
        raise Wrong(
            f"{where}the result is not finite: it divides by zero, takes log(0) or overflows."
        )
    for digits in (1, 2, 3):
        if numbers.any() and np.allclose(numbers, np.round(expected, digits), 1e-6, 0):
            raise Wrong(f"{where}the result is rounded: return it as it is.")
    wrong = np.argwhere(~is_close(numbers, expected))  # (wrong numbers, dimensions)
    index = tuple(wrong[0].tolist())  # of the first
    position = f" at {index}" if expected.ndim > 0 else ""
    values = f"it gives {numbers[index]:.5g}{position} where {expected[index]:.5g} is right"
    raise Wrong(f"{where}{values}. We don't recognise the mistake.")


def is_same(a: np.ndarray, b: np.ndarray) -> bool:
    return a.shape == b.shape and bool(is_close(a, b).all())


def is_close(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Whether each number is right, up to the rounding errors of float32.

    How a mistake is written decides whether an overflow gives inf or nan, so these are equal.
    """
    return np.isclose(a, b, rtol=1e-4, atol=1e-5) | ~(np.isfinite(a) | np.isfinite(b))


def mistakes_of_mean(loss: Callable) -> Mistakes:
    """The mistakes that are possible with every mean loss, a function of (x, targets)."""
    return {
        "the loss is in bits, not nats: the logarithm has the wrong base.": (
            lambda x, targets: loss(x, targets) / math.log(2)
        ),
        "this is the sum: a loss is the mean over the characters.": (
            lambda x, targets: loss(x, targets) * targets.numel()
        ),
        "the sign is wrong: a loss is *minus* the logarithm, which is negative.": (
            lambda x, targets: -loss(x, targets)
        ),
    }


def then(function: Callable, change: Callable) -> Callable:
    """The function, with another thing made of what it returns."""
    return lambda *given: change(function(*given))
