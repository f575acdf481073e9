"""The checks of notebook 03, and the solutions that take the place of what isn't written yet."""

import copy
import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode
from torch.utils.data import Subset

from shakespeare.model import CharLSTM

from . import (
    Mistakes,
    Wrong,
    call,
    compare,
    mistakes_of_mean,
    numbers_of,
    parts,
    returned,
    then,
    to_numbers,
)

CARRIES_STATE = "each batch begins with an empty state: don't carry it from batch to batch."
CALLS_PYTORCH = "it calls F.cross_entropy, which is to be written here."

# --- hold out a tenth ---


def hold_out(count: int, share: float) -> tuple[Tensor, Tensor]:
    """Indices of the training windows and of the held-out ones, drawn at random."""
    indices = torch.randperm(count)
    held_out = round(share * count)
    return indices[held_out:], indices[:held_out]


def check_hold_out(theirs: Callable) -> str:
    for count, share in ((20_000, 0.25), (10_000, 0.1)):
        train, held_out = indices_of_windows(call(theirs, count, share))
        must_be_a_split(train, held_out, count, share)
    return f"{len(train)} windows of {count:,} for training, {len(held_out)} held out at random."


def must_be_a_split(train: list[int], held_out: list[int], count: int, share: float) -> None:
    """Raise Wrong unless the parts hold each of the windows once, a share of them drawn."""
    all_indices = train + held_out
    outside = sorted(set(all_indices) - set(range(count)))
    if outside:
        raise Wrong(
            f"no window has the index {outside[0]:,}: of {count:,} windows, the indices go from 0 "
            f"to {count - 1:,}."
        )
    if set(train) & set(held_out):
        raise Wrong("some windows are in both parts, so the network is trained on them.")
    if len(all_indices) > len(set(all_indices)):
        raise Wrong("some windows come twice: draw each one once.")
    right = round(share * count)
    allowed = 0.015 * count  # a coin for each window is right, too: five standard deviations
    if abs(len(train) - right) <= allowed:
        raise Wrong("the parts are exchanged: return the training windows first.")
    gaps = np.diff(sorted(held_out))
    if len(held_out) > 1 and (gaps == 1).all():
        raise Wrong(
            "the held-out windows are neighbours, but the task asks for random ones. If you have a "
            "reason to do it like this, remember it: you will need it below."
        )
    missing = count - len(all_indices)
    if missing:
        raise Wrong(f"{missing:,} of {count:,} windows are in neither part: train on all others.")
    with_replacement = count * (1 - math.exp(-share))  # so many are drawn at least once
    if share > 0.2 and abs(len(held_out) - with_replacement) < 0.01 * count:
        raise Wrong(
            f"you draw {right:,} windows, but some of them twice, so fewer are held out: draw "
            "without replacement, as torch.randperm does."
        )
    if abs(len(held_out) - right) > allowed:
        raise Wrong(
            f"of {count:,} windows it holds out {len(held_out):,}, but the share {share} of them "
            f"would be {right:,}: use both arguments."
        )
    is_regular = (gaps == gaps[0]).all()
    in_blocks = (gaps == 1).mean() > share + 0.2 or max(held_out) - min(held_out) < 0.8 * count
    if is_regular or in_blocks:
        raise Wrong(
            "the held-out windows are in blocks or in a regular pattern, but the task asks for "
            "random ones. If you have a reason to do it like this, remember it: you will need it "
            "below."
        )


def indices_of_windows(answer: Any) -> tuple[list[int], list[int]]:
    """The two parts of an answer, as lists of whole numbers."""
    two = parts(answer, "the training windows", "the held-out ones")
    if any(isinstance(part, Subset) for part in two):
        raise Wrong("random_split gives Subsets: return the `.indices` of each.")
    if any(getattr(part, "dtype", None) in (torch.bool, bool) for part in two):
        raise Wrong("return indices, not masks: mask.nonzero()[:, 0] has those of a mask.")
    if any(isinstance(part, tuple) and len(part) == 1 for part in two):
        raise Wrong("torch.where and np.nonzero give a tuple: take its first element, by [0].")
    if any(isinstance(part, list) and part and isinstance(part[0], bool) for part in two):
        raise Wrong("return indices, not masks: [k for k in range(count) if mask[k]].")
    if any(is_of_floats(part) for part in two):
        raise Wrong(
            "indices are whole numbers, but these are floats, by which no window can be chosen: "
            "torch.tensor(list) keeps whole numbers, torch.Tensor(list) doesn't; and round(...) "
            "makes one of a float."
        )
    if any(isinstance(part, set) for part in two):
        raise Wrong("a set can't choose windows from a tensor: return lists or tensors.")
    train, held_out = (np.atleast_1d(to_numbers(part)) for part in two)
    if any(part.ndim > 1 and part.shape[1] > 1 for part in (train, held_out)):
        raise Wrong("return the indices of the windows, not the windows.")
    if train.ndim > 1 or held_out.ndim > 1:
        raise Wrong("each part should have a single axis: nonzero() gives a column, so add [:, 0].")
    return train.astype(int).tolist(), held_out.astype(int).tolist()


