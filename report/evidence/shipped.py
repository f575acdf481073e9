"""What is published of the networks themselves, and the way to the claim in one picture."""

import shutil
from datetime import date
from typing import Any

from course.cells import best_cells
from course.figures import beyond
from course.results import count_parameters
from shakespeare.beyond.mixture import evaluate
from shakespeare.evaluation import PROTOCOLS
from shakespeare.pretrained import from_pretrained, save_pretrained
from shakespeare.sampling import generate

from .setup import CLAIM, Evidence

# By their names in shakespeare/weights.
SHIPPED = {"full": "final", "small": "page", "baseline": "baseline"}
STEPS = {  # the way to the claim: by its name, team and protocol
    "the student's recipe": ("baseline", "carried"),
    "the final network": ("final", "carried"),
    "the final network with n-grams": ("final", "carried_mixed"),
    "four networks with n-grams": ("committee", "carried_mixed"),
    "the final network with n-grams, learning": ("final", "learning_mixed"),
    "four networks with n-grams, learning": ("committee", "learning_mixed"),
}
LEARNING = [name for name, (_, protocol) in STEPS.items() if protocol == "learning_mixed"]


def answer(e: Evidence) -> dict[str, Any]:
    """The steps to the claim, on the last 10 %."""
    losses = e.load("losses")
    steps = {"counting": e.load("counting")["bar"]["held_out"]}
    for name, (team, protocol) in STEPS.items():
        steps[name] = losses[team][protocol]["held_out"]
    e.figure(
        "answer",
        beyond.answer(steps, LEARNING, CLAIM),
        "The way to the claim: losses on the last 10 %, in one pass through the text. Most of the "
        "way is a better network of the same size. The models below the line learn while they "
        "read.",
        "Seven rows of dots, from counting at the top to four networks that learn at the bottom; a "
        "dashed line marks the claim.",
    )
    return steps


def weights(e: Evidence) -> dict[str, Any]:
    """The networks to ship, in half precision, and what their cards say of these files."""
    found = {}
    settings = {"final": e.final, "page": e.page, "baseline": e.student}
    for name, recipe in SHIPPED.items():
        folder = e.folder / "weights" / name
        shutil.rmtree(folder, ignore_errors=True)
        chosen, run = e.chosen(recipe)
        save_pretrained(chosen.half(), folder)
        network = from_pretrained(folder)
        predictions = {}
        for protocol, predict in PROTOCOLS.items():
            predictions[protocol] = predict(network, e.held_out)
        [text] = generate(network, "\n\nROMEO:\n", 300, seed=1)
        found[name] = {
            "recipe": recipe,
            "seed": settings[recipe].seed,
            "date": date.fromtimestamp((run / "best.ckpt").stat().st_mtime).isoformat(),
            "parameters": count_parameters(network),
            "losses": evaluate([predictions], e.corpus),
            "sample": text.strip(),
            "corpus_sha256": e.corpus.hash,
        }
        if name != "baseline":  # for the page, which shows networks with a copy head
            found[name]["cells"] = best_cells(network, e.split)
    return found
