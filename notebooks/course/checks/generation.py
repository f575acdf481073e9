"""The checks of notebook 04, and the solutions that take the place of what isn't written yet."""

import copy
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor

from shakespeare import sampling

from . import Wrong, call, compare, compare_functions, to_numbers
from .training import tiny_model

# --- the loop that writes ---


def write(network: Any, ids: Tensor, length: int, sampler: Callable, draw: Callable) -> Tensor:
    """The ids (time,) of a prompt, and after them `length` that are drawn."""
    logits, state = network(ids[None])  # (1, time, vocab_size)
    for _ in range(length):
        drawn = draw(sampler(logits[:, -1]))  # (1,)
        ids = torch.cat([ids, drawn])
        logits, state = network(drawn[:, None], state)  # (1, 1, vocab_size)
    return ids


def loop(
    first: int = -1,
    pick: Callable = lambda logits, sampler, draw: draw(sampler(logits)),
    feed: Callable = lambda prompt, ids, drawn: drawn,
    keep: Callable = lambda after_prompt, state: state,
) -> Callable:
    """A loop that can be wrong in four ways.

    These are the position in the prompt from which the first prediction is taken, how a character
    is picked, what the network reads next, and with which state.
    """

    def wrong(
        network: Any, prompt: Tensor, length: int, sampler: Callable, draw: Callable
    ) -> Tensor:
        ids = prompt
        logits, after_prompt = network(ids[None])
        logits = logits[:, first]  # (1, vocab_size)
        state = after_prompt
        for _ in range(length):
            drawn = pick(logits, sampler, draw)
            x = feed(prompt, ids, drawn)  # (time,)
            logits, state = network(x[None], keep(after_prompt, state))
            logits = logits[:, -1]
            ids = torch.cat([ids, drawn])
        return ids

    return wrong


def from_one_prediction(
    network: Any, ids: Tensor, length: int, sampler: Callable, draw: Callable
) -> Tensor:
    logits, _ = network(ids[None])
    p = sampler(logits[:, -1])
    return torch.cat([ids, *(draw(p) for _ in range(length))])


def last_one_read_twice(network: Any, ids: Tensor, *given: Any) -> Tensor:
    written = write(network, torch.cat([ids, ids[-1:]]), *given)
    return torch.cat([ids, written[len(ids) + 1 :]])


WRITERS = {  # by what to say of it, a wrong loop
    "each character is drawn from the same prediction: feed what is drawn back to the network.": (
        from_one_prediction
    ),
    "the prompt's last character is fed each time, not the one that was drawn.": (
        loop(feed=lambda prompt, ids, drawn: prompt[-1:])
    ),
    "what is fed is one character behind: feed the one that was just drawn.": (
        loop(feed=lambda prompt, ids, drawn: ids[-1:])
    ),
    "the state is dropped, so each prediction knows a single character.": (
        loop(keep=lambda after_prompt, state: None)
    ),
    "each step begins with the state after the prompt: keep the new state, too.": (
        loop(keep=lambda after_prompt, state: after_prompt)
    ),
    "the whole text is fed with a state that has read it before: feed only what was drawn.": (
        loop(feed=lambda prompt, ids, drawn: torch.cat([ids, drawn]))
    ),
    "the prompt's last character is read twice: the first prediction comes with the prompt.": (
        last_one_read_twice
    ),
    "the first character is drawn from the prediction after the prompt's first, not its last.": (
        loop(first=0)
    ),
    "the sampler isn't used: it turns the logits into the probabilities to draw by.": (
        loop(pick=lambda logits, sampler, draw: draw(logits.softmax(-1)))
    ),
    "the sampler gets probabilities: it takes the logits as they are.": (
        loop(pick=lambda logits, sampler, draw: draw(sampler(logits.softmax(-1))))
    ),
    "the prompt is missing: return it, and after it what was drawn.": (
        lambda network, ids, *given: write(network, ids, *given)[len(ids) :]
    ),
    "the prompt comes twice.": (
        lambda network, ids, *given: torch.cat([ids, write(network, ids, *given)])
    ),
    "the sampler returns probabilities already: draw by them, without another softmax.": (
        loop(pick=lambda logits, sampler, draw: draw(sampler(logits).softmax(-1)))
    ),
    "`length` counts the new characters, without the prompt.": (
        lambda network, ids, length, *given: write(network, ids, length - len(ids), *given)
    ),
    "return ids (time,), without the axis of the batch.": (
        lambda network, ids, *given: write(network, ids, *given)[None]
    ),
    "one character too few is drawn.": (
        lambda network, ids, length, *given: write(network, ids, length - 1, *given)
    ),
    "one character too many is drawn.": (
        lambda network, ids, length, *given: write(network, ids, length + 1, *given)
    ),
}
for _most in range(2, 11):
    _words = (
        f"each step reads only the last {_most} characters: pass the state on, which holds what "
        "came before them."
    )
    WRITERS[_words] = loop(
        feed=lambda prompt, ids, drawn, most=_most: torch.cat([ids, drawn])[-most:],
        keep=lambda after_prompt, state: None,
    )


