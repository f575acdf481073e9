"""Checks for the exercises of notebook 01."""

import math
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from . import Wrong, call, compare, mistakes_of_mean, parts, to_numbers


def check_unigram_bits(theirs: Callable) -> str:
    train, test = "The rest is silence.\n" * 3, "This is the rest.\n"

    def bits(counted: str, asked: str) -> float:
        return sum(-math.log2(counted.count(c) / len(counted)) for c in asked) / len(asked)

    right, own = bits(train, test), bits(test, test)
    mistakes = mistakes_of_mean(right, len(test), "bits") | {
        "you count in `test`, which the model must not see.": own,
        "this is the entropy of `train`: take the mean over `test`.": bits(train, train),
        "a character that occurs twice counts twice in the mean.": bits(train, "".join(set(test))),
        "you lower-cased the capitals, but T and t differ.": bits(train.lower(), test.lower()),
    }
    compare(call(theirs, train, test), right, mistakes)
    return f"{right:.2f} bits per character here; counting in the test text itself gives {own:.2f}."


def check_split_windows(theirs: Callable) -> str:
    for length, size in ((100, 6), (1000, 20)):
        cut = length * 9 // 10
        found = parts(call(theirs, length, size), "training starts", "held-out starts")
        try:
            train, held_out = (sorted(map(int, starts)) for starts in found)
        except (TypeError, ValueError):
            raise Wrong("each of the two must be a list of starts, in whole numbers.") from None
        if not train or not held_out:
            raise Wrong("one of the two lists is empty.")
        first, last, end = held_out[0], train[-1] + size, held_out[-1] + size
        early = first < cut
        right = [*range(length - size)]
        right[cut - size : cut] = []  # windows across the cut
        missing = {*right} - {*train, *held_out}
        mistakes = {
            f"you split the windows, not the text: {first} lies before the cut at {cut}.": early,
            "the last training y is held out: a window takes seq_len + 1 characters.": last == cut,
            f"the windows overlap the cut at {cut}: one ends at {last}.": last > cut,
            f"a window ends at {end}: it asks for more than {length} characters.": end >= length,
            f"a window that fits is missing: it starts at {max(missing, default=0)}.": missing,
            "a start occurs twice, or lies before the text.": [*train, *held_out] != right,
        }
        for mistake, made in mistakes.items():
            if made:
                raise Wrong(mistake)
    return "no window crosses the cut, and every window that fits is there."


def check_leaked_share(theirs: Callable) -> str:
    size, starts = 8, [5 * k for k in torch.randperm(40).tolist()]
    train, validation = starts[10:], starts[:10]

    def targets(*starts: int) -> set[int]:
        return {start + k for start in starts for k in range(1, size + 1)}

    known, places = targets(*train), targets(*validation)
    each = [len(targets(start) & known) / size for start in validation]
    windows, once = np.mean(np.sign(each)), len(places & known) / len(places)
    mistakes = {
        "you look for equal windows, but different ones share nearly all targets.": 0,
        "a window counts whole as soon as one target is shared: count targets.": windows,
        "a place counts once for every validation window that asks for it.": once,
        "this is in per cent: a share lies between 0 and 1.": 100 * np.mean(each),
    }
    compare(call(theirs, train, validation, size), np.mean(each), mistakes)
    mixed, ordered = torch.randperm(280).tolist(), list(range(280))
    splits = (mixed[28:], mixed[:28]), (ordered[:232], ordered[252:])
    random, cut = (to_numbers(theirs(*split, 20)).item() for split in splits)
    return f"{random:.0%} of the targets leak in a random split, and {cut:.0%} in a contiguous one."


def check_bigram_loss(theirs: Callable) -> str:
    size, ids = 5, torch.randint(1, 3, (90,)).cumsum(0) % 5  # each is one or two above the last
    train, held_out = ids[:60], ids[60:]
    held_out[9] = held_out[8]  # except for a pair that never occurs in train

    def counts(ids: Tensor) -> Tensor:  # plus one: (before, after)
        return torch.bincount(ids[:-1] * size + ids[1:], minlength=size**2).view(size, size) + 1.0

    def loss(p: Tensor) -> float:
        return float(-p[held_out[:-1], held_out[1:]].log().mean())

    n, own = counts(train), counts(held_out)
    total = n.sum(1, keepdim=True)  # (before, 1)
    with_last, without_ones = total + F.one_hot(train[-1], size)[:, None], total - size
    right, cheating = loss(n / total), loss(own / own.sum(1, keepdim=True))
    mistakes = mistakes_of_mean(right, len(held_out) - 1) | {
        "a pair that training never saw has probability 0: add one to every count.": math.inf,
        "you add one to each count, but not to the totals.": loss(n / without_ones),
        "divide by how often anything followed the first character, not by all.": loss(n / n.sum()),
        "before and after are exchanged: predict what follows.": loss((n / n.sum(0)).T),
        "you count in the held-out text, which the model must not see.": cheating,
        "nothing follows the last character of `train`: do not count it.": loss(n / with_last),
    }
    compare(call(theirs, train, held_out, size), right, mistakes)
    return f"{right:.3f} nats in the example; a uniform guess costs {math.log(size):.3f}."
