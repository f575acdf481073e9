"""The questions in the order in which they are asked: a later one may need an earlier answer."""

from collections.abc import Callable
from typing import Any

from . import controls, copied_names, counting, ladder, leak, networks, quoted, tenths, who_copies
from .setup import Evidence

# By the name of the section in metrics.json.
QUESTIONS: dict[str, Callable[[Evidence], dict[str, Any]]] = {
    "counting": counting.counting,
    "networks": networks.networks,
    "seeds": controls.seeds,
    "tenths": tenths.tenths,
    "leak": leak.leak,
    "ladder": ladder.ladder,
    "copying": copied_names.copying,
    "controls": controls.controls,
    "who_copies": who_copies.who_copies,
    "quoted": quoted.quoted,
}