def is_of_floats(part: Any) -> bool:
    if isinstance(part, Tensor):
        return part.is_floating_point()
    return np.asarray(part).dtype.kind == "f" and len(part) > 0  # of an empty list it is "f", too


# --- cross-entropy ---


def cross_entropy(logits: Tensor, y: Tensor) -> Tensor:
    """Mean loss in nats, from logits (batch, time, vocab_size) and y (batch, time)."""
    return -at(logits.log_softmax(2), y).mean()


def at(values: Tensor, y: Tensor) -> Tensor:
    """The value at the true character of each position, (batch, time)."""
    return values.gather(2, y[..., None])[..., 0]


def shifted(amount_of: Callable) -> Callable:
    """A loss that subtracts an amount from the logits before it takes the exponential."""

    def wrong(logits: Tensor, y: Tensor) -> Tensor:
        amount = amount_of(logits)
        return ((logits - amount).exp().sum(2).log() - at(logits - amount, y)).mean()

    return wrong


CROSS_ENTROPY: Mistakes = mistakes_of_mean(cross_entropy) | {
    "you add up over time: the loss is the mean over batch and time.": (
        lambda logits, y: cross_entropy(logits, y) * y.shape[1]
    ),
    "you add up over the batch: the loss is the mean over batch and time.": (
        lambda logits, y: cross_entropy(logits, y) * len(y)
    ),
    "this is the mean over the vocabulary, too: take it over the positions alone.": (
        lambda logits, y: cross_entropy(logits, y) / logits.shape[2]
    ),
    "these are the losses of all positions: take their mean.": (
        lambda logits, y: -at(logits.log_softmax(2), y)
    ),
    "this is the loss of the last position: take the mean over all of them.": (
        lambda logits, y: cross_entropy(logits[:, -1:], y[:, -1:])
    ),
    "this is the loss of the first window: take the mean over all of them.": (
        lambda logits, y: cross_entropy(logits[:1], y[:1])
    ),
    "the softmax goes along time: it goes along the last axis.": (
        lambda logits, y: -at(logits.log_softmax(1), y).mean()
    ),
    "the softmax goes along the batch: it goes along the last axis.": (
        lambda logits, y: -at(logits.log_softmax(0), y).mean()
    ),
    "logits are not logarithms of probabilities: the softmax is missing.": (
        lambda logits, y: -at(logits, y).mean()
    ),
    "the softmax is applied twice: log_softmax and logsumexp take the logits.": (
        lambda logits, y: cross_entropy(logits.softmax(2), y)
    ),
    "the logarithm is missing: this is the mean probability.": (
        lambda logits, y: -at(logits.softmax(2), y).mean()
    ),
    "you take the logarithm of the mean: take the mean of the logarithms.": (
        lambda logits, y: -at(logits.softmax(2), y).mean().log()
    ),
    "you take the likeliest character: take the one that came, in y.": (
        lambda logits, y: -logits.log_softmax(2).amax(2).mean()
    ),
    "[:, :, y] takes all characters of y at each position: take one at each, by gather.": (
        lambda logits, y: -logits.log_softmax(2)[:, :, y].mean()
    ),
    "y is one ahead already: compare both at the same position.": (
        lambda logits, y: cross_entropy(logits[:, :-1], y[:, 1:])
    ),
    "you subtract the largest logit from one of the two terms: subtract it from both.": (
        lambda logits, y: cross_entropy(logits, y) - logits.amax(2).mean()
    ),
    "you subtract the largest along time: subtract that of each position, along the last axis.": (
        shifted(lambda logits: logits.amax(1, keepdim=True))
    ),
    "view and reshape exchange no axes: logits.mT does, or flatten(0, 1) makes rows.": (
        lambda logits, y: cross_entropy(logits.reshape(len(y), -1, y.shape[1]).mT, y)
    ),
    "you subtract 1,000 even from small logits, and exp makes them 0: subtract the largest of each "
    "position.": shifted(lambda logits: 1_000),
    "you clamp the logits, so large ones become equal: subtract the largest of each position.": (
        lambda logits, y: cross_entropy(logits.clamp(max=80), y)
    ),
    "right for small logits, but exp(1000) overflows: subtract the largest first.": (
        shifted(lambda logits: 0)
    ),
    "you subtract 1,000, but other logits may be larger: subtract the largest of each position.": (
        shifted(lambda logits: 1_000 * (logits > 500).any())
    ),
    "you subtract the largest logit of several positions, and exp makes the others 0: subtract "
    "the largest of each position.": shifted(torch.max),
    "the probability of an unlikely character rounds to 0: compute log p from the logits.": (
        lambda logits, y: -at(logits.softmax(2), y).log().mean()
    ),
    "right for most logits, but where one is far above the others, exp overflows: subtract the "
    "largest of each position, not the mean.": shifted(lambda logits: logits.mean(2, keepdim=True)),
}
TOO_CHEAP = (
    "adding a small number, or clamping, hides log(0): unlikely characters become too cheap. "
    "Compute log p from the logits."
)


