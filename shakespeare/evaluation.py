"""Room 4: what a model's prediction is worth, by named protocols, beside n-gram baselines."""

from __future__ import annotations

import bisect
import copy
import math
from collections import Counter
from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from .data import InputError, ShakespeareDataset
from .model import CharLSTM


def bits(nats: float) -> float:
    """Bits per character from nats per character."""
    return nats / math.log(2)


def _targets(model: CharLSTM, part: ShakespeareDataset) -> Tensor:
    if model.chars != part.chars:
        raise InputError(
            f"{part.name} has {len(part.chars)} distinct characters and the model knows {len(model.chars)}: "
            "train a model on this text, or evaluate on the text that the model was trained on."
        )
    return part.data.long().to(model.device)  # (characters,)


@torch.inference_mode()
def cold_losses(model: CharLSTM, part: ShakespeareDataset, window: int = 256, batch_size: int = 64) -> Tensor:
    """Protocol *cold-256*: losses in nats, (windows, window), of all non-overlapping windows, zero state each.

    The protocol of published Transformer figures, whose context is one window. The characters after the
    last whole window are left out. Raises InputError when the part is shorter than a window.
    """
    _targets(model, part)
    model.eval()
    losses = []
    for windows in part.cut(window, stride=window).windows.split(batch_size):
        windows = windows.long().to(model.device)  # (batch, window + 1)
        logits, _ = model(windows[:, :-1])  # (batch, window, vocab_size)
        losses.append(F.cross_entropy(logits.transpose(1, 2).float(), windows[:, 1:], reduction="none"))
    return torch.cat(losses).cpu()  # (windows, window)


@torch.inference_mode()
def carried_predictions(model: CharLSTM, part: ShakespeareDataset, chunk: int = 1024) -> Tensor:
    """Log-probabilities (characters - 1, vocab_size), of one pass that starts from a zero state.

    The state goes on from character to character; `chunk` only bounds the memory.
    """
    data = _targets(model, part)
    model.eval()
    predictions, state = [], None
    for piece in data[:-1].split(chunk):
        logits, state = model(piece[None], state)  # (1, chunk, vocab_size)
        predictions.append(logits[0].float().log_softmax(-1).cpu())
    return torch.cat(predictions)  # (characters - 1, vocab_size)


def carried_losses(model: CharLSTM, part: ShakespeareDataset, chunk: int = 1024) -> Tensor:
    """Protocol *carried*: losses in nats, (characters - 1,), of one pass that starts from a zero state."""
    return F.nll_loss(carried_predictions(model, part, chunk), part.data[1:].long(), reduction="none")


def dynamic_losses(
    model: CharLSTM,
    part: ShakespeareDataset,
    learning_rate: float = 3e-4,
    chunk: int = 128,
    beta2: float = 0.999,
    clip: float = 1.0,
) -> Tensor:
    """Protocol *dynamic*: losses in nats, (characters - 1,), of weights that go on learning (Krause et al. 2018).

    As carried, but after each chunk, its loss counted, the weights take one step on it: Adam with beta1 = 0.
    No character is learned from before it was predicted. The model itself stays as it is.
    """
    data = _targets(model, part)
    model = copy.deepcopy(model).eval()
    optimizer = torch.optim.Adam(model.parameters(), lr=learning_rate, betas=(0.0, beta2))
    losses, state = [], None
    for start in range(0, len(data) - 1, chunk):
        y = data[start + 1 : start + 1 + chunk]  # (chunk,)
        logits, state = model(data[start : start + len(y)][None], state)  # (1, chunk, vocab_size)
        counted = F.cross_entropy(logits[0].float(), y, reduction="none")  # (chunk,)
        losses.append(counted.detach())
        optimizer.zero_grad()
        counted.mean().backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), clip)
        optimizer.step()
        state = state.map(Tensor.detach)
    return torch.cat(losses).cpu()  # (characters - 1,)


def both_protocols(model: CharLSTM, text: ShakespeareDataset, window: int = 256) -> dict[str, dict[str, float]]:
    """Mean loss in nats per character, {"cold"|"carried": {"validation"|"test"|"held_out": loss}}.

    The carried pass goes through the whole held-out text once; its halves are the two parts.
    """
    split = text.split()
    carried = carried_losses(model, split.held_out)  # (held-out characters - 1,)
    middle = len(split.validation.data)
    return {
        "cold": {
            name: float(cold_losses(model, getattr(split, name), window).mean())
            for name in ("validation", "test", "held_out")
        },
        "carried": {
            "validation": float(carried[: middle - 1].mean()),
            "test": float(carried[middle - 1 :].mean()),
            "held_out": float(carried.mean()),
        },
    }


