"""What is published of the networks themselves, and the way to the claim."""

import shutil
from datetime import date
from typing import Any

from shakespeare.evaluation import PROTOCOLS
from shakespeare.pretrained import from_pretrained, save_pretrained
from shakespeare.sampling import generate
from study.cells import cell_scores, choose_cells, with_copy_head
from study.trained import count_parameters

from .measures import held_out_losses
from .setup import SHIPPED, Evidence

STEPS = {  # the way to the claim: by its name, team and protocol, or with contexts
    "the student's recipe": ("baseline", "carried"),
    "the final network": ("final", "carried"),
    "the final network with n-grams": ("final", "carried_mixed"),
    "four networks with n-grams": ("committee", "carried_mixed"),
    "the final network with n-grams, learning": ("final", "learning_mixed"),
    "four networks with n-grams, learning": ("committee", "learning_mixed"),
    "two networks with contexts, learning": ("pair", "contexts"),
    "four networks with contexts, learning": ("committee", "contexts"),
}


def answer(e: Evidence) -> dict[str, Any]:
    """The steps to the claim, on the last 10 %."""
    losses = e.load("losses")
    with_contexts = e.load("ahead")["teams"] | e.load("committee_ahead")["teams"]
    steps = {"counting": e.load("counting")["bar"]["held_out"]}
    for name, (team, protocol) in STEPS.items():
        loss = with_contexts[team] if protocol == "contexts" else losses[team][protocol]
        steps[name] = loss["held_out"]
    return steps


def weights(e: Evidence) -> dict[str, Any]:
    """The networks to ship, in half precision, and what their cards say of these files."""
    found = {}
    for name in SHIPPED:
        folder = e.folder / "weights" / name
        shutil.rmtree(folder, ignore_errors=True)
        chosen, trained_in = e.with_choices(name)
        save_pretrained(chosen.half(), folder)
        network = from_pretrained(folder)
        predictions = {}
        for protocol, predict in PROTOCOLS.items():
            predictions[protocol] = predict(network, e.held_out)
        [text] = generate(network, "\n\nROMEO:\n", 300, seed=1)
        found[name] = {
            "seed": e.recipes[name].training.seed,
            "date": date.fromtimestamp((trained_in / "best.ckpt").stat().st_mtime).isoformat(),
            "parameters": count_parameters(network),
            "losses": held_out_losses([predictions], e.corpus),
            "sample": text.strip(),
            "corpus_sha256": e.corpus.hash,
        }
        if name != "baseline":  # for the page, which shows networks with a copy head
            found[name]["cells"] = choose_cells(cell_scores(with_copy_head(network), e.split))
    return found
