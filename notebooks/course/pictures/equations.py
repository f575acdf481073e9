"""The figures and tables of notebook 02."""

from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor

from ..display import Picture, Table, escape_markdown, percent, visible
from ..figures import equations as figures


def unrolled(characters: str, following: str) -> Picture:
    """The characters that the network reads, and those it should predict."""
    return Picture(
        "unrolled",
        figures.unrolled(characters, following),
        "An LSTM unrolled over four steps. All columns share the same weights. One step hands "
        "nothing to the next but the cell state (pink) and the hidden state (blue).",
        "Four columns, each with a character, an embedding, an LSTM step, a linear layer and "
        "the character to predict; cell state and hidden state join each step to the next.",
    )


def cell(values: Mapping[str, Any]) -> Picture:
    """One step of the example; `values` are (H,) each, by the names in the figure."""
    return Picture(
        "cell",
        figures.cell(values),
        "One step of an LSTM, with the numbers of an example with two cells. The cell state "
        r"(pink) is only multiplied ($\odot$, elementwise) and added to. Forget, input and output "
        "gate and the candidate read the black line, $[x_t, h_{t-1}]$. The first cell keeps its "
        "value (2 becomes 1.85), while in the same step the second one's is replaced (1 becomes "
        "−0.55).",
        "The cell state passes through a product with the forget gate and a sum with input gate "
        "times candidate; the hidden state is the output gate times tanh of the cell state. Each "
        "value has its two numbers beside it.",
    )


def architecture(parts: Mapping[str, tuple[str, int]], in_all: int) -> Table:
    """The size and the parameters of each part of a network."""
    return Table(
        "architecture",
        ["part", "size", "parameters"],
        [[part, size, f"{parameters:,}"] for part, (size, parameters) in parts.items()],
        "The *baseline*, the network that [notebook 03](03-training.ipynb) trains by the student's "
        f"recipe: it has {in_all:,} parameters, most of them in the LSTM layers. "
        "(PyTorch's LSTM adds two biases where the equations have one.)",
    )


def recall(
    distances: Sequence[int],
    right: Mapping[str, Tensor],
    guess: float,
    steps: int,
    at_longest: Mapping[str, float],
) -> Picture:
    """The share of right answers of each network (seeds, distances), after so many steps.

    `at_longest` has their means over the seeds at the longest distance.
    """
    seeds = len(right["LSTM"])
    over_seeds = f" Thick lines are means over {seeds} seeds." if seeds > 1 else ""
    share = {name: percent(mean, 0) for name, mean in at_longest.items()}
    return Picture(
        "recall",
        figures.recall(distances, right, guess),
        "A game of memory: a network reads a character and then others, and has to name the first "
        "one. The figure shows how often the network is right, by the number of characters in "
        f"between, after {steps:,} training steps.{over_seeds} The dotted line is guessing. Over "
        f"{distances[-1]} characters, the chrono LSTM names it in "
        f"{share['chrono LSTM']} of all cases, the one with a bias of 1 in "
        f"{share['LSTM']}, the larger RNN, which has about as many weights, in "
        f"{share['larger RNN']}, and the RNN in {share['RNN']}.",
        "The share of right answers over the distance between a character and the question about "
        "it, for an RNN, a larger RNN and an LSTM with two starts; a dotted line marks guessing.",
    )


def holding(
    window: str,
    asked: str,
    gates: Mapping[str, Tensor],
    states: Mapping[str, Tensor],
    cells: Sequence[int],
    mean_f: float,
    mean_i: float,
) -> Picture:
    """What some cells do at each character of a window; gates and states (characters, cells).

    The window is read twice, with the two characters in `asked` in place of its first.
    """
    first = escape_markdown(visible(asked[0]))
    second = escape_markdown(visible(asked[1]))
    return Picture(
        "holding",
        figures.gates("?" + window[1:], gates, states, cells),
        "An LSTM reads the same window twice, and will have to name its first character at the "
        f"end. This (?) is {first} in one reading and {second} in the other. Each column is the "
        "step that reads the character under it; the rows of each panel are three cells, with "
        "their numbers. First the gates, where yellow is open and dark blue shut; then what is "
        "written, $i_t \\odot g_t$, and the cells after it, where purple is positive and orange "
        "negative; last, the cells in the second reading. After the first character, the forget "
        f"gates are {percent(mean_f, 0)} open and the input gates {percent(mean_i, 0)}, on "
        "average.",
        "Five heat maps over the characters of one window, for three cells: forget and input gate "
        "between 0 and 1, then what is written and the hyperbolic tangent of the cell state, "
        "between -1 and 1, the latter once more for the second reading.",
    )


def fixed_gates(right: Mapping[str, Sequence[float]], distance: int, steps: int) -> Table:
    """The shares of right answers when holding and when replacing, by what is fixed."""
    shares = {name: [percent(each, 0) for each in of_both] for name, of_both in right.items()}
    at_1 = shares["all gates at 1"]
    at_start = shares["forget gate at 0.73"]
    none = shares["none"]
    return Table(
        "fixed-gates",
        ["fixed", "holding", "replacing"],
        [[name, *of_both] for name, of_both in shares.items()],
        "Two games of memory for an LSTM with fixed gates. At the end of "
        f"{distance + 1} characters, it has to name the first one (*holding*), or instead one that "
        "came later, after a mark (*replacing*). The table shows how often it is right after "
        f"{steps:,} training steps. With all gates at 1, it holds in {at_1[0]} of all cases and "
        f"replaces in {at_1[1]}; with the forget gate at 0.73, in {at_start[0]} and "
        f"{at_start[1]}; with gates that move, in {none[0]} and {none[1]}.",
    )


def text_loss(losses: Mapping[str, float], windows: int, steps: int) -> Table:
    """The loss of each layer on so many windows of held-out text, after so many steps."""
    return Table(
        "text-loss",
        ["layer", "loss"],
        [[name, f"{loss:.2f}"] for name, loss in losses.items()],
        f"The loss on {windows:,} windows of held-out text, in nats per character, after "
        f"{steps:,} steps: {losses['LSTM']:.2f} for the LSTM, {losses['larger RNN']:.2f} for the "
        f"larger RNN and {losses['all gates at 1']:.2f} for an LSTM with all gates at 1.",
    )
