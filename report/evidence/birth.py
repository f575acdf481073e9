"""How copying was born: the small network while it learned, at some moments, for the page.

What each letter of the page's example cost, and from where it was copied, is in
weights/small/recording.json. It is trained again, in single precision, so the last moment isn't
quite the shipped network.
"""

import json
import math
from pathlib import Path
from typing import Any

from torch import Tensor

from shakespeare.beyond.copying import copies_before
from shakespeare.data import Corpus
from shakespeare.evaluation import carried_predictions, cold_predictions, losses_of
from shakespeare.files import write
from shakespeare.page import find_example
from study.copying import are_unknown, backwards, bits_of_names, returning_names
from study.who_copies import REACH

from .copied_names import medians_of_names
from .setup import Evidence
from .train import network_at, steps_in
from .trainings import WATCHED

LEAST_COPIED = 0.1  # of a letter's probability: below, the page draws no arc


def path_of(e: Evidence) -> Path:
    return e.folder / "weights" / "small" / "recording.json"


def record(e: Evidence) -> None:
    """Write, by moment: the loss, bits of names as they are and reversed, and of each letter.

    The names are those of the last tenth that the training text lacks.
    """
    watched = e.trainings[WATCHED]
    shipped = e.shipped("small")
    example = e.corpus.encode(find_example(shipped, e.split.test)["text"])
    returning = returning_names(e.held_out.text(), REACH)
    unknown = are_unknown(returning, e.split.train.text())
    names = [each for each, is_unknown in zip(returning, unknown, strict=True) if is_unknown]
    moments = []
    settings = watched.recipe.training
    for step in steps_in(e.folder_of(WATCHED)):
        network = network_at(watched, e.folder_of(WATCHED) / f"step-{step}")
        network.memory = shipped.memory
        same, _ = bits_of_names(network, e.corpus, names)
        reversed_before, _ = bits_of_names(network, e.corpus, backwards(names))
        costs = {"names": same, "reversed": reversed_before}
        of_names = medians_of_names(costs, names, range(len(names)))
        moments.append(
            {
                "characters": step * settings.batch_size * settings.seq_len,
                "loss": bits(mean_loss(network, e.split.validation)),
            }
            | {past: round(cost, 2) for past, cost in of_names.items() if cost is not None}
            | of_passage(network, example)
        )
    recording = {"text": e.corpus.decode(example), "moments": moments}
    content = json.dumps(recording, ensure_ascii=False, separators=(",", ":"))
    write(path_of(e), content.encode())


def mean_loss(network: Any, part: Corpus) -> float:
    """In nats, in cold windows."""
    return losses_of(cold_predictions(network, part), part).mean().item()


def bits(nats: float) -> float:
    return round(nats / math.log(2), 3)


def of_passage(network: Any, ids: Tensor) -> dict[str, Any]:
    """Of each letter of a passage its bits, and from where most of it was copied."""
    part = Corpus(ids, network.chars, "passage")
    losses = losses_of(carried_predictions(network, part), part).tolist()  # from the second on
    is_same = ids[:, None] == ids  # (characters, characters)
    copied = copies_before(network, ids[None].long())[0] * is_same  # (characters, characters)
    arcs = []  # [to, from, percent]
    for at, loss in enumerate(losses, start=1):
        share, source = (copied[at] / math.exp(-loss)).max(0)
        if share >= LEAST_COPIED:
            arcs.append([at, int(source), round(100 * min(1.0, share.item()))])
    return {"bits": [0.0, *(round(loss / math.log(2), 1) for loss in losses)], "arcs": arcs}
