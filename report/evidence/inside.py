"""How does the network know a name? And does one of its cells say where headings are?"""

import math
import random
from typing import Any

import torch
from torch.nn import functional as F

from course import cells, novelty
from course.display import escape_markdown, signed
from course.figures import inside as figures
from shakespeare.data import HEADING, Corpus
from shakespeare.evaluation import carried_predictions, losses_of
from shakespeare.sampling import generate

from .setup import Evidence

IN_HEADING = "inside a speaker heading"  # the target whose cells are switched off


def name(e: Evidence) -> dict[str, Any]:
    """A name that soon returns in the test half: what it costs, and where it is copied from."""
    network, _ = e.chosen("final")
    text = e.split.test.text()
    ids = e.split.test.ids.long()
    found = cells.find_name(text)
    first = slice(found.first, found.first + len(found.letters))
    again = slice(found.again, found.again + len(found.letters))
    losses = losses_of(carried_predictions(network, e.split.test), e.split.test)
    surprise = F.pad(losses, (1, 0)) / math.log(2)  # (characters,): nothing predicts the first
    bits = {"first": surprise[first].tolist(), "again": surprise[again].tolist()}
    total = {time: sum(of_letters) for time, of_letters in bits.items()}

    around = slice(found.first, cells.passage(text, 120, again.stop).stop)
    copies = cells.copies_before(network, ids[None, : around.stop])[0]  # (characters, characters)
    show_passage(e, text[around], surprise[around], copies[around, around], found.letters, total)
    with_copies, layers_alone = cells.ways_back(network, ids[: again.stop], found.again)
    return {
        "letters": found.letters,
        "first": found.first,
        "again": found.again,
        "bits": bits,
        "total": total,
        "copied": copies[again].max(1).values.tolist(),
        "swap": swap(e, network, found),
        "way_back": {
            "with_copies": with_copies[first].max().item(),
            "layers_alone": layers_alone[first].max().item(),
            "last": with_copies[-1].item(),
        },
        "copied_by_kind": cells.copies_by_kind(network, e.split.test),
    }


def show_passage(
    e: Evidence,
    text: str,
    surprise: torch.Tensor,
    copies: torch.Tensor,
    letters: str,
    total: dict[str, float],
) -> None:
    passages = cells.copied_passages(copies)
    e.figure(
        "passage",
        figures.passage_with_copies(text, surprise, passages),
        "A passage of the test half, which the final network reads from its beginning. The darker "
        "a character, the more it surprised the network; on the right are the bits of each line. "
        "Arrows lead from characters to later ones that the network copied from them: there is one "
        "where it copied at least three in a row, each with at least a quarter of the copy head's "
        f"attention. The letters of {escape_markdown(letters)} cost {total['first']:.1f} bits the "
        f"first time and {total['again']:.1f} the second time.",
        "Lines of text, shaded by surprise, with arrows from a name to the same name further down.",
    )


def swap(e: Evidence, network: Any, found: cells.Name) -> dict[str, Any]:
    """What the name costs the second time, as it is and backwards, after either was first."""
    text = e.split.test.text()
    backwards = found.letters[::-1]
    between = text[found.first + len(found.letters) : found.again]
    pasts = [text[: found.first] + first + between for first in (found.letters, backwards)]
    by_letter = {
        "name": [bits_after(e, network, past, found.letters) for past in pasts],
        "backwards": [bits_after(e, network, past, backwards) for past in pasts],
    }
    bits = {spelling: [sum(each) for each in both] for spelling, both in by_letter.items()}
    then, changed = bits["name"]
    e.figure(
        "swap",
        figures.swap(found.letters, backwards, by_letter),
        "On the left is what is written in the heading before, and on the right what is "
        "read where it appears again: the higher a bar, the more its letter surprises. "
        f"{escape_markdown(found.letters)} costs {then:.1f} bits after itself and {changed:.1f} "
        "after its letters in reverse, with the same text between.",
        "Four rows of letters with bars: each of the two spellings is far cheaper after itself "
        "than after the other.",
    )
    return {**bits, "by_letter": by_letter}


def bits_after(e: Evidence, network: Any, past: str, letters: str) -> list[float]:
    """The network's surprise at each letter after a past, in bits."""
    part = Corpus(e.corpus.encode(past + letters), e.corpus.chars, "a rewritten past")
    losses = losses_of(carried_predictions(network, part), part)  # (characters - 1,)
    return (losses[-len(letters) :] / math.log(2)).tolist()


def context(e: Evidence) -> dict[str, Any]:
    """How much context the network uses: for the name, and for other held-out characters."""
    network, _ = e.chosen("final")
    ids = e.split.test.ids.long()
    found = cells.find_name(e.split.test.text())
    stop = found.again + len(found.letters)
    of_name = [2**k for k in range(11) if 2**k <= found.again]
    lengths = [2**k for k in range(11)]
    bits, bits_without = cells.bits_by_context(network, ids[:stop], found.again, of_name)
    positions = cells.spread(e.held_out, lengths[-1], e.sizes.context_blocks)  # (blocks, 32)
    losses, losses_without = cells.losses_by_context(network, e.held_out, lengths, positions)
    curve = losses.mean(1)  # (lengths,)
    curve_without = losses_without.mean(1)
    at_64 = lengths.index(64)
    gain = (curve[at_64] - curve[-1]).item()
    gain_without = (curve_without[at_64] - curve_without[-1]).item()
    e.figure(
        "context",
        figures.context(
            found.letters,
            (of_name, [bits, bits_without]),
            (lengths, [curve.tolist(), curve_without.tolist()]),
            found.again - found.first,
        ),
        "Left: surprise at the whole name at its second appearance, by the number of characters "
        f"read before it, from an empty state. It costs {min(bits):.1f} bits at best; without "
        f"copies, {min(bits_without):.1f}. Right: loss at {positions.numel():,} held-out "
        f"positions. From 64 to {lengths[-1]:,} characters of context, the gain is {signed(gain)} "
        f"nats; without copies, it is {signed(gain_without)}.",
        "Two panels of curves that fall with the length of context, with copies and without.",
    )
    return {
        "name": {"bits": bits, "without_copies": bits_without},
        "characters": lengths,
        "losses": curve.tolist(),
        "without_copies": curve_without.tolist(),
    }


