"""The way to the claim in one picture."""

from course.figures import beyond

from ..setup import CLAIM
from .made import Answers, Picture


def answer(answers: Answers) -> Picture:
    steps = answers["answer"]
    learning = [name for name in steps if name.endswith(", learning")]
    return Picture(
        beyond.answer(steps, learning, CLAIM),
        "The way to the claim: losses on the last 10 %, in one pass through the text. Most of the "
        "way is a better network of the same size. The models below the line learn while they "
        "read.",
        "Rows of dots, from counting at the top to four networks that learn at the bottom; a "
        "dashed line marks the claim.",
    )
