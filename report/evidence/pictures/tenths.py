"""The picture of the tenths."""

from ..setup import CLAIM
from . import figures
from .made import Answers, Picture

NAMES = {
    "counting": "counting",
    "baseline": "the student's recipe",
    "final": "the final network",
}


def tenths(answers: Answers) -> Picture:
    rows = answers["tenths"]["tenths"]
    losses = {title: [row[name] for row in rows] for name, title in NAMES.items()}
    of_student = [row["baseline"] for row in rows]
    of_final = [row["final"] for row in rows]
    below = sum(loss < CLAIM for loss in of_final)
    verdict = f", below the claim on {below} of them" if below else ""
    return Picture(
        figures.tenths([row["tenth"] for row in rows], losses, CLAIM),
        "Losses on each tenth of the text, in one pass, of models that were trained on the nine "
        "others. The dashed line is the claim. The student's recipe has between "
        f"{min(of_student):.2f} and {max(of_student):.2f}, and the final network between "
        f"{min(of_final):.2f} and {max(of_final):.2f}{verdict}.",
        "Three rows of dots over the tenths of the text, and a dashed line for the claim.",
    )
