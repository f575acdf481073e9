"""What does each rung of the ladder gain, with several seeds?"""

import statistics
from collections.abc import Sequence
from typing import Any

from torch import Tensor

from shakespeare.data import Split
from shakespeare.evaluation import carried_predictions
from study.losses import mean_by_part

from .measures import PARTS, paired
from .networks import best_range, losses_by_range, ranges_up_to
from .setup import Evidence, losses_of_each
from .trainings import ladder_recipes, with_seed

Losses = Sequence[dict[str, float]]  # by part, in nats, of each seed
LONGER_RANGE = "longer copying range"  # the last rung, which trains nothing


def ladder(e: Evidence) -> dict[str, Any]:
    """The losses in one pass that each rung reaches, and what it gains over the one before."""
    names = list(ladder_recipes(e.recipes["rungs"], e.recipes["baseline"]))
    networks = {
        name: [e.trained(with_seed(name, seed)) for seed in e.sizes.seeds] for name in names
    }
    losses = {name: of_networks(e, of_rung) for name, of_rung in networks.items()}

    # The range that suits the first seed is chosen for all.
    top = networks[names[-1]]
    ranges = ranges_up_to(e.sizes.longest_range)
    longer = best_range(losses_by_range(top[0], e.split.validation, ranges))
    for network in top:
        network.memory = longer
    losses[LONGER_RANGE] = of_networks(e, top)

    rungs = {}
    below: Losses | None = None
    for name, of_rung in losses.items():
        rungs[name] = {
            "loss": statistics.mean(seed["held_out"] for seed in of_rung),
            "gain": gain_over(below, of_rung) if below else None,
        }
        below = of_rung
    recipe = e.recipes["rungs"]
    return {
        "rungs": rungs,
        "seeds": len(e.sizes.seeds),
        "hidden_size": recipe.network["hidden_size"],
        "num_layers": recipe.network["num_layers"],
    }


def of_networks(e: Evidence, networks: Sequence[Any]) -> Losses:
    return by_part(losses_of_each(networks, carried_predictions, e.held_out), e.split)


def by_part(losses: Sequence[Tensor], split: Split) -> Losses:
    return [mean_by_part(of_seed, split) for of_seed in losses]


def gain_over(below: Losses, above: Losses) -> dict[str, dict[str, Any]]:
    """By part: the mean gain, its 95 % interval over seeds, and the gain of each seed."""
    found = {}
    for part in PARTS:
        before = [losses[part] for losses in below]
        after = [losses[part] for losses in above]
        by_seed = [high - low for high, low in zip(before, after, strict=True)]
        found[part] = paired(before, after) | {"by_seed": by_seed}
    return found