def check_cross_entropy(theirs: Callable) -> str:
    logits = 2 * torch.randn(2, 3, 5)  # (batch, time, vocab_size)
    y = torch.randint(4, (2, 3))  # (batch, time), never the last one, as one_hot(y) would count on
    by_themselves(theirs, logits, y)
    # Neighbours in a window, or of the same time, are 1,000 apart: (batch, time, 1).
    far_apart = torch.tensor([[1000.0, 0.0, 1000.0], [0.0, 1000.0, 0.0]])[..., None]
    cases = [(logits + large, y) for large in (0.0, 1_000.0, 3_000.0, far_apart)]
    compare(theirs, cross_entropy, CROSS_ENTROPY, cases)
    hundreds = torch.full((2, 3, 1), 300.0)
    cases.append((logits.scatter_add(2, y[..., None], -hundreds), y))  # unlikely characters
    compare(theirs, cross_entropy, CROSS_ENTROPY, cases, otherwise=TOO_CHEAP)
    cases.append((logits.scatter_add(2, (y[..., None] + 1) % 5, hundreds), y))  # one is large
    compare(theirs, cross_entropy, CROSS_ENTROPY, cases)

    right, own = (gradient_at(function, logits, y) for function in (cross_entropy, theirs))
    if own is None:
        raise Wrong(
            "the number is right, but no gradient leads back to the logits: compute it with "
            "PyTorch's functions, without no_grad(), detach(), .item(), torch.tensor() or NumPy."
        )
    if not torch.allclose(own, right, rtol=1e-3, atol=1e-5):
        raise Wrong("the number is right, but its gradient isn't: leave out detach().")
    return "it agrees with PyTorch's, even for logits near 1,000."


class WithoutCrossEntropy(TorchFunctionMode):
    """PyTorch without F.cross_entropy, on which nn.CrossEntropyLoss rests, too."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func is F.cross_entropy:
            raise Wrong(CALLS_PYTORCH)
        return func(*args, **(kwargs or {}))


def by_themselves(theirs: Callable, logits: Tensor, y: Tensor) -> None:
    """Raise Wrong for a loss that leaves the work to PyTorch's."""
    with WithoutCrossEntropy():
        call(theirs, logits, y)


def gradient_at(loss: Callable, logits: Tensor, y: Tensor) -> Any:
    leaf = logits.clone().requires_grad_()
    total = loss(leaf, y)
    if isinstance(total, Tensor) and total.requires_grad:
        total.backward()
    return leaf.grad


# --- the loop ---


def train_on(
    network: Any, optimizer: Any, batches: Iterable[Tensor], loss_of: Callable
) -> list[float]:
    """Take a step on each of the batches, (batch, seq_len + 1); return their losses."""
    losses = []
    for batch in batches:
        logits, _ = network(batch[:, :-1])  # (batch, seq_len, vocab_size)
        loss = loss_of(logits, batch[:, 1:])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


