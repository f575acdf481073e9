"""The checks of notebook 06."""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from . import call, compare, to_numbers

LOG_2 = math.log(2)


def check_bits_of_name(theirs: Callable) -> str:
    log_p = torch.randn(29, 5).log_softmax(1)  # (characters - 1, vocab_size)
    ids = torch.randint(5, (30,))  # (characters,)
    start, stop = 11, 17
    letters = ids[start:stop, None]  # (letters, 1)
    rows = log_p[start - 1 : stop - 1]  # (letters, vocab_size)
    of_each = -rows.gather(1, letters) / LOG_2  # (letters, 1), in bits
    one_late = -log_p[start:stop].gather(1, letters) / LOG_2
    everywhere = -log_p.gather(1, ids[1:, None]) / LOG_2  # (characters - 1, 1)
    mistakes = {
        "this is in nats: divide by log 2.": of_each.sum() * LOG_2,
        "the sign is wrong: surprise is *minus* the logarithm.": -of_each.sum(),
        "this is the mean: add up the letters.": of_each.mean(),
        "the letters are not added up.": of_each[:, 0],
        "row t predicts character t + 1: begin with row start - 1.": one_late.sum(),
        "this is the surprise at the likeliest characters: take those in ids.": (
            -rows.amax(1).sum() / LOG_2
        ),
        "this is the surprise at all characters: take those of the name.": everywhere.sum(),
    }
    compare(call(theirs, log_p, ids, start, stop), of_each.sum(), mistakes)
    return f"six characters out of five cost {float(of_each.sum()):.1f} bits; guessing, 13.9."


def check_copy_probabilities(theirs: Callable) -> str:
    query = torch.randn(6)
    keys = torch.randn(5, 6)
    ids = torch.tensor([2, 0, 2, 3, 0])  # (read,)
    write = torch.tensor([0.5])
    products = keys @ query  # (read,)
    scores = products / 6**0.5  # (read,)
    shares = shares_with(write, scores)  # (1 + read,)
    shares_if_not_divided = shares_with(write, products)  # (1 + read,)
    shares_if_divided_by_size = shares_with(write, products / 6)  # (1 + read,)
    last_of_each = torch.zeros(4)
    for character, share in zip(ids, shares[1:], strict=True):
        last_of_each[character] = share

    mistakes = {
        "these are the shares of positions: add up those with the same character.": shares[1:],
        "a character was read more than once: add up its shares.": last_of_each,
        "writing has a share, too: put its score into the softmax, before the others.": (
            by_character(ids, scores.softmax(0))
        ),
        "divide each product by the root of the size of a key.": (
            by_character(ids, shares_if_not_divided[1:])
        ),
        "divide by the *root* of the size of a key.": (
            by_character(ids, shares_if_divided_by_size[1:])
        ),
        "the first share is for writing: the copies begin with the second.": (
            by_character(ids, shares[:-1])
        ),
    }
    compare(call(theirs, query, keys, ids, write, 4), by_character(ids, shares[1:]), mistakes)

    # The example of the exercise: "aba", with scores that are logarithms of 4, 1 and 2.
    odds = torch.tensor([4.0, 1.0, 2.0])
    keys = torch.stack([odds.log(), torch.zeros(3)], dim=1)  # (3, 2)
    query = torch.tensor([2**0.5, 0.0])
    p = to_numbers(theirs(query, keys, torch.tensor([0, 1, 0]), torch.tensor([3.0]).log(), 2))
    return f"after aba, the probability of copying a is {p[0]:.0%}, that of copying b {p[1]:.0%}."


def shares_with(write: Tensor, scores: Tensor) -> Tensor:
    """The attention (1 + read,), from the score for writing (1,) and those for copying (read,)."""
    return torch.cat([write, scores]).softmax(0)


def by_character(ids: Tensor, shares: Tensor) -> Tensor:
    """The sum of the shares (read,) of each of four characters, (4,)."""
    return torch.zeros(4).index_add(0, ids, shares)
