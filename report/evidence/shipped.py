"""The networks that are shipped, and what is published of these files."""

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
