"""The copy head is its equation, and its memory is the best."""

import math

import pytest
import torch

from shakespeare.beyond.copying import CopyLSTM, copies_before


@pytest.mark.parametrize("memory", [1, 5])
@torch.no_grad()
def test_copy_head_equals_its_equation(make_network, excerpt, memory):
    network = make_network(CopyLSTM, memory=memory)
    head = network.copy_head
    ids = excerpt.ids[:12].long()
    log_p, _ = network(ids[None])
    h = network.embedding(ids)[None]
    for layer in network.layers:
        h, _ = layer(h)  # (1, 12, 12)
    query = head.query(h[0])
    written = network.linear(h[0]).softmax(-1)
    empty = torch.zeros(4, dtype=torch.double)
    key = [empty, *head.key(h[0])]  # key[j]: of the state before character j
    most_copied = 0.0
    for t in range(12):
        read = range(max(0, t + 1 - memory), t + 1)  # the last `memory` characters up to t
        scores = [head.write(h[0, t])[0]]
        for j in read:
            scores.append(query[t] @ key[j] / math.sqrt(4))
        write, *copies = torch.stack(scores).softmax(0)
        expected = write * written[t]
        for share, j in zip(copies, read, strict=True):
            expected[ids[j]] += share
        most_copied = max(most_copied, 1 - float(write))
        torch.testing.assert_close(log_p[0, t].exp(), expected.float(), atol=1e-6, rtol=1e-4)
    assert most_copied > 0.05  # else nothing was tested


def test_copies_are_those_of_the_predictions(make_network, excerpt):
    network = make_network(CopyLSTM, dropout=0.5, layer_norm=True, memory=20).train()
    ids = excerpt.ids[:200].view(2, 100).long()
    copies = copies_before(network, ids)  # (2, 100, 100)
    assert (copies[:, 0] == 0).all()
    network.eval()
    before = ids[:, :-1]  # (2, 99)
    h, _ = network.hidden(before)  # (2, 99, 12)
    copies = copies[:, 1:, :-1]  # (2, 99, 99): after each of them
    written = network.linear(h).softmax(-1).float()  # (2, 99, vocab_size)
    p = (1 - copies.sum(2, keepdim=True)) * written
    p = p.scatter_add(2, before[:, None].expand(-1, 99, -1), copies)
    expected, _ = network(before)
    torch.testing.assert_close(p, expected.softmax(-1), check_dtype=False)
    assert (copies[0, 50, :31] == 0).all()  # the memory is 20 characters
    assert (copies[0, 50, 31:51] > 0).any()
