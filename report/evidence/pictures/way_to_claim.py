"""The way to the claim in one picture."""

from course.display import Picture
from course.figures import beyond

from ..answers import Answers
from ..setup import CLAIM


def answer(answers: Answers) -> Picture:
    found = answers["answer"]
    contexts = answers["ahead"]["contexts"]
    labels = {
        "counting": "counting (n-grams)",
        "the student's recipe": "the student's recipe",
        "the final network": "the final network",
        "the final network with n-grams": "the final network with n-grams",
        "four networks with n-grams": "four networks with n-grams",
    }
    of_learning = {
        "the final network with n-grams, learning": "the final network with n-grams, learning",
        "two networks with contexts, learning": (
            f"two networks with counts in {contexts} contexts, learning"
        ),
    }
    steps = {label: found[step] for step, label in (labels | of_learning).items()}
    said = [f"{label} {loss:.2f}" for label, loss in steps.items()]
    dots = ", ".join(said[: len(labels)])
    diamonds = ", ".join(said[len(labels) :])
    counting, recipe, final, *_, last = steps.values()
    return Picture(
        "answer",
        beyond.answer(steps, list(of_learning.values()), CLAIM),
        "The way to the claim: losses on the last tenth, in one pass through the text. Below the "
        "line, models learn while they read. The student's recipe is little better than counting "
        f"({recipe:.2f} and {counting:.2f}). A better network of the same size comes close to the "
        f"claim ({final:.2f}), and two that learn while they read, with counts in {contexts} "
        f"contexts, get below it ({last:.2f}).",
        "Losses on the last tenth of the text, lower is better; a dashed line marks the claimed "
        f"{CLAIM:.2f}. {len(labels)} dots: {dots}. {len(of_learning)} diamonds, for models that "
        f"learn while they read: {diamonds}.",
    )
