"""What can a gate do that a plain RNN can't?"""

from typing import Any

import torch

from course.figures import equations as figures
from course.game import LAYERS, Game, reach

from .setup import Evidence


def memory_game(e: Evidence) -> dict[str, Any]:
    """How often small networks name a character that they read before, by the distance."""
    game = Game(e.split, e.student.seed)
    distances = e.sizes.recall_distances
    seeds = range(e.sizes.recall_seeds)
    networks = game.train_all(distances, seeds, e.sizes.recall_steps)
    right = {name: torch.zeros(len(seeds), len(distances)) for name in LAYERS}
    for (name, distance, seed), network in networks.items():
        right[name][seed, distances.index(distance)] = game.right_answers(network, distance)
    at_the_end = right["LSTM"].mean(0)[-1].item()
    e.figure(
        "recall",
        figures.recall(distances, right, 1 / len(game.common)),
        "How often a network names a character that it has read before, by the number of "
        f"characters in between. Over {distances[-1]}, the LSTM still names it in "
        f"{100 * at_the_end:.0f} of 100 games, while the others only guess (dotted line: one in "
        "eight), although the larger RNN has as many weights.",
        "Three curves over the distance: those of the RNN and of the larger RNN fall to guessing "
        "before that of the LSTM.",
    )
    return {
        "distances": distances,
        "right": {key: right[name].mean(0).tolist() for name, key in figures.KEYS.items()},
        "reach": {key: reach(right[name].mean(0), distances) for name, key in figures.KEYS.items()},
    }
