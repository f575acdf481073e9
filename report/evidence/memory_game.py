"""What can a gate do that a plain RNN can't?"""

from typing import Any

import torch

from course.figures.equations import KEYS
from course.game import LAYERS, Game, reach

from .pool import side_by_side
from .setup import Evidence


def memory_game(e: Evidence) -> dict[str, Any]:
    """How often small networks name a character that they read before, by the distance."""
    game = Game(e.split, e.student.training.seed)
    distances = e.sizes.recall_distances
    seeds = range(e.sizes.recall_seeds)
    networks = game.train_all(distances, seeds, e.sizes.recall_steps, side_by_side)
    right = {name: torch.zeros(len(seeds), len(distances)) for name in LAYERS}
    for (name, distance, seed), network in networks.items():
        right[name][seed, distances.index(distance)] = game.right_answers(network, distance)
    return {
        "distances": distances,
        "right": {key: right[name].mean(0).tolist() for name, key in KEYS.items()},
        "by_seed": {key: right[name].tolist() for name, key in KEYS.items()},
        "guess": 1 / len(game.common),
        "reach": {key: reach(right[name].mean(0), distances) for name, key in KEYS.items()},
    }
