"""Answers to the exercises: right ones in other styles, and mistakes that no table has.

The tables of notebooks/checks have wrong functions that give themselves away by their numbers.
Those here do so by something else: a type, a gradient, what they read or change.
"""

import math
import random
from collections import Counter

import numpy as np
import torch
from torch.nn import functional as F
from torch.utils.data import random_split

from checks import generation, then, training
from checks.preprocessing import loss_in_nats, mixed, true

# --- right ---


def smoothed(n, lower):
    p = (n + n.count_nonzero() * lower) / (n.sum() + n.count_nonzero())
    return torch.where(p.isnan(), lower, p).tolist()


def step_in_one(cell, x, h, c):
    xh = torch.hstack((x, h))
    f, i, o = torch.stack([layer(xh) for layer in (cell.forget, cell.input, cell.output)]).sigmoid()
    c = torch.addcmul(f * c, i, cell.candidate(xh).tanh())
    return [o * c.tanh(), c]


def step_by_exp(cell, x, h, c):
    f, i, o = (1 / (1 + torch.exp(-getattr(cell, name)(torch.cat((x, h), -1)))) for name in GATES)
    c = f * c + i * cell.candidate(torch.cat((x, h), -1)).tanh()
    return torch.stack((o * c.tanh(), c))


GATES = ("forget", "input", "output")


def gates_by_name(cell, x, h, c, values):
    f, i, o, g = cell.gates(x, h)
    gates = {"forget": f, "input": i, "output": o} | values
    c = gates["forget"] * c + gates["input"] * g
    return gates["output"] * c.tanh(), c


def seeded(count, share):
    torch.manual_seed(0)
    indices = torch.randperm(count)
    return indices[int(share * count) :], indices[: int(share * count)]


def split_by_torch(count, share):
    return random_split(range(count), [1 - share, share])


def with_a_coin(count, share):
    mask = torch.rand(count) < share
    return (~mask).nonzero()[:, 0].numpy(), mask.nonzero()[:, 0].tolist()


def sampled(count, share):
    held_out = random.Random(0).sample(range(count), round(share * count))
    return sorted(set(range(count)) - set(held_out)), held_out


def largest_subtracted(logits, y):
    largest = logits.max(dim=-1, keepdim=True).values.detach()
    log_p = logits - largest - (logits - largest).exp().sum(-1, keepdim=True).log()
    return -log_p[torch.arange(len(y))[:, None], torch.arange(y.shape[1]), y].mean()


def cleared_last(network, optimizer, batches, loss_of):
    losses = np.zeros(len(batches))
    for k, batch in enumerate(batches):
        loss = loss_of(network(batch[:, :64])[0], batch.roll(-1, 1)[:, :64])
        loss.backward()
        optimizer.step()
        network.zero_grad()
        losses[k] = loss.detach()
    return losses


def of_what_is_read(train, held_out, seq_len):
    """Not of targets: both sets move by one, so the share is the same."""
    read = {start + k for start in train for k in range(seq_len)}
    found = [start + k in read for start in held_out for k in range(seq_len)]
    return sum(found) / len(found)


def counted(train, held_out, seq_len):
    times = Counter(start + k for start in held_out for k in range(1, seq_len + 1))
    trained = training.targets(train, seq_len)
    return torch.tensor([sum(times[target] for target in trained) / times.total()])


def chosen_by_end(length, seq_len, share):
    cut = length - int(share * length)
    every = torch.arange(length - seq_len)
    return every[every + seq_len < cut].flip(0), np.arange(cut, length - seq_len)


def windows_as_batch(model, ids, window, carry):
    if carry:
        logits = model(ids[None, :-1])[0]
        logits = logits.view(-1, window, logits.shape[2])
    else:
        logits = model(ids[:-1].view(-1, window))[0]
    y = ids[1:].view(-1, window)
    return F.cross_entropy(logits.mT, y, reduction="none").detach().numpy()


def write_slowly(network, ids, length, sampler, draw):
    for _ in range(length):
        ids = torch.cat([ids, draw(sampler(network(ids[None])[0][:, -1]))])
    return ids


def write_one_by_one(network, ids, length, sampler, draw):
    state = None
    written = ids.tolist()
    for k in range(len(ids) + length - 1):
        logits, state = network(torch.tensor([[written[k]]]), state=state)
        if k >= len(ids) - 1:
            written += draw(sampler(logits[0])).tolist()
    return written


def with_numpy(logits, tau):
    z = logits.double().numpy() / tau
    odds = np.exp(z - z.max(axis=1, keepdims=True))
    return (odds.T / odds.sum(1)).T


def with_shifted_mask(p, top_p):
    """The usual way. Where a sum equals top_p, it keeps a character more."""
    ordered, order = p.sort(descending=True)
    remove = ordered.cumsum(0) > top_p
    remove[1:] = remove[:-1].clone()
    remove[0] = False
    kept = p.clone()
    kept[order[remove]] = 0
    return kept / kept.sum()


