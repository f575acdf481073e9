"""How much do the losses depend on the seed?"""

from typing import Any

from course import ladder
from course.choices import set_memory
from course.results import Trained
from shakespeare.evaluation import PROTOCOLS

from .setup import Evidence
from .trainings import OTHER_MEMBERS, OTHER_SEEDS, with_seed


def seeds(e: Evidence) -> dict[str, Any]:
    """Losses on the last tenth with other seeds, by protocol; the first is the shipped network."""
    baselines = [e.with_choices("baseline")]
    for seed in OTHER_SEEDS:
        baselines.append(e.as_trained(with_seed("the baseline", seed)))
    with_another, _ = OTHER_MEMBERS
    final = e.with_choices("final")
    other = e.as_trained(with_another)
    memories = e.load("networks")["final"]["memories"]
    set_memory(other[0], {int(memory): loss for memory, loss in memories.items()})
    return {"baseline": by_protocol(e, baselines), "final": by_protocol(e, [final, other])}


def by_protocol(e: Evidence, networks: list[Trained]) -> dict[str, list[float]]:
    found = {}
    for protocol, compute in PROTOCOLS.items():
        losses = ladder.losses(networks, compute, e.held_out)
        found[protocol] = [each.mean().item() for each in losses]
    return found
