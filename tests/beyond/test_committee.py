"""A committee's prediction is the normalised geometric mean of its members'."""

import torch

from shakespeare.beyond.committee import together


def test_members_predict_together_by_their_geometric_mean():
    torch.manual_seed(1)
    members = [torch.randn(4, 5).log_softmax(-1) for _ in range(3)]
    p = together(members).exp()
    for t in range(4):
        product = torch.ones(5)
        for member in members:
            product *= member[t].exp()
        mean = product ** (1 / 3)
        torch.testing.assert_close(p[t], mean / mean.sum())