def one_by_one(p, top_p):
    kept = torch.zeros_like(p)
    for k in p.argsort(descending=True):
        kept[k] = p[k]
        if kept.sum() >= top_p:
            break
    return (kept / kept.sum()).tolist()


def masked_softmax(p, top_p):
    ordered, order = p.sort(descending=True)
    outside = ordered.cumsum(0) - ordered > top_p
    return p.log().masked_fill(outside[order.argsort()], -torch.inf).softmax(0)


RIGHT = {
    "loss_in_nats": [
        lambda p, ids: F.cross_entropy(p.log(), ids),
        lambda p, ids: -torch.distributions.Categorical(p).log_prob(ids).mean(),
        lambda p, ids: -sum(map(math.log, p[range(len(ids)), ids])) / len(ids),
        lambda p, ids: torch.tensor([-torch.diagonal(p[:, ids]).log().mean()]),
    ],
    "witten_bell": [smoothed],
    "lstm_step": [step_in_one, step_by_exp],
    "fixed_gate_step": [gates_by_name],
    "hold_out": [
        seeded,
        with_a_coin,
        sampled,
        then(split_by_torch, lambda parts: [part.indices for part in parts]),
        lambda count, share: np.split(np.random.permutation(count), [round((1 - share) * count)]),
    ],
    "cross_entropy": [
        largest_subtracted,
        lambda logits, y: F.nll_loss(F.log_softmax(logits, -1).mT, y),
        lambda logits, y: -torch.distributions.Categorical(logits=logits).log_prob(y).mean(),
        lambda logits, y: -(F.one_hot(y, 5) * logits.log_softmax(-1)).sum(-1).mean(),
    ],
    "train_on": [cleared_last],
    "leaked_share": [of_what_is_read, counted],
    "cut_first": [chosen_by_end],
    "losses_in_windows": [windows_as_batch],
    "write": [write_slowly, write_one_by_one],
    "with_temperature": [
        with_numpy,
        lambda logits, tau: torch.stack([(row / tau).softmax(0) for row in logits]),
        lambda logits, tau: (logits.log_softmax(-1) / tau).softmax(-1),
    ],
    "keep_nucleus": [with_shifted_mask, one_by_one, masked_softmax],
}

# --- wrong ---


def without_gradient(cell, x, h, c):
    with torch.no_grad():
        return cell(x, h, c)


def popped(cell, x, h, c, fixed):
    f, i, o, g = cell.gates(x, h)
    c = fixed.pop("forget", f) * c + fixed.pop("input", i) * g
    return fixed.pop("output", o) * torch.tanh(c), c


def drawn_again(count, share):
    drawn = torch.randint(count, (round(share * count),))
    return sorted(set(range(count)) - set(drawn.tolist())), drawn


def masks(count, share):
    mask = torch.rand(count) < share
    return ~mask, mask


def last_tenth(count, share):
    cut = count - round(share * count)
    return torch.arange(cut), torch.arange(cut, count)


def of_parts(change):
    return then(training.hold_out, lambda parts: [change(part) for part in parts])


def as_tensors(losses):
    return [torch.tensor(loss, requires_grad=True) for loss in losses]


def stepping(*lines):
    """A loop that takes the optimiser's steps in this order."""

    def train(network, optimizer, batches, loss_of):
        losses = []
        for batch in batches:
            loss = loss_of(network(batch[:, :-1])[0], batch[:, 1:])
            for line in lines:
                loss.backward() if line == "backward" else getattr(optimizer, line)()
            losses.append(loss.item())
        return losses

    return train


def last_step_missing(network, optimizer, batches, loss_of):
    losses = training.train_on(network, optimizer, batches[:-1], loss_of)
    logits, _ = network(batches[-1][:, :-1])
    return [*losses, loss_of(logits, batches[-1][:, 1:]).item()]


def cut_windows(length, seq_len, share):
    windows = length - seq_len
    cut = round((1 - share) * windows)
    return range(cut), range(cut, windows)


def at_random(length, seq_len, share):
    indices = torch.randperm(length - seq_len)
    return indices[round(share * length) :], indices[: round(share * length)]


def writing(pick, read=slice(None)):
    """A loop that reads everything again, or a part of it, for each character that it picks."""

    def write(network, ids, length, sampler, draw):
        for _ in range(length):
            logits, _ = network(ids[None, read])
            ids = torch.cat([ids, pick(logits, sampler, draw)])
        return ids

    return write


def usual(logits, sampler, draw):
    return draw(sampler(logits[:, -1]))


def divided_in_place(logits, tau):
    logits /= tau
    return logits.softmax(-1)


def with_math_exp(logits, tau):
    rows = [[math.exp(logit / tau) for logit in row] for row in logits.tolist()]
    return [[odds / sum(row) for odds in row] for row in rows]


