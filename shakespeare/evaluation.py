"""What a model's prediction is worth, by named protocols, beside n-gram baselines."""

from __future__ import annotations

import bisect
import collections
import copy
import math
from collections.abc import Iterable, Iterator, Mapping

import torch
from torch import Tensor
from torch.nn import functional as F

from .data import ShakespeareDataset, code_points
from .files import InputError, number, whole
from .model import CharLSTM


def bits(nats: float) -> float:
    """Bits per character from nats per character."""
    return nats / math.log(2)


def indices_for(model: CharLSTM, part: ShakespeareDataset) -> Tensor:
    """The part's characters for the model to read, (characters,); InputError when it knows other ones."""
    if model.chars != part.chars:
        raise InputError(
            f"{part.name} has {len(part.chars)} distinct characters and the model knows {len(model.chars)}: "
            "train a model on this text, or evaluate on the text that the model was trained on."
        )
    return part.data.long().to(model.device)  # (characters,)


def losses_of(predictions: Tensor, part: ShakespeareDataset) -> Tensor:
    """Losses in nats, (characters,); `predictions` (characters, vocab_size) are for `part` from its second one on.

    Raises InputError for predictions of more characters than there are, of another vocabulary, or that are NaN.
    """
    if len(predictions) >= len(part.data) or predictions.shape[1:] != (part.vocab_size,):
        raise InputError(
            f"Predictions shaped {tuple(predictions.shape)} are not for {part.name}, which has {len(part.data):,} "
            f"characters, {part.vocab_size} distinct: hand over those of this part."
        )
    refuse_diverged(predictions)
    true = part.data[1 : 1 + len(predictions)].long()  # (characters,)
    return F.nll_loss(predictions, true, reduction="none")


def refuse_diverged(predictions: Tensor) -> None:
    """Raise InputError for predictions that are not numbers."""
    if predictions.isnan().any():
        raise InputError("The network has diverged, it predicts NaN: train it anew with a smaller learning_rate.")


@torch.no_grad()
def cold_predictions(model: CharLSTM, part: ShakespeareDataset, window: int = 256, batch_size: int = 64) -> Tensor:
    """Protocol *cold-256*: log-probabilities (windows x window, vocab_size), a zero state before each window.

    The windows do not overlap; the characters after the last whole one are left out. Published figures of
    Transformers, whose context is one window, come from random windows. Raises InputError when the part is
    shorter than a window.
    """
    indices_for(model, part)
    whole("window", window)
    whole("batch_size", batch_size)
    model.eval()
    predictions = []
    for windows in part.cut(window, stride=window).windows.split(batch_size):
        logits, _ = model(windows[:, :-1].long().to(model.device))  # (batch, window, vocab_size)
        predictions.append(logits.float().log_softmax(-1).flatten(0, 1).cpu())  # (batch x window, vocab_size)
    return torch.cat(predictions)  # (windows x window, vocab_size)


@torch.no_grad()
def carried_predictions(model: CharLSTM, part: ShakespeareDataset, chunk: int = 1024) -> Tensor:
    """Protocol *carried*: log-probabilities (characters - 1, vocab_size), of one pass that starts from a zero state.

    The state goes on from character to character; `chunk` only bounds the memory.
    """
    data = indices_for(model, part)
    whole("chunk", chunk)
    model.eval()
    predictions, state = [], None
    for piece in data[:-1].split(chunk):
        logits, state = model(piece[None], state)  # (1, chunk, vocab_size)
        predictions.append(logits[0].float().log_softmax(-1).cpu())
    return torch.cat(predictions)  # (characters - 1, vocab_size)


def dynamic_predictions(
    model: CharLSTM,
    part: ShakespeareDataset,
    learning_rate: float = 3e-4,
    chunk: int = 128,
    beta2: float = 0.999,
    clip: float = 1.0,
) -> Tensor:
    """Protocol *dynamic*: log-probabilities (characters - 1, vocab_size), of weights that go on learning.

    As carried, but after each chunk, its predictions made, the weights take one step on it (Krause et al. 2018):
    Adam with beta1 = 0.
    No character is learned from before it was predicted. The model itself stays as it is.
    """
    data = indices_for(model, part)
    number("learning_rate", learning_rate)
    whole("chunk", chunk)
    model = copy.deepcopy(model).eval()
    optimizer = torch.optim.Adam(model.parameters(), lr=learning_rate, betas=(0.0, beta2))
    predictions, state = [], None
    for x, y in zip(data[:-1].split(chunk), data[1:].split(chunk), strict=True):  # (chunk,)
        logits, state = model(x[None], state)  # (1, chunk, vocab_size)
        predicted = logits[0].float().log_softmax(-1)  # (chunk, vocab_size)
        predictions.append(predicted.detach().cpu())
        optimizer.zero_grad()
        F.nll_loss(predicted, y).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), clip)
        optimizer.step()
        state = state.map(Tensor.detach)
    return torch.cat(predictions)  # (characters - 1, vocab_size)