WHOLE = ("zero_grad", "backward", "step")


def loop(
    *lines: str,
    split: Callable = lambda batch: (batch[:, :-1], batch[:, 1:]),
    loss: Callable = lambda loss_of, logits, y: loss_of(logits, y),
    carry: bool = False,
    late: bool = False,
) -> Callable:
    """A loop with some of its lines, in another order, and other ways to split and to score.

    It may carry the state from batch to batch, or note the loss after the step.
    """

    def wrong(network: Any, optimizer: Any, batches: Any, loss_of: Callable) -> list[float]:
        losses = []
        state = None
        for batch in batches:
            x, y = split(batch)
            logits, after = network(x, state)
            state = [(h.detach(), c.detach()) for h, c in after] if carry else None
            of_batch = loss(loss_of, logits, y)
            for line in lines:
                if line == "backward":
                    of_batch.backward()
                else:
                    getattr(optimizer, line)()
            if late:
                logits, _ = network(x)
                of_batch = loss(loss_of, logits, y)
            losses.append(of_batch.item())
        return losses

    return wrong


TRAIN_ON: Mistakes = {
    "gradients add up from step to step: clear them with zero_grad().": loop("backward", "step"),
    "the weights don't change from batch to batch: each needs backward() and then step(), in this "
    "order.": loop(),
    "the network has to predict the next character, not the one that it reads.": (
        loop(*WHOLE, split=lambda batch: (batch[:, :-1], batch[:, :-1]))
    ),
    "the network reads the whole batch: split it into what it reads and what it predicts.": (
        loop(*WHOLE, split=lambda batch: (batch, batch))
    ),
    "x and y are exchanged: read batch[:, :-1] and predict batch[:, 1:].": (
        loop(*WHOLE, split=lambda batch: (batch[:, 1:], batch[:, :-1]))
    ),
    "batch[:-1] leaves out a window: cut the second axis, which is time, by batch[:, :-1].": (
        loop(*WHOLE, split=lambda batch: (batch[:-1], batch[1:]))
    ),
    "roll brings the first character to the end, where another one came: read batch[:, :-1] and "
    "predict batch[:, 1:].": loop(*WHOLE, split=lambda batch: (batch, batch.roll(-1, 1))),
    "roll brings the first character of x to its end, where another one came: predict "
    "batch[:, 1:].": (loop(*WHOLE, split=lambda batch: (batch[:, :-1], batch[:, :-1].roll(-1, 1)))),
    "this is the loss of the last position: take the mean over all of them.": (
        loop(*WHOLE, loss=lambda loss_of, logits, y: loss_of(logits[:, -1:], y[:, -1:]))
    ),
    "loss_of takes the logits as they are: leave out the softmax.": (
        loop(*WHOLE, loss=lambda loss_of, logits, y: loss_of(logits.softmax(-1), y))
    ),
    "use the loss that you are given, loss_of(logits, y).": (
        loop(*WHOLE, loss=lambda loss_of, logits, y: cross_entropy(logits, y))
    ),
    CARRIES_STATE: (loop(*WHOLE, carry=True)),
    "these are the losses after the step: return those before it, from which you learn.": (
        loop(*WHOLE, late=True)
    ),
    "return the losses of all batches, not the last one's.": (
        then(train_on, lambda losses: losses[-1])
    ),
    "return after the loop, not in it: this is the first batch's loss.": (
        then(train_on, lambda losses: losses[:1])
    ),
    "return the loss of each batch, not their mean.": then(train_on, np.mean),
    "return the loss of each batch, not their sum.": then(train_on, np.sum),
    "loss_of gives a mean: don't multiply it by the number of windows.": (
        then(train_on, lambda losses: [3 * loss for loss in losses])
    ),
}


def half_loss(logits: Tensor, y: Tensor) -> Tensor:
    """Not the usual loss, so that it shows whether a loop uses the one that it is given."""
    return cross_entropy(logits, y) / 2


