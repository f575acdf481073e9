"""Pictures of what is inside the final network."""

import torch

from course.display import Picture, escape_markdown, signed
from course.figures import inside
from study.cells import CopiedPassage

from ..answers import Answers


def passage(answers: Answers) -> Picture:
    name = answers["name"]
    shown = name["passage"]
    copied = [CopiedPassage(*each) for each in shown["copied"]]
    return Picture(
        "passage",
        inside.passage_with_copies(shown["text"], torch.tensor(shown["bits"]), copied),
        "A passage of the test half. The network has read the half up to here. The darker a "
        "character, the more it surprised the network; on the right are the bits of each line. "
        "Frames mark what was copied: three or more characters in a row, each with at least a "
        "quarter of the copy head's attention. An arrow points to them from where they were copied "
        "from; where there is none, that is before this passage. The letters of "
        f"{escape_markdown(name['letters'])} cost {name['total']['first']:.1f} bits the first "
        f"time here and {name['total']['again']:.1f} the second: the network has copied the name.",
        "Lines of text, shaded by surprise, with arrows from a name to the same name further down, "
        "where it is hardly shaded.",
    )


def swap(answers: Answers) -> Picture:
    letters = answers["name"]["letters"]
    found = answers["name"]["swap"]
    then, changed = found["name"]
    reverse_then, reverse_after_itself = found["backwards"]
    return Picture(
        "swap",
        inside.swap(letters, letters[::-1], found["by_letter"]),
        "On the left is how the name is spelt earlier in the text, and on the right what is read "
        "where it appears again, with the bits of each letter. "
        f"{escape_markdown(letters)} costs {then:.1f} bits after itself and {changed:.1f} "
        "after its letters in reverse; all else is the same.",
        "Four rows of letters with bars: the name costs "
        f"{then:.1f} bits after itself and {changed:.1f} after its letters in reverse; its letters "
        f"in reverse cost {reverse_after_itself:.1f} after themselves and {reverse_then:.1f} after "
        "the name.",
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
        "context",
        inside.context(
            name["letters"],
            (lengths[: len(bits)], [bits, bits_without]),
            (lengths, [losses, losses_without]),
            name["again"] - name["first"],
        ),
        "Left: surprise at the whole name at its second appearance, by the number of characters "
        f"read before it, from an empty state. It costs {min(bits):.1f} bits at best; without "
        f"copies, {min(bits_without):.1f}. Right: loss at {found['positions']:,} held-out "
        f"positions. Going from 64 to {lengths[-1]:,} characters of context gains {signed(gain)} "
        f"nats, and {signed(gain_without)} without copies: in this network, what is further back "
        "helps by being copied.",
        "Two panels, each with two curves that fall with the length of context; only with copies "
        "do they fall further beyond 64 characters.",
    )