def check_write(theirs: Callable) -> str:
    length = 9
    for _ in range(2):
        network = tiny_model()
        ids = torch.randint(7, (5,))
        answer, p = traced(theirs, network, ids, length)
        if not p:
            raise Wrong(
                "it doesn't call draw: to take the likeliest character each time would be greedy, "
                "and random numbers of your own can't be checked."
            )
        if len(p) == 1:
            raise Wrong("it draws only one character: return after the loop, not in it.")
        right, right_p = traced(write, network, ids, length)
        wrong = {words: traced(loop, network, ids, length) for words, loop in WRITERS.items()}
        # Different probabilities may draw the same characters, so these are compared first.
        compare(
            p,
            right_p,
            {words: wrong_p for words, (_, wrong_p) in wrong.items()},
            "in the probabilities by which you draw, ",
        )
        mistakes = {words: wrong_ids for words, (wrong_ids, _) in wrong.items()}
        mistakes["only the last one that was drawn is there: append each to those before."] = (
            torch.cat([ids, right[-1:]])
        )
        compare(answer, right, mistakes)
        if np.asarray(answer).dtype.kind == "f":
            raise Wrong("right, but indices are whole numbers, and these are floats.")

    read: list[int] = []  # how many characters at each step
    network.register_forward_hook(lambda module, x, result: read.append(result[0].shape[1]))
    traced(theirs, network, ids, length)
    if sum(read) > len(ids) + length:
        return "right, but slow: with the state, the network needn't read the whole text each time."
    return "the network reads the prompt, and then each character that was drawn, once."


def traced(loop: Callable, network: Any, ids: Tensor, length: int) -> tuple[Any, list[Tensor]]:
    """What a loop returns, and the probabilities by which it draws, (vocab_size,) each.

    The sampler is the same for each loop, and so are the random numbers.
    """
    generator = torch.Generator().manual_seed(1)
    asked = []
    network = copy.deepcopy(network)

    def look(module: Any, given: Any) -> None:
        if given[0].ndim != 2 or len(given[0]) != 1:
            shapes.append(tuple(given[0].shape))

    shapes: list[tuple[int, ...]] = []
    network.register_forward_pre_hook(look)

    def draw(p: Tensor) -> Tensor:
        if shapes:
            raise Wrong(
                f"the network gets x of the shape {shapes[0]}, but reads (1, time): one "
                "text. ids[None] adds the axis in front, and drawn[:, None] makes (1, 1)."
            )
        if p.shape != (1, len(network.chars)):
            raise Wrong(
                f"draw(p) gets the shape {tuple(p.shape)}, but takes (1, vocab_size): give "
                "the sampler the last position's logits, logits[:, -1]."
            )
        drawn = sampling.draw(p, generator)
        asked.append(p[0])
        return drawn

    sampler = partial(sampling.probabilities, temperature=1.5)
    with torch.no_grad(), sampling.threads_for(1):
        return call(loop, network, ids, length, sampler, draw), asked


