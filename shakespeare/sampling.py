"""Text from a trained model, the state carried from character to character."""

from collections.abc import Iterable, Iterator

import torch
from torch import Tensor
from torch.nn import functional as F

from .data import encode
from .evaluation import mixture
from .files import InputError
from .model import CharLSTM, CopyLSTM, State
from .ngrams import WittenBell

# Like the author's texts: DEFAULTS by the validation half, in notebook 04; NGRAM_DEFAULTS by the
# shares of real and of distinct words in all held-out text, its test half too (notebook 05).
DEFAULTS = {"temperature": 0.9, "min_p": 0.05}
NGRAM_DEFAULTS = {"temperature": 0.97, "min_p": 0.003}


def probabilities(logits: Tensor, temperature=1.0, top_k=None, top_p=None, min_p=None) -> Tensor:
    """Next-character probabilities, shaped like logits (..., vocab_size); `generate` draws by them.

    softmax(logits / temperature), of these the `top_k` likeliest (Fan et al. 2018), of these the
    smallest set that reaches `top_p` (nucleus, Holtzman et al. 2020), of these the ones with at
    least `min_p` times the highest probability (Nguyen et al. 2024). Temperature 0 is greedy.
    """
    shares = (top_p is None or 0 < top_p <= 1) and (min_p is None or 0 <= min_p <= 1)
    if not (temperature >= 0 and (top_k is None or top_k >= 1) and shares):
        raise InputError("Give temperature >= 0, top_k >= 1, 0 < top_p <= 1, 0 <= min_p <= 1.")
    if temperature == 0:
        return F.one_hot(logits.argmax(-1), logits.shape[-1]).to(logits)
    p = (logits / max(float(temperature), 1e-30)).softmax(-1)  # a smaller one would overflow
    if top_k is not None:
        p = p * (p >= p.topk(min(top_k, p.shape[-1])).values[..., -1:])
    if top_p is not None:
        ordered, order = p.sort(descending=True)  # (..., vocab_size)
        before = ordered.cumsum(-1) - ordered  # what the likelier ones have together
        enough = (before >= top_p * ordered.sum(-1, keepdim=True)) & (before > 0)
        p = p.scatter(-1, order, ordered.masked_fill(enough, 0))
    if min_p is not None:
        p = p * (p >= min_p * p.amax(-1, keepdim=True))
    return p / p.sum(-1, keepdim=True)


def draw(p: Tensor, generator: torch.Generator | None = None) -> Tensor:
    """Indices (num_samples,) by p (num_samples, vocab_size), with one random number for each."""
    sums = p.cumsum(-1, dtype=torch.double)  # (num_samples, vocab_size)
    u = torch.rand(len(p), 1, generator=generator, dtype=torch.double, device=p.device)  # [0, 1)
    return torch.searchsorted(sums, u * sums[:, -1:], right=True)[:, 0]


class Stepper:
    """`num_samples` texts that continue from one `state`; each call reads a character of each.

    `torch.nn.LSTM` takes most of a single character's time to prepare its weights at every call.
    """

    def __init__(self, model: CharLSTM, state: State, num_samples: int = 1) -> None:
        self.model, self.weights = model, [tuple(layer.parameters()) for layer in model.layers]
        self.hc = [tuple(x[0].repeat(num_samples, 1) for x in hc) for hc in state.layers]
        if isinstance(model, CopyLSTM):  # a ring: the newest key overwrites the oldest
            self.m, self.count = (m := model.hparams["memory"]), state.memory_ids.shape[1]
            keys = model.copy_head.key(state.memory_states[:, -m:])  # (1, read, copy_size)
            self.keys = keys.new_zeros(num_samples, m, keys.shape[2])
            self.ids = state.memory_ids.new_zeros(num_samples, m)  # what followed the keys
            self.keys[:, torch.arange(self.count + 1)[-m:] % m] = keys
            self.ids[:, : self.count] = state.memory_ids

    def __call__(self, ids: Tensor) -> Tensor:
        """Logits (num_samples, vocab_size) of the characters after ids (num_samples,)."""
        model, x = self.model, self.model.embedding(ids)  # (num_samples, embedding_size)
        for k, weights in enumerate(self.weights):
            self.hc[k] = torch.lstm_cell(x, self.hc[k], *weights)
            x = model.norms[k](self.hc[k][0])  # (num_samples, hidden_size)
        logits = model.linear(x)  # (num_samples, vocab_size)
        if isinstance(model, CopyLSTM):
            self.ids[:, self.count % self.m] = ids
            self.count += 1
            keys, known = self.keys[:, : self.count], self.ids[:, : self.count]
            logits = model.copy_head(x[:, None], keys, known, logits[:, None], self.m)[:, 0]
            self.keys[:, self.count % self.m] = model.copy_head.key(x)
        return logits


def count_ngrams(model: CharLSTM, text: Iterable[str]) -> tuple[WittenBell, float, float]:
    """What `generate` takes as `ngrams`: counts of a text or its pieces, and the exponents."""
    return WittenBell(encode(text, model.chars), len(model.chars)), 0.79, 0.10


@torch.inference_mode()
def steps(
    model: CharLSTM, prompt: str, length: int, num_samples=1, seed=None, ngrams=None, **options
) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield, `length` times, p (num_samples, vocab_size) and what was drawn by it, (num_samples,).

    `ngrams` is an n-gram model with the exponents a and b of `evaluation.mixture`. `options` are
    those of `probabilities`; where nothing is said, DEFAULTS or, with n-grams, NGRAM_DEFAULTS.
    A `seed` repeats the draw. InputError for an empty prompt, unknown character, wrong setting.
    """
    if not prompt or length < 1:
        raise InputError("Give a prompt and a length of at least one character.")
    generator = torch.Generator(device=model.device)
    generator.manual_seed(seed % 2**63) if seed is not None else generator.seed()
    ids, state = encode(prompt, model.chars).long().to(model.device), None  # (prompt length,)
    for piece in ids[None].split(1024, dim=1):  # bounds memory: a copy head needs piece x read
        logits, state = model.eval()(piece, state)  # (1, at most 1024, vocab_size)
    logits = logits[:, -1].expand(num_samples, -1)  # (num_samples, vocab_size)
    step = Stepper(model, state, num_samples)  # type: ignore[arg-type]
    options = (NGRAM_DEFAULTS if ngrams else DEFAULTS) | options
    read = ids.expand(num_samples, -1)  # (num_samples, prompt length)
    for _ in range(length):
        if ngrams:
            logits = mixture(logits.log_softmax(-1), ngrams[0].after(read), *ngrams[1:])
        p = probabilities(logits.float(), **options)  # (num_samples, vocab_size)
        next_ids = draw(p, generator)  # (num_samples,)
        yield p, next_ids
        logits = step(next_ids)
        read = torch.cat([read, next_ids[:, None]], dim=1)[:, -64:]  # more than any n-gram


def generate(model: CharLSTM, prompt: str, length: int, **options) -> list[str]:
    """`num_samples` texts: the prompt and `length` more characters each. Options: see `steps`."""
    drawn = torch.stack([ids for _, ids in steps(model, prompt, length, **options)], dim=1)
    return [prompt + "".join(model.chars[i] for i in row) for row in drawn.tolist()]
