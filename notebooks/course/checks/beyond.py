"""The check of notebook 05."""

import copy
from collections.abc import Callable

import torch
from torch import Tensor

from shakespeare.model import CharLSTM

from . import NothingReturned, Wrong, compare
from .training import tiny_model


def check_backward_in_pieces(theirs: Callable) -> str:
    model = tiny_model()
    ids = torch.randint(7, (2, 13))  # (batch, time)
    windows = [ids[:, k : k + 5] for k in (0, 4, 8)]  # (batch, time + 1)
    pieces = [torch.stack([window[:, :-1], window[:, 1:]]) for window in windows]  # x and y

    losses, right = read_pieces(model, pieces)
    cold, _ = read_pieces(model, pieces, carry=False)
    _, not_detached = read_pieces(model, pieces, detach=False)
    _, of_last = read_pieces(model, pieces, only_last=True)
    try:
        found = theirs(model, pieces)  # not by `call`, which would compare a copy's gradients
    except RuntimeError as error:
        if "second time" not in str(error):
            raise
        raise Wrong("the state still has the graph of the previous piece: detach it.") from None
    if found is None:
        raise NothingReturned
    compare(found, losses, {"each piece starts with an empty state: pass the state on.": cold})
    if any(weight.grad is None for weight in model.parameters()):
        raise Wrong("the losses are right, but there is no gradient: call backward().")
    compare(
        gradient_of(model),
        right,
        {
            "the gradient crosses the borders: detach the state there.": not_detached,
            "only the last piece's gradient is left: do not reset it in between.": of_last,
            "the gradient is divided by the number of pieces: add up, don't average.": (
                right / len(pieces)
            ),
        },
    )
    return "the state crosses the borders, the gradient does not."


def read_pieces(
    model: CharLSTM,
    pieces: list[Tensor],  # (2, batch, time), x and y
    carry: bool = True,
    detach: bool = True,
    only_last: bool = False,
) -> tuple[list[float], Tensor]:
    """Losses of the pieces, and the gradient of their sum; the model's own gradient stays.

    Without `carry` or `detach`, or with `only_last`, this makes a mistake.
    """
    network = copy.deepcopy(model)
    state = None
    losses = []
    for piece in pieces:
        loss, state = network.loss(piece, state)
        losses.append(loss)
        if not carry:
            state = None
        elif detach:
            state = [(h.detach(), c.detach()) for h, c in state]
    total = losses[-1] if only_last else torch.stack(losses).sum()
    total.backward()
    return [loss.item() for loss in losses], gradient_of(network)


def gradient_of(network: CharLSTM) -> Tensor:
    """The gradient of all parameters, (parameters,)."""
    gradients = [weight.grad for weight in network.parameters() if weight.grad is not None]
    return torch.cat([gradient.flatten() for gradient in gradients])
