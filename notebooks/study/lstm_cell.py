"""The LSTM cell from its six equations (notebook 02)."""

import torch
from torch import Tensor, nn


class LSTMCell(nn.Module):
    """One step of an LSTM: Hochreiter and Schmidhuber (1997), forget gate by Gers et al. (2000).

    With [x_t, h_{t-1}] the concatenation of the two vectors:

        f_t = sigmoid(W_f [x_t, h_{t-1}] + b_f)        forget gate
        i_t = sigmoid(W_i [x_t, h_{t-1}] + b_i)        input gate
        o_t = sigmoid(W_o [x_t, h_{t-1}] + b_o)        output gate
        g_t = tanh(W_g [x_t, h_{t-1}] + b_g)           candidate
        c_t = f_t * c_{t-1} + i_t * g_t                cell state
        h_t = o_t * tanh(c_t)                          hidden state

    For reading: the networks use torch.nn.LSTM, which is the same function (notebook 02) and fast.
    """

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__()
        self.forget = nn.Linear(input_size + hidden_size, hidden_size)  # W_f, b_f
        self.input = nn.Linear(input_size + hidden_size, hidden_size)  # W_i, b_i
        self.output = nn.Linear(input_size + hidden_size, hidden_size)  # W_o, b_o
        self.candidate = nn.Linear(input_size + hidden_size, hidden_size)  # W_g, b_g

    def gates(self, x: Tensor, h: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """f, i, o, g, each (batch, hidden_size), as h; x is (batch, input_size)."""
        xh = torch.cat([x, h], dim=1)  # (batch, input_size + hidden_size)
        f = torch.sigmoid(self.forget(xh))  # (batch, hidden_size), and so are the next three
        i = torch.sigmoid(self.input(xh))
        o = torch.sigmoid(self.output(xh))
        g = torch.tanh(self.candidate(xh))
        return f, i, o, g

    def forward(self, x: Tensor, h: Tensor, c: Tensor) -> tuple[Tensor, Tensor]:
        f, i, o, g = self.gates(x, h)
        c = f * c + i * g
        h = o * torch.tanh(c)
        return h, c