# --- temperature ---


def with_temperature(logits: Tensor, tau: float) -> Tensor:
    """Probabilities (batch, vocab_size), from logits of the same shape."""
    return (logits / tau).softmax(-1)


def scaled(p: Tensor) -> Tensor:
    """The same proportions, adding up to 1."""
    return p / p.sum(-1, keepdim=True)


def shares_of_batch(z: Tensor) -> Tensor:
    """What each row of exp(z), its largest logit subtracted, has of the batch's sum: (batch, 1)."""
    sums = (z - z.amax(-1, keepdim=True)).exp().sum(-1, keepdim=True)
    return sums / sums.sum()


TEMPERATURES = {  # by what to say of it, a wrong function
    "you divided by the temperature after the softmax: divide the logits.": (
        lambda logits, tau: logits.softmax(-1) / tau
    ),
    "the temperature has no effect (after the softmax, the sum undoes it): divide the logits.": (
        lambda logits, tau: logits.softmax(-1)
    ),
    "you multiply by the temperature: a high one then sharpens.": (
        lambda logits, tau: (logits * tau).softmax(-1)
    ),
    "the softmax runs along the wrong axis: use the last one.": (
        lambda logits, tau: (logits / tau).softmax(0)
    ),
    "the softmax is missing: these are logits.": lambda logits, tau: logits / tau,
    "these are logarithms of probabilities: take softmax, not log_softmax.": (
        lambda logits, tau: (logits / tau).log_softmax(-1)
    ),
    "you divided after the softmax, and a second softmax follows: divide the logits.": (
        lambda logits, tau: (logits.softmax(-1) / tau).softmax(-1)
    ),
    "the softmax is applied twice: its result has the probabilities already.": (
        lambda logits, tau: (logits / tau).softmax(-1).softmax(-1)
    ),
    "the whole batch adds up to 1: divide each row by its own sum, with keepdim=True.": (
        lambda logits, tau: (logits / tau).flatten().softmax(0).view_as(logits)
    ),
    "all rows are divided by the sum of the batch: divide each by its own, with keepdim=True.": (
        lambda logits, tau: (logits / tau).softmax(-1) * shares_of_batch(logits / tau)
    ),
    "you subtract the largest logit of each column: take that of each row.": (
        lambda logits, tau: scaled(((logits - logits.amax(0)) / tau).exp())
    ),
    "near temperature 0, the powers of probabilities all round to 0: divide the logits.": (
        lambda logits, tau: scaled(logits.softmax(-1) ** (1 / tau))
    ),
    "near temperature 0, exp overflows: subtract the largest of logits / tau in each row.": (
        lambda logits, tau: scaled((logits / tau).exp())
    ),
    "you subtract the largest of all logits, and exp gives zeros: take that of each row.": (
        lambda logits, tau: scaled(((logits - logits.max()) / tau).exp())
    ),
}


def check_with_temperature(theirs: Callable) -> str:
    for tau in (0.5, 1.5, 1e-3):  # not one the inverse of another
        for _ in range(3):
            logits = torch.randn(3, 5)  # (batch, vocab_size)
            compare_functions(theirs, with_temperature, TEMPERATURES, logits, tau)
    logits = torch.tensor([[2.0, 1.0, 0.0, -1.0]])
    shown = []
    for tau in (0.5, 1.0, 2.0):
        highest = to_numbers(theirs(logits, tau)).max()
        shown.append(f"{highest:.0%} at {tau}")
    return f"in an example, the likeliest character gets {', '.join(shown)}."


# --- the nucleus ---


def keep_nucleus(p: Tensor, top_p: float) -> Tensor:
    """Probabilities (vocab_size,), from probabilities p (vocab_size,)."""
    return scaled(nucleus(p, top_p))


