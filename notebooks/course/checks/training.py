"""The checks of notebook 03."""

import math
from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from shakespeare.model import CharLSTM

from . import Wrong, call, compare, mistakes_of_mean, parts, to_numbers


def tiny_model() -> CharLSTM:
    """Untrained, with weights so large that its predictions depend on the state."""
    model = CharLSTM(list("abcdefg"), 4, 6, 1).eval()
    for weight in model.parameters():
        weight.data.mul_(4)
    return model


def check_bits_and_perplexity(theirs: Callable) -> str:
    for nats in (1.5, 0.4):
        bits = nats / math.log(2)
        perplexity = math.exp(nats)
        their_bits, their_perplexity = parts(call(theirs, nats), "bits", "perplexity")
        compare(
            their_bits,
            bits,
            {
                "you multiply by log 2: a bit is less than a nat, so there are more of them.": (
                    nats * math.log(2)
                ),
                "bits and perplexity are in the wrong order.": perplexity,
            },
        )
        compare(
            their_perplexity,
            perplexity,
            {"the exponent is in nats, so the base is e, not 2.": 2**nats},
        )
    return "e to the power of the nats is 2 to the power of the bits."


def check_cross_entropy(theirs: Callable) -> str:
    logits = 2 * torch.randn(2, 3, 5)  # (batch, time, vocab_size)
    y = torch.randint(5, (2, 3))  # (batch, time)

    def mean_at_y(values: Tensor) -> float:
        """The mean over all positions of the value (batch, time, vocab_size) at the true one."""
        return float(values.gather(2, y[..., None]).mean())

    log_p = logits.log_softmax(2)
    right = -mean_at_y(log_p)
    mean_p = mean_at_y(log_p.exp())
    along_time = -mean_at_y(logits.log_softmax(1))
    mistakes = mistakes_of_mean(right, y.numel()) | {
        "you add up over time: the loss is the mean over batch and time.": right * y.shape[1],
        "the softmax goes along time: it goes along the last axis.": along_time,
        "logits are not logarithms of probabilities: the softmax is missing.": -mean_at_y(logits),
        "you take the logarithm of the mean: take the mean of the logarithms.": -math.log(mean_p),
        "you take the likeliest character: take the one that came, in y.": -log_p.amax(2).mean(),
    }
    compare(call(theirs, logits, y), right, mistakes)
    large = call(theirs, logits + 1000, y)
    if not np.isfinite(to_numbers(large)).all():
        raise Wrong("right for small logits, but exp(1000) overflows: subtract the largest first.")
    compare(large, right, {})
    # Neighbours in a window, or of the same time, are 1,000 apart: (batch, time, 1).
    far_apart = torch.tensor([[1000.0, 0.0, 1000.0], [0.0, 1000.0, 0.0]])[..., None]
    apart = call(theirs, logits + far_apart, y)
    if not np.isfinite(to_numbers(apart)).all():
        raise Wrong(
            "you subtract the largest logit of several positions, and exp makes the others 0: "
            "subtract the largest of each position."
        )
    compare(apart, right, {})
    return "it agrees with PyTorch's, even for logits near 1,000."


def check_early_stopping(theirs: Callable) -> str:
    runs = [  # losses on the validation half and on the test half by epoch, and the patience
        ([2.0, 1.7, 1.6, 1.65, 1.63, 1.5], [2.1, 1.7, 1.75, 1.8, 1.77, 1.9], 2),
        (
            [2.0, 1.8, 1.9, 1.85, 1.7, 1.75, 1.65, 1.76, 1.9, 1.7, 1.6],
            [2.0, 1.9, 1.82, 2.0, 1.95, 2.1, 1.97, 2.1, 2.1, 2.0, 1.9],
            3,
        ),
        ([2.0, 1.8, 1.7], [2.2, 2.0, 2.1], 5),
        ([2.0, 1.7, 1.8, 1.7, 1.9, 1.8], [2.1, 1.8, 1.9, 1.85, 1.9, 1.75], 3),  # a tie
    ]
    for validation, test, patience in runs:
        best, last = stop_early(validation, patience)
        early, _ = stop_early(validation, patience - 1)
        uninterrupted, _ = stop_early(validation, patience, restart=False)
        tied, _ = stop_early(validation, patience, ties=True)
        lowest = int(np.argmin(validation))
        luckiest = int(np.argmin(test))
        their_epoch, their_loss = parts(
            call(theirs, validation, test, patience), "epoch", "test loss"
        )
        compare(
            their_epoch,
            best,
            {
                f"training had stopped by then: {patience} epochs had no new lowest loss.": lowest,
                "you choose the epoch on the test half, so its loss is no longer a test.": luckiest,
                "this is where training stops: keep the epoch with the lowest loss so far.": last,
                "epochs are numbered from 0.": best + 1,
                "you stop too early: wait for `patience` epochs without a new lowest loss.": early,
                "after a new lowest loss the count of epochs without one starts again at 0.": (
                    uninterrupted
                ),
                "an equal loss is not a new lowest one: compare with <, not <=.": tied,
            },
        )
        compare(
            their_loss,
            test[best],
            {
                "this is the validation loss, on which you chose the epoch: it is too low.": (
                    validation[best]
                ),
                "this is the lowest test loss: report that of the epoch you keep.": min(test),
            },
        )
    return "the test half was used once, after the choice."


def stop_early(
    losses: Sequence[float], patience: int, restart: bool = True, ties: bool = False
) -> tuple[int, int]:
    """The epoch that is kept, and the last one that is trained.

    Without `restart`, which is a mistake, a new lowest loss doesn't set the count back to 0. With
    `ties`, another one, a loss that equals the lowest is a new lowest.
    """
    best = 0
    last = 0
    without_lowest = 0  # epochs
    for epoch in range(1, len(losses)):
        is_tie = losses[epoch] == losses[best]
        if losses[epoch] < losses[best] or (ties and is_tie):
            best = epoch
            if restart:
                without_lowest = 0
        else:
            without_lowest += 1
        last = epoch
        if without_lowest == patience:
            break
    return best, last


def check_losses_in_windows(theirs: Callable) -> str:
    model = tiny_model()
    window = 5
    ids = torch.randint(7, (41,))
    x = ids[:-1].view(-1, window)  # (windows, window)
    y = ids[1:].view(-1, window)  # (windows, window)

    def losses(x: Tensor, y: Tensor) -> Tensor:
        """(rows, time), from x and y of this shape; each row starts from an empty state."""
        logits, _ = model(x)  # (rows, time, vocab_size)
        by_character = logits.mT  # (rows, vocab_size, time), as cross_entropy wants it
        return F.cross_entropy(by_character, y, reduction="none")

    # In a single row, the state is carried from window to window.
    row_of_x = x.view(1, -1)  # (1, characters)
    row_of_y = y.view(1, -1)
    of_y = {  # by whether the state is carried, (windows, window)
        False: losses(x, y),
        True: losses(row_of_x, row_of_y).view(-1, window),
    }
    of_x = {False: losses(x, x), True: losses(row_of_x, row_of_x).view(-1, window)}
    for carry, done in ((False, "carried over"), (True, "dropped")):
        right = of_y[carry]
        mistakes = {
            f"with carry={carry} the state is {done} at a border.": of_y[not carry],
            "you score the character that the model reads: y is the next one.": of_x[carry],
            "this is the mean of each window: give the loss of each position.": right.mean(1),
            "this is the mean over the windows: give each window's losses.": right.mean(0),
        }
        compare(call(theirs, model, ids, window, carry), right, mistakes)
    return "cold, each window starts with an empty state; carried, only the first one does."