def check_train_on(theirs: Callable) -> str:
    untrained = tiny_model()
    batches = list(torch.randint(7, (4, 3, 65)))  # of 3 windows each
    networks = []  # that were trained, the last two by theirs and by the right loop

    def losses_of(train: Callable) -> Any:
        networks.append(copy.deepcopy(untrained))
        optimizer = torch.optim.Adam(networks[-1].parameters(), 0.02)
        # Not by `call`, because it is to change what it is given.
        return returned(train(networks[-1], optimizer, copy.deepcopy(batches), half_loss))

    try:
        answer = losses_of(theirs)
    except AttributeError as error:
        if "'tuple'" not in str(error):
            raise
        raise Wrong("network(x) returns two things: logits, _ = network(x).") from None
    except RuntimeError as error:
        if "inplace operation" not in str(error):
            raise
        raise Wrong("the step comes before backward(): first the gradient, then step().") from None
    compare(theirs, train_on, TRAIN_ON, see=losses_of)
    must_be_detached(answer)
    trained, as_right = (loss_on(each, batches[0]).item() for each in networks[-2:])
    if not math.isclose(trained, as_right, rel_tol=1e-3):
        raise Wrong("the losses are right, but the last batch's step is missing.")
    return "a step for each batch, with the gradients of this batch alone."


def must_be_detached(losses: Any) -> None:
    """Raise Wrong for losses that keep the record of how they were computed."""
    each = [losses] if isinstance(losses, Tensor) else losses
    if any(isinstance(loss, Tensor) and loss.requires_grad for loss in each):
        raise Wrong(
            "these losses are tensors, which keep the record of how they were computed: return "
            "numbers, by loss.item()."
        )


def loss_on(network: CharLSTM, batch: Tensor) -> Tensor:
    logits, _ = network(batch[:, :-1])
    return cross_entropy(logits, batch[:, 1:])


# --- measure the leak ---


def leaked_share(train: list[int], held_out: list[int], seq_len: int) -> float:
    """Share of the held-out windows' targets that were trained on."""
    return share_of_targets(train, held_out, seq_len)


def share_of_targets(
    train: list[int],
    held_out: list[int],
    seq_len: int,
    of_train: tuple[int, int] = (1, 1),
    of_held_out: tuple[int, int] = (1, 1),
) -> float:
    """The share, where targets may begin and end somewhere else than one ahead of what is read."""
    trained = targets(train, seq_len, *of_train)
    each = [targets([start], seq_len, *of_held_out) for start in held_out]
    return sum(len(one & trained) for one in each) / sum(len(one) for one in each)


def targets(starts: list[int], seq_len: int, first: int = 1, last: int = 1) -> set[int]:
    """The positions that the windows with these starts predict."""
    return {start + k for start in starts for k in range(first, seq_len + last)}


def windows_with(is_leaked: Callable) -> Callable:
    """The share of the windows whose targets, beside all that were trained on, count as leaked."""

    def wrong(train: list[int], held_out: list[int], seq_len: int) -> float:
        trained = targets(train, seq_len)
        return float(np.mean([is_leaked(targets([start], seq_len), trained) for start in held_out]))

    return wrong


def distinct_positions(train: list[int], held_out: list[int], seq_len: int) -> float:
    of_held_out = targets(held_out, seq_len)
    return len(of_held_out & targets(train, seq_len)) / len(of_held_out)


def with_targets(of_train: tuple[int, int], of_held_out: tuple[int, int]) -> Callable:
    return lambda train, held_out, seq_len: share_of_targets(
        train, held_out, seq_len, of_train, of_held_out
    )


def count_of(train: list[int], held_out: list[int], seq_len: int) -> float:
    """How many of the held-out targets were trained on."""
    return leaked_share(train, held_out, seq_len) * len(held_out) * seq_len