def cold_losses(model: CharLSTM, part: ShakespeareDataset, window: int = 256, batch_size: int = 64) -> Tensor:
    """Losses in nats, (windows, window), by the protocol *cold-256*; errors as in `cold_predictions`."""
    return losses_of(cold_predictions(model, part, window, batch_size), part).view(-1, window)


def carried_losses(model: CharLSTM, part: ShakespeareDataset, chunk: int = 1024) -> Tensor:
    """Losses in nats, (characters - 1,), by the protocol *carried*."""
    return losses_of(carried_predictions(model, part, chunk), part)


def both_protocols(model: CharLSTM, text: ShakespeareDataset) -> dict[str, Tensor]:
    """What a model predicts for the held-out part of `text` by the protocols *cold* and *carried*."""
    held_out = text.split().held_out
    return {"cold": cold_predictions(model, held_out), "carried": carried_predictions(model, held_out)}


def choose_memory(model: CharLSTM, part: ShakespeareDataset, memories: Iterable[int]) -> dict[int, float]:
    """Let the copy head remember as many characters as suits `part` best, carried; the losses in nats by memory."""
    if not model.copy_head:
        return {}
    found, memories = {}, list(memories)
    if not memories:
        raise InputError("There is no memory to choose from: name at least one number of characters.")
    for memory in memories:
        whole("memory", memory)
    for memory in memories:
        model.copy_head.memory = memory
        found[memory] = float(carried_losses(model, part).mean())
    model.copy_head.memory = min(found, key=lambda memory: found[memory])
    return found


def evaluate(
    predictions: Mapping[str, Tensor], text: ShakespeareDataset, max_order: int = 10, window: int = 256
) -> dict[str, dict[str, float]]:
    """Mean losses in nats, {protocol: {"validation"|"test"|"held_out": loss}}, of the two halves and the whole.

    For each protocol in `predictions` ("cold", "carried", "dynamic") one more, as in "cold_mixed", where the
    network is mixed with an n-gram model. It sees the same context as the network, and counts the training part
    alone, except under "dynamic", where it counts what was read, too. The mixture's two weights stand beside its
    losses, as "network" and "ngram"; they are those that are best on the validation half.
    """
    whole("window", window)
    split = text.split()
    train, held_out = split.train.data, split.held_out.data
    middle, place = len(split.validation.data) - 1, torch.arange(len(held_out))
    results = {}
    for protocol, network in predictions.items():
        expected = (len(held_out) - 1) // window * window if protocol == "cold" else len(held_out) - 1
        if len(network) != expected:
            raise InputError(
                f"{protocol} has predictions of {len(network):,} characters, but of {split.held_out.name} it must be "
                f"{expected:,}: hand over those of this part and window."
            )
        alone = losses_of(network, split.held_out)  # (characters,)
        context = (place - 1) % window + 1 if protocol == "cold" else place  # characters read before, in the window
        orders = ngrams(train, held_out, text.vocab_size, max_order, context, count_on=protocol == "dynamic")
        (p,) = collections.deque(orders, maxlen=1)  # the last one alone: with many distinct characters each is large
        ngram = p.log()[1 : 1 + len(network)]  # (characters, vocab_size)
        weights = mixture_weights(network[:middle], ngram[:middle], held_out[1 : 1 + middle][: len(network)].long())
        for name, each in [
            (protocol, alone),
            (f"{protocol}_mixed", losses_of(mixture(network, ngram, *weights), split.held_out)),
        ]:
            halves = {"validation": each[:middle], "test": each[middle:], "held_out": each}
            results[name] = {part: float(of.mean()) for part, of in halves.items()}
        results[f"{protocol}_mixed"] |= {"network": weights[0], "ngram": weights[1]}
    return results


def mixture(network: Tensor, ngram: Tensor, a: float | Tensor, b: float | Tensor) -> Tensor:
    """Log-probabilities, all three (characters, vocab_size), of a product of experts (Hinton 2002):

    P(c) ~ P_network(c)^a P_ngram(c)^b
    """
    return (a * network + b * ngram).log_softmax(-1)


