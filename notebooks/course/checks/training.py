"""The checks of notebook 03, and the solutions that take the place of what isn't written yet."""

import copy
import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F
from torch.utils.data import Subset

from shakespeare.model import CharLSTM

from . import (
    Wrong,
    call,
    compare,
    mistakes_of_mean,
    numbers_of,
    parts,
    returned,
    to_numbers,
)

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
    _, again = indices_of_windows(theirs(count, share))
    if set(held_out) == set(again):
        raise Wrong("it holds out the same windows at each call: draw them at random.")
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
            "reason to do it like this, keep it: you will need it below."
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
            "random ones. If you have a reason to do it like this, keep it: you will need it below."
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
    return F.cross_entropy(logits.flatten(0, 1), y.flatten())


def at(values: Tensor, y: Tensor) -> Tensor:
    """The value at the true character of each position, (batch, time)."""
    return values.gather(2, y[..., None])[..., 0]


LOSSES = {  # by what to say of it, a wrong loss
    "you add up over time: the loss is the mean over batch and time.": (
        lambda logits, y: cross_entropy(logits, y) * y.shape[1]
    ),
    "the softmax goes along time: it goes along the last axis.": (
        lambda logits, y: -at(logits.log_softmax(1), y).mean()
    ),
    "logits are not logarithms of probabilities: the softmax is missing.": (
        lambda logits, y: -at(logits, y).mean()
    ),
    "the softmax is applied twice: F.cross_entropy takes the logits.": (
        lambda logits, y: cross_entropy(logits.softmax(2), y)
    ),
    "[:, :, y] takes all characters of y at each position: take one at each, by gather.": (
        lambda logits, y: -logits.log_softmax(2)[:, :, y].mean()
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
    "y is one ahead already: compare both at the same position.": (
        lambda logits, y: cross_entropy(logits[:, :-1], y[:, 1:])
    ),
    "this is the loss of the last position: take the mean over all of them.": (
        lambda logits, y: cross_entropy(logits[:, -1:], y[:, -1:])
    ),
    "this is the mean over the vocabulary, too: take it over the positions alone.": (
        lambda logits, y: cross_entropy(logits, y) / logits.shape[2]
    ),
    "you add up over the batch: the loss is the mean over batch and time.": (
        lambda logits, y: cross_entropy(logits, y) * len(y)
    ),
    "the softmax goes along the batch: it goes along the last axis.": (
        lambda logits, y: -at(logits.log_softmax(0), y).mean()
    ),
    "you subtract the largest logit from one of the two terms: subtract it from both.": (
        lambda logits, y: cross_entropy(logits, y) - logits.amax(2).mean()
    ),
    "view and reshape exchange no axes: logits.mT does, or flatten(0, 1) makes rows.": (
        lambda logits, y: F.cross_entropy(logits.reshape(len(y), -1, y.shape[1]), y)
    ),
    "this is the loss of the first window: take the mean over all of them.": (
        lambda logits, y: cross_entropy(logits[:1], y[:1])
    ),
    "this is the perplexity: the loss is its logarithm.": (
        lambda logits, y: cross_entropy(logits, y).exp()
    ),
    "these are the losses of all positions: take their mean.": (
        lambda logits, y: -at(logits.log_softmax(2), y)
    ),
}


def check_cross_entropy(theirs: Callable) -> str:
    logits = 2 * torch.randn(2, 3, 5)  # (batch, time, vocab_size)
    y = torch.randint(4, (2, 3))  # (batch, time), never the last one, as one_hot(y) would count on
    right = float(cross_entropy(logits, y))
    wrong = {words: mistake(logits, y) for words, mistake in LOSSES.items()}
    compare(call(theirs, logits, y), right, mistakes_of_mean(right, y.numel()) | wrong)

    must_be_finite(
        call(theirs, logits + 1000, y),
        "right for small logits, but exp(1000) overflows: subtract the largest first.",
    )
    # Neighbours in a window, or of the same time, are 1,000 apart: (batch, time, 1).
    far_apart = torch.tensor([[1000.0, 0.0, 1000.0], [0.0, 1000.0, 0.0]])[..., None]
    must_be_finite(
        call(theirs, logits + far_apart, y),
        "you subtract the largest logit of several positions, and exp makes the others 0: "
        "subtract the largest of each position.",
    )
    unlikely = logits.scatter_add(2, y[..., None], torch.full((2, 3, 1), -300.0))
    answer = call(theirs, unlikely, y)
    must_be_finite(
        answer,
        "the probability of an unlikely character rounds to 0: compute log p from the logits.",
    )
    if to_numbers(answer).max() < 0.9 * float(cross_entropy(unlikely, y)):
        raise Wrong(
            "adding a small number, or clamping, hides log(0): unlikely characters become too "
            "cheap. Compute log p from the logits."
        )
    compare(answer, cross_entropy(unlikely, y), {})
    one_large = logits.scatter_add(2, (y[..., None] + 1) % 5, torch.full((2, 3, 1), 300.0))
    answer = call(theirs, one_large, y)
    must_be_finite(
        answer,
        "right for most logits, but where one is far above the others, exp overflows: subtract the "
        "largest of each position, not the mean.",
    )
    compare(answer, cross_entropy(one_large, y), {})

    logits.requires_grad_()
    loss = theirs(logits, y)
    if isinstance(loss, Tensor) and loss.requires_grad:
        loss.backward()
    if logits.grad is None:
        raise Wrong(
            "the number is right, but no gradient leads back to the logits: compute it with "
            "PyTorch's functions, without no_grad(), detach(), .item(), torch.tensor() or NumPy."
        )
    right_logits = logits.detach().requires_grad_()
    cross_entropy(right_logits, y).backward()
    if not torch.allclose(logits.grad, right_logits.grad, rtol=1e-3, atol=1e-5):  # type: ignore[arg-type]
        raise Wrong("the number is right, but its gradient isn't: leave out detach().")
    return "it agrees with PyTorch's, even for logits near 1,000."


def must_be_finite(answer: Any, otherwise: str) -> None:
    if not np.isfinite(to_numbers(answer)).all():
        raise Wrong(otherwise)


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


def one_ahead(batch: Tensor) -> tuple[Tensor, Tensor]:
    return batch[:, :-1], batch[:, 1:]


def loop(
    *lines: str,
    split: Callable = one_ahead,
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


WHOLE = ("zero_grad", "backward", "step")
LOOPS = {  # by what to say of it, a wrong loop
    "gradients add up from step to step: clear them with zero_grad().": loop("backward", "step"),
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
    "this is the loss of the last position: take the mean over all of them.": (
        loop(*WHOLE, loss=lambda loss_of, logits, y: loss_of(logits[:, -1:], y[:, -1:]))
    ),
    "loss_of takes the logits as they are: leave out the softmax.": (
        loop(*WHOLE, loss=lambda loss_of, logits, y: loss_of(logits.softmax(-1), y))
    ),
    "use the loss that you are given, loss_of(logits, y).": (
        loop(*WHOLE, loss=lambda loss_of, logits, y: cross_entropy(logits, y))
    ),
    "each batch begins with an empty state: don't carry it from batch to batch.": (
        loop(*WHOLE, carry=True)
    ),
    "these are the losses after the step: return those before it, from which you learn.": (
        loop(*WHOLE, late=True)
    ),
    "the weights don't change from batch to batch: each needs backward() and then step(), in this "
    "order.": loop(),
}


def half_loss(logits: Tensor, y: Tensor) -> Tensor:
    """Not the usual loss, so that it shows whether a loop uses the one that it is given."""
    return cross_entropy(logits, y) / 2


def check_train_on(theirs: Callable) -> str:
    untrained = tiny_model()
    batches = list(torch.randint(7, (6, 3, 65)))  # of 3 windows each

    def with_own_network(train: Callable) -> tuple[Any, CharLSTM]:
        """What it returns, and the network that it has trained."""
        network = copy.deepcopy(untrained)
        optimizer = torch.optim.Adam(network.parameters(), 0.02)
        losses = train(network, optimizer, [batch.clone() for batch in batches], half_loss)
        return losses, network

    try:
        answer, trained = with_own_network(theirs)
        returned(answer)  # not by `call`, because it is to change what it is given
    except AttributeError as error:
        if "'tuple'" not in str(error):
            raise
        raise Wrong("network(x) returns two things: logits, _ = network(x).") from None
    except RuntimeError as error:
        if "inplace operation" not in str(error):
            raise
        raise Wrong("the step comes before backward(): first the gradient, then step().") from None
    right, as_right = with_own_network(train_on)
    mistakes = {words: with_own_network(wrong)[0] for words, wrong in LOOPS.items()}
    mistakes["return the losses of all batches, not the last one's."] = right[-1]
    mistakes["return after the loop, not in it: this is the first batch's loss."] = right[:1]
    mistakes["return the loss of each batch, not their mean."] = np.mean(right)
    mistakes["return the loss of each batch, not their sum."] = np.sum(right)
    mistakes["loss_of gives a mean: don't multiply it by the number of windows."] = [
        3 * each for each in right
    ]
    mistakes["loss_of gives a mean: don't divide it by the number of windows."] = [
        each / 3 for each in right
    ]
    mistakes["return the loss of each batch, not the mean of all so far."] = np.cumsum(
        right
    ) / np.arange(1, 7)
    compare(answer, right, mistakes)
    must_be_detached(answer)
    after, after_right = (loss_on(each, batches[0]).item() for each in (trained, as_right))
    if not math.isclose(after, after_right, rel_tol=1e-3):
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


def leaked_share(
    train: list[int],
    held_out: list[int],
    seq_len: int,
    ahead: int = 1,
    train_ahead: int = 1,
    train_more: int = 0,
) -> float:
    """Share of the held-out windows' targets that were trained on.

    A target is `ahead` characters after what is read; 0 in one of the parts is a mistake, and so
    are more targets in a training window than `seq_len`.
    """
    trained = targets(train, seq_len + train_more, train_ahead)
    found = 0
    for start in held_out:
        found += len(targets([start], seq_len, ahead) & trained)
    return found / (len(held_out) * seq_len)


def targets(starts: list[int], seq_len: int, ahead: int = 1) -> set[int]:
    """The positions that the windows with these starts predict."""
    return {start + k + ahead for start in starts for k in range(seq_len)}


def whole_windows(train: list[int], held_out: list[int], seq_len: int) -> float:
    trained = targets(train, seq_len)
    return float(np.mean([bool(targets([start], seq_len) & trained) for start in held_out]))


def complete_windows(train: list[int], held_out: list[int], seq_len: int) -> float:
    trained = targets(train, seq_len)
    return float(np.mean([targets([start], seq_len) <= trained for start in held_out]))


def neighbours(train: list[int], held_out: list[int], seq_len: int) -> float:
    return float(np.mean([start - 1 in train or start + 1 in train for start in held_out]))


def count_of(train: list[int], held_out: list[int], seq_len: int) -> float:
    """How many of the held-out targets were trained on."""
    return leaked_share(train, held_out, seq_len) * len(held_out) * seq_len


def distinct_positions(train: list[int], held_out: list[int], seq_len: int) -> float:
    of_held_out = targets(held_out, seq_len)
    return len(of_held_out & targets(train, seq_len)) / len(of_held_out)


LEAKS: dict[str, Callable] = {
    "you look for equal windows, but different ones share nearly all targets.": (
        lambda train, held_out, seq_len: len(set(train) & set(held_out))
    ),
    "a window counts whole as soon as one target is shared: count targets.": whole_windows,
    "a window counts only if all of its targets are shared: count targets.": complete_windows,
    "you look for neighbours, but windows up to T - 1 apart share targets: count these.": (
        neighbours
    ),
    "this is a count: divide it by the number of held-out targets.": count_of,
    "divide by the number of held-out targets, not of training targets.": (
        lambda *given: count_of(*given) / (len(given[0]) * given[2])
    ),
    "divide by the number of held-out targets, not of different training targets.": (
        lambda *given: count_of(*given) / len(targets(given[0], given[2]))
    ),
    "this is the share that was *not* trained on.": lambda *given: 1 - leaked_share(*given),
    "a position counts once for every held-out window that predicts it.": distinct_positions,
    "this is in per cent: a share lies between 0 and 1.": (
        lambda *given: 100 * leaked_share(*given)
    ),
    "the parts are exchanged: it is the held-out targets that count.": (
        lambda train, held_out, seq_len: leaked_share(held_out, train, seq_len)
    ),
    "the training targets begin one too early: the first is the character k + 1.": (
        lambda train, held_out, seq_len: leaked_share(train, held_out, seq_len, train_ahead=0)
    ),
    "the held-out targets begin one too early: the first is the character k + 1.": (
        lambda train, held_out, seq_len: leaked_share(train, held_out, seq_len, ahead=0)
    ),
    "a window has T targets, and these are T + 1.": (
        lambda train, held_out, seq_len: leaked_share(train, held_out, seq_len + 1)
    ),
    "a training window has T targets, and these are T + 1.": (
        lambda train, held_out, seq_len: leaked_share(train, held_out, seq_len, train_more=1)
    ),
    "a training window's first character is read, but not predicted: begin with k + 1.": (
        lambda train, held_out, seq_len: leaked_share(
            train, held_out, seq_len, train_ahead=0, train_more=1
        )
    ),
    "a window has T targets, from k + 1 to k + T, and these are T - 1.": (
        lambda train, held_out, seq_len: leaked_share(train, held_out, seq_len - 1)
    ),
}


def check_leaked_share(theirs: Callable) -> str:
    answers = []
    splits = []
    for _ in range(5):  # one split may hide a mistake, or look like another one
        starts = torch.randperm(450)[:90].tolist()
        splits.append((starts[30:], starts[:30], 7))
        answers.append(numbers_of(call(theirs, *splits[-1]), is_single=True))
    if any(answer.ndim for answer in answers):
        raise Wrong("it should be a single number, the share of all held-out targets.")
    wrong = {words: [mistake(*split) for split in splits] for words, mistake in LEAKS.items()}
    compare(answers, [leaked_share(*split) for split in splits], wrong, "in one of five splits, ")
    train, held_out = hold_out(280, 0.1)
    at_random = to_numbers(theirs(train.tolist(), held_out.tolist(), 20)).item()
    return f"in an example, {at_random:.0%} of the targets leak."


# --- cut first ---


def cut_first(length: int, seq_len: int, share: float) -> tuple[list[int], list[int]]:
    """Indices of the windows before the cut and of those after it."""
    cut = round((1 - share) * length)
    return list(range(cut - seq_len)), list(range(cut, length - seq_len))


CUTS: dict[str, Callable] = {  # by what to say of it, wrong parts
    "the held-out windows are numbered from 0: they begin with the cut.": (
        lambda *given: (cut_first(*given)[0], list(range(len(cut_first(*given)[1]))))
    ),
    "you always hold out a tenth: use `share`.": (
        lambda length, seq_len, share: cut_first(length, seq_len, 0.1)
    ),
    "your windows always have the same length: use `seq_len`.": (
        lambda length, seq_len, share: cut_first(length, 64, share)
    ),
    "your text always has the same length: use `length`.": (
        lambda length, seq_len, share: cut_first(1_000, seq_len, share)
    ),
    "you always cut before the same character: use `length` and `share`.": (
        lambda length, seq_len, share: cut_first(1_000, seq_len, 0.1)
    ),
}


def check_cut_first(theirs: Callable) -> str:
    for length, seq_len, share in ((800, 12, 0.25), (1_000, 20, 0.1)):
        train, held_out = indices_of_windows(call(theirs, length, seq_len, share))
        must_be_cut(sorted(train), sorted(held_out), length, seq_len, share)
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
    for words, wrong in CUTS.items():
        if (train, held_out) == wrong(length, seq_len, share):
            raise Wrong(words)
    of_train = {number + k for number in train for k in range(seq_len + 1)}
    of_held_out = {number + k for number in held_out for k in range(seq_len + 1)}
    if max(of_train | of_held_out) >= length or min(of_train | of_held_out) < 0:
        raise Wrong(f"a window ends after the text: the last one has the number {length} - T - 1.")
    if min(of_train) > max(of_held_out):
        raise Wrong("the parts are exchanged: the first part is for training.")
    if train[-1] > held_out[0]:
        raise Wrong(
            "the parts are mixed: train on windows before the cut, and hold out those after."
        )
    shared = of_train & of_held_out
    if shared:
        raise Wrong(
            f"the parts share {len(shared)} characters: leave out the windows that cross the cut."
        )
    for name, found, expected in zip(
        ("training", "held-out"), (train, held_out), right, strict=True
    ):
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
def losses_in_windows(
    model: CharLSTM, ids: Tensor, window: int, carry: bool, ahead: int = 1
) -> Tensor:
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


def tiny_model(num_layers: int = 1) -> CharLSTM:
    """Untrained, with weights so large that its predictions depend on the state."""
    model = CharLSTM(list("abcdefg"), 4, 6, num_layers).eval()
    for weight in model.parameters():
        weight.data.mul_(4)
    return model


def check_losses_in_windows(theirs: Callable) -> str:
    model = tiny_model()
    window = 5
    ids = torch.randint(7, (41,))
    for carry, done in ((False, "carried over"), (True, "dropped")):
        right = losses_in_windows(model, ids, window, carry)
        other = losses_in_windows(model, ids, window, not carry)
        of_x = losses_in_windows(model, ids, window, carry, ahead=0)
        mistakes = {
            f"with carry={carry} the state is {done} at a border.": other,
            "you score the character that the model reads: y is the next one.": of_x,
            "this is the mean of each window: give the loss of each position.": right.mean(1),
            "this is the mean over the windows: give each window's losses.": right.mean(0),
            "the losses are in bits: return nats, without dividing by log 2.": right / math.log(2),
            "return a row for each window: torch.stack makes rows, torch.cat doesn't.": (
                right.flatten()
            ),
            "return a row for each window, not a column.": right.T,
            "the last window is missing.": right[:-1],
        }
        answer = call(theirs, model, ids, window, carry)
        compare(answer, right, mistakes)
        if isinstance(answer, list | tuple) and isinstance(answer[0], Tensor):
            raise Wrong("right, but a list of tensors: torch.stack makes one tensor of them.")
    return "cold, each window starts with an empty state; carried, only the first one does."
