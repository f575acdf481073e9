"""Text from a trained model, the state carried from character to character."""

from collections.abc import Iterator
from typing import Any, cast

import torch
from torch import Tensor
from torch.nn import functional as F

from .data import encode
from .files import InputError
from .model import CharLSTM, CopyLSTM, State


def probabilities(
    logits: Tensor, temperature: float = 1.0, top_k: int | None = None, top_p: float | None = None
) -> Tensor:
    """Next-character probabilities, shaped like logits (..., vocab_size); `generate` draws by them.

    softmax(logits / temperature), of these the `top_k` likeliest (Fan et al. 2018), of these the
    smallest set that reaches `top_p` (nucleus, Holtzman et al. 2020). Temperature 0 is greedy.
    """
    cuts = (top_k is None or top_k >= 1) and (top_p is None or 0 < top_p <= 1)
    if not (temperature >= 0 and cuts):
        raise InputError("Give temperature >= 0, top_k >= 1, 0 < top_p <= 1, or leave them out.")
    if temperature == 0:
        return F.one_hot(logits.argmax(-1), logits.shape[-1]).to(logits)
    logits = logits / max(float(temperature), 1e-30)  # a smaller one would overflow
    if top_k is not None and top_k < logits.shape[-1]:
        likeliest = logits.topk(top_k).indices  # (..., top_k)
        rest = torch.full_like(logits, -torch.inf)
        logits = rest.scatter(-1, likeliest, logits.gather(-1, likeliest))
    p = logits.softmax(-1)
    if top_p is not None and top_p < 1:
        ordered, order = p.sort(descending=True)  # (..., vocab_size)
        before = ordered.cumsum(-1) - ordered  # what the likelier ones have together
        p = p.scatter(-1, order, ordered.masked_fill((before >= top_p) & (before > 0), 0))
        p = p / p.sum(-1, keepdim=True)
    return p


def draw(p: Tensor, generator: torch.Generator | None = None) -> Tensor:
    """Indices (num_samples,) by p (num_samples, vocab_size), with one random number for each."""
    sums = p.cumsum(-1, dtype=torch.double)  # (num_samples, vocab_size)
    u = torch.rand(len(p), 1, generator=generator, dtype=torch.double, device=p.device)  # [0, 1)
    return torch.searchsorted(sums, u * sums[:, -1:], right=True)[:, 0]


