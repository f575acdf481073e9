"""Pictures that explain an idea. They need no answers: examples are chosen, or computed here."""

import torch

from course.figures import beyond, equations, training
from shakespeare.data import WINDOW

from .made import Answers, Picture

# The picture of the leak.
LENGTH = 64  # characters of a window
HELD_OUT = 0.1  # the share of the windows that are held out
PASSAGE = (  # of the text
    "First Citizen:\nBefore we proceed any further, hear me speak.\n\nAll:\nSpeak, speak.\n"
)
ROWS = 11  # windows that are shown
HELD_OUT_ROW = 5


def protocols(answers: Answers) -> Picture:
    return Picture(
        training.protocols(WINDOW),
        "How the text is cut, and three ways to read the last 10 %: in *cold* windows of "
        f"{WINDOW} characters, *carried* in one pass, or learning while reading. Compare losses "
        "only within one of them.",
        "A bar for the text, and three for its last 10 %: with short arrows, with one long arrow, "
        "and with an arrow and marks for the steps of learning.",
    )


def leak(answers: Answers) -> Picture:
    windows = [PASSAGE[start : start + LENGTH] for start in range(ROWS)]
    return Picture(
        training.leak(windows, HELD_OUT_ROW),
        "How a random split leaks: windows of the text, each starting one character after the one "
        "above, and one of them held out (orange). Between the two lines are its characters, and "
        "the other rows, which are trained on, have them, too. If a tenth of all windows of "
        f"{LENGTH} characters is held out at random, {100 * leaked_share(1):.1f} % of the "
        "characters to be predicted in them are also predicted in training; if windows don't "
        f"overlap, {100 * leaked_share(LENGTH):.0f} %. The network has read what it is tested on.",
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


def cell(answers: Answers) -> Picture:
    """The example of notebook 02."""
    xh = torch.tensor([1.0, 0.5, -0.5])  # x_t, then h_{t-1}
    c_old = torch.tensor([2.0, 1.0])
    f = torch.sigmoid(torch.tensor([[0.0, 2.0, 0.0], [-1.0, -2.0, 2.0]]) @ xh + 1)
    g = torch.tanh(torch.tensor([[1.0, 0.0, 0.0], [0.0, -1.0, 1.0]]) @ xh)
    i = torch.sigmoid(torch.tensor([[-1.0, -1.0, 1.0], [1.0, 1.0, -1.0]]) @ xh)
    o = torch.sigmoid(torch.tensor([[1.0, 0.0, 0.0], [0.0, 1.0, 1.0]]) @ xh)
    kept = f * c_old
    added = i * g
    c = kept + added
    tanh = torch.tanh(c)
    example = {"x": xh[:1], "h_old": xh[1:], "c_old": c_old, "f": f, "g": g, "i": i}
    example |= {"kept": kept, "added": added, "c": c, "o": o, "tanh": tanh, "h": o * tanh}
    return Picture(
        equations.cell({name: value.tolist() for name, value in example.items()}),
        "One step of an LSTM, with the numbers of an example with two cells. The cell state (pink) "
        r"is only multiplied ($\odot$, elementwise) and added to. Forget, input and output gate "
        "and the candidate read the black line, $[x_t, h_{t-1}]$. The first cell keeps its value "
        "(2 becomes 1.85), while in the same step the second one's is replaced (1 becomes −0.55).",
        "The cell state passes through a product with the forget gate and a sum with input gate "
        "times candidate; the hidden state is the output gate times tanh of the cell state. Each "
        "value has its two numbers beside it.",
    )


def copy_head(answers: Answers) -> Picture:
    scores = torch.tensor([0.0, 0.0, 4.0, 0.0, 0.0, 0.0, 2.0])  # the last is that of writing
    *of_letters, of_writing = scores.softmax(0).tolist()
    return Picture(
        beyond.copy_head("ABCDAB", of_letters, of_writing, "C"),
        "The copy head after `ABCDAB`: the query, made from what was read last, is compared with "
        "the key of each letter, made from what came before it. The thicker an arrow, the larger "
        f"the weight. Most of it, {max(of_letters):.2f}, goes to `C`, and {of_writing:.2f} to "
        "writing.",
        "Six letters in boxes, each with an arrow to the position of the next one; the arrow from "
        "C is the thickest. A further arrow is that of writing.",
    )
