"""Text from a trained network, drawn a character at a time, with the state carried.

`generate` is a loop over `generate_steps`: the network's logits become `probabilities`, from which
`draw` takes a character, which the network reads next.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from numbers import Integral
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from .data import decode, encode
from .files import InputError
from .model import Network


def probabilities(
    logits: Tensor,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    min_p: float | None = None,
) -> Tensor:
    """Next-character probabilities, shaped like logits (..., vocab_size).

    softmax(logits / temperature), of these the `top_k` likeliest (Fan et al. 2018), of these the
    smallest set that reaches `top_p` (nucleus, Holtzman et al. 2020), of these the ones with at
    least `min_p` times the highest probability (Nguyen et al. 2024). Temperature 0 is greedy.
    Raises InputError for a value out of range.
    """
    require("temperature", temperature, temperature >= 0, "at least 0")
    is_count = isinstance(top_k, Integral) and top_k >= 1
    require("top_k", top_k, top_k is None or is_count, "a whole number of at least 1")
    require("top_p", top_p, top_p is None or 0 < top_p <= 1, "above 0 and at most 1")
    require("min_p", min_p, min_p is None or 0 <= min_p <= 1, "from 0 to 1")
    if temperature < 1e-20:  # 0, or so low that logits / temperature could overflow
        return F.one_hot(logits.argmax(-1), logits.shape[-1]).to(logits)
    p = (logits / temperature).softmax(-1)
    if top_k is not None:
        p = keep_top_k(p, top_k)
    if top_p is not None:
        p = keep_nucleus(p, top_p)
    if min_p is not None:
        highest = p.amax(-1, keepdim=True)  # (..., 1)
        p = p.where(p >= min_p * highest, 0)
    return p / p.sum(-1, keepdim=True)


def require(name: str, value: Any, is_allowed: bool, allowed: str) -> None:
    """Raise InputError unless the value is allowed; `allowed` says in words what is."""
    if not is_allowed:
        raise InputError(f"The setting {name} = {value} is refused: it must be {allowed}.")


def keep_top_k(p: Tensor, k: int) -> Tensor:
    """p (..., vocab_size), with 0 for all but the k likeliest, and those as likely as the last."""
    values, _ = p.topk(min(k, p.shape[-1]))  # (..., k)
    lowest = values[..., -1:]  # (..., 1)
    return p.where(p >= lowest, 0)


def keep_nucleus(p: Tensor, top_p: float) -> Tensor:
    """p (..., vocab_size), with 0 outside the smallest likeliest set that reaches `top_p`."""
    ordered, order = p.sort(descending=True)  # (..., vocab_size)
    before = ordered.cumsum(-1) - ordered  # what the likelier ones have together
    drop = before >= top_p * ordered.sum(-1, keepdim=True)
    drop[..., 0] = False  # even a tiny top_p, which rounds to 0, keeps the likeliest
    kept = ordered.masked_fill(drop, 0)
    return p.scatter(-1, order, kept)  # each back at its index


def draw(p: Tensor, generator: torch.Generator | None = None) -> Tensor:
    """Indices (num_samples,) drawn by p (num_samples, vocab_size), with a random number for each.

    The probabilities lie end to end on a line; the random number falls into one of them, but
    never into one of width 0 (`right`). The line's end is not exactly 1. In single precision the
    smallest probabilities would vanish beside 1. torch.multinomial takes a random number for each
    character of the vocabulary; with one for each row, the same seed compares two samplers.
    """
    ends = p.cumsum(-1, dtype=torch.double)  # (num_samples, vocab_size)
    u = torch.rand(len(p), 1, generator=generator, dtype=torch.double, device=p.device)  # [0, 1)
    return torch.searchsorted(ends, u * ends[:, -1:], right=True)[:, 0]


def generate_steps(
    network: Network,
    prompt: str,
    length: int,
    num_samples: int = 1,
    seed: int | None = None,
    **options: Any,
) -> Iterator[tuple[Tensor, Tensor]]:
    """What `generate` does, step by step, for those who show a text while it is written.

    Yields `length` times p (num_samples, vocab_size), and what was drawn by it (num_samples,).
    Raises InputError here, not at the first step: so this is no generator, but returns one.
    """
    require("length", length, length >= 1, "at least 1")
    require("num_samples", num_samples, num_samples >= 1, "at least 1")
    if not prompt:
        raise InputError("The prompt is empty: give at least one character to continue.")
    options = chosen_options(network) | options
    probabilities(torch.zeros(len(network.chars)), **options)  # refuses a value out of range
    line_ends_as_in_files = prompt.replace("\r\n", "\n").replace("\r", "\n")
    ids = encode(line_ends_as_in_files, network.chars).long()  # (prompt length,)
    generator = torch.Generator(network.device)
    if seed is None:
        generator.seed()
    else:
        generator.manual_seed(seed % 2**63)  # the seeds that PyTorch takes

    def pick(logits: Tensor) -> tuple[Tensor, Tensor]:
        p = probabilities(logits, **options)  # (num_samples, vocab_size)
        return p, draw(p, generator)

    return continue_text(network, ids.expand(num_samples, -1), length, pick)


def continue_text(
    network: Network, ids: Tensor, length: int, pick: Callable[[Tensor], tuple[Any, Tensor]]
) -> Iterator[tuple[Any, Tensor]]:
    """Let a network read ids (rows, time) and then, `length` times, what was picked.

    `pick` is called with logits (rows, vocab_size). What it returns is yielded: anything, and the
    next ids (rows,).
    """
    network.eval()
    with torch.inference_mode(), threads_for(len(ids)):
        state = None
        for part in ids.to(network.device).split(256, dim=1):  # in parts, to save memory
            logits, state = network(part, state)  # (rows, at most 256, vocab_size)
        logits = logits[:, -1]  # (rows, vocab_size), after the last character
        step = network.stepper(state)
    next_ids = None
    for _ in range(length):
        # Not open across `yield`: the caller's code would run in it.
        with torch.inference_mode(), threads_for(len(ids)):
            if next_ids is not None:
                logits = step(next_ids)
            picked, next_ids = pick(logits.float())
        yield picked, next_ids


@contextmanager
def threads_for(rows: int) -> Iterator[None]:
    """One thread for a few texts: in steps so small, several would only wait for each other."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1 if rows <= 16 else threads)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def chosen_options(network: Network) -> dict[str, Any]:
    """The options chosen for a network after its training, with which it writes by default."""
    return network.facts.get("sampling", {})


def generate(
    network: Network,
    prompt: str,
    length: int,
    num_samples: int = 1,
    seed: int | None = None,
    **options: Any,
) -> list[str]:
    """Texts, each the prompt and `length` more characters.

    `options` are those of `probabilities`. Those that you don't give are what was chosen for this
    network (`chosen_options`), if anything was: temperature and min-p, for the shipped ones. With
    `temperature=1.0, min_p=0.0` these draw from their own probabilities. The same `seed` repeats
    the draw. Raises InputError for an empty prompt, an unknown character in it, or a value out of
    range.
    """
    steps = generate_steps(network, prompt, length, num_samples, seed, **options)
    drawn = [ids for _, ids in steps]  # (num_samples,) each
    rows = torch.stack(drawn, dim=1)  # (num_samples, length)
    return [prompt + decode(row, network.chars) for row in rows]