LEAKED_SHARE: Mistakes = {
    "you look for equal windows, but different ones share nearly all targets.": (
        lambda train, held_out, seq_len: len(set(train) & set(held_out))
    ),
    "a window counts whole as soon as one target is shared: count targets.": (
        windows_with(lambda own, trained: bool(own & trained))
    ),
    "a window counts only if all of its targets are shared: count targets.": (
        windows_with(lambda own, trained: own <= trained)
    ),
    "you look for neighbours, but windows up to T - 1 apart share targets: count these.": (
        lambda train, held_out, seq_len: float(
            np.mean([k - 1 in train or k + 1 in train for k in held_out])
        )
    ),
    "a position counts once for every held-out window that predicts it.": distinct_positions,
    "this is a count: divide it by the number of held-out targets.": count_of,
    "divide by the number of held-out targets, not of training targets.": (
        lambda train, held_out, seq_len: count_of(train, held_out, seq_len) / len(train) / seq_len
    ),
    "divide by the number of held-out targets, not of different training targets.": (
        lambda train, held_out, seq_len: (
            count_of(train, held_out, seq_len) / len(targets(train, seq_len))
        )
    ),
    "this is the share that was *not* trained on.": then(leaked_share, lambda share: 1 - share),
    "this is in per cent: a share lies between 0 and 1.": (
        then(leaked_share, lambda share: 100 * share)
    ),
    "the parts are exchanged: it is the held-out targets that count.": (
        lambda train, held_out, seq_len: leaked_share(held_out, train, seq_len)
    ),
    "the training targets begin one too early: the first is the character k + 1.": (
        with_targets((0, 0), (1, 1))
    ),
    "the held-out targets begin one too early: the first is the character k + 1.": (
        with_targets((1, 1), (0, 0))
    ),
    "a window has T targets, and these are T + 1.": with_targets((1, 2), (1, 2)),
    "a training window's first character is read, but not predicted: begin with k + 1.": (
        with_targets((0, 1), (1, 1))
    ),
    "a window has T targets, from k + 1 to k + T, and these are T - 1.": (
        with_targets((1, 0), (1, 0))
    ),
}


def check_leaked_share(theirs: Callable) -> str:
    splits = []
    for _ in range(5):  # one split may hide a mistake, or look like another one
        starts = torch.randperm(450)[:90].tolist()
        splits.append((starts[30:], starts[:30], 7))

    def shares(function: Callable) -> list[Any]:
        return [numbers_of(call(function, *split), is_single=True) for split in splits]

    if any(answer.ndim for answer in shares(theirs)):
        raise Wrong("it should be a single number, the share of all held-out targets.")
    compare(theirs, leaked_share, LEAKED_SHARE, see=shares, where="in one of five splits, ")
    train, held_out = hold_out(280, 0.1)
    at_random = to_numbers(theirs(train.tolist(), held_out.tolist(), 20)).item()
    return f"in an example, {at_random:.0%} of the targets leak."


# --- cut first ---


def cut_first(length: int, seq_len: int, share: float) -> tuple[list[int], list[int]]:
    """Indices of the windows before the cut and of those after it."""
    cut = round((1 - share) * length)
    return list(range(cut - seq_len)), list(range(cut, length - seq_len))


CUT_FIRST: Mistakes = {
    "`share` is the share that is held out, and you train on it: cut at (1 - share) * length.": (
        lambda length, seq_len, share: cut_first(length, seq_len, 1 - share)
    ),
    "the parts are exchanged: the first part is for training.": (
        then(cut_first, lambda both: both[::-1])
    ),
    "the held-out windows are numbered from 0: they begin with the cut.": (
        then(cut_first, lambda both: (both[0], list(range(len(both[1])))))
    ),
    "you always hold out a tenth: use `share`.": (
        lambda length, seq_len, share: cut_first(length, seq_len, 0.1)
    ),
    "your windows always have the same length: use `seq_len`.": (
        lambda length, seq_len, share: cut_first(length, 64, share)
    ),
}


def check_cut_first(theirs: Callable) -> str:
    for given in ((800, 12, 0.25), (1_000, 20, 0.1)):
        both = indices_of_windows(call(theirs, *given))
        train, held_out = (sorted(part) for part in both)
        must_be_cut(train, held_out, *given)
    return f"{len(train)} windows before the cut, {len(held_out)} after it, and nothing in common."


def must_be_cut(
    train: list[int], held_out: list[int], length: int, seq_len: int, share: float
) -> None:
    """Raise Wrong unless these are all windows before the cut and all after it."""
    if not train or not held_out:
        raise Wrong("one of the parts is empty.")
    right = cut_first(length, seq_len, share)
    if (train, held_out) == right:
        return
    for words, wrong in CUT_FIRST.items():
        if (train, held_out) == wrong(length, seq_len, share):
            raise Wrong(words)
    of_train = {number + k for number in train for k in range(seq_len + 1)}
    of_held_out = {number + k for number in held_out for k in range(seq_len + 1)}
    if max(of_train | of_held_out) >= length or min(of_train | of_held_out) < 0:
        raise Wrong(f"a window ends after the text: the last one has the number {length} - T - 1.")
    if train[-1] > held_out[0]:
        raise Wrong(
            "the parts are mixed: train on windows before the cut, and hold out those after."
        )
    shared = of_train & of_held_out
    if shared:
        raise Wrong(
            f"the parts share {len(shared)} characters: leave out the windows that cross the cut."
        )
    names = ("training", "held-out")
    for name, found, expected in zip(names, (train, held_out), right, strict=True):
        if len(set(found)) < len(found):
            raise Wrong(f"some {name} windows come twice.")
        if found != expected:
            raise Wrong(
                f"of {length} characters, with T = {seq_len} and the share {share}, there are "
                f"{len(found)} {name} windows, from {found[0]} to {found[-1]}: it should be all "
                f"from {expected[0]} to {expected[-1]}."
            )