class Stepper:
    """`num_samples` texts that continue from one `state`; each call reads a character of each.

    `torch.nn.LSTM` prepares its weights at every call, which takes most of a single character's
    time. Here they are laid out once, and the first layer's share of each character is a table.
    """

    def __init__(self, model: CharLSTM, state: State, num_samples: int = 1) -> None:
        def lay_out(rows: Tensor) -> Tensor:
            if num_samples == 1:
                return rows  # (rows, 4 hidden_size); below (4, rows, hidden_size), faster for many
            return rows.unflatten(1, (4, -1)).transpose(0, 1).contiguous()

        (w_ih, w_hh, b_ih, b_hh), *others = [tuple(layer.parameters()) for layer in model.layers]
        self.table = lay_out(F.linear(model.embedding.weight, w_ih, b_ih + b_hh))  # vocab_size rows
        self.biases = [lay_out((b_ih + b_hh).expand(num_samples, -1)) for *_, b_ih, b_hh in others]
        self.weights = [lay_out(w_hh.T)]  # hidden_size rows; in the layers above twice as many
        self.weights += [lay_out(torch.cat([w_ih, w_hh], dim=1).T) for w_ih, w_hh, *_ in others]
        self.h = [h[0].repeat(num_samples, 1) for h, _ in state.layers]  # of each layer
        self.c = [c[0].repeat(num_samples, 1) for _, c in state.layers]
        self.model, self.linear = model, tuple(model.linear.parameters())
        if isinstance(model, CopyLSTM):
            # The newest key overwrites the oldest; its id is the character that is read next.
            self.count = state.memory_ids.shape[1]
            places = torch.arange(self.count + 1)[-model.memory :] % model.memory
            keys = model.copy_head.key(state.memory_states[:, -model.memory :])  # (1, m, copy_size)
            self.keys = keys.new_zeros(num_samples, model.memory, keys.shape[2])
            self.ids = state.memory_ids.new_zeros(num_samples, model.memory)
            self.keys[:, places], self.ids[:, : self.count] = keys, state.memory_ids

    def __call__(self, ids: Tensor) -> Tensor:
        """Logits (num_samples, vocab_size) of the characters after ids (num_samples,)."""
        x, bias = self.h[0], self.table.index_select(-2, ids)  # x (num_samples, hidden_size)
        for k, weight in enumerate(self.weights):
            if k > 0:
                x, bias = torch.cat([x, self.h[k]], dim=1), self.biases[k - 1]
            if weight.dim() == 2:  # in torch.nn.LSTM's order, each (num_samples, hidden_size)
                i, f, g, o = torch.addmm(bias, x, weight).chunk(4, dim=1)
            else:
                i, f, g, o = torch.baddbmm(bias, x.expand(4, -1, -1), weight)
            c = self.c[k].mul_(f.sigmoid_()).addcmul_(i.sigmoid_(), g.tanh_())
            x = self.h[k] = c.tanh().mul_(o.sigmoid_())  # (num_samples, hidden_size)
        logits = F.linear(x, *self.linear)  # (num_samples, vocab_size)
        return self._copy(x, ids, logits) if isinstance(self.model, CopyLSTM) else logits

    def _copy(self, h: Tensor, ids: Tensor, logits: Tensor) -> Tensor:
        model = cast(CopyLSTM, self.model)
        self.ids[:, self.count % model.memory] = ids  # the characters that followed the newest key
        self.count += 1
        keys, known = self.keys[:, : self.count], self.ids[:, : self.count]  # the last `memory`
        logits = model.copy_head(h[:, None], keys, known, logits[:, None], model.memory)[:, 0]
        self.keys[:, self.count % model.memory] = model.copy_head.key(h)
        return logits  # (num_samples, vocab_size)


@torch.inference_mode()
def steps(
    model: CharLSTM, prompt: str, length: int, num_samples: int = 1, seed: Any = None, **options
) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield, `length` times, p (num_samples, vocab_size) and what was drawn by it, (num_samples,).

    `options` are those of `probabilities`. `seed` makes the draw repeatable on one machine. Raises
    InputError for an empty prompt, an unknown character, or a setting out of range.
    """
    if not prompt or length < 1:
        raise InputError("Give a prompt and a length of at least one character.")
    generator = torch.Generator(device=model.device)
    generator.manual_seed(seed % 2**63) if seed is not None else generator.seed()
    model.eval()
    ids, state = encode(prompt, model.chars).long().to(model.device), None  # (prompt length,)
    for piece in ids[None].split(1024, dim=1):  # bounds memory: a copy head needs piece x read
        logits, state = model(piece, state)  # (1, at most 1024, vocab_size)
    logits = logits[:, -1].expand(num_samples, -1)  # (num_samples, vocab_size)
    step = Stepper(model, state, num_samples)  # type: ignore[arg-type]
    for n in range(length):
        p = probabilities(logits.float(), **options)  # (num_samples, vocab_size)
        next_ids = draw(p, generator)  # (num_samples,)
        yield p, next_ids
        if n + 1 < length:
            logits = step(next_ids)


def stream(model: CharLSTM, prompt: str, length: int, **options) -> Iterator[list[str]]:
    """The characters alone, one list of `num_samples` a step. Options and errors: see `steps`."""
    for _, ids in steps(model, prompt, length, **options):
        yield [model.chars[i] for i in ids.tolist()]


def generate(model: CharLSTM, prompt: str, length: int, **options) -> list[str]:
    """`num_samples` texts: the prompt and `length` more characters each. Options: see `steps`."""
    texts = zip(*stream(model, prompt, length, **options), strict=True)
    return [prompt + "".join(characters) for characters in texts]
