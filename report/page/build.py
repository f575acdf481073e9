"""One page in which a network reads and writes; it works offline, from a disk.

The page's sources are in sources/. bundle.py joins their code, and the functions here add a
network, a passage that the network has not seen, and a text that another network can learn.
"""

import base64
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jinja2
import safetensors.torch

from shakespeare.beyond.copying import CopyLSTM
from shakespeare.data import Corpus
from shakespeare.files import InputError, escape_control_chars, is_tiny_shakespeare, write
from shakespeare.model import CharLSTM

from .bundle import SOURCES, script
from .example import BALCONY, find_example, scene_in

# What the page can run, as network/config.js, files/check.js and shared/texts.js have it.
CLASSES = ("CharLSTM", "NormDropoutLSTM", "CopyLSTM")
MOST_WEIGHTS = 16_000_000
MOST_CELLS = 2_048  # in all layers
MOST_PRODUCTS = 10_000_000  # of the copy head, at a character
FEWEST_CHARACTERS = 1_000  # of a text to learn

TO_LEARN = 300_000  # characters of the text that another network can learn in the page, at most
BUTTON = 20  # characters on the button that begins a new text


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
    `recording` is how the network learned to copy, in JSON. Raises InputError for a network that
    the page can't run, a text that is too short, a file that can't be written.
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
