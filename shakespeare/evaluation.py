"""What predictions are worth: cold, carried and dynamic losses, alone and mixed with n-grams."""

import copy
from functools import lru_cache

import torch
from torch import Tensor
from torch.nn import functional as F

from .data import WINDOW, ShakespeareDataset
from .files import InputError
from .model import CharLSTM, CopyLSTM
from .ngrams import WittenBell, contexts


def indices_for(model: CharLSTM, part: ShakespeareDataset) -> Tensor:
    """The part's characters, (characters,); InputError where the model has another vocabulary."""
    if model.chars != part.chars:
        raise InputError(f"{part.name} has another vocabulary than the model: train one on it.")
    return part.data.long().to(model.device)


def losses_of(predictions: Tensor, part: ShakespeareDataset) -> Tensor:
    """Losses in nats, (characters,), of log-probabilities that begin at the second character."""
    return F.nll_loss(predictions, part.data[1 : 1 + len(predictions)].long(), reduction="none")


@torch.no_grad()
def cold_predictions(model: CharLSTM, part: ShakespeareDataset, batch_size: int = 64) -> Tensor:
    """Protocol *cold*: log-probabilities (windows x WINDOW, vocab_size), zero state per window."""
    windows = indices_for(model, part).unfold(0, WINDOW + 1, WINDOW)[:, :-1]  # (windows, WINDOW)
    logits = (model.eval()(batch)[0] for batch in windows.split(batch_size))
    return torch.cat([each.float().log_softmax(-1).flatten(0, 1).cpu() for each in logits])


@torch.no_grad()
def carried_predictions(model: CharLSTM, part: ShakespeareDataset, chunk: int = 1024) -> Tensor:
    """Protocol *carried*: log-probabilities (characters - 1, vocab_size), in one pass."""
    predictions, state = [], None
    for piece in indices_for(model, part)[:-1].split(chunk):  # in chunks to bound the memory
        logits, state = model.eval()(piece[None], state)  # (1, chunk, vocab_size)
        predictions.append(logits[0].float().log_softmax(-1).cpu())
    return torch.cat(predictions)


def dynamic_predictions(
    model: CharLSTM, part: ShakespeareDataset, learning_rate: float = 3e-4, chunk: int = 128
) -> Tensor:
    """Protocol *dynamic*: as carried, with weights that keep learning (Krause et al. 2018).

    After each chunk is predicted, a copy of the model takes one step on it: Adam with beta1 = 0.
    """
    data, model = indices_for(model, part), copy.deepcopy(model).eval()
    optimizer = torch.optim.Adam(model.parameters(), lr=learning_rate, betas=(0.0, 0.999))
    predictions, state = [], None
    for x, y in zip(data[:-1].split(chunk), data[1:].split(chunk), strict=True):  # (chunk,)
        logits, state = model(x[None], state)  # (1, chunk, vocab_size)
        predicted = logits[0].float().log_softmax(-1)  # (chunk, vocab_size)
        predictions.append(predicted.detach().cpu())
        optimizer.zero_grad()
        F.nll_loss(predicted, y).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        state = state.map(Tensor.detach)
    return torch.cat(predictions)


def choose_memory(model: CharLSTM, part: ShakespeareDataset, memories: list) -> dict[int, float]:
    """Set the memory with the lowest carried loss on `part`; returns {memory: loss in nats}."""
    found = {}
    for memory in memories if isinstance(model, CopyLSTM) else ():
        model.hparams["memory"] = memory
        found[memory] = float(losses_of(carried_predictions(model, part), part).mean())
    if found:
        model.hparams["memory"] = min(found, key=lambda memory: found[memory])
    return found


def mixture(network: Tensor, ngram: Tensor, a: float | Tensor, b: float | Tensor) -> Tensor:
    """Log of P(c) ~ P_network(c)^a P_ngram(c)^b, from log-probabilities of both (Hinton 2002)."""
    return (a * network + b * ngram).log_softmax(-1)


def mixture_weights(network: Tensor, ngram: Tensor, true: Tensor) -> tuple[float, ...]:
    """The a and b of `mixture` that have the lowest mean loss on the characters `true`: convex."""
    weights = torch.tensor([1.0, 0.0], requires_grad=True)
    optimizer = torch.optim.LBFGS([weights], max_iter=50, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        optimizer.zero_grad()
        mean = F.nll_loss(mixture(network, ngram, *weights), true)
        mean.backward()
        return mean

    optimizer.step(loss)
    return tuple(weights.tolist())


@lru_cache(maxsize=4)  # whatever the network, they are the same
def ngram_predictions(text: ShakespeareDataset, protocol: str, max_order: int) -> Tensor:
    """Log-probabilities (characters, vocab_size), in the context that the protocol gives."""
    train, held_out = text.split().train.data, text.split().held_out.data.long()
    counts = WittenBell(train, text.vocab_size, max_order)
    rows = held_out.unfold(0, WINDOW + 1, WINDOW) if protocol == "cold" else held_out[None]
    seen = contexts(rows, text.vocab_size, counts.max_order)  # (rows, characters)
    ngram = counts(seen.flatten(), read=held_out if protocol == "dynamic" else None)
    return ngram.unflatten(0, seen.shape)[:, 1:].flatten(0, 1)


def evaluate(predictions: dict[str, Tensor], text: ShakespeareDataset, max_order=10) -> dict:
    """Mean losses in nats, {protocol: {"validation"|"test"|"held_out": loss}}, of held-out text.

    Each protocol, such as "cold", gets a second entry, "cold_mixed": its mixture with n-grams.
    The mixture's weights, "network" and "ngram", are fitted on the validation half.
    """
    split, results = text.split(), {}
    true, middle = split.held_out.data[1:].long(), len(split.validation.data) - 1
    for protocol, network in predictions.items():
        ngram = ngram_predictions(text, protocol, max_order)  # (characters, vocab_size)
        weights = mixture_weights(network[:middle], ngram[:middle], true[:middle])
        mixed = mixture(network, ngram, *weights)
        for name, predicted in ((protocol, network), (f"{protocol}_mixed", mixed)):
            each = losses_of(predicted, split.held_out)  # (characters,)
            halves = {"validation": each[:middle], "test": each[middle:], "held_out": each}
            results[name] = {half: float(losses.mean()) for half, losses in halves.items()}
        results[f"{protocol}_mixed"] |= {"network": weights[0], "ngram": weights[1]}
    return results
