"""A head that copies from the text read so far (notebook 05).

Everything here rests on one offset. The key of a character is the hidden state *before* it, the
one that had to predict it. So there is always one key more than there are characters: the last one
waits for the character that comes next.

    hidden states      h_0  h_1  h_2  h_3  h_4  h_5
    characters read         x_1  x_2  x_3  x_4  x_5
    is the key of      x_1  x_2  x_3  x_4  x_5  (x_6, not read yet)
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from ..files import InputError
from .norm_dropout import NormDropoutLSTM

SMALLEST = 1e-9  # a probability of 0, by rounding, has an infinite loss


class CopyHead(nn.Module):
    """Copies: which character followed when the text so far looked like this?

    A pointer sentinel mixture (Merity et al. 2017, eq. 5 to 8). The last `memory` characters x_j
    have as key the hidden state *before* them, as in the neural cache (Grave et al. 2017):

        q_t = (W_q h_t + b_q) / sqrt(copy_size),    k_j = W_k h_{j-1},    h_0 = 0
        a_t = softmax([w h_t + b, q_t k_1, ..., q_t k_t])
        p(c | x_1 ... x_t) = a_{t,0} softmax(logits_t)_c + sum_j a_{t,j} [x_j = c]
    """

    def __init__(self, hidden_size: int, copy_size: int) -> None:
        super().__init__()
        self.query = nn.Linear(hidden_size, copy_size)  # W_q, b_q
        self.key = nn.Linear(hidden_size, copy_size, bias=False)  # W_k
        self.write = nn.Linear(hidden_size, 1)  # w, b: the score for writing instead of copying
        nn.init.constant_(self.write.bias, 3.0)  # e^3 = 20: writing starts as likely as 20 copies

    def attention(self, h: Tensor, keys: Tensor, memory: int) -> Tensor:
        """Weights (batch, time, 1 + read): of writing, and of copying each character read.

        h (batch, time, hidden_size) are the last states; keys are (batch, read, copy_size).
        """
        time = h.shape[1]
        read = keys.shape[1]
        root = keys.shape[2] ** 0.5  # of copy_size
        scores = self.query(h) @ keys.mT / root  # (batch, time, read)
        now = torch.arange(read - time, read, device=h.device)[:, None]  # (time, 1)
        then = torch.arange(read, device=h.device)  # (read,)
        distance = now - then  # (time, read): how far back each character is
        in_memory = (distance >= 0) & (distance < memory)
        scores = scores.masked_fill(~in_memory, -torch.inf)
        all_scores = torch.cat([self.write(h), scores], dim=2)  # (batch, time, 1 + read)
        return all_scores.float().softmax(-1)

    def forward(self, h: Tensor, keys: Tensor, ids: Tensor, logits: Tensor, memory: int) -> Tensor:
        """Log-probabilities (batch, time, vocab_size); ids (batch, read) are what can be copied."""
        a = self.attention(h, keys, memory)  # (batch, time, 1 + read)
        write = a[:, :, :1]  # (batch, time, 1)
        copies = a[:, :, 1:]  # (batch, time, read)
        written = write * logits.float().softmax(-1)  # (batch, time, vocab_size)
        # Add the weight of each copy to the probability of its character.
        characters = ids[:, None].expand_as(copies)  # (batch, time, read)
        p = written.scatter_add(2, characters, copies)
        return p.clamp_min(SMALLEST).log()


class WithCopyHead(NormDropoutLSTM):
    """A network with a CopyHead on top.

    The network below may be of any class with `hidden`: notebook 07 has a CopyTransformer.

    Instead of logits it returns log-probabilities, which softmax leaves as they are.

    A state is (layers, hidden, ids): that of the layers; the top layer's last hidden states
    (batch, 1 + read, hidden_size); and the characters (batch, read) between them. `memory` is how
    many characters back the head copies from; it can be changed after training.
    """

    def __init__(self, chars: list[str], copy_size: int, memory: int, **options: Any) -> None:
        super().__init__(chars, **options)
        if copy_size < 1 or memory < 1:
            raise InputError("A copy head needs a copy_size and a memory of at least 1.")
        self.memory = memory
        self.copy_head = CopyHead(self.hidden_size, copy_size)

    def forward(self, ids: Tensor, state: Any = None) -> tuple[Tensor, Any]:
        new_h, layers = self.hidden(ids, state[0] if state else None)
        if state:
            _, old_h, old_ids = state
        else:
            old_h = torch.zeros_like(new_h[:, :1])  # h_0, the key of the first character
            old_ids = ids[:, :0]  # no characters yet
        all_h = torch.cat([old_h, new_h], dim=1)  # (batch, 1 + read, hidden_size)
        all_ids = torch.cat([old_ids, ids], dim=1)  # (batch, read)

        time = ids.shape[1]
        dropped = self.drop(all_h)  # one mask for queries and keys
        h = dropped[:, -time:]  # (batch, time, hidden_size): after each new character
        keys = self.copy_head.key(dropped[:, :-1])  # (batch, read, copy_size): before each
        log_p = self.copy_head(h, keys, all_ids, self.linear(h), self.memory)

        kept_ids = all_ids[:, -self.memory :]
        kept_h = all_h[:, -self.memory - 1 :]  # one more: the last waits for its character
        return log_p, (layers, kept_h, kept_ids)  # log_p (batch, time, vocab_size)

    def stepper(self, state: Any) -> Callable[[Tensor], Tensor]:
        """As in CharLSTM, with the key of each character computed once."""
        layers, all_h, ids_read = state
        head = self.copy_head
        keys = head.key(all_h)[:, -self.memory :]  # (batch, read, copy_size)

        def step(ids: Tensor) -> Tensor:
            nonlocal layers, keys, ids_read
            h, layers = self.hidden(ids[:, None], layers)  # (batch, 1, hidden_size)
            ids_read = torch.cat([ids_read, ids[:, None]], dim=1)[:, -self.memory :]
            log_p = head(h, keys, ids_read, self.linear(h), self.memory)
            keys = torch.cat([keys, head.key(h)], dim=1)[:, -self.memory :]
            return log_p[:, 0]

        return step

    def config(self) -> dict[str, Any]:
        copy_size = self.copy_head.query.out_features
        return super().config() | {"copy_size": copy_size, "memory": self.memory}


class CopyLSTM(WithCopyHead):
    """A NormDropoutLSTM with a CopyHead."""


def keys_for(network: WithCopyHead, h: Tensor) -> Tensor:
    """The key of each character, from the top layer's states h (texts, time, hidden_size) after it.

    A character's key is made from the state before it; before the first one, that is zero.
    """
    zeros = torch.zeros_like(h[:, :1])  # (texts, 1, hidden_size)
    before = torch.cat([zeros, h[:, :-1]], dim=1)  # (texts, time, hidden_size)
    return network.copy_head.key(before)  # (texts, time, copy_size)


@torch.no_grad()
def copies_before(network: WithCopyHead, ids: Tensor) -> Tensor:
    """For each of ids (texts, time), the weight of copying it from each, (texts, time, time).

    The network reads them from an empty state.
    """
    h, _ = network.eval().hidden(ids)  # (texts, time, hidden_size)
    a = network.copy_head.attention(h, keys_for(network, h), network.memory)
    after = a[:, :, 1:]  # (texts, time, time): the first weight is that of writing
    # The attention after a character is for predicting the next one; nothing predicts the first.
    nothing = torch.zeros_like(after[:, :1])  # (texts, 1, time)
    return torch.cat([nothing, after[:, :-1]], dim=1)