def nucleus(p: Tensor, top_p: float, more: int = 0) -> Tensor:
    """p, with 0 outside the nucleus; `more` characters than it has are a mistake."""
    ordered, order = p.sort(descending=True)
    before = ordered.cumsum(0) - ordered  # the sum of the likelier ones
    count = int((before < top_p).sum()) + more
    kept = torch.zeros_like(p)
    kept[order[:count]] = ordered[:count]
    return kept


def cut_at(p: Tensor, lowest: Tensor | float) -> Tensor:
    """All characters that are at least so likely."""
    return scaled(p.where(p >= lowest, 0))


def from_below(p: Tensor, top_p: float) -> Tensor:
    """The unlikeliest characters that together reach `top_p`."""
    ordered, order = p.sort()
    kept = torch.zeros_like(p)
    kept[order] = ordered * (ordered.cumsum(0) - ordered < top_p)
    return scaled(kept)


def look_up(p: Tensor, top_p: float) -> Tensor:
    """Reads at the old indices where it should write."""
    ordered, order = p.sort(descending=True)
    before = ordered.cumsum(0) - ordered
    return scaled(ordered * (before < top_p))[order]


def mask_of_sorted(p: Tensor, top_p: float) -> Tensor:
    """Takes the mask of the sorted probabilities for those in their old order."""
    ordered = p.sort(descending=True).values
    return scaled(p * (ordered.cumsum(0) - ordered < top_p))


NUCLEI = {  # by what to say of it, a wrong function
    "the probabilities do not add up to 1: divide by the sum of those that you keep.": nucleus,
    "the set must reach top_p: it includes the character with which the sum does.": (
        lambda p, top_p: scaled(nucleus(p, top_p, more=-1))
    ),
    "the set is not the smallest: it keeps one character too many.": (
        lambda p, top_p: scaled(nucleus(p, top_p, more=1))
    ),
    "top_p is not for one character: the set reaches it together.": cut_at,
    "top_p is no share of the likeliest one's probability: that would be min-p.": (
        lambda p, top_p: cut_at(p, top_p * p.max())
    ),
    "you add up in the order of the vocabulary: sort first, the likeliest at the front.": (
        lambda p, top_p: scaled(p.where(p.cumsum(0) - p < top_p, 0))
    ),
    "divide by the sum of those that you keep, not by top_p.": (
        lambda p, top_p: nucleus(p, top_p) / top_p
    ),
    "a softmax changes the proportions: divide by the sum of those that you keep.": (
        lambda p, top_p: nucleus(p, top_p).softmax(0)
    ),
    "the mask is sorted, but p isn't: write the mask back to where each one came from.": (
        mask_of_sorted
    ),
    "you add up from the unlikeliest: begin with the likeliest.": from_below,
    "the probabilities come back sorted: leave each character in its place.": (
        lambda p, top_p: keep_nucleus(p, top_p).sort(descending=True).values
    ),
    "you read at the indices from sort: write there, kept[order] = ....": look_up,
}


def check_keep_nucleus(theirs: Callable) -> str:
    for top_p in (0.9, 0.5, 0.1):
        for _ in range(3):
            p = torch.randn(12).softmax(0)  # (vocab_size,)
            compare_functions(theirs, keep_nucleus, NUCLEI, p, top_p)

    p = torch.tensor([0.125, 0.5, 0.25, 0.125])  # sums of these are exact
    reached = "a sum that equals top_p reaches it: compare those before with <, not <=."
    with_next = scaled(nucleus(p, 0.5, more=1))
    compare(call(theirs, p, 0.5), keep_nucleus(p, 0.5), {reached: with_next})

    p = torch.tensor([0.1, 0.3, 0.3, 0.3])  # any two of the three will do
    tied = "of equally likely characters, the smallest set has only as many as it needs."
    answer = np.sort(to_numbers(call(theirs, p, 0.5)))
    compare(answer, keep_nucleus(p, 0.5).sort().values, {tied: cut_at(p, 0.3).sort().values})
    return "the set is the smallest that reaches top_p, and never empty."
