"""Room 5: text from a trained model, the state carried from character to character."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor
from torch.nn import functional as F

from .data import InputError, decode, encode, whole
from .model import CharLSTM, State


class Stepper:
    """One character through a CharLSTM, for many texts at once, with no work done twice.

    `torch.nn.LSTM` packs its weights anew at every call, which is nothing for a window and nearly all of the
    time for one character. Here the weights are laid out once, and the first layer's share of the character
    is a table with one row for each character of the vocabulary.
    """

    def __init__(self, model: CharLSTM) -> None:
        first, *others = [tuple(layer.parameters()) for layer in model.layers]
        w_ih, self.first, b_ih, b_hh = first  # self.first: (4 hidden_size, hidden_size)
        self.table = F.linear(model.embedding.weight, w_ih, b_ih + b_hh)  # (vocab_size, 4 hidden_size)
        self.others = [  # each (4 hidden_size, 2 hidden_size) and (4 hidden_size,)
            (torch.cat([w_ih, w_hh], dim=1), b_ih + b_hh) for w_ih, w_hh, b_ih, b_hh in others
        ]
        self.linear, self.copy_head = model.linear, model.copy_head

    def begin(self, state: State) -> State:
        """The model's state as the steps need it: keys in place of the hidden states that the copy head remembers."""
        if self.copy_head is None or state.read is None:
            return state
        return state._replace(read=self.copy_head.key(state.read))

    def __call__(self, ids: Tensor, state: State) -> tuple[Tensor, State]:
        """Logits (batch, vocab_size) and the new state, from ids (batch,)."""
        (h, c), *others = state.layers  # each (1, batch, hidden_size)
        h, c = self._cell(self.table[ids] + F.linear(h[0], self.first), c[0])  # (batch, hidden_size)
        new = [(h[None], c[None])]
        for (weight, bias), (h_old, c_old) in zip(self.others, others, strict=True):
            hh = torch.cat([h, h_old[0]], dim=1)  # (batch, 2 hidden_size)
            h, c = self._cell(F.linear(hh, weight, bias), c_old[0])
            new.append((h[None], c[None]))
        logits = self.linear(h)  # (batch, vocab_size)
        if self.copy_head is None or state.read is None or state.ids is None:
            return logits, State(new)
        keys, ids = state.read, torch.cat([state.ids, ids[:, None]], dim=1)  # (batch, read, ...)
        logits = self.copy_head(h[:, None], keys, ids, logits[:, None])[:, 0]  # (batch, vocab_size)
        keys = torch.cat([keys, self.copy_head.key(h)[:, None]], dim=1)  # (batch, read + 1, copy_size)
        memory = self.copy_head.memory
        return logits, State(new, keys[:, -memory - 1 :], ids[:, -memory:])

    @staticmethod
    def _cell(gates: Tensor, c: Tensor) -> tuple[Tensor, Tensor]:
        i, f, g, o = gates.chunk(4, dim=1)  # each (batch, hidden_size), in torch.nn.LSTM's order
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        return torch.sigmoid(o) * torch.tanh(c), c


def _check(length: int, temperature: float, top_k: int | None, top_p: float | None, num_samples: int) -> None:
    whole("length", length)
    whole("num_samples", num_samples)
    if not 0 <= temperature < float("inf"):
        raise InputError(f"temperature must be a number from 0 (greedy) upwards, not {temperature!r}.")
    if top_k is not None:
        whole("top_k", top_k)
    if top_p is not None and not 0 < top_p <= 1:
        raise InputError(f"top_p must lie above 0 and be at most 1, or None for no limit, not {top_p!r}.")


def probabilities(
    logits: Tensor, temperature: float = 1.0, top_k: int | None = None, top_p: float | None = None
) -> Tensor:
    """Next-character probabilities, shaped like logits (..., vocab_size), by which `generate` draws.

    softmax(logits / temperature), then only the `top_k` likeliest characters (Fan et al. 2018), then only the
    smallest set of likeliest ones that together reach `top_p` (nucleus, Holtzman et al. 2020).
    Temperature 0 puts everything on the likeliest character.
    """
    if temperature == 0:
        return F.one_hot(logits.argmax(-1), logits.shape[-1]).to(logits)
    logits = (logits - logits.amax(-1, keepdim=True)) / temperature  # at most 0: no overflow
    if top_k is not None and top_k < logits.shape[-1]:
        likeliest = logits.topk(top_k).indices  # (..., top_k)
        logits = torch.full_like(logits, -torch.inf).scatter(-1, likeliest, logits.gather(-1, likeliest))
    p = logits.softmax(-1)
    if top_p is not None and top_p < 1:
        ordered, order = p.sort(descending=True)  # (..., vocab_size)
        before = ordered.cumsum(-1) - ordered  # what the likelier ones have together
        p = p.scatter(-1, order, ordered.masked_fill((before >= top_p) & (before > 0), 0))
        p = p / p.sum(-1, keepdim=True)
    return p


@torch.inference_mode()
def stream(
    model: CharLSTM,
    prompt: str,
    length: int,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    num_samples: int = 1,
    seed: int | None = None,
) -> Iterator[list[str]]:
    """Yield the next character of each of `num_samples` continuations of `prompt`, `length` times.

    `seed` makes the draw repeatable on one machine. Raises InputError for an empty prompt, a character
    outside the vocabulary, or a setting out of range.
    """
    _check(length, temperature, top_k, top_p, num_samples)
    if not prompt:
        raise InputError('The prompt is empty: give at least one character, "\\n" for a fresh start.')
    generator = torch.Generator(device=model.device)
    generator.manual_seed(seed) if seed is not None else generator.seed()
    model.eval()
    step = Stepper(model)
    ids = encode(prompt, model.chars).long().to(model.device)  # (prompt length,)
    logits, state = model(ids[None])  # (1, prompt length, vocab_size): the prompt is read once
    logits = logits[:, -1].expand(num_samples, -1)  # (num_samples, vocab_size)
    state = step.begin(state)
    state = State(
        [(h.expand(-1, num_samples, -1), c.expand(-1, num_samples, -1)) for h, c in state.layers],
        *(part if part is None else part.expand(num_samples, *part.shape[1:]) for part in state[1:]),
    )
    for n in range(length):
        p = probabilities(logits.float(), temperature, top_k, top_p)  # (num_samples, vocab_size)
        next_ids = torch.multinomial(p, 1, generator=generator)[:, 0]  # (num_samples,)
        yield list(decode(next_ids, model.chars))
        if n + 1 < length:
            logits, state = step(next_ids, state)


def generate(model: CharLSTM, prompt: str, length: int, **settings) -> list[str]:
    """`num_samples` texts: the prompt and `length` more characters each. Settings and errors: see `stream`."""
    steps = zip(*stream(model, prompt, length, **settings), strict=True)
    return [prompt + "".join(characters) for characters in steps]
