"""The questions in the order in which they are asked: a later one may need an earlier answer."""

from collections.abc import Callable
from typing import Any

from . import (
    ahead,
    baseline,
    birth,
    controls,
    copied_names,
    counting,
    inside,
    ladder,
    losses,
    networks,
    seeds,
    shipped,
    tenths,
    who_copies,
    writing,
)
from .setup import Evidence

# By the name of the section in metrics.json.
QUESTIONS: dict[str, Callable[[Evidence], dict[str, Any]]] = {
    "counting": counting.counting,
    "networks": networks.networks,
    "losses": losses.losses,
    "seeds": seeds.seeds,
    "plays": losses.plays,
    "tenths": tenths.tenths,
    "baseline": baseline.baseline,
    "leak": baseline.leak,
    "writing": writing.writing,
    "name": inside.name,
    "copying": copied_names.copying,
    "context": inside.context,
    "ladder": ladder.ladder,
    "controls": controls.controls,
    "ahead": ahead.ahead,
    "committee_ahead": ahead.committee_ahead,
    "who_copies": who_copies.who_copies,
    "birth": birth.birth,
    "weights": shipped.weights,
}

NAMES = tuple(QUESTIONS)