def layout(e: Evidence) -> dict[str, Any]:
    """Cells that follow the layout of the text, and what breaks without them."""
    network, _ = e.chosen("final")
    torch.manual_seed(e.final.seed)
    untrained = type(network)(**network.config())
    scores = cells.cell_scores(network, e.split, e.sizes.cell_text)
    best = cells.choose_cells(scores)
    by_score = sorted(best, key=lambda target: best[target]["chosen"], reverse=True)
    show_cells(e, network, best, by_score[:2])
    of_heading, _ = scores[IN_HEADING]  # on the validation half
    return {
        "best": best,
        "untrained": cells.best_cells(untrained, e.split, e.sizes.cell_text),
        "broken": broken(e, network, IN_HEADING, of_heading),
    }


def show_cells(
    e: Evidence, network: Any, best: dict[str, dict[str, Any]], targets: list[str]
) -> None:
    text = e.split.test.text()
    shown = cells.passage(text, 500, cells.find_name(text).first)  # a slice of the text
    states = cells.cell_states(network, e.split.test.ids[None, : shown.stop].long())[0]
    panels = []
    for target in targets:
        of_cell = states[shown, best[target]["cell"]]  # (characters,)
        panels.append((target.replace("speaker ", ""), text[shown], of_cell))
    highest = []
    for target in targets:
        highest.append(f"{best[target]['score']:.2f} ({target.replace('speaker ', '')})")
    e.figure(
        "cells",
        figures.cell_values(panels),
        "The passage that begins with the name, coloured by the value of a cell after each "
        "character: of all cells, these follow the targets above them best. Their scores on the "
        f"test half are {' and '.join(highest)}; 1 would be a cell that follows nothing else.",
        "Text in two panels, each character on blue, white or orange: the value of an LSTM cell.",
    )


def broken(e: Evidence, network: Any, target: str, correlation: torch.Tensor) -> dict[str, Any]:
    """How much the loss rises without the cells of a layer that follow a target best."""
    order = correlation.abs().argsort(descending=True).tolist()  # the best cell comes first
    layer = order[0] // network.hidden_size
    in_layer = [cell for cell in order if cell // network.hidden_size == layer]
    quarter = network.hidden_size // 4
    rng = random.Random(e.final.seed)
    groups = {
        "best cell": [in_layer[:1]],
        "random cell": [rng.sample(in_layer, 1) for _ in range(3)],
        "best quarter": [in_layer[:quarter]],
        "random quarter": [rng.sample(in_layer, quarter) for _ in range(3)],
    }
    beginning = e.split.test.slice(0, e.sizes.broken_text, "test")
    whole = losses_of(carried_predictions(network, beginning), beginning)
    kind_of = novelty.kinds(beginning.text())[1:]  # the first character is not predicted
    rises: dict[str, dict[str, float]] = {}
    for group, draws in groups.items():
        of_draws = []
        for held in draws:
            changed = cells.hold_at_zero(network, held)
            of_draws.append(losses_of(carried_predictions(changed, beginning), beginning) - whole)
        rise = torch.stack(of_draws).mean(0)  # (characters - 1,)
        rises[group] = {"all characters": rise.mean().item()}
        for kind in sorted(set(kind_of)):
            is_kind = torch.tensor([each == kind for each in kind_of])
            rises[group][kind] = rise[is_kind].mean().item()

    rows = []
    for kind in rises["best cell"]:
        rows.append([kind.replace("speaker ", ""), *[signed(rises[each][kind]) for each in groups]])
    of_headings = {group: signed(rises[group]["speaker heading"]) for group in groups}
    e.table(
        "broken",
        ["characters", *groups],
        rows,
        "How much the loss rises (nats per character) when cells of one layer are held at zero: "
        f"the cell that follows the target *{target.replace('speaker ', '')}* best, and the "
        "quarter of the layer that follows it best, each beside the mean of three random choices. "
        f"In headings, it is {of_headings['best cell']} without the best cell, "
        f"{of_headings['best quarter']} without the best quarter, and "
        f"{of_headings['random quarter']} without a random one.",
    )
    return {"target": target, "rises": rises, "headings": headings_without(e, network, groups)}


def headings_without(
    e: Evidence, network: Any, groups: dict[str, list[list[int]]]
) -> dict[str, dict[str, int]]:
    """What is written where a heading is due, with the network whole and without cells."""
    text = e.split.test.text()
    prompt = text[: cells.find_name(text).again]
    writers = {"the whole network": network}
    for group in ("best cell", "best quarter", "random quarter"):
        writers[f"without the {group}"] = cells.hold_at_zero(network, groups[group][0])
    found = {}
    for title, writer in writers.items():
        texts = generate(writer, prompt, 400, num_samples=e.sizes.continuations, seed=1)
        continuations = [each[len(prompt) :] for each in texts]
        headings = []
        for each in continuations:
            headings += novelty.find_headings("\n\n" + each)  # the prompt ends with a blank line
        found[title] = {
            "texts": len(texts),
            "begins": sum(HEADING.match(each) is not None for each in continuations),
            "headings": len(headings),
            "malformed": sum(novelty.is_malformed(heading) for heading in headings),
        }
    return found
