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
    are_neighbours = (np.diff(sorted(held_out)) == 1).mean()  # the share of them
    if are_neighbours > share + 0.2:
        raise Wrong(
            "the held-out windows are neighbours, but the task asks for random ones. If you have a "
            "reason to do it like this, remember it: you will need it below."
        )
    missing = count - len(all_indices)
    if missing:
        raise Wrong(f"{missing:,} of {count:,} windows are in neither part: train on all others.")
    if abs(len(held_out) - right) > allowed:
        raise Wrong(
            f"of {count:,} windows it holds out {len(held_out):,}, but the share {share} of them "
            f"would be {right:,}: use both arguments."
        )


def indices_of_windows(answer: Any) -> tuple[list[int], list[int]]:
    """The two parts of an answer, as lists of whole numbers."""
    two = parts(answer, "the training windows", "the held-out ones")
    if any(isinstance(part, Subset) for part in two):
        raise Wrong("random_split gives Subsets: return the `.indices` of each.")
    if any(getattr(part, "dtype", None) in (torch.bool, bool) for part in two):
        raise Wrong("return indices, not masks: mask.nonzero()[:, 0] has those of a mask.")
    if any(is_of_floats(part) for part in two):
        raise Wrong(
            "indices are whole numbers, but these are floats, by which no window can be chosen: "
            "torch.tensor(list) keeps whole numbers, torch.Tensor(list) doesn't; and round(...) "
            "makes one of a float."
        )
    if any(isinstance(part, set) for part in two):
        raise Wrong("a set can't choose windows from a tensor: return lists or tensors.")
    train, held_out = (np.atleast_1d(to_numbers(part)) for part in two)
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
    "the softmax goes along time: it goes along the last axis.": (
        lambda logits, y: -at(logits.log_softmax(1), y).mean()
    ),
    "logits are not logarithms of probabilities: the softmax is missing.": (
        lambda logits, y: -at(logits, y).mean()
    ),
    "[:, :, y] takes all characters of y at each position: take one at each, by gather.": (
        lambda logits, y: -logits.log_softmax(2)[:, :, y].mean()
    ),
    "right for small logits, but exp(1000) overflows: subtract the largest first.": (
        shifted(lambda logits: 0)
    ),
    "the probability of an unlikely character rounds to 0: compute log p from the logits.": (
        lambda logits, y: -at(logits.softmax(2), y).log().mean()
    ),
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
) -> Callable:
    """A loop with some of its lines, in another order, and other ways to split and to score.

    It may carry the state from batch to batch.
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
    "loss_of takes the logits as they are: leave out the softmax.": (
        loop(*WHOLE, loss=lambda loss_of, logits, y: loss_of(logits.softmax(-1), y))
    ),
    CARRIES_STATE: (loop(*WHOLE, carry=True)),
    "return the losses of all batches, not the last one's.": (
        then(train_on, lambda losses: losses[-1])
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
    return count_of(train, held_out, seq_len) / len(held_out) / seq_len


def count_of(train: list[int], held_out: list[int], seq_len: int) -> float:
    """How many of the held-out targets were trained on."""
    trained = targets(train, seq_len)
    return sum(len(targets([start], seq_len) & trained) for start in held_out)


def targets(starts: list[int], seq_len: int) -> set[int]:
    """The positions that the windows with these starts predict."""
    return {start + k for start in starts for k in range(1, seq_len + 1)}


def windows_with(is_leaked: Callable) -> Callable:
    """The share of the windows whose targets, beside all that were trained on, count as leaked."""

    def wrong(train: list[int], held_out: list[int], seq_len: int) -> float:
        trained = targets(train, seq_len)
        return float(np.mean([is_leaked(targets([start], seq_len), trained) for start in held_out]))

    return wrong


LEAKED_SHARE: Mistakes = {
    "you look for equal windows, but different ones share nearly all targets.": (
        lambda train, held_out, seq_len: len(set(train) & set(held_out))
    ),
    "a window counts whole as soon as one target is shared: count targets.": (
        windows_with(lambda own, trained: bool(own & trained))
    ),
    "you look for neighbours, but windows up to T - 1 apart share targets: count these.": (
        lambda train, held_out, seq_len: float(
            np.mean([k - 1 in train or k + 1 in train for k in held_out])
        )
    ),
    "this is a count: divide it by the number of held-out targets.": count_of,
    "this is the share that was *not* trained on.": then(leaked_share, lambda share: 1 - share),
    "the parts are exchanged: it is the held-out targets that count.": (
        lambda train, held_out, seq_len: leaked_share(held_out, train, seq_len)
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
    "you score the character that the model reads: y is the next one.": (
        lambda model, ids, window, carry: losses_in_windows(model, ids, window, carry, ahead=0)
    ),
    "this is the mean of each window: give the loss of each position.": (
        then(losses_in_windows, lambda losses: losses.mean(1))
    ),
    "this is the mean of all: give the loss of each position.": (
        then(losses_in_windows, torch.mean)
    ),
}


def tiny_model() -> CharLSTM:
    """Untrained, with weights so large that its predictions depend on the state."""
    model = CharLSTM(list("abcdefg"), 4, 6, 1).eval()
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