# --- the two protocols ---


@torch.no_grad()
def losses_in_windows(model: Any, ids: Tensor, window: int, carry: bool, ahead: int = 1) -> Tensor:
    """Losses (windows, window) in nats, from ids (windows * window + 1,).

    With another `ahead` than 1, which is a mistake, not the next character is scored.
    """
    losses = []
    state = None
    for start in range(0, len(ids) - 1, window):
        x = ids[start : start + window]  # (window,)
        y = ids[start + ahead : start + ahead + window]  # (window,)
        logits, state = model(x[None], state if carry else None)  # (1, window, vocab_size)
        losses.append(F.cross_entropy(logits[0], y, reduction="none"))
    return torch.stack(losses)


def passing_on(change: Callable) -> Callable:
    """The losses of a model whose states are changed."""

    def wrong(model: CharLSTM, ids: Tensor, window: int, carry: bool) -> Tensor:
        def read(x: Tensor, state: Any) -> tuple[Tensor, Any]:
            logits, new_state = model(x, state)
            return logits, [change(h, c) for h, c in new_state]

        return losses_in_windows(read, ids, window, carry)

    return wrong


LOSSES_IN_WINDOWS: Mistakes = {
    "with carry=False the state is carried over at a border.": (
        lambda model, ids, window, carry: losses_in_windows(model, ids, window, True)
    ),
    "with carry=True the state is dropped at a border.": (
        lambda model, ids, window, carry: losses_in_windows(model, ids, window, False)
    ),
    "only h is carried: the state is h and c.": passing_on(lambda h, c: (h, 0 * c)),
    "only c is carried: the state is h and c.": passing_on(lambda h, c: (0 * h, c)),
    "you score the character that the model reads: y is the next one.": (
        lambda model, ids, window, carry: losses_in_windows(model, ids, window, carry, ahead=0)
    ),
    "this is the mean of each window: give the loss of each position.": (
        then(losses_in_windows, lambda losses: losses.mean(1))
    ),
    "this is the mean over the windows: give each window's losses.": (
        then(losses_in_windows, lambda losses: losses.mean(0))
    ),
    "this is the mean of all: give the loss of each position.": (
        then(losses_in_windows, torch.mean)
    ),
    "the losses are in bits: return nats, without dividing by log 2.": (
        then(losses_in_windows, lambda losses: losses / math.log(2))
    ),
    "return a row for each window: torch.stack makes rows, torch.cat doesn't.": (
        then(losses_in_windows, torch.flatten)
    ),
    "return a row for each window, not a column.": (
        then(losses_in_windows, lambda losses: losses.T)
    ),
    "the last window is missing.": then(losses_in_windows, lambda losses: losses[:-1]),
}


def tiny_model(num_layers: int = 1) -> CharLSTM:
    """Untrained, with weights so large that its predictions depend on the state."""
    model = CharLSTM(list("abcdefg"), 4, 6, num_layers).eval()
    for weight in model.parameters():
        weight.data.mul_(4)
    return model


def check_losses_in_windows(theirs: Callable) -> str:
    given = (tiny_model(), torch.randint(7, (41,)), 5)
    cases = [(*given, carry) for carry in (False, True)]
    try:
        compare(theirs, losses_in_windows, LOSSES_IN_WINDOWS, cases)
    except ValueError as error:
        if "batch_size (0)" not in str(error):
            raise
        raise Wrong(
            "it reads a window that has no target: the last one begins before len(ids) - 1."
        ) from None
    answer = call(theirs, *given, True)
    if isinstance(answer, list | tuple) and isinstance(answer[0], Tensor):
        raise Wrong("right, but a list of tensors: torch.stack makes one tensor of them.")
    return "cold, each window starts with an empty state; carried, only the first one does."
