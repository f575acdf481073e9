"""How copying was born: the small network while it learned, at some moments, for the page.

It is trained again, in single precision, so the last moment isn't quite the shipped network.
"""

import json
import math
from typing import Any

from torch import Tensor

from shakespeare.beyond.copying import copies_before
from shakespeare.data import Corpus
from shakespeare.evaluation import carried_predictions, cold_predictions, losses_of
from shakespeare.files import write
from shakespeare.page import find_example
from study.copying import are_unknown, backwards, bits_of_names, returning_names
from study.who_copies import REACH

from .copied_names import medians
from .rungs import changed
from .setup import Evidence
from .snapshots import Snapshots
from .train import Training, folder_of, steps_in, train_all
from .who_copies import network_at

NAME = "the page's network, watched"
STEPS = (*range(0, 200, 20), 200, 225, 250, 275, 300, 350, 400, 500, 600, 800)
STEPS += (1_200, 1_500, 2_000, 2_500)
LEAST_COPIED = 0.1  # of a letter's probability: below, the page draws no arc


def training(e: Evidence) -> Training:
    recipe = changed(e.recipes["small"], {"training.precision": "32-true"})
    return Training(recipe, e.split, callbacks=[Snapshots(STEPS)])


def birth(e: Evidence) -> dict[str, Any]:
    """By moment: the loss, and bits of names as they are and with copies reversed before them.

    They are the names of the last tenth that the training text lacks. What each letter of the
    page's example cost, and from where it was copied, is in weights/small/recording.json.
    """
    watched = training(e)
    train_all({NAME: watched}, e.build)
    folder = folder_of(NAME, e.build)
    shipped, _ = e.with_choices("small")
    example = e.corpus.encode(find_example(shipped, e.split.test)["text"])
    returning = returning_names(e.held_out.text(), REACH)
    unknown = are_unknown(returning, e.split.train.text())
    names = [each for each, is_unknown in zip(returning, unknown, strict=True) if is_unknown]
    moments = []
    passages = []
    settings = watched.recipe.training
    for step in steps_in(folder):
        network = network_at(watched, e.corpus, folder / f"step-{step}")
        network.memory = shipped.memory
        same, _ = bits_of_names(network, e.corpus, names)
        reversed_before, _ = bits_of_names(network, e.corpus, backwards(names))
        costs = medians({"names": same, "reversed": reversed_before}, names, range(len(names)))
        moments.append(
            {
                "characters": step * settings.batch_size * settings.seq_len,
                "loss": bits(mean_loss(network, e.split.validation)),
            }
            | {past: round(cost, 2) for past, cost in costs["of_names"].items()}
        )
        passages.append(of_passage(network, example))
    recorded = [numbers | letters for numbers, letters in zip(moments, passages, strict=True)]
    recording = {"text": e.corpus.decode(example), "moments": recorded}
    content = json.dumps(recording, ensure_ascii=False, separators=(",", ":"))
    write(e.folder / "weights" / "small" / "recording.json", content.encode())
    return {"names": costs["names"], "moments": moments}


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
