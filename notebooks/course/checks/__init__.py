"""Check the exercises: compute what is right and what usual mistakes give, and name the mistake.

Each notebook has a module of checks, `check_NAME` for the exercise NAME, which raises Wrong or
returns what to say.
"""

import copy
import functools
import importlib
import inspect
import math
import traceback
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor


class Wrong(Exception):
    """What is wrong with a function, and why."""


class NothingReturned(Exception):
    """Not NotImplementedError, which PyTorch raises for a type that it does not support."""


def find_checks() -> dict[str, Callable[[Callable], str]]:
    """All checks by the name of their exercise, in the order of the notebooks."""
    notebooks = ("preprocessing", "equations", "training", "generation", "inside")
    modules = [importlib.import_module(f"{__name__}.{notebook}") for notebook in notebooks]
    found = {name: value for module in modules for name, value in vars(module).items()}
    return {n.removeprefix("check_"): f for n, f in found.items() if n.startswith("check_")}


def check(function: Callable) -> None:
    """Print [PASS], [TODO] or [FAIL], the last with what is wrong. Never stops a notebook."""
    name = getattr(function, "__name__", str(function))
    try:
        if name not in (checks := find_checks()):
            raise Wrong("no exercise has this name, so give the function its old name back.")
        with torch.random.fork_rng(devices=[]):  # the notebook's own random numbers stay the same
            torch.manual_seed(1)
            print(f"[PASS] {name}: {checks[name](function)}")
    except NothingReturned:
        print(f"[TODO] {name} returns nothing yet, or not in all cases: write it, rerun the cell.")
    except Wrong as mistake:
        print(f"[FAIL] {name}: {mistake}")
    except (Exception, SystemExit) as error:
        print(f"[FAIL] {name} stops with {type(error).__name__}: {error}")
        file = inspect.getfile(inspect.unwrap(function))  # past a decorator such as torch.no_grad()
        frames = traceback.extract_tb(error.__traceback__)
        if lines := [frame.line for frame in frames if frame.filename == file and frame.line]:
            print(f"  in the line: {lines[-1]}")


def call(function: Callable, *given: Any) -> Any:
    """What the function returns; Wrong if it changes its arguments."""
    arguments = copy.deepcopy(given)
    found = function(*arguments)
    if found is None or found is ...:
        raise NothingReturned
    for before, after in zip(given, arguments, strict=True):
        if isinstance(before, Tensor) and not torch.equal(before, after):
            raise Wrong("it changes its arguments. Work on a copy: the caller may still need them.")
    return found


def to_numbers(value: Any) -> np.ndarray:
    """The numbers in a Python number, an array, a tensor, or a list of these."""
    if isinstance(value, Tensor):
        return value.detach().cpu().double().numpy()
    if isinstance(value, list | tuple | range):
        value = [to_numbers(one) for one in value]
    return np.array(value, dtype=float)


def parts(found: Any, *names: str) -> list[Any]:
    """The parts of a result that should have as many as there are names."""
    try:
        several = list(found)
    except TypeError:  # a number
        several = []
    if len(several) != len(names):
        raise Wrong(f"it should return {len(names)} things: {', '.join(names)}.")
    return several


def compare(found: Any, right: Any, mistakes: Mapping[str, Any]) -> None:
    """Raise Wrong unless both hold the same numbers, with the mistake that gives what was found."""
    try:
        found, right = to_numbers(found), to_numbers(right)
    except (TypeError, ValueError):
        raise Wrong(f"it should return numbers, not {str(found)[:60]!r}.") from None
    found = found.reshape(()) if right.ndim == 0 and found.size == 1 else found
    close = functools.partial(np.isclose, rtol=1e-4, atol=1e-5, equal_nan=True)
    for mistake, result in {"": right, **mistakes}.items():
        if found.shape == (given := to_numbers(result)).shape and close(found, given).all():
            if not mistake:
                return
            raise Wrong(mistake)
    if found.shape != right.shape:
        raise Wrong(f"the result has the shape {found.shape}, but should have {right.shape}.")
    if not np.isfinite(found).all():
        raise Wrong("the result is not finite: it divides by zero, takes log(0) or overflows.")
    at = np.unravel_index(np.argmin(close(found, right)), right.shape)
    place = f" at {tuple(map(int, at))}" if at else ""
    values = f"it gives {found[at]:.5g}{place} where {right[at]:.5g} is right"
    raise Wrong(f"{values}, by none of the usual mistakes.")


def mistakes_of_mean(right: float, count: int, unit: str = "nats") -> dict[str, Any]:
    """The mistakes that are possible with every mean loss."""
    other, factor = ("bits", 1 / math.log(2)) if unit == "nats" else ("nats", math.log(2))
    return {
        f"the loss is in {other}, not {unit}: the logarithm has the wrong base.": right * factor,
        "this is the sum: a loss is the mean over the characters.": right * count,
        "the sign is wrong: a loss is *minus* the logarithm, which is negative.": -right,
    }