def ngram_losses(train: Tensor, held_out: Tensor, vocab_size: int, max_order: int = 6) -> Tensor:
    """Losses in nats, (max_order + 1, held-out characters); row k: an n-gram model with k characters of context.

    Witten-Bell smoothing (Witten and Bell 1991; Chen and Goodman 1998, eq. 15): with n(h) how often context
    h was seen, n(hc) how often c followed it and T(h) how many different characters did,

        P_k(c | h) = (n(hc) + T(h) P_{k-1}(c | h')) / (n(h) + T(h)),    P_{-1} = 1 / vocab_size,

    where h' is h without its first character. Counts come from `train` alone; `held_out` follows it in the
    text, so its first characters have their context there.
    """
    text = torch.cat([train, held_out]).long()  # (characters,)
    known, size = len(train), len(text)
    context = torch.zeros(size, dtype=torch.long)  # of order 0: one context, the empty one
    probability = torch.full((size,), 1 / vocab_size, dtype=torch.double)
    losses = []
    for order in range(max_order + 1):
        if order:  # longer by the character `order` places back; numbered anew so that the numbers stay small
            back = torch.cat([text.new_full((order,), vocab_size), text[:-order]])[:size]
            context = torch.unique(context * (vocab_size + 1) + back, return_inverse=True)[1]
        pair = torch.unique(context * vocab_size + text, return_inverse=True)[1]  # context and what follows
        n_pair = torch.bincount(pair[:known], minlength=size)
        n_context = torch.bincount(context[:known], minlength=size)
        first = torch.zeros(size, dtype=torch.long)  # a context of each pair that was seen, once a pair
        first[pair[:known]] = context[:known]
        distinct = torch.bincount(first[n_pair > 0], minlength=size)  # T(h)
        seen = n_context[context] > 0
        smoothed = (n_pair[pair] + distinct[context] * probability) / (n_context + distinct)[context]
        probability = torch.where(seen, smoothed, probability)
        losses.append(-probability[known:].log())
    return torch.stack(losses)  # (max_order + 1, held-out characters)


def mixed_losses(
    losses: Tensor, part: ShakespeareDataset, orders: Sequence[int] = (4, 6, 8, 12), weight: float = 16.0
) -> Tensor:
    """Losses in nats, (characters - 1,), of a network mixed with n-grams that are counted while it reads.

    As in `ngram_losses`, with the network's probability, of which `losses` are the logarithms, where the recursion
    ends. Each character is counted after it was predicted, so this is a dynamic metric.

        P_k(c | h) = (n(hc) + weight T(h) P_k'(c | h')) / (n(h) + weight T(h)),    k' the next shorter of `orders`
    """
    read, text = part.decode(part.data), part.data.tolist()
    counts: list[dict[str, Counter[int]]] = [{} for _ in orders]  # for each order, what followed each context
    mixed = []
    for t, p in enumerate((-losses).exp().tolist(), start=1):
        contexts = [(seen, read[t - k : t]) for k, seen in zip(orders, counts, strict=True) if k <= t]
        for seen, h in contexts:
            if h in seen:
                n, distinct = seen[h].total(), weight * len(seen[h])
                p = (seen[h][text[t]] + distinct * p) / (n + distinct)
        mixed.append(-math.log(p))
        for seen, h in contexts:
            seen.setdefault(h, Counter())[text[t]] += 1
    return torch.tensor(mixed)  # (characters - 1,)


class CopyFinder:
    """How much of a text is copied: its longest substrings that stand in `source`, up to `longest` characters.

    A suffix array (Manber and Myers 1993), sorted by prefix doubling: places are ordered by their first
    1, 2, 4, ... characters.
    """

    def __init__(self, source: str, longest: int = 256) -> None:
        self.source, self.longest = source, longest
        rank = torch.frombuffer(bytearray(source.encode("utf-32-le")), dtype=torch.int32).long()  # (characters,)
        width = 1
        while width < longest:
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
            found.append(max(common_prefix(wanted, start(place)) for place in near))
        return found


def common_prefix(a: str, b: str) -> int:
    """How many characters two texts have in common at their beginnings."""
    return next((n for n, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))


def repetition(text: str, length: int = 20) -> float:
    """Share of the substrings of `length` characters that stood earlier in the same text, 0 to 1."""
    pieces = [text[k : k + length] for k in range(len(text) - length + 1)]
    return 1 - len(set(pieces)) / len(pieces) if pieces else 0.0
