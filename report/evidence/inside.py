"""How does the network know a name? And does one of its cells say where headings are?"""

import math
import random
from typing import Any

import torch
from torch.nn import functional as F

from course import novelty
from course.cells import (
    best_cells,
    bits_by_context,
    cell_scores,
    cell_states,
    choose_cells,
    copied_passages,
    hold_at_zero,
    losses_by_context,
    spread,
)
from shakespeare.beyond.copying import copies_before
from shakespeare.beyond.names import Name, find_name, passage
from shakespeare.beyond.renaming import HEADING
from shakespeare.data import Corpus
from shakespeare.evaluation import carried_predictions, losses_of
from shakespeare.sampling import generate

from .measures import rounded
from .setup import Evidence

IN_HEADING = "inside a speaker heading"  # the target whose cells are switched off


def name(e: Evidence) -> dict[str, Any]:
    """A name that soon returns in the test half: what it costs, and where it is copied from."""
    network, _ = e.with_choices("final")
    text = e.split.test.text()
    ids = e.split.test.ids.long()
    found = find_name(text)
    first = slice(found.first, found.first + len(found.letters))
    again = slice(found.again, found.again + len(found.letters))
    losses = losses_of(carried_predictions(network, e.split.test), e.split.test)
    surprise = F.pad(losses, (1, 0)) / math.log(2)  # (characters,): nothing predicts the first
    bits = {"first": surprise[first].tolist(), "again": surprise[again].tolist()}
    total = {time: sum(of_letters) for time, of_letters in bits.items()}

    around = slice(found.first, passage(text, 120, again.stop).stop)
    copies = copies_before(network, ids[None, : around.stop])[0]  # (characters, characters)
    copied = copied_passages(copies[around, around])
    return {
        "letters": found.letters,
        "first": found.first,
        "again": found.again,
        "bits": bits,
        "total": total,
        "copied": copies[again].max(1).values.tolist(),
        "swap": swap(e, network, found),
        "passage": {
            "text": text[around],
            "bits": rounded(surprise[around]),
            "copied": [list(each) for each in copied],
        },
    }


def swap(e: Evidence, network: Any, found: Name) -> dict[str, Any]:
    """What the name costs, as it is and backwards, after a past with copies of either."""
    past = e.split.test.text()[: found.again]
    backwards = found.letters[::-1]
    pasts = [past, past.replace(found.letters, backwards)]
    by_letter = {
        "name": [bits_after(e, network, past, found.letters) for past in pasts],
        "backwards": [bits_after(e, network, past, backwards) for past in pasts],
    }
    bits = {spelling: [sum(each) for each in both] for spelling, both in by_letter.items()}
    return {**bits, "by_letter": by_letter}


def bits_after(e: Evidence, network: Any, past: str, letters: str) -> list[float]:
    """The network's surprise at each letter after a past, in bits."""
    part = Corpus(e.corpus.encode(past + letters), e.corpus.chars, "a rewritten past")
    losses = losses_of(carried_predictions(network, part), part)  # (characters - 1,)
    return (losses[-len(letters) :] / math.log(2)).tolist()


def context(e: Evidence) -> dict[str, Any]:
    """How much context the network uses: for the name, and for other held-out characters."""
    network, _ = e.with_choices("final")
    ids = e.split.test.ids.long()
    found = find_name(e.split.test.text())
    stop = found.again + len(found.letters)
    of_name = [2**k for k in range(11) if 2**k <= found.again]
    lengths = [2**k for k in range(11)]
    bits, bits_without = bits_by_context(network, ids[:stop], found.again, of_name)
    positions = spread(e.held_out, lengths[-1], e.sizes.context_blocks)  # (blocks, 32)
    losses, losses_without = losses_by_context(network, e.held_out, lengths, positions)
    return {
        "name": {"bits": bits, "without_copies": bits_without},
        "characters": lengths,
        "positions": positions.numel(),
        "losses": losses.mean(1).tolist(),
        "without_copies": losses_without.mean(1).tolist(),
    }


def cells(e: Evidence) -> dict[str, Any]:
    """Cells that follow the layout of the text, and what breaks without them."""
    network, _ = e.with_choices("final")
    torch.manual_seed(e.final.training.seed)
    untrained = type(network)(**network.config())
    scores = cell_scores(network, e.split, e.sizes.cell_text)
    best = choose_cells(scores)
    by_score = sorted(best, key=lambda target: best[target]["chosen"], reverse=True)
    shown = {target: best[target]["cell"] for target in by_score[:2]}
    of_heading, _ = scores[IN_HEADING]  # on the validation half
    return {
        "best": best,
        "untrained": best_cells(untrained, e.split, e.sizes.cell_text),
        "broken": broken(e, network, IN_HEADING, of_heading),
        "passage": passage_of_cells(e, network, shown),
    }


def passage_of_cells(e: Evidence, network: Any, cells: dict[str, int]) -> dict[str, Any]:
    """A passage, and the value of some cells after each character, by their targets."""
    text = e.split.test.text()
    shown = passage(text, 500, find_name(text).first)  # a slice of the text
    states = cell_states(network, e.split.test.ids[None, : shown.stop].long())[0]
    values = {target: rounded(states[shown, cell]) for target, cell in cells.items()}
    return {"text": text[shown], "values": values}


def broken(e: Evidence, network: Any, target: str, correlation: torch.Tensor) -> dict[str, Any]:
    """How much the loss rises without the cells of a layer that follow a target best."""
    order = correlation.abs().argsort(descending=True).tolist()  # the best cell comes first
    layer = order[0] // network.hidden_size
    in_layer = [cell for cell in order if cell // network.hidden_size == layer]
    quarter = network.hidden_size // 4
    rng = random.Random(e.final.training.seed)
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
            changed = hold_at_zero(network, held)
            of_draws.append(losses_of(carried_predictions(changed, beginning), beginning) - whole)
        rise = torch.stack(of_draws).mean(0)  # (characters - 1,)
        rises[group] = {"all characters": rise.mean().item()}
        for kind in sorted(set(kind_of)):
            is_kind = torch.tensor([each == kind for each in kind_of])
            rises[group][kind] = rise[is_kind].mean().item()
    return {"target": target, "rises": rises, "headings": headings_without(e, network, groups)}


def headings_without(
    e: Evidence, network: Any, groups: dict[str, list[list[int]]]
) -> dict[str, dict[str, int]]:
    """What is written where a heading is due, with the network whole and without cells."""
    text = e.split.test.text()
    prompt = text[: find_name(text).again]
    writers = {"the whole network": network}
    for group in ("best cell", "best quarter", "random quarter"):
        writers[f"without the {group}"] = hold_at_zero(network, groups[group][0])
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
