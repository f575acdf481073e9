"""The picture that explains an idea. It needs no answers: its example is chosen."""

from course.display import Picture
from course.figures import training

from ..answers import Answers

LENGTH = 64  # characters of a window
HELD_OUT = 0.1  # the share of the windows that are held out
PASSAGE = (  # of the text
    "First Citizen:\nBefore we proceed any further, hear me speak.\n\nAll:\nSpeak, speak.\n"
)
ROWS = 11  # windows that are shown
HELD_OUT_ROW = 5


def leak(answers: Answers) -> Picture:
    windows = [PASSAGE[start : start + LENGTH] for start in range(ROWS)]
    return Picture(
        "leak",
        training.leak(windows, HELD_OUT_ROW),
        "How a random split leaks: windows of the text, each starting one character after the one "
        "above, and one of them held out (orange). Between the two lines are its characters, and "
        "the other rows, which are trained on, have them, too. If a tenth of all windows of "
        f"{LENGTH} characters is held out at random, {100 * leaked_share(1):.1f} % of the "
        "characters to be predicted in them are also predicted in training. The network has read "
        f"what it is tested on. If windows don't overlap, {100 * leaked_share(LENGTH):.0f} % are, "
        "but their neighbours, often of the same scene, are still trained on.",
        f"{ROWS} rows of the same text, each shifted by one character against the one above. One "
        "row is orange and labelled as held out; between the lines at its ends, the rows above and "
        "below, which are for training, have the same characters.",
    )


def leaked_share(stride: int) -> float:
    """The share of a held-out window's targets that are also in a window for training.

    A target is new only if all other windows that have it are held out, too.
    """
    others = LENGTH // stride - 1
    return 1 - HELD_OUT**others
