"""Text from a trained model, the state carried from character to character."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor
from torch.nn import functional as F

from .data import encode
from .evaluation import refuse_diverged
from .files import InputError, number, whole
from .model import CharLSTM, CopyHead, State


class Stepper:
    """`num_samples` texts that go on from `state`, that of one text: each call reads one character of each.

    `torch.nn.LSTM` packs its weights anew at every call, which is nothing for a window and most of the time for
    one character. Here they are laid out once, the first layer's share of the character is a table with one row
    for each character of the vocabulary, and the state is written over. Works in torch.inference_mode().
    """

    def __init__(self, model: CharLSTM, state: State, num_samples: int = 1) -> None:
        def laid_out(rows: Tensor) -> Tensor:
            # One text: (rows, 4 hidden_size). Many: (4, rows, hidden_size), for four products of a faster shape.
            return rows if num_samples == 1 else rows.unflatten(1, (4, -1)).transpose(0, 1).contiguous()

        (w_ih, w_hh, b_ih, b_hh), *others = [tuple(layer.parameters()) for layer in model.layers]
        self.table = laid_out(F.linear(model.embedding.weight, w_ih, b_ih + b_hh))  # vocab_size rows
        self.biases = [laid_out((b_ih + b_hh).expand(num_samples, -1)) for _, _, b_ih, b_hh in others]
        self.weights = [laid_out(w_hh.T)]  # hidden_size rows, for the layers above twice as many
        self.weights += [laid_out(torch.cat([w_ih, w_hh], dim=1).T) for w_ih, w_hh, _, _ in others]
        self.h = [h[0].repeat(num_samples, 1) for h, _ in state.layers]  # each (num_samples, hidden_size)
        self.c = [c[0].repeat(num_samples, 1) for _, c in state.layers]
        self.linear, self.copy_head = tuple(model.linear.parameters()), model.copy_head
        if self.copy_head is not None and state.read is not None and state.ids is not None:
            # The copy head does not ask for an order, so the newest key takes the place of the oldest.
            memory, self.count = self.copy_head.memory, state.ids.shape[1]
            places = torch.arange(self.count + 1)[-memory:] % memory
            keys = self.copy_head.key(state.read[:, -memory:])  # (1, at most memory, copy_size)
            self.keys = keys.new_zeros(num_samples, memory, keys.shape[2])
            self.ids = state.ids.new_zeros(num_samples, memory)
            self.keys[:, places], self.ids[:, : self.count] = keys, state.ids

    def __call__(self, ids: Tensor) -> Tensor:
        """Logits (num_samples, vocab_size) of the characters after ids (num_samples,)."""
        x, bias = self.h[0], self.table.index_select(-2, ids)  # (num_samples, hidden_size), num_samples rows
        for k, weight in enumerate(self.weights):
            if k > 0:
                x, bias = torch.cat([x, self.h[k]], dim=1), self.biases[k - 1]  # (num_samples, 2 hidden_size)
            if weight.dim() == 2:  # i, f, g, o in torch.nn.LSTM's order, each (num_samples, hidden_size)
                i, f, g, o = torch.addmm(bias, x, weight).chunk(4, dim=1)
            else:
                i, f, g, o = torch.baddbmm(bias, x.expand(4, -1, -1), weight)
            c = self.c[k].mul_(f.sigmoid_()).addcmul_(i.sigmoid_(), g.tanh_())
            x = self.h[k] = c.tanh().mul_(o.sigmoid_())  # (num_samples, hidden_size)
        logits = F.linear(x, *self.linear)  # (num_samples, vocab_size)
        return logits if self.copy_head is None else self._copy(self.copy_head, x, ids, logits)

    def _copy(self, head: CopyHead, h: Tensor, ids: Tensor, logits: Tensor) -> Tensor:
        self.ids[:, self.count % head.memory] = ids  # belongs to the key that was kept one character ago
        self.count += 1
        keys, known = self.keys[:, : self.count], self.ids[:, : self.count]  # (num_samples, at most memory, ...)
        logits = head(h[:, None], keys, known, logits[:, None])[:, 0]  # (num_samples, vocab_size)
        self.keys[:, self.count % head.memory] = head.key(h)
        return logits


def draw(p: Tensor, generator: torch.Generator | None = None) -> Tensor:
    """Indices (num_samples,) by probabilities p (num_samples, vocab_size): where their sum passes a random number.

    One random number a text, where `torch.multinomial` draws one for each character of the vocabulary.
    """
    sums = p.cumsum(-1, dtype=torch.double)  # (num_samples, vocab_size)
    u = torch.rand(len(p), 1, generator=generator, dtype=torch.double, device=p.device)  # in [0, 1)
    return torch.searchsorted(sums, u * sums[:, -1:], right=True)[:, 0]


def probabilities(
    logits: Tensor, temperature: float = 1.0, top_k: int | None = None, top_p: float | None = None
) -> Tensor:
    """Next-character probabilities, shaped like logits (..., vocab_size), by which `generate` draws.

    softmax(logits / temperature), then only the `top_k` likeliest characters (Fan et al. 2018), then only the
    smallest set of likeliest ones that together reach `top_p` (nucleus, Holtzman et al. 2020).
    Temperature 0 puts everything on the likeliest character. Raises InputError for a setting out of range.
    """
    number("temperature", temperature)
    if top_k is not None:
        whole("top_k", top_k)
    if top_p is not None:
        number("top_p", top_p, most=1)
        if top_p == 0:
            raise InputError(f"top_p must lie above 0, or be None for no limit, not {top_p!r}.")
    if temperature == 0:
        return F.one_hot(logits.argmax(-1), logits.shape[-1]).to(logits)
    logits = logits / max(float(temperature), 1e-30)  # a smaller one means the same and would overflow
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
def steps(
    model: CharLSTM,
    prompt: str,
    length: int,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    num_samples: int = 1,
    seed: int | None = None,
) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield, `length` times, p and what was drawn by it: the next character of each continuation of `prompt`.

    p (num_samples, vocab_size) is that of `probabilities`, the characters are indices (num_samples,). `seed` makes
    the draw repeatable on one machine. Raises InputError for an empty prompt, a character outside the vocabulary,
    a setting out of range, or a model whose training diverged.
    """
    whole("length", length)
    whole("num_samples", num_samples)
    if seed is not None:
        whole("seed", seed, least=0)
    if not isinstance(prompt, str) or not prompt:
        found = f"not text but {prompt!r}" if prompt else "empty"
        raise InputError(f'The prompt is {found}: give at least one character, "\\n" for a fresh start.')
    generator = torch.Generator(device=model.device)
    generator.manual_seed(seed) if seed is not None else generator.seed()
    model.eval()
    ids = encode(prompt, model.chars).long().to(model.device)  # (prompt length,)
    first, *others = ids[None].split(1024, dim=1)  # a copy head compares all that it reads at once with itself
    logits, state = model(first)  # (1, at most 1024, vocab_size): the prompt is read once
    for piece in others:
        logits, state = model(piece, state)
    refuse_diverged(logits)
    logits = logits[:, -1].expand(num_samples, -1)  # (num_samples, vocab_size)
    step = Stepper(model, state, num_samples)
    for n in range(length):
        p = probabilities(logits.float(), temperature, top_k, top_p)  # (num_samples, vocab_size)
        next_ids = draw(p, generator)  # (num_samples,)
        yield p, next_ids
        if n + 1 < length:
            logits = step(next_ids)


def stream(model: CharLSTM, prompt: str, length: int, **settings) -> Iterator[list[str]]:
    """The characters alone, one list of `num_samples` a step. Settings and errors: see `steps`."""
    for _, ids in steps(model, prompt, length, **settings):
        yield [model.chars[i] for i in ids.tolist()]


def generate(model: CharLSTM, prompt: str, length: int, **settings) -> list[str]:
    """`num_samples` texts: the prompt and `length` more characters each. Settings and errors: see `steps`."""
    texts = zip(*stream(model, prompt, length, **settings), strict=True)
    return [prompt + "".join(characters) for characters in texts]