WRONG = {  # {words of what is said: the function}
    "loss_in_nats": {
        "too cheap: add no": lambda p, ids: -true(p, ids).clamp_min(1e-9).log().mean(),
        "the result is rounded": then(loss_in_nats, lambda loss: round(float(loss), 2)),
        "it should return numbers": then(loss_in_nats, lambda loss: f"{loss:.6f}"),
        "should be a single number": lambda p, ids: (-true(p, ids).log()).tolist(),
    },
    "witten_bell": {
        "don't recognise": lambda n, lower: mixed(n, lower, (n > 0).sum() + 0.5),
    },
    "lstm_step": {
        "it returns h, (h, c)": lambda cell, *given: (cell(*given)[0], cell(*given)),
        "nothing can be learned": without_gradient,
        "without detach()": lambda cell, x, h, c: cell(x, h.detach(), c),
        "in double precision": lambda cell, x, h, c: cell(x.float(), h.float(), c),
    },
    "fixed_gate_step": {"changes its arguments": popped},
    "hold_out": {
        "these are floats": of_parts(torch.Tensor.float),
        "return lists or tensors": of_parts(lambda part: set(part.tolist())),
        "no window has the index 20,000": of_parts(lambda part: part + 1),
        "nonzero() gives a column": of_parts(lambda part: part[:, None]),
        "return indices, not masks": masks,
        "`.indices`": split_by_torch,
        "should return 2 things": then(training.hold_out, lambda parts: parts[1]),
        "exchanged": then(training.hold_out, lambda parts: parts[::-1]),
        "in both parts": lambda count, share: (range(count), training.hold_out(count, share)[1]),
        "in neither part": then(training.hold_out, lambda parts: (parts[0][1:], parts[1])),
        "come twice": drawn_again,
        "use both arguments": lambda count, share: training.hold_out(count, 0.1),
        "are neighbours, but the task asks for random ones": last_tenth,
    },
    "cross_entropy": {
        "it calls F.cross_entropy": lambda logits, y: F.cross_entropy(logits.mT, y),
        "too cheap": lambda logits, y: -(training.at(logits.softmax(2), y) + 1e-9).log().mean(),
        "no gradient leads back": then(training.cross_entropy, torch.Tensor.item),
        "gradient isn't": lambda logits, y: (
            training.cross_entropy(logits, y) + logits.detach().mean() - logits.mean()
        ),
    },
    "train_on": {
        "backward() and then step(), in this order": stepping("zero_grad", "step", "backward"),
        "the step comes before backward()": stepping("step", "zero_grad", "backward"),
        "by loss.item()": then(training.train_on, as_tensors),
        "logits, _ = network(x)": lambda network, optimizer, batches, loss_of: [
            loss_of(network(batch[:, :-1]), batch[:, 1:]) for batch in batches
        ],
        "the last batch's step is missing": last_step_missing,
    },
    "leaked_share": {
        "the share of all held-out targets": lambda train, held_out, seq_len: torch.tensor(
            [training.leaked_share(train, [start], seq_len) for start in held_out]
        ),
    },
    "cut_first": {
        "these are floats": then(training.cut_first, lambda parts: map(torch.Tensor, parts)),
        "the windows that cross the cut": cut_windows,
        "ends after the text": lambda length, *given: training.cut_first(length + 1, *given),
        "it should be all from": then(training.cut_first, lambda parts: (parts[0][:-1], parts[1])),
        "the parts are mixed": at_random,
        "is empty": then(training.cut_first, lambda parts: (parts[0], [])),
    },
    "losses_in_windows": {"torch.stack makes one": then(training.losses_in_windows, list)},
    "write": {
        "knows only the last 8 of 9 characters": writing(usual, slice(-8, None)),
        "knows only the last 64 of 1,500 characters": writing(usual, slice(-64, None)),
        "the shape (1, 5, 7)": writing(lambda logits, sampler, draw: draw(sampler(logits))),
        "the shape (7,)": writing(lambda logits, sampler, draw: draw(sampler(logits[0, -1]))),
        "in the probabilities by which you draw, it gives": (
            writing(lambda logits, sampler, draw: draw(sampler(2 * logits[:, -1])))
        ),
        "greedy": writing(lambda logits, sampler, draw: logits[:, -1].argmax(-1)),
        "of your own": (
            writing(lambda logits, sampler, draw: sampler(logits[:, -1]).multinomial(1)[0])
        ),
        "it draws only one character": (
            lambda network, ids, length, *given: generation.write(network, ids, 1, *given)
        ),
        "x of the shape (5,)": lambda network, ids, *given: network(ids),
        "these are floats": then(generation.write, torch.Tensor.float),
    },
    "with_temperature": {
        "changes its arguments": divided_in_place,
        "stops with OverflowError": with_math_exp,
    },
    "keep_nucleus": {},
}
