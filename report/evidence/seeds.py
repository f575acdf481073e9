"""How much do the losses depend on the seed?"""

from typing import Any

from shakespeare.evaluation import PROTOCOLS

from .predictor import Predictor, losses_of_each
from .setup import Evidence
from .trainings import OTHER_MEMBERS, OTHER_SEEDS, with_seed


def seeds(e: Evidence) -> dict[str, Any]:
    """Losses on the last tenth with other seeds, by protocol; the first is the shipped network."""
    baselines = [e.with_choices("baseline")]
    for seed in OTHER_SEEDS:
        baselines.append(e.as_trained(with_seed("the baseline", seed)))
    with_another, _ = OTHER_MEMBERS
    final = e.with_choices("final")
    other = e.with_memory(with_another)
    return {"baseline": by_protocol(e, baselines), "final": by_protocol(e, [final, other])}


def by_protocol(e: Evidence, networks: list[Predictor]) -> dict[str, list[float]]:
    found = {}
    for name, protocol in PROTOCOLS.items():
        losses = losses_of_each(networks, protocol, e.held_out)
        found[name] = [each.mean().item() for each in losses]
    return found
