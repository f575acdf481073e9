"""The figure of the tenths."""

from course.display import Picture

from ..answers import Answers
from ..setup import CLAIM
from . import figures

NAMES = {
    "counting": "counting",
    "baseline": "the student's recipe",
    "final": "the final network",
}


def tenths(answers: Answers) -> Picture:
    rows = answers["tenths"]["tenths"]
    losses = {title: [row[name] for row in rows] for name, title in NAMES.items()}
    ranges = answers["tenths"]["ranges"]
    below_claim = {}  # on how many tenths
    for name in ("baseline", "final"):
        below_claim[name] = sum(row[name] < CLAIM for row in rows)
    means = [f"{ranges[name]['mean']:.2f} ({title})" for name, title in NAMES.items()]
    return Picture(
        "tenths",
        figures.tenths([row["tenth"] for row in rows], losses, CLAIM),
        "Each tenth of the text, held out in turn: losses in one pass of models that were trained "
        "on the rest of the text. Solid lines are the means. The student's recipe is below the "
        f"claim on {below_claim['baseline'] or 'none'} of the {len(rows)} tenths, and the final "
        f"network on {below_claim['final'] or 'none'}.",
        f"Three rows of dots over the {len(rows)} tenths of the text, each with a line at its "
        f"mean: {', '.join(means)}. A dashed line marks the claim, {CLAIM:.2f}.",
    )
