"""The checks of notebook 01."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from . import Wrong, call, compare, mistakes_of_mean, parts, to_numbers


def check_unigram_bits(theirs: Callable) -> str:
    train = "The rest is silence.\n" * 3
    test = "This is the rest.\n"

    def bits(counted: str, predicted: str) -> float:
        losses = [-math.log2(counted.count(c) / len(counted)) for c in predicted]
        return sum(losses) / len(losses)

    right = bits(train, test)
    own = bits(test, test)
    distinct = "".join(sorted(set(test)))
    mistakes = mistakes_of_mean(right, len(test), "bits") | {
        "you count in `test`, which the model must not see.": own,
        "this is the entropy of `train`: take the mean over `test`.": bits(train, train),
        "a character that occurs twice counts twice in the mean.": bits(train, distinct),
        "you lower-cased the capitals, but T and t differ.": bits(train.lower(), test.lower()),
    }
    compare(call(theirs, train, test), right, mistakes)
    return f"{right:.2f} bits per character here; counting in the test text itself gives {own:.2f}."


def check_split_windows(theirs: Callable) -> str:
    for length, seq_len in ((100, 6), (1000, 20)):
        answer = parts(call(theirs, length, seq_len), "training starts", "held-out starts")
        train = sorted_starts(answer[0])
        held_out = sorted_starts(answer[1])
        if not train or not held_out:
            raise Wrong("one of the two lists is empty.")

        examine_starts(train, held_out, length, seq_len)
    return "no window crosses the cut, and every window that fits is there."


def examine_starts(train: list[int], held_out: list[int], length: int, seq_len: int) -> None:
    """Raise Wrong unless these are the sorted starts of all windows on either side of the cut."""
    # A window that starts at s takes the characters from s up to and including s + seq_len.
    cut = length * 9 // 10
    right = [*range(cut - seq_len), *range(cut, length - seq_len)]
    missing = sorted(set(right) - set(train) - set(held_out))
    first_start = held_out[0]
    last_character = held_out[-1] + seq_len
    last_training_character = train[-1] + seq_len
    if first_start < cut:
        where = f"{first_start} lies before the cut at {cut}"
        raise Wrong(f"you split the windows, not the text: {where}.")
    if last_training_character == cut:
        raise Wrong("the last training y is held out: a window takes seq_len + 1 characters.")
    if last_training_character > cut:
        where = f"one ends at {last_training_character}"
        raise Wrong(f"the windows overlap the cut at {cut}: {where}.")
    if last_character >= length:
        raise Wrong(f"a window ends at {last_character}: it needs more than {length} characters.")
    if missing:
        raise Wrong(f"a window that fits is missing: it starts at {missing[-1]}.")
    if [*train, *held_out] != right:
        raise Wrong("a start occurs twice, or lies before the text.")


def sorted_starts(starts: Any) -> list[int]:
    wrong = Wrong("each of the two must be a list of starts, in whole numbers.")
    try:
        numbers = to_numbers(list(starts))
    except (TypeError, ValueError):
        raise wrong from None
    if numbers.ndim != 1 or (numbers % 1 != 0).any():
        raise wrong
    return sorted(numbers.astype(int).tolist())


def check_leaked_share(theirs: Callable) -> str:
    seq_len = 8
    starts = [5 * k for k in torch.randperm(40).tolist()]
    validation = starts[:10]
    train = starts[10:]

    def targets(*windows: int) -> set[int]:
        """The positions that these windows, given by their starts, predict."""
        return {start + k for start in windows for k in range(1, seq_len + 1)}

    trained = targets(*train)
    shares = [len(targets(start) & trained) / seq_len for start in validation]
    right = np.mean(shares)
    whole_windows = np.mean([share > 0 for share in shares])
    distinct = targets(*validation)
    mistakes = {
        "you look for equal windows, but different ones share nearly all targets.": 0,
        "a window counts whole as soon as one target is shared: count targets.": whole_windows,
        "a position counts once for every validation window that predicts it.": (
            len(distinct & trained) / len(distinct)
        ),
        "this is in per cent: a share lies between 0 and 1.": 100 * right,
    }
    compare(call(theirs, train, validation, seq_len), right, mistakes)

    # Now theirs measures two splits of 280 windows of 20 characters, each with a tenth of them for
    # validation. The contiguous one leaves out the windows that cross the cut.
    windows = 280
    length = 20
    tenth = windows // 10
    mixed = torch.randperm(windows).tolist()
    random = to_numbers(theirs(mixed[tenth:], mixed[:tenth], length)).item()
    cut = windows - tenth  # where the first validation window starts
    before_cut = list(range(cut - length))
    from_cut = list(range(cut, windows))
    contiguous = to_numbers(theirs(before_cut, from_cut, length)).item()
    return (
        f"{random:.0%} of the targets leak in a random split, "
        f"and {contiguous:.0%} in a contiguous one."
    )


def check_bigram_loss(theirs: Callable) -> str:
    vocab_size = 5
    ids = torch.randint(1, 3, (90,)).cumsum(0) % vocab_size  # each is one or two above the last
    train = ids[:60]
    held_out = ids[60:]
    held_out[9] = held_out[8]  # a pair that never occurs in train

    def counts(ids: Tensor) -> Tensor:  # plus one: (before, after)
        pairs = ids[:-1] * vocab_size + ids[1:]  # (characters - 1,)
        return torch.bincount(pairs, minlength=vocab_size**2).view(vocab_size, vocab_size) + 1.0

    def loss(p: Tensor) -> float:
        return float(-p[held_out[:-1], held_out[1:]].log().mean())

    n = counts(train)
    total = n.sum(1, keepdim=True)  # (before, 1)
    right = loss(n / total)
    own = counts(held_out)
    last = F.one_hot(train[-1], vocab_size)[:, None]  # (before, 1): 1 for the last character
    mistakes = mistakes_of_mean(right, len(held_out) - 1) | {
        "a pair that training never saw has probability 0: add one to every count.": math.inf,
        "you add one to each count, but not to the totals.": loss(n / (total - vocab_size)),
        "divide by how often anything followed the first character, not by all.": loss(n / n.sum()),
        "each row needs its own total: without keepdim=True, the totals divide the columns.": (
            loss(n / n.sum(1))
        ),
        "before and after are exchanged: predict what follows.": loss((n / n.sum(0)).T),
        "you count in the held-out text, which the model must not see.": (
            loss(own / own.sum(1, keepdim=True))
        ),
        "nothing follows the last character of `train`: do not count it.": loss(n / (total + last)),
    }
    compare(call(theirs, train, held_out, vocab_size), right, mistakes)
    return f"{right:.3f} nats in the example; a uniform guess has {math.log(vocab_size):.3f}."
