"""The checks of notebook 04, and the solutions that take the place of what isn't written yet."""

import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor

from shakespeare import sampling

from . import Mistakes, Wrong, call, compare, to_numbers
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
    pick: Callable = lambda logits, sampler, draw: draw(sampler(logits)),
    feed: Callable = lambda ids, drawn: drawn,
    keep: Callable = lambda state: state,
) -> Callable:
    """A loop that picks another character, reads another one next, or with another state."""

    def wrong(network: Any, ids: Tensor, length: int, sampler: Callable, draw: Callable) -> Tensor:
        logits, state = network(ids[None])
        for _ in range(length):
            drawn = pick(logits[:, -1], sampler, draw)
            x = feed(ids, drawn)  # (time,)
            logits, state = network(x[None], keep(state))
            ids = torch.cat([ids, drawn])
        return ids

    return wrong


def from_one_prediction(
    network: Any, ids: Tensor, length: int, sampler: Callable, draw: Callable
) -> Tensor:
    logits, _ = network(ids[None])
    p = sampler(logits[:, -1])
    return torch.cat([ids, *(draw(p) for _ in range(length))])


WRITE: Mistakes = {
    "each character is drawn from the same prediction: feed what is drawn back to the network.": (
        from_one_prediction
    ),
    "what is fed is one character behind: feed the one that was just drawn.": (
        loop(feed=lambda ids, drawn: ids[-1:])
    ),
    "the state is dropped, so each prediction knows a single character.": (
        loop(keep=lambda state: None)
    ),
    "the whole text is fed with a state that has read it before: feed only what was drawn.": (
        loop(feed=lambda ids, drawn: torch.cat([ids, drawn]))
    ),
    "the sampler isn't used: it turns the logits into the probabilities to draw by.": (
        loop(pick=lambda logits, sampler, draw: draw(logits.softmax(-1)))
    ),
    "`length` counts the new characters, without the prompt.": (
        lambda network, ids, length, *given: write(network, ids, length - len(ids), *given)
    ),
}


def check_write(theirs: Callable) -> str:
    for _ in range(2):
        network = tiny_model()
        must_draw_as_ours(theirs, network, torch.randint(7, (5,)))

    prompt = torch.randint(7, (1_500,))  # longer than what a reader may cut off
    trace = trace_of(theirs, network, prompt, 3)
    if trace.cut:
        raise Wrong(trace.cut)
    if trace.read > len(prompt) + 3:
        return "right, but slow: with the state, the network needn't read the whole text each time."
    return "the network reads the prompt, and then each character that was drawn, once."


def must_draw_as_ours(theirs: Callable, network: Any, prompt: Tensor) -> None:
    def probabilities(function: Callable) -> list[Tensor]:
        return trace_of(function, network, prompt, 9).p

    def written(function: Callable) -> Any:
        return trace_of(function, network, prompt, 9).ids

    trace = trace_of(theirs, network, prompt, 9)
    if not trace.p:
        raise Wrong(
            "it doesn't call draw: to take the likeliest character each time would be greedy, "
            "and random numbers of your own can't be checked."
        )
    if len(trace.p) == 1:
        raise Wrong("it draws only one character: return after the loop, not in it.")
    # Different probabilities may draw the same characters, so these are compared first.
    where = "in the probabilities by which you draw, "
    compare(theirs, write, WRITE, see=probabilities, where=where, otherwise=trace.cut)
    compare(theirs, write, WRITE, see=written)
    if np.asarray(trace.ids).dtype.kind == "f":
        raise Wrong("right, but indices are whole numbers, and these are floats.")


@dataclass
class Trace:
    """What a loop has done."""

    ids: Any = None  # what it has returned
    p: list[Tensor] = field(default_factory=list)  # by which it drew, (vocab_size,) each
    read: int = 0  # characters, in all
    known: int = 0  # characters on which the last prediction rests
    cut: str = ""  # what to say where these are not all


def arguments_of(ids: Tensor, state: Any = None) -> tuple[Tensor, Any]:
    """What the network is called with, by position or by name."""
    return ids, state