def mixture_weights(network: Tensor, ngram: Tensor, true: Tensor) -> tuple[float, float]:
    """The a and b of `mixture` with the lowest mean loss on the characters `true`: a convex problem."""
    refuse_diverged(network)
    weights = torch.tensor([1.0, 0.0], requires_grad=True)
    optimizer = torch.optim.LBFGS([weights], max_iter=50, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        optimizer.zero_grad()
        mean = F.nll_loss(mixture(network, ngram, *weights), true)
        mean.backward()
        return mean

    optimizer.step(loss)
    a, b = weights.tolist()
    return a, b


def ngrams(
    train: Tensor,
    held_out: Tensor,
    vocab_size: int,
    max_order: int = 6,
    context: Tensor | None = None,
    count_on: bool = False,
) -> Iterator[Tensor]:
    """Yield P_k (held-out characters, vocab_size), k = 0 to `max_order`: n-gram models with k characters of context.

    Witten-Bell smoothing (Witten and Bell 1991; Chen and Goodman 1998, eq. 15): with n(h) how often context
    h was seen, n(hc) how often c followed it and T(h) how many different characters did,

        P_k(c | h) = (n(hc) + T(h) P_{k-1}(c | h')) / (n(h) + T(h)),    P_{-1} = 1 / vocab_size,

    where h' is h without its first character. Counts come from `train` alone, with `count_on` also from what stands
    before a character in `held_out`. `held_out` follows `train` in the text, so its first characters have their
    context there; `context` (held-out characters,) says how many characters of context a place may use, None for all.
    """
    whole("max_order", max_order, least=0)
    text = torch.cat([train, held_out]).long()  # (characters,)
    known, size = len(train), len(text)
    context_id = torch.zeros(size, dtype=torch.long)  # of each place; of order 0 there is one context, the empty one
    p = torch.full((size - known, vocab_size), 1 / vocab_size)
    for order in range(max_order + 1):
        if order:  # longer by the character `order` places back; numbered anew so that the numbers stay small
            back = torch.cat([text.new_full((order,), vocab_size), text[:-order]])[:size]
            context_id = torch.unique(context_id * (vocab_size + 1) + back, return_inverse=True)[1]
        asked, row = torch.unique(context_id[known:], return_inverse=True)  # the contexts in held_out, and where
        line = torch.full((int(context_id.max()) + 1,), len(asked)).scatter(0, asked, torch.arange(len(asked)))
        pair = line[context_id[:known]] * vocab_size + text[:known]  # context and what follows
        counts = torch.bincount(pair, minlength=(len(asked) + 1) * vocab_size).view(-1, vocab_size)  # by context
        n = counts.float()[row]  # n(hc): (held-out characters, vocab_size)
        if count_on:  # what followed the same context earlier in held_out
            true = F.one_hot(text[known:], vocab_size).float()  # (held-out characters, vocab_size)
            by_context = row.argsort(stable=True)
            before = true[by_context].cumsum(0) - true[by_context]
            first = torch.searchsorted(row[by_context], row[by_context])  # where each context begins
            n[by_context] += before - before[first]
        distinct, total = (n > 0).sum(1, keepdim=True), n.sum(1, keepdim=True)
        usable = total > 0 if context is None else (total > 0) & (context >= order)[:, None]
        p = torch.where(usable, (n + distinct * p) / (total + distinct).clamp(min=1), p)
        p = p.clamp(min=1e-30)  # what hardly ever follows is not impossible: its logarithm stays finite
        yield p


def ngram_losses(train: Tensor, held_out: Tensor, vocab_size: int, max_order: int = 6) -> Tensor:
    """Losses in nats, (max_order + 1, held-out characters); row k: the n-gram model of order k, see `ngrams`."""
    true = held_out.long()[:, None]
    return torch.stack([-p.gather(1, true)[:, 0].log() for p in ngrams(train, held_out, vocab_size, max_order)])


class CopyFinder:
    """How much of a text is copied: its longest substrings that stand in `source`, up to `longest` characters.

    A suffix array (Manber and Myers 1993), sorted by prefix doubling: places are ordered by their first
    1, 2, 4, ... characters.
    """

    def __init__(self, source: str, longest: int = 256) -> None:
        whole("longest", longest)
        self.source, self.longest = source, longest
        rank = code_points(source).long()  # (characters,)
        width = 1
        while width < min(longest, len(source)):
            behind = torch.cat(
                [rank[width:] + 1, rank.new_zeros(min(width, len(rank)))]
            )  # what follows; 0 at the end
            rank = torch.unique(rank * (int(rank.max()) + 2) + behind, return_inverse=True)[1]
            width *= 2
        self.places = rank.argsort().tolist()

    def lengths(self, text: str) -> list[int]:
        """For each place in `text`, how many characters from there on stand together in the source."""

        def start(place: int) -> str:
            return self.source[place : place + self.longest]

        found = []
        for k in range(len(text)):
            wanted = text[k : k + self.longest]
            at = bisect.bisect_left(self.places, wanted, key=start)  # the longest match is one of the neighbours
            near = self.places[max(0, at - 1) : at + 1]
            found.append(max((common_prefix(wanted, start(place)) for place in near), default=0))
        return found


def common_prefix(a: str, b: str) -> int:
    """How many characters two texts have in common at their beginnings."""
    return next((n for n, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))


def repetition(text: str, length: int = 20) -> float:
    """Share of the substrings of `length` characters that stood earlier in the same text, 0 to 1."""
    whole("length", length)
    pieces = [text[k : k + length] for k in range(len(text) - length + 1)]
    return 1 - len(set(pieces)) / len(pieces) if pieces else 0.0
