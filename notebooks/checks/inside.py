"""The checks of notebook 06, and the solutions that take the place of what isn't written yet."""

import copy
import math
import re
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from shakespeare.model import CharLSTM
from study.cells import hold_at_zero

from . import Mistakes, Wrong, compare, returned, then, to_numbers
from .beyond import has_same_weights

# --- the surprise at a name ---


def bits_of_name(log_p: Tensor, ids: Tensor, start: int, stop: int) -> Tensor:
    """The surprise at ids[start:stop] in all, in bits, from log_p (characters - 1, vocab_size)."""
    return bits_of_letters(log_p[start - 1 : stop - 1], ids[start:stop]).sum()


def bits_of_letters(rows: Tensor, letters: Tensor) -> Tensor:
    """The surprise at each letter, (letters,), from rows (letters, vocab_size)."""
    return -rows.gather(1, letters[:, None])[:, 0] / math.log(2)


def every_letter(rows: Tensor, letters: Tensor) -> Tensor:
    """The surprise at each letter in each row, (letters, letters)."""
    return -rows[:, letters] / math.log(2)


def with_slices(
    rows: Callable = lambda start, stop: slice(start - 1, stop - 1),
    letters: Callable = slice,
    bits_of: Callable = bits_of_letters,
) -> Callable:
    """A sum over other rows or letters, or of something else."""
    return lambda log_p, ids, start, stop: bits_of(
        log_p[rows(start, stop)], ids[letters(start, stop)]
    ).sum()


def with_name(first: int, last: int) -> Callable:
    """A sum for a name that begins and ends elsewhere."""
    return lambda log_p, ids, start, stop: bits_of_name(log_p, ids, start + first, stop + last)


EVERY = "you take every letter from every row: take from each row its own, as gather does."
BITS_OF_NAME: Mistakes = {
    "this is in nats: divide by log 2.": then(bits_of_name, lambda bits: bits * math.log(2)),
    "divide by log 2 instead of multiplying by it.": (
        then(bits_of_name, lambda bits: bits * math.log(2) ** 2)
    ),
    "the sign is wrong: surprise is *minus* the logarithm.": then(bits_of_name, torch.neg),
    "this is the mean: add up the letters.": (
        lambda log_p, ids, start, stop: bits_of_name(log_p, ids, start, stop) / (stop - start)
    ),
    "the letters are not added up.": lambda log_p, ids, start, stop: bits_of_letters(
        log_p[start - 1 : stop - 1], ids[start:stop]
    ),
    "row 0 predicts character 1, and you begin with it: begin with row start - 1.": (
        with_slices(rows=lambda start, stop: slice(0, stop - start))
    ),
    "row t predicts character t + 1: begin with row start - 1.": with_slices(rows=slice),
    "the rows are right, but the letters begin one too early: they are ids[start:stop].": (
        with_slices(letters=lambda start, stop: slice(start - 1, stop - 1))
    ),
    "this begins and ends one character too late: the name is ids[start:stop].": with_name(1, 1),
    "this begins and ends one character too early: the name is ids[start:stop].": with_name(-1, -1),
    "you add one character too many: the name ends before `stop`.": with_name(0, 1),
    "you add the character before the name, too: it begins with ids[start].": with_name(-1, 0),
    "the first letter is missing: row start - 1 predicts it.": with_name(1, 0),
    "the last letter is missing: the name is ids[start:stop].": with_name(0, -1),
    EVERY: with_slices(bits_of=every_letter),
    "ids[None] takes all letters from the first row: letters[:, None] takes one from each.": (
        with_slices(bits_of=lambda rows, letters: every_letter(rows[:1], letters))
    ),
    "this is the surprise at the likeliest characters: take those in ids.": (
        with_slices(bits_of=lambda rows, letters: -rows.amax(1) / math.log(2))
    ),
    "you add up probabilities: the name's is their product, so add up their logarithms.": (
        lambda log_p, ids, start, stop: (
            -torch.exp2(-bits_of_letters(log_p[start - 1 : stop - 1], ids[start:stop])).sum().log2()
        )
    ),
    "log_p are logarithms already, so you needn't take them.": (
        lambda log_p, ids, start, stop: bits_of_name(log_p.log(), ids, start, stop)
    ),
}


def check_bits_of_name(theirs: Callable) -> str:
    cases = []
    for _ in range(5):  # one name may hide a mistake
        log_p = torch.randn(29, 5).log_softmax(1)  # (characters - 1, vocab_size)
        ids = torch.randint(4, (30,))  # (characters,), never the last one
        start = int(torch.randint(2, 15, ()))
        stop = start + int(torch.randint(3, 9, ()))
        cases.append((log_p, ids, start, stop))
    compare(theirs, bits_of_name, BITS_OF_NAME, cases)
    bits = to_numbers(theirs(log_p, ids, 11, 17)).item()
    return f"six characters out of five cost {bits:.1f} bits; guessing, 13.9."


