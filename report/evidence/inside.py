"""How does the network know a name?"""

import math
from typing import Any

from torch.nn import functional as F

from shakespeare.beyond.copying import copies_before
from shakespeare.beyond.names import Name, find_name, passage
from shakespeare.data import Corpus
from shakespeare.evaluation import carried_predictions, losses_of
from study.cells import copied_within

from .lookback import bits_by_context, losses_by_context, spread
from .measures import rounded
from .setup import Evidence


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
            "copied": [list(each) for each in copied_within(copies, around)],
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
