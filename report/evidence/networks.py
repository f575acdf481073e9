"""The networks that are shipped: what is chosen on the validation half, and their losses."""

import copy
from collections.abc import Mapping, Sequence
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from shakespeare.data import Corpus
from shakespeare.evaluation import PROTOCOLS, carried_predictions, losses_of
from shakespeare.pretrained import save_pretrained
from shakespeare.sampling import generate
from study import choices
from study.losses import mean_by_part
from study.novelty import Study, pieces
from study.trained import count_parameters, training_seconds

from .pool import side_by_side
from .setup import Evidence
from .trainings import SHIPPED

PROMPT = "CORIOLANUS:\n"


def networks(e: Evidence) -> dict[str, Any]:
    """Choose how each network copies and writes, save it as it is shipped, and measure the file."""
    found = {}
    for name, training in SHIPPED.items():
        network = e.trained(training)
        if name == "baseline":
            network.facts["sampling"] = choose_sampling(e, network, e.sizes.baseline_text)
        else:
            longest = e.sizes.longest_range if name == "final" else e.sizes.longest_small_range
            choose_for_copying(e, network, longest)
        save_pretrained(network.half(), e.folder / "weights" / name)
        found[name] = about(e, name, e.folder_of(training))
    return found


def about(e: Evidence, name: str, trained_in: Path) -> dict[str, Any]:
    """What README, cards and appendix say of a shipped network."""
    network = e.shipped(name)
    losses = {}
    for protocol, predict in PROTOCOLS.items():
        of_protocol = losses_of(predict(network, e.held_out), e.held_out)  # (characters,)
        losses[protocol] = mean_by_part(of_protocol, e.split)
    [text] = generate(network, "\n\nROMEO:\n", 300, seed=1)
    found = {
        "seed": e.recipes[name].training.seed,
        "date": date.fromtimestamp((trained_in / "best.ckpt").stat().st_mtime).isoformat(),
        "minutes": training_seconds(trained_in) / 60,
        "parameters": count_parameters(network),
        "facts": network.facts,
        "losses": losses,
        "sample": text.strip(),
        "corpus_sha256": e.corpus.hash,
    }
    return found


def choose_for_copying(e: Evidence, network: Any, longest_range: int) -> None:
    """All choices for a network with a copy head."""
    validation = e.split.validation
    network.memory = best_range(losses_by_range(network, validation, ranges_up_to(longest_range)))
    network.facts["sampling"] = choose_sampling(e, network, e.sizes.text)


def ranges_up_to(longest: int) -> list[int]:
    """How far back the copy head may copy: 256 characters, doubled up to the longest."""
    ranges = [256]
    while ranges[-1] < longest:
        ranges.append(2 * ranges[-1])
    return ranges


def losses_by_range(network: Any, part: Corpus, ranges: Sequence[int]) -> dict[int, float]:
    """The carried loss on a part in nats, by how far back the network copies."""
    jobs = {}
    for reach in sorted(ranges, reverse=True):  # the longest takes most time
        jobs[reach] = partial(loss_with, reach, network, part)
    losses = side_by_side(jobs)
    return {reach: losses[reach] for reach in sorted(losses)}


def loss_with(reach: int, network: Any, part: Corpus) -> float:
    """The carried loss of the network with another range."""
    changed = copy.deepcopy(network)
    changed.memory = reach
    return losses_of(carried_predictions(changed, part), part).mean().item()


def best_range(losses: Mapping[int, float]) -> int:
    """The one with the lowest loss."""
    return min(losses, key=losses.__getitem__)


def choose_sampling(e: Evidence, network: Any, length: int) -> dict[str, float]:
    """Temperature and min-p of a network, by the rule of notebook 04 on texts of this length."""
    written = choices.write_pairs(network, PROMPT, length, e.sizes.texts, e.seed)
    study = Study(e.split.train.text())
    author = study(pieces(e.split.validation.text(), length))
    _, (temperature, min_p) = choices.choose_sampling(written, study, author)
    return {"temperature": temperature, "min_p": min_p}
