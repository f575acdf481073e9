"""Losses by context, against slow code that is plainly right."""

import math

import torch
from torch.nn import functional as F

from checks.inside import bits_of_name
from report.evidence.lookback import BLOCK, bits_by_context, losses_by_context, spread
from shakespeare.beyond.copying import CopyLSTM


def close(found, expected):
    torch.testing.assert_close(torch.as_tensor(found), torch.as_tensor(expected), check_dtype=False)


def last_loss(network, ids):
    """The loss of the last of ids, read from an empty state."""
    logits, _ = network(ids[None, :-1].long())  # (1, characters - 1, vocab_size)
    return F.cross_entropy(logits[0, -1], ids[-1].long())


def test_losses_by_context_are_those_of_windows_read_one_by_one(make_network, excerpt):
    network = make_network(CopyLSTM, dropout=0.5, layer_norm=True, memory=20).train()
    part = excerpt.split().held_out
    lengths = [1, 2, 16, 64]
    in_window = [1, 1, 2, 8]  # neighbours that share a window
    positions = torch.tensor([64, 301, 564])[:, None] + torch.arange(BLOCK)  # (3, BLOCK)
    losses, without_copies = losses_by_context(network, part, lengths, positions)
    assert losses.shape == without_copies.shape == (4, 3 * BLOCK)
    for row, (length, count) in enumerate(zip(lengths, in_window, strict=True)):
        for k, position in enumerate(positions.flatten().tolist()):
            start = position - length - k % count
            close(losses[row, k], last_loss(network, part.ids[start : position + 1]))


def test_bits_of_a_name_add_up_the_losses_of_its_letters(make_network, excerpt):
    network = make_network(CopyLSTM)
    ids = excerpt.ids[:200].long()
    bits, _ = bits_by_context(network, ids, 195, [1, 30, 195])
    for length, found in zip([1, 30, 195], bits, strict=True):
        context = ids[195 - length :]
        losses = [last_loss(network, context[: length + k + 1]) for k in range(5)]
        close(found, sum(losses).item() / math.log(2))
    log_p = network(ids[None, :-1])[0][0].log_softmax(-1)
    close(bits_of_name(log_p, ids, 195, 200).item(), bits[-1])


def test_positions_are_spread_over_a_text_and_do_not_overlap(excerpt):
    found = spread(excerpt, 100, blocks=3)
    assert found.tolist() == [list(range(k, k + BLOCK)) for k in (100, 3034, 5968)]
    some = spread(excerpt.slice(0, 180, "first"), 100, blocks=9)
    assert some.tolist() == [list(range(100, 132)), list(range(148, 180))]


def test_losses_without_copies_are_those_of_a_network_that_never_copies(make_network, excerpt):
    network = make_network(CopyLSTM)
    positions = torch.arange(100, 100 + BLOCK)[None]
    _, without_copies = losses_by_context(network, excerpt, [20], positions)
    with torch.no_grad():
        network.copy_head.write.bias.fill_(1e6)  # always write
    losses, again = losses_by_context(network, excerpt, [20], positions)
    close(again, without_copies)
    close(losses, without_copies)
