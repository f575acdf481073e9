"""What is drawn: a picture or a table, with its caption."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from matplotlib.figure import Figure

Answers = dict[str, Any]  # the numbers of all questions, by question


class Picture(NamedTuple):
    """A figure; `alt` says what it shows to somebody who doesn't see it."""

    figure: Figure
    caption: str
    alt: str


class Table(NamedTuple):
    """Rows of cells below a header."""

    header: Sequence[str]
    rows: Sequence[Sequence[Any]]
    caption: str