def trace_of(loop: Callable, network: Any, prompt: Tensor, length: int) -> Trace:
    """What a loop does with a network. The sampler and the random numbers are always the same."""
    trace = Trace()
    network = copy.deepcopy(network)
    generator = torch.Generator().manual_seed(1)

    def look(module: Any, given: tuple, named: dict[str, Any]) -> None:
        x, state = arguments_of(*given, **named)
        if x.ndim != 2 or len(x) != 1:
            raise Wrong(
                f"the network gets x of the shape {tuple(x.shape)}, but reads (1, time): one text. "
                "ids[None] adds the axis in front, and drawn[:, None] makes (1, 1)."
            )
        trace.read += x.shape[1]
        trace.known = x.shape[1] + (trace.known if state else 0)

    def draw(p: Tensor) -> Tensor:
        if p.shape != (1, len(network.chars)):
            raise Wrong(
                f"draw(p) gets the shape {tuple(p.shape)}, but takes (1, vocab_size): give "
                "the sampler the last position's logits, logits[:, -1]."
            )
        trace.p.append(p[0])
        there = len(prompt) + len(trace.p) - 1
        if trace.known < there and not trace.cut:
            trace.cut = (
                f"a prediction knows only the last {trace.known:,} of {there:,} characters: read "
                "the whole prompt, and pass the state on, which holds what came before."
            )
        return sampling.draw(p, generator)

    network.register_forward_pre_hook(look, with_kwargs=True)
    sampler = partial(sampling.probabilities, temperature=1.5)
    with torch.no_grad(), sampling.threads_for(1):
        trace.ids = call(loop, network, prompt, length, sampler, draw)
    return trace


# --- temperature ---


def with_temperature(logits: Tensor, tau: float) -> Tensor:
    """Probabilities (batch, vocab_size), from logits of the same shape."""
    return (logits / tau).softmax(-1)


def scaled(p: Tensor) -> Tensor:
    """The same proportions, adding up to 1."""
    return p / p.sum(-1, keepdim=True)


WITH_TEMPERATURE: Mistakes = {
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
    "near temperature 0, exp overflows: subtract the largest of logits / tau in each row.": (
        lambda logits, tau: scaled((logits / tau).exp())
    ),
}


def check_with_temperature(theirs: Callable) -> str:
    temperatures = (0.5, 1.5, 1e-3, 1e-3)  # not one the inverse of another
    cases = [(torch.randn(3, 5), tau) for tau in temperatures]
    compare(theirs, with_temperature, WITH_TEMPERATURE, cases)
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
    count = max(1, int((before < top_p).sum()) + more)
    kept = torch.zeros_like(p)
    kept[order[:count]] = ordered[:count]
    return kept


def mask_of_sorted(p: Tensor, top_p: float) -> Tensor:
    """Takes the mask of the sorted probabilities for those in their old order."""
    ordered = p.sort(descending=True).values
    return scaled(p * (ordered.cumsum(0) - ordered < top_p))


KEEP_NUCLEUS: Mistakes = {
    "the probabilities do not add up to 1: divide by the sum of those that you keep.": nucleus,
    "the set must reach top_p: it includes the character with which the sum does.": (
        lambda p, top_p: scaled(nucleus(p, top_p, more=-1))
    ),
    "the set is not the smallest: it keeps one character too many.": (
        lambda p, top_p: scaled(nucleus(p, top_p, more=1))
    ),
    "you add up in the order of the vocabulary: sort first, the likeliest at the front.": (
        lambda p, top_p: scaled(p.where(p.cumsum(0) - p < top_p, 0))
    ),
    "the mask is sorted, but p isn't: write the mask back to where each one came from.": (
        mask_of_sorted
    ),
    "the probabilities come back sorted: leave each character in its place.": (
        lambda p, top_p: keep_nucleus(p, top_p).sort(descending=True).values
    ),
}


def check_keep_nucleus(theirs: Callable) -> str:
    tied = torch.tensor([0.1, 0.3, 0.3, 0.3])  # with a top_p of 0.5, any two of the three will do
    shares = (0.9, 0.5, 0.1, 0.9, 0.5, 0.1)
    cases = [(torch.randn(12).softmax(0), top_p) for top_p in shares]
    cases += [(tied, 0.5), (torch.randn(12).softmax(0), 0.0)]
    compare(theirs, keep_nucleus, KEEP_NUCLEUS, cases, see=kept_by)
    return "the set is the smallest that reaches top_p, and never empty."


def kept_by(function: Callable, p: Tensor, top_p: float) -> Any:
    """What is kept; of equal probabilities, whichever these are."""
    kept = call(function, p, top_p)
    return kept if len(p.unique()) == len(p) else np.sort(to_numbers(kept))