# --- copying by hand ---


def copy_probabilities(
    query: Tensor, keys: Tensor, ids: Tensor, write: Tensor, vocab_size: int
) -> Tensor:
    """(vocab_size,), from query (d,), keys (read, d), ids (read,) and the score write (1,)."""
    return by_character(ids, shares_of(query, keys, write), vocab_size)


def scores_of(query: Tensor, keys: Tensor) -> Tensor:
    """The score for copying each character, (read,)."""
    return keys @ query / len(query) ** 0.5


def shares_with(write: Tensor, scores: Tensor) -> Tensor:
    """The attention (1 + read,), from the score for writing (1,) and those for copying (read,)."""
    return torch.cat([write, scores]).softmax(0)


def shares_of(query: Tensor, keys: Tensor, write: Tensor) -> Tensor:
    """The share of copying each character that was read, (read,)."""
    return shares_with(write, scores_of(query, keys))[1:]


def by_character(ids: Tensor, shares: Tensor, vocab_size: int) -> Tensor:
    """The sum of the shares (read,) of each character, (vocab_size,)."""
    return torch.zeros(vocab_size).index_add(0, ids, shares)


def one_of_each(share_of: Callable) -> Callable:
    """Takes one number for each character that was read, from its shares, instead of their sum."""

    def wrong(query: Tensor, keys: Tensor, ids: Tensor, write: Tensor, size: int) -> Tensor:
        shares = shares_of(query, keys, write)
        p = torch.zeros(size)
        for character in ids.unique():
            p[character] = share_of(shares[ids == character])
        return p

    return wrong


def added_up(shares_of: Callable) -> Callable:
    """Adds up by character what `shares_of` (query, keys, write) gives, (read,)."""
    return lambda query, keys, ids, write, size: by_character(
        ids, shares_of(query, keys, write), size
    )


COPY_PROBABILITIES: Mistakes = {
    "these are the shares of positions: add up those with the same character.": (
        lambda query, keys, ids, write, size: shares_of(query, keys, write)
    ),
    "a character was read more than once: add up its shares (p[ids] += shares takes one).": (
        one_of_each(lambda shares: shares[-1])
    ),
    "a character was read more than once: add up its shares, and don't take the largest.": (
        one_of_each(torch.max)
    ),
    "a character was read more than once: add up its shares, and don't take their mean.": (
        one_of_each(torch.mean)
    ),
    "the score for writing isn't a share yet: put it into the softmax, before the others.": (
        added_up(
            lambda query, keys, write: scores_of(query, keys).softmax(0) * (1 - write.sigmoid())
        )
    ),
    # Scaled to 1, what is right is the same.
    "writing has a share, too: put its score into the softmax, before the others, and leave the "
    "result as it is, less than 1 in all.": added_up(
        lambda query, keys, write: scores_of(query, keys).softmax(0)
    ),
    "the result shouldn't add up to 1, because writing has its share: take no second softmax.": (
        then(copy_probabilities, lambda p: p.softmax(0))
    ),
    "divide each product by the root of the size of a key.": added_up(
        lambda query, keys, write: shares_with(write, keys @ query)[1:]
    ),
    "divide by the root of the size of a key instead of multiplying by it.": added_up(
        lambda query, keys, write: shares_with(write, keys @ query * len(query) ** 0.5)[1:]
    ),
    "divide by the *root* of the size of a key.": added_up(
        lambda query, keys, write: shares_with(write, keys @ query / len(query))[1:]
    ),
    "divide by the root of the size of a key, not of how many there are.": added_up(
        lambda query, keys, write: shares_with(write, keys @ query / len(keys) ** 0.5)[1:]
    ),
    "only the products are divided by the root, not the score for writing.": added_up(
        lambda query, keys, write: shares_of(query, keys, write / len(query) ** 0.5)
    ),
    "the first share is for writing: the copies begin with the second.": added_up(
        lambda query, keys, write: shares_with(write, scores_of(query, keys))[:-1]
    ),
    "you put the score for writing last, so its share is the last one, not the first.": added_up(
        lambda query, keys, write: torch.cat([scores_of(query, keys), write]).softmax(0)[1:]
    ),
}


