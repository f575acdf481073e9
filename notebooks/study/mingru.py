"""A minGRU: a recurrence so simple that it can be computed in parallel (notebook 07)."""

from typing import Any

import torch
from torch import Tensor, nn

from shakespeare.beyond.copying import WithCopyHead

from .blocks import BlockNetwork

KERNEL = 4  # characters that the convolution reads


class Block(nn.Module):
    """A convolution of four characters, a minGRU, a network of two layers (Feng et al. 2024).

        z_t = sigmoid(W_z x_t + b_z)
        h_t = (1 - z_t) h_{t-1} + z_t (W_h x_t + b_h)

    Gate and candidate depend on x alone, not on the state before. So, unlike an LSTM's, all steps
    can be computed at the same time (as a scan). We compute them one after the other, which is as
    fast on a processor, and plainer.
    """

    def __init__(self, size: int, inner_size: int) -> None:
        super().__init__()
        self.inner_size = inner_size
        self.norms = nn.ModuleList([nn.LayerNorm(size) for _ in range(3)])
        self.conv = nn.Conv1d(size, size, KERNEL, groups=size)  # each feature by itself
        self.gate = nn.Linear(size, inner_size)  # W_z, b_z
        self.candidate = nn.Linear(size, inner_size)  # W_h, b_h
        self.out = nn.Linear(inner_size, size, bias=False)
        self.network = nn.Sequential(
            nn.Linear(size, 2 * size), nn.GELU(), nn.Linear(2 * size, size)
        )

    def forward(self, x: Tensor, state: Any = None) -> tuple[Tensor, Any]:
        """x (batch, time, size), changed; and the new state: what the convolution reads, and h."""
        if state:
            before, h = state
        else:
            before = x.new_zeros(len(x), KERNEL - 1, x.shape[2])
            h = x.new_zeros(len(x), self.inner_size)
        read = torch.cat([before, self.norms[0](x)], dim=1)  # (batch, 3 + time, size)
        x = x + self.conv(read.mT).mT
        normed = self.norms[1](x)
        z = self.gate(normed).sigmoid()  # (batch, time, inner_size)
        candidate = self.candidate(normed)
        states = []
        for z_t, candidate_t in zip(z.unbind(1), candidate.unbind(1), strict=True):
            h = (1 - z_t) * h + z_t * candidate_t  # (batch, inner_size)
            states.append(h)
        x = x + self.out(torch.stack(states, dim=1))
        x = x + self.network(self.norms[2](x))
        return x, (read[:, -(KERNEL - 1) :], h)


class MinGRU(BlockNetwork):
    """A network of blocks with a minGRU."""

    def __init__(
        self, chars: list[str], hidden_size: int, num_layers: int, inner_size: int
    ) -> None:
        super().__init__(chars, hidden_size, num_layers, Block, {"inner_size": inner_size})


class CopyMinGRU(WithCopyHead, MinGRU):
    """A minGRU with a copy head."""
