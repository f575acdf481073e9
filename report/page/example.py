"""The passage that a page begins with, and the scene of a name that somebody gives."""

import math
from typing import Any

from torch import Tensor

from shakespeare.beyond.copying import CopyLSTM, copies_before
from shakespeare.beyond.names import Name, find_name, names_that_return, passage
from shakespeare.beyond.renaming import HEADING
from shakespeare.data import Corpus
from shakespeare.evaluation import carried_predictions, losses_of
from shakespeare.files import InputError
from shakespeare.model import CharLSTM

SHOWN = 500  # characters of the passage, at most, unless the name returns later
BEFORE = 150  # characters of the paragraph before the name, at most
CANDIDATES = 30  # names, of which one is shown
BALCONY = """JULIET:
Ay me!

{NAME}:
She speaks:
O, speak again, bright angel!

JULIET:
O {Name}, {Name}! wherefore art thou {Name}?

{NAME}:
"""  # the scene of a name that somebody gives, in Romeo's place


def find_example(network: CharLSTM, test: Corpus) -> dict[str, Any]:
    """A passage of the test half: {"text", "name", "at", "copies"}.

    A name returns in it: the one that costs so much less then as no other. In a text where nothing
    returns, it is the beginning of the test half. `copies` says whether the network copies a letter
    of the name where it returns: whether more than half of its probability is from copies. If so,
    `at` is the one of these letters whose surprise falls most; if not, it is the character that
    surprises the network most.
    """
    text = test.text()
    found = [example_of(network, test, text, name) for name in names_to_show(text)]
    _, example = max(found, key=lambda each: each[0])
    return example


def names_to_show(text: str) -> list[Name]:
    """Names of headings that return, or else something else that does, or nothing."""
    names = names_that_return(HEADING, text, near=400)[:CANDIDATES]
    if names:
        return names
    try:
        return [find_name(text)]
    except InputError:  # nothing returns
        return [Name("", 0, 0)]


def example_of(
    network: CharLSTM, test: Corpus, text: str, name: Name
) -> tuple[float, dict[str, Any]]:
    """What a name gains by letter when it returns, and its passage, as `find_example` says."""
    length = len(name.letters)
    begin = begin_of_passage(text, name.first)
    stop = end_of_passage(text, begin, name.again + length)
    part = Corpus(test.ids[begin:stop], test.chars, "example")
    # The first character isn't predicted.
    losses = [0.0, *losses_of(carried_predictions(network, part), part).tolist()]
    copied = p_of_copies(network, part.ids)
    first, again = name.first - begin, name.again - begin
    gains = [losses[first + k] - losses[again + k] for k in range(length)]
    are_copied = [copied[again + k] > math.exp(-losses[again + k]) / 2 for k in range(length)]
    # Of the first letter nothing is known where the passage begins with it.
    shown = [k for k in range(length) if are_copied[k] and first + k > 0]
    if shown:
        at = again + max(shown, key=gains.__getitem__)
    else:
        at = losses.index(max(losses))
    example = {"text": text[begin:stop], "name": name.letters, "at": at, "copies": bool(shown)}
    return sum(gains) / max(1, length), example


def begin_of_passage(text: str, first: int) -> int:
    """Where the paragraph before begins, if it isn't long; else at the name itself."""
    before = text.rfind("\n\n", 0, max(0, first - 2)) + 2
    is_heading = text[max(0, first - 2) : first] == "\n\n"
    is_short = before >= 2 and first - before <= BEFORE
    return before if is_heading and is_short else first


def end_of_passage(text: str, start: int, least: int) -> int:
    """Where a passage from `start` on ends, at `least` or later: after a paragraph or a line."""
    stop = max(passage(text, SHOWN, start).stop, least)
    for end in ("\n\n", "\n"):
        if end in text[least:stop]:
            return text.rindex(end, least, stop) + len(end)
    return stop


def p_of_copies(network: CharLSTM, ids: Tensor) -> list[float]:
    """The probability that copies give to each of ids (characters,)."""
    if not isinstance(network, CopyLSTM):
        return [0.0] * len(ids)
    weights = copies_before(network, ids[None].long())[0]  # (characters, characters)
    is_same = ids[:, None] == ids  # (characters, characters)
    return (weights * is_same).sum(1).tolist()


def scene_in(text: str) -> str:
    """A scene for a name that somebody gives, which is in the places of {NAME}, from a text."""
    heading, line, _, _, answer, *_ = [*text.split("\n"), "", "", "", ""]
    return "\n".join([heading, line, "", "{NAME}:", answer, "", "{NAME}:", ""])
