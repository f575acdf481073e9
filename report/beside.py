"""What the published page also says: how copying was born, and what some cells follow.

    python -m report.beside full

trains the small network again, in single precision, and keeps it at some moments. What each letter
of the page's example cost at these moments, and from where it was copied, is in
report/page/recording.json; the cells are in cells.json beside it.
"""

import json
import math
import sys
from pathlib import Path
from typing import Any

from torch import Tensor

from report.evidence.copied_names import medians_of_names
from report.evidence.setup import Evidence
from report.evidence.snapshots import Snapshots
from report.evidence.train import Training, folder_of, network_at, steps_in
from report.evidence.trainings import changed
from report.page.example import find_example
from shakespeare.beyond.copying import copies_before
from shakespeare.data import Corpus, Split
from shakespeare.evaluation import carried_predictions, cold_predictions, losses_of
from shakespeare.files import write
from shakespeare.model import CharLSTM
from shakespeare.pretrained import from_pretrained
from study.cells import cell_scores, choose_cells, with_copy_head
from study.copying import are_unknown, backwards, bits_of_names, returning_names
from study.who_copies import REACH

PAGE = Path(__file__).resolve().parent / "page"
STEPS = (*range(0, 200, 20), 200, 225, 250, 275, 300, 350, 400, 500, 600, 800)
STEPS += (1_200, 1_500, 2_000, 2_500)
WATCHED = "the small network, watched"  # of this training
LEAST_COPIED = 0.1  # of a letter's probability: below, the page draws no arc
LEAST_SCORE = 0.3  # of a cell that the page says follows something: see notebook 06


# How copying was born


def record(e: Evidence) -> dict[str, Any]:
    """By moment: the loss, bits of names as they are and reversed, and of each letter.

    The names are those of the last tenth that the training text lacks.
    """
    recipe = changed(e.recipes["small"], {"training.precision": "32-true"})
    watched = Training(recipe, e.split, callbacks=[Snapshots(STEPS)])
    folder = folder_of(WATCHED, e.build)
    watched.train(folder)
    shipped = from_pretrained("small")
    example = e.corpus.encode(find_example(shipped, e.split.test)["text"])
    returning = returning_names(e.held_out.text(), REACH)
    unknown = are_unknown(returning, e.split.train.text())
    names = [each for each, is_unknown in zip(returning, unknown, strict=True) if is_unknown]
    moments = []
    settings = recipe.training
    for step in steps_in(folder):
        network = network_at(watched, folder / f"step-{step}")
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
    return {"text": e.corpus.decode(example), "moments": moments}


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


# What cells follow


def named_cells(network: CharLSTM, split: Split) -> list[dict[str, Any]]:
    """The cells of a network that clearly follow something, the clearest first.

    A score is negative where the cell falls as what it follows rises.
    """
    scores = cell_scores(with_copy_head(network), split)
    cells = []
    for what, best in choose_cells(scores).items():
        on_validation, _ = scores[what]
        sign = int(on_validation[best["cell"]].sign())
        if best["score"] >= LEAST_SCORE:
            cells.append({"cell": best["cell"], "what": what, "score": sign * best["score"]})
    return sorted(cells, key=lambda cell: -abs(cell["score"]))


def main(profile: str) -> None:
    e = Evidence(profile)
    recording = json.dumps(record(e), ensure_ascii=False, separators=(",", ":"))
    write(PAGE / "recording.json", recording.encode())
    cells = named_cells(from_pretrained("small"), e.split)
    write(PAGE / "cells.json", f"{json.dumps(cells, indent=1)}\n".encode())


if __name__ == "__main__":
    main(sys.argv[1])
