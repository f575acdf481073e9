"""The picture of the game of memory."""

import torch

from course.figures import equations

from .made import Answers, Picture


def recall(answers: Answers) -> Picture:
    game = answers["memory_game"]
    distances = game["distances"]
    right = {name: torch.tensor(game["by_seed"][key]) for name, key in equations.KEYS.items()}
    at_the_end = game["right"]["lstm"][-1]
    return Picture(
        equations.recall(distances, right, game["guess"]),
        "How often a network names a character that it has read before, by the number of "
        f"characters in between: thick lines are means over {len(right['LSTM'])} seeds. Over "
        f"{distances[-1]}, the LSTM still names it in {100 * at_the_end:.1f} % of the games, while "
        "the others only guess (dotted line: one in eight), although the larger RNN has as many "
        "weights.",
        "Three curves over the distance: those of the RNN and of the larger RNN fall to guessing "
        "before that of the LSTM.",
    )
