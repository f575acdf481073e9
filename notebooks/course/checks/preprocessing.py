"""The checks of notebook 01."""

from collections.abc import Callable

import numpy as np
import torch

from . import Wrong, call, compare, mistakes_of_mean, to_numbers


def check_loss_in_nats(theirs: Callable) -> str:
    p = torch.rand(7, 5).softmax(1)  # (characters, vocab_size)
    ids = torch.tensor([2, 0, 4, 4, 1, 3, 2])
    p_of_true = p[torch.arange(7), ids]  # (characters,)
    right = float(-p_of_true.log().mean())
    mistakes = mistakes_of_mean(right, len(ids)) | {
        "take the logarithm first and the mean afterwards.": -p_of_true.mean().log(),
        "these are the likeliest characters: look up those that really followed.": (
            -p.max(1).values.log().mean()
        ),
        "this is the mean over all characters: look up those that really followed.": (
            -p.log().mean()
        ),
        "this is the entropy of the model: look up the characters that really followed.": (
            -(p * p.log()).sum(1).mean()
        ),
        "p[:, ids] has a column for each character: look up one number in each row.": (
            -p[:, ids].log().mean()
        ),
        "these are the surprises: a loss is their mean.": -p_of_true.log(),
    }
    compare(call(theirs, p, ids), right, mistakes)
    return f"{right:.3f} nats in the example, {right / np.log(2):.3f} bits."


def check_leaked_share(theirs: Callable) -> str:
    seq_len = 8
    all_starts = [5 * k for k in torch.randperm(40).tolist()]
    validation = all_starts[:10]
    train = all_starts[10:]

    def targets(*starts: int) -> set[int]:
        """The positions that the windows with these starts predict."""
        return {start + k for start in starts for k in range(1, seq_len + 1)}

    trained = targets(*train)
    shares = [len(targets(start) & trained) / seq_len for start in validation]
    right = np.mean(shares)
    whole_windows = np.mean([share > 0 for share in shares])
    distinct = targets(*validation)
    mistakes = {
        "you look for equal windows, but different ones share nearly all targets.": 0,
        "a window counts whole as soon as one target is shared: count targets.": whole_windows,
        "a position counts once for every validation window that predicts it.": (
            len(distinct & trained) / len(distinct)
        ),
        "this is in per cent: a share lies between 0 and 1.": 100 * right,
    }
    compare(call(theirs, train, validation, seq_len), right, mistakes)

    # Now theirs measures two splits of 280 windows of 20 characters, each with a tenth of them for
    # validation. The contiguous one leaves out the windows that cross the cut.
    windows = 280
    length = 20
    tenth = windows // 10
    mixed = torch.randperm(windows).tolist()
    random = to_numbers(theirs(mixed[tenth:], mixed[:tenth], length)).item()
    cut = windows - tenth  # where the first validation window starts
    before_cut = list(range(cut - length))
    from_cut = list(range(cut, windows))
    contiguous = to_numbers(theirs(before_cut, from_cut, length)).item()
    return (
        f"{random:.0%} of the targets leak in a random split, "
        f"and {contiguous:.0%} in a contiguous one."
    )


def check_witten_bell(theirs: Callable) -> str:
    lower = torch.tensor([0.1, 0.3, 0.2, 0.25, 0.15])
    n = torch.tensor([3.0, 1.0, 0.0, 3.0, 3.0])  # some are equal
    times = n.sum()
    different = (n > 0).sum()
    right = (n + different * lower) / (times + different)
    mistakes = {
        "without smoothing, what never followed has probability 0.": n / times,
        "the shorter context gets all the weight.": lower,
        "N counts *different* characters: here four, though they followed ten times.": (
            (n + times * lower) / (times + times)
        ),
        "N counts the characters that followed, not the whole vocabulary.": (
            (n + len(n) * lower) / (times + len(n))
        ),
        "N counts different characters, not different counts.": (
            (n + n.unique().numel() * lower) / (times + n.unique().numel())
        ),
        "the probabilities add up to more than 1: divide by n(u) + N.": (
            (n + different * lower) / times
        ),
        "multiply the shorter context's probabilities by N.": (n + lower) / (times + different),
        "divide all of the numerator, not only one of its terms.": (
            n + different * lower / (times + different)
        ),
        "mix both for each character, not only for those that never followed.": (
            torch.where(n > 0, n / times, lower)
        ),
        "return the probabilities of all characters, not their sum.": 1.0,
    }
    compare(call(theirs, n, lower), right, mistakes)

    unseen = call(theirs, torch.zeros(5), lower)
    if np.isnan(to_numbers(unseen)).any():
        raise Wrong("after a context that never occurred it divides 0 by 0: return `lower` there.")
    compare(unseen, lower, {"after a context that never occurred, return `lower`.": torch.zeros(5)})
    return "the probabilities add up to 1, after contexts that never occurred, too."
