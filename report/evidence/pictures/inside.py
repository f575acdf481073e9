"""Pictures and the table of what is inside the final network."""

import torch

from course.cells import CopiedPassage
from course.display import escape_markdown, signed
from course.figures import inside

from .made import Answers, Picture, Table


def passage(answers: Answers) -> Picture:
    name = answers["name"]
    shown = name["passage"]
    copied = [CopiedPassage(*each) for each in shown["copied"]]
    return Picture(
        inside.passage_with_copies(shown["text"], torch.tensor(shown["bits"]), copied),
        "A passage of the test half, which the final network reads from its beginning. The darker "
        "a character, the more it surprised the network; on the right are the bits of each line. "
        "Arrows lead from characters to later ones that the network copied from them: there is one "
        "where it copied at least three in a row, each with at least a quarter of the copy head's "
        f"attention. The letters of {escape_markdown(name['letters'])} cost "
        f"{name['total']['first']:.1f} bits the first time and {name['total']['again']:.1f} the "
        "second time.",
        "Lines of text, shaded by surprise, with arrows from a name to the same name further down.",
    )


def swap(answers: Answers) -> Picture:
    letters = answers["name"]["letters"]
    found = answers["name"]["swap"]
    then, changed = found["name"]
    return Picture(
        inside.swap(letters, letters[::-1], found["by_letter"]),
        "On the left is how the name is spelt earlier in the text, and on the right what is read "
        "where it appears again: the higher a bar, the more its letter surprises. "
        f"{escape_markdown(letters)} costs {then:.1f} bits after itself and {changed:.1f} "
        "after its letters in reverse; all else is the same.",
        "Four rows of letters with bars: each of the two spellings is far cheaper after itself "
        "than after the other.",
    )


def context(answers: Answers) -> Picture:
    name = answers["name"]
    found = answers["context"]
    lengths = found["characters"]
    bits = found["name"]["bits"]
    bits_without = found["name"]["without_copies"]
    losses = found["losses"]
    losses_without = found["without_copies"]
    at_64 = lengths.index(64)
    gain = losses[at_64] - losses[-1]
    gain_without = losses_without[at_64] - losses_without[-1]
    return Picture(
        inside.context(
            name["letters"],
            (lengths[: len(bits)], [bits, bits_without]),
            (lengths, [losses, losses_without]),
            name["again"] - name["first"],
        ),
        "Left: surprise at the whole name at its second appearance, by the number of characters "
        f"read before it, from an empty state. It costs {min(bits):.1f} bits at best; without "
        f"copies, {min(bits_without):.1f}. Right: loss at {found['positions']:,} held-out "
        f"positions. From 64 to {lengths[-1]:,} characters of context, the gain is {signed(gain)} "
        f"nats; without copies, it is {signed(gain_without)}.",
        "Two panels of curves that fall with the length of context, with copies and without.",
    )


def cells(answers: Answers) -> Picture:
    found = answers["cells"]
    shown = found["passage"]
    panels = []
    highest = []
    for target, values in shown["values"].items():
        title = short(target)
        panels.append((title, shown["text"], torch.tensor(values)))
        highest.append(f"{found['best'][target]['score']:.2f} ({title})")
    return Picture(
        inside.cell_values(panels),
        "The passage that begins with the name, coloured by the value of a cell after each "
        "character: of all cells, these follow the targets above them best. Their scores on the "
        f"test half are {' and '.join(highest)}; 1 would be a cell that follows nothing else.",
        "Text in two panels, each character on blue, white or orange: the value of an LSTM cell.",
    )


def broken(answers: Answers) -> Table:
    found = answers["cells"]["broken"]
    rises = found["rises"]
    rows = []
    for kind in rises["best cell"]:
        rows.append([short(kind), *[signed(rises[group][kind]) for group in rises]])
    of_headings = {group: signed(rises[group]["speaker heading"]) for group in rises}
    return Table(
        ["characters", *rises],
        rows,
        "How much the loss rises (nats per character) when cells of one layer are held at zero: "
        f"the cell that follows the target *{short(found['target'])}* best, and the "
        "quarter of the layer that follows it best, each beside the mean of three random choices. "
        f"In headings, it is {of_headings['best cell']} without the best cell, "
        f"{of_headings['best quarter']} without the best quarter, and "
        f"{of_headings['random quarter']} without a random one.",
    )


def short(name: str) -> str:
    return name.replace("speaker ", "")