def check_copy_probabilities(theirs: Callable) -> str:
    query = torch.randn(6)  # (d,)
    keys = torch.randn(12, 6)  # (read, d)
    ids = torch.tensor([2, 0, 1, 2, 0, 2, 3, 0, 1, 3, 2, 0])  # of a vocabulary of 5
    large = (query, keys, ids, torch.randn(1), 5)
    # The example of the exercise: "aba", with scores that are logarithms of 4, 1 and 2.
    odds = torch.tensor([4.0, 1.0, 2.0])
    keys = torch.stack([odds.log(), torch.zeros(3)], dim=1)  # (3, 2)
    query = torch.tensor([2**0.5, 0.0])
    example = (query, keys, torch.tensor([0, 1, 0]), torch.tensor([3.0]).log(), 2)
    compare(theirs, copy_probabilities, COPY_PROBABILITIES, [large, example])
    p = to_numbers(theirs(*example))
    return f"after aba, the probability of copying a is {p[0]:.0%}, that of copying b {p[1]:.0%}."


# --- cells held at zero ---

SIZE = 5  # cells in each of two layers
W_X, W_H, B_X, B_H = range(4)  # the order of a layer's weights
ALL = (W_X, W_H, B_X, B_H)
INPUT, FORGET, CANDIDATE, OUTPUT = range(4)  # the order of a weight's parts
EVERY_PART = (INPUT, FORGET, CANDIDATE, OUTPUT)


