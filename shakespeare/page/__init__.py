"""One page in which a network reads, writes and shows its cells; it works offline, from a disk.

    shakespeare page my-network my.txt my.html

The page's sources are in report/explorer. bundle.py joins their code, and the functions here add a
network, a passage that the network has not seen, and a text that another network can learn.
"""

import base64
import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jinja2
import safetensors.torch
from torch import Tensor

from ..beyond.copying import CopyLSTM, copies_before
from ..beyond.names import Name, find_name, names_that_return, passage
from ..beyond.renaming import HEADING
from ..data import Corpus
from ..evaluation import carried_predictions, losses_of
from ..files import InputError, escape_control_chars, is_tiny_shakespeare, write
from ..model import CharLSTM
from ..pretrained import SHIPPED, find_folder
from .bundle import SOURCES, script

# What the page can run, as network/config.js, files/check.js and shared/texts.js have it.
CLASSES = ("CharLSTM", "NormDropoutLSTM", "CopyLSTM")
MOST_WEIGHTS = 16_000_000
MOST_CELLS = 2_048  # in all layers
MOST_PRODUCTS = 10_000_000  # of the copy head, at a character
FEWEST_CHARACTERS = 1_000  # of a text to learn

TO_LEARN = 300_000  # characters of the text that another network can learn in the page, at most
SHOWN = 500  # characters of the passage, at most, unless the name returns later
BEFORE = 150  # characters of the paragraph before the name, at most
CANDIDATES = 30  # names, of which one is shown
BUTTON = 20  # characters on the button that begins a new text
BALCONY = """JULIET:
Ay me!

{NAME}:
She speaks:
O, speak again, bright angel!

JULIET:
O {Name}, {Name}! wherefore art thou {Name}?

{NAME}:
"""  # the scene of a name that somebody gives, in Romeo's place


def write_page(
    network: CharLSTM,
    corpus: Corpus,
    out: str | Path,
    cells: Sequence[dict[str, Any]] = (),
    home: str = "",
    has_learned: bool = True,
    recording: str = "",
) -> None:
    """Write the page of a network and a text, which it learned or, without `has_learned`, did not.

    `cells` are those of which the page says what they follow, the clearest first: {"cell", "what",
    "score"}, a correlation. `home` is the address of the folder where page and report.pdf are, such
    as https://example.org/lstm/: the page links there.
    `recording` is what `recording_of` returns. Raises InputError for a network that the page
    can't run, a text that is too short, a file that can't be written.
    """
    check(network, corpus)
    title = escape_control_chars(Path(corpus.name).name)
    is_plays = is_tiny_shakespeare(corpus.text())
    example = find_example(network, corpus.split().test)
    if recording and json.loads(recording)["text"] != example["text"]:
        recording = ""  # what the page says of it is about its own passage
    initial = {**example, "scene": BALCONY if is_plays else scene_in(example["text"])}
    template = jinja2.Template((SOURCES / "explorer.html").read_text(encoding="utf-8"))
    html = template.render(
        name=example["name"],
        learned_from=name_of_learned(title, is_plays, has_learned),
        is_plays=is_plays,
        has_learned=has_learned,
        size=weights_in_words(network),
        home=home,
        file=Path(out).name,
        prompt="ROMEO:\n" if is_plays else first_words(example["text"]),
        style=(SOURCES / "explorer.css").read_text(encoding="utf-8"),
        worker=script("worker/worker.js"),
        learner=script("learning/worker.js"),
        page=script("page/start.js"),
        config=in_script(page_config(network, initial, cells)),
        to_learn=in_script(corpus.decode(corpus.ids[:TO_LEARN])),
        recording=recording.replace("<", "\\u003c"),
        to_learn_name=name_to_learn(title, is_plays, len(corpus.ids)),
        weights=base64.b64encode(half_precision(network)).decode(),
    )
    write(out, html.encode())


def recording_of(name: str) -> str:
    """How a shipped network learned to copy, in JSON; "" of any other.

    report/evidence/birth.py has recorded it.
    """
    path = find_folder(name) / "recording.json"
    if path.parent.parent != SHIPPED or not path.exists():
        return ""
    return path.read_text(encoding="utf-8")


