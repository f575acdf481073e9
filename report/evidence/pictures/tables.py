"""Rows and cells of the tables."""

from collections.abc import Mapping, Sequence
from typing import Any

from course.display import signed
from study.novelty import distance, ratio

from ..measures import PARTS


def label(protocol: str) -> str:
    """What tables call a protocol: "carried_mixed" is carried + n-grams."""
    return protocol.replace("_mixed", " + n-grams")


def number(value: float | None, form: str) -> str:
    """A number in this form, or a dash where there is none."""
    return "–" if value is None else format(value, form)


def from_to(bounds: Sequence[float]) -> str:
    """An interval of a difference, which no line break divides."""
    low, high = bounds
    return f"{signed(low)}\u00a0to\u00a0{signed(high)}"


def in_percent(share: float | None) -> str:
    """A share without its sign, for a column whose title has it."""
    return "–" if share is None else f"{100 * share:.1f}"


def malformed(counts: Mapping[str, Any]) -> str:
    if not counts["headings"]:
        return "–"
    return f"{counts['malformed']} of {counts['headings']}"


def rung_row(rung: Mapping[str, Any]) -> list[str]:
    """The cells of a rung: its losses, cold and in one pass, and its gain over the one before."""
    cells = [
        rung["name"],
        number(rung["cold"]["held_out"] if rung["cold"] else None, ".3f"),
        *(f"{rung['in_one_pass'][part]:.3f}" for part in PARTS),
    ]
    if rung["gain"] is None:
        return [*cells, "–", "–"]
    gain = rung["gain"]["held_out"]
    has_seeds = len(gain["by_seed"]) > 1  # counts have none
    return [*cells, signed(gain["gain"]), from_to(gain["interval"]) if has_seeds else "–"]


def writer_row(writer: Mapping[str, Any], halves: Sequence[dict[str, Any]]) -> list[str]:
    """The cells of a writer: its counts, and how far it is from the author's two halves."""
    return [
        in_percent(writer["words"]),
        malformed(writer),
        in_percent(ratio(writer["returning"], writer["headings"])),
        in_percent(writer["distinct_words"]),
        in_percent(writer["copied_share"]),
        " / ".join(f"{distance(writer, half):.1f}" for half in halves),
    ]