def zeroed(*weights: int, parts: tuple[int, ...] = (CANDIDATE,), column: bool = False) -> Callable:
    """Sets what belongs to a cell in some weights to zero, in some of the parts.

    With `column`, which is a mistake, it is the cell's column of a matrix.
    """

    def hold(network: CharLSTM, held: list[int]) -> CharLSTM:
        changed = copy.deepcopy(network)
        for cell in held:
            of_layer = list(changed.layers[cell // SIZE].parameters())
            for k in weights:
                for part in parts:
                    values = of_layer[k].data.chunk(4)[part]
                    if column and k in (W_X, W_H):
                        values = values.T
                    values[cell % SIZE] = 0
        return changed

    return hold


def counted_on(network: CharLSTM, held: list[int]) -> CharLSTM:
    """Takes the cell's number without its layer: in layer 2, that is a row of the output gate."""
    changed = copy.deepcopy(network)
    for cell in held:
        for weight in changed.layers[cell // SIZE].parameters():
            weight.data[2 * SIZE + cell] = 0
    return changed


def output_shut(network: CharLSTM, held: list[int]) -> CharLSTM:
    changed = copy.deepcopy(network)
    for cell in held:
        of_layer = list(changed.layers[cell // SIZE].parameters())
        of_layer[B_X].data[3 * SIZE + cell % SIZE] = -1e4
    return changed


def with_cells(cells_of: Callable) -> Callable:
    """Holds other cells than those that are given: for each of these, those in a list."""
    return lambda network, held: hold_at_zero(
        network, [other for cell in held for other in cells_of(cell)]
    )


NUMBER = (
    "cells are counted through all layers: with five in a layer, cell 8 is number 3 of layer 2."
)
COLUMN = "a cell has a row of a matrix, not a column: a column is what others read of it."
ORDER = (
    "PyTorch's order is i, f, g, o, and the candidate is g: you set rows of the {} gate to zero."
)
MORE = (
    "the cells stay at zero, but you change more than that takes: leave the rows of the gates as "
    "they are."
)
HOLD_AT_ZERO: Mistakes = {
    "nothing has changed: write zeros into the weights of the copy itself.": (
        lambda network, held: copy.deepcopy(network)
    ),
    "only the last cell is held: copy the network once, before the loop.": (
        lambda network, held: hold_at_zero(network, held[-1:])
    ),
    "only the first cell is held: return after the loop.": (
        lambda network, held: hold_at_zero(network, held[:1])
    ),
    "cells are counted from 0, and you take each cell before.": (
        with_cells(lambda cell: [cell - 1])
    ),
    "all cells of the layer are held: take the rows of the given ones.": (
        with_cells(lambda cell: [SIZE * (cell // SIZE) + k for k in range(SIZE)])
    ),
    f"you take the cells in the first layer: {NUMBER}": with_cells(lambda cell: [cell % SIZE]),
    f"you take the cells in the last layer: {NUMBER}": (
        with_cells(lambda cell: [SIZE + cell % SIZE])
    ),
    f"you take the cells in every layer: {NUMBER}": (
        with_cells(lambda cell: [cell % SIZE, SIZE + cell % SIZE])
    ),
    NUMBER: counted_on,
    ORDER.format("input"): zeroed(*ALL, parts=(INPUT,)),
    ORDER.format("forget"): zeroed(*ALL, parts=(FORGET,)),
    ORDER.format("output"): zeroed(*ALL, parts=(OUTPUT,)),
    MORE: zeroed(*ALL, parts=EVERY_PART),
    "the biases are missing: without input, the candidate is tanh of their sum.": zeroed(W_X, W_H),
    "the second bias is missing: PyTorch adds two of them.": zeroed(W_X, W_H, B_X),
    "the first bias is missing: PyTorch adds two of them.": zeroed(W_X, W_H, B_H),
    "the recurrent weights are missing: the candidate reads h, too, through weight_hh_l0.": (
        zeroed(W_X, B_X, B_H)
    ),
    "the weights of the input are missing: the candidate reads x through weight_ih_l0.": (
        zeroed(W_H, B_X, B_H)
    ),
    "only the weights of the input are zero: there are recurrent ones and biases, too.": (
        zeroed(W_X)
    ),
    "only the recurrent weights are zero: there are those of the input and biases, too.": (
        zeroed(W_H)
    ),
    "only the biases are zero: there are two matrices, too.": zeroed(B_X, B_H),
    "weight_hh_l0 and bias_hh_l0 are missing: the candidate depends on them, too.": (
        zeroed(W_X, B_X)
    ),
    "the output gate is shut, so h is zero, but the cell isn't: change its candidate.": output_shut,
    COLUMN: zeroed(W_H, parts=EVERY_PART, column=True),
    f"{COLUMN} This holds for both matrices.": (zeroed(W_X, W_H, parts=EVERY_PART, column=True)),
    f"{COLUMN} This holds in the part for g, too.": zeroed(W_X, W_H, column=True),
    f"{COLUMN} The biases are right.": zeroed(*ALL, column=True),
}


def check_hold_at_zero(theirs: Callable) -> str:
    cases = []
    for held in ([3], [8], [5], [1, 4, 9]):
        network = CharLSTM(list("abcdefg"), 7, SIZE, 2)
        for weight in network.parameters():
            weight.data.normal_()  # so large that each shows
        cases.append((network, held))
    where = "in the states of the cells, "
    compare(theirs, hold_at_zero, HOLD_AT_ZERO, cases, see=states_of, where=where)
    if not has_same_gates(with_cells_held(theirs, network, held), network):
        raise Wrong(MORE)
    return "each cell stays at zero, in either layer, and the given network is as before."


def has_same_gates(changed: Any, network: CharLSTM) -> bool:
    """Whether forget and output gates are as before. A shut input gate also holds a cell."""
    for own, before in zip(changed.layers.parameters(), network.layers.parameters(), strict=True):
        for part in (FORGET, OUTPUT):
            if not torch.equal(own.chunk(4)[part], before.chunk(4)[part]):
                return False
    return True


def with_cells_held(theirs: Callable, network: CharLSTM, held: list[int]) -> nn.Module:
    """The network that their function returns, as in `network_of`."""
    try:
        return network_of(theirs, network, list(held))
    except IndexError as error:
        if "too many indices" in str(error):
            raise Wrong(
                "a bias has a single axis, so candidate[row, :] and candidate[:, column] fail "
                "there: candidate[row] takes a row of a matrix and a number of a bias. And a cell "
                "has a row, not a column."
            ) from None
        if re.search(r"index \d+ is out of", str(error)):
            raise Wrong(f"{error}. {NUMBER[0].upper()}{NUMBER[1:]}") from None
        raise


def network_of(theirs: Callable, network: nn.Module, *arguments: Any) -> nn.Module:
    """The network that their function returns; Wrong if it is none, or if the given one changes."""
    given = copy.deepcopy(network)
    try:
        found = theirs(given, *arguments)
    except RuntimeError as error:
        if "inplace" in str(error) or "in-place" in str(error):
            raise Wrong(
                "PyTorch records gradients here: change the weights inside `with torch.no_grad():`."
            ) from None
        raise
    if not has_same_weights(given, network):
        raise Wrong(
            "it changes the given network: copy.deepcopy gives one with weights that are its own."
        )
    if not isinstance(returned(found), nn.Module):
        raise Wrong("it should return a network: the copy.")
    return found


def states_of(function: Callable, network: CharLSTM, held: list[int]) -> Tensor:
    """h and c of all layers after each character of a short text, (time, 4 * cells)."""
    changed: Any = with_cells_held(function, network, held)
    state = None
    found = []
    for character in range(7):
        with torch.no_grad():
            _, state = changed.hidden(torch.tensor([[character]]), state)
        # h and c, (1, 1, cells) each
        found.append(torch.cat([part.flatten() for hc in state for part in hc]))
    return torch.stack(found)