# What can't have a page


def check(network: CharLSTM, corpus: Corpus) -> None:
    """Raise InputError for a network that the page can't run, or a text that is too short."""
    name = type(network).__name__
    if name not in CLASSES:
        *others, last = CLASSES
        raise InputError(f"The page runs a {', '.join(others)} or {last}, and not a {name}.")
    sizes = network.config()
    limits = [
        ("weights", weights_in(network), MOST_WEIGHTS),
        ("memory cells", sizes["hidden_size"] * sizes["num_layers"], MOST_CELLS),
    ]
    if isinstance(network, CopyLSTM):
        products = sizes["memory"] * sizes["copy_size"]
        limits.append(("products of memory and copy_size", products, MOST_PRODUCTS))
    for what, number, most in limits:
        if number > most:
            raise InputError(f"The network has {number:,} {what}: a page runs {most:,} at most.")
    if len(corpus.ids) < FEWEST_CHARACTERS:
        advice = f"give at least {FEWEST_CHARACTERS:,} characters"
        raise InputError(f"{corpus.name} is too short for a page: {advice}.")


# The example that the page begins with


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
    return sum(gains) / max(1, length), {
        "text": text[begin:stop],
        "name": name.letters,
        "at": again + max(shown, key=gains.__getitem__) if shown else losses.index(max(losses)),
        "copies": bool(shown),
    }


def begin_of_passage(text: str, first: int) -> int:
    """Where the paragraph before begins, if it isn't long; else at the name itself."""
    before = text.rfind("\n\n", 0, max(0, first - 2)) + 2
    is_heading = text[max(0, first - 2) : first] == "\n\n"
    return before if is_heading and before >= 2 and first - before <= BEFORE else first


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
    lines = [*text.split("\n"), "", "", "", ""]
    return "\n".join([lines[0], lines[1], "", "{NAME}:", lines[4], "", "{NAME}:", ""])


# What the page is filled with


def page_config(
    network: CharLSTM, initial: dict[str, Any], cells: Sequence[dict[str, Any]]
) -> dict[str, Any]:
    """The network's config.json, with the cells to name and what the page shows at first."""
    config = {"architecture": type(network).__name__, **network.config(), "facts": network.facts}
    cell = cells[0]["cell"] if cells else 0
    first = {"cell": cell, **initial}
    return {**config, "cells": list(cells), "initial": first}


def weights_in(network: CharLSTM) -> int:
    return sum(weight.numel() for weight in network.parameters())


def weights_in_words(network: CharLSTM) -> str:
    """As "0.8 million weights"."""
    count = weights_in(network)
    return f"{count / 1e6:.1f} million weights" if count >= 100_000 else f"{count:,} weights"


def half_precision(network: CharLSTM) -> bytes:
    """The network's model.safetensors at half the size."""
    weights = {name: weight.half() for name, weight in network.state_dict().items()}
    if not all(weight.isfinite().all() for weight in weights.values()):
        raise InputError("The network has weights that are too large for a page.")
    return safetensors.torch.save(weights)


def first_words(text: str) -> str:
    """As much of a text's first line as a button can show."""
    line, _, _ = text.lstrip().partition("\n")
    if len(line) <= BUTTON:
        return line
    words, _, _ = line[: BUTTON + 1].rpartition(" ")
    return words or line[:BUTTON]  # a line without a space is cut inside a word


def name_of_learned(title: str, is_plays: bool, has_learned: bool) -> str:
    """What the page's network learned, as far as it is known."""
    name = "Shakespeare's plays" if is_plays else title
    return name if has_learned else f"another text than {name}"


def name_to_learn(title: str, is_plays: bool, characters: int) -> str:
    """What the page calls the text to learn, which may be all of the text or its beginning."""
    if is_plays:
        return "part of Shakespeare's plays"
    if characters <= TO_LEARN:
        return title
    return f"the beginning of {title}"


def in_script(value: Any) -> str:
    """JSON for a script element, which no text in it can end."""
    return json.dumps(value, ensure_ascii=False).replace("<", "\\u003c")
