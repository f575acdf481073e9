"""Look inside a trained network: what its cells remember, what it copies, how far it looks."""

import copy
import math
import re
from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from shakespeare.beyond.copying import CopyLSTM
from shakespeare.beyond.norm_dropout import NormDropoutLSTM
from shakespeare.data import HEADING, Corpus, Split
from shakespeare.evaluation import ids_for
from shakespeare.model import LSTMCell

from .novelty import WORD, kinds

VARIES = 20  # a target varies if it is zero, and not zero, for at least this many characters
IN_A_ROW = [rf"(?=([^\W_]{{{letters}}}))" for letters in (8, 4, 2)]  # wherever they begin
# What `find_name` looks for, the best first.
NAMES: list[str | re.Pattern[str]] = [HEADING, WORD, *IN_A_ROW, r"(?s)."]


# --- what we look at ---


class Name(NamedTuple):
    """A name, and where it begins the first and the second time."""

    letters: str
    first: int
    again: int


def find_name(text: str, within: int = 2_000, near: int = 400) -> Name:
    """The longest name of a heading that appears again soon; of several, the earliest.

    It begins a second time among the first `within` characters, and at most `near` characters
    after the first time. In a text without such a name it is a word, or else a few letters in a
    row. It reads differently backwards, unless nothing that does appears again.
    """
    same_backwards = []
    for pattern in NAMES:
        names = names_that_return(pattern, text[:within], near)
        different = [name for name in names if name.letters != name.letters[::-1]]
        if different:
            return max(different, key=number_of_letters)
        same_backwards += names
    nothing_returns = Name(text[1:2], 1, 1)
    return max(same_backwards, key=number_of_letters, default=nothing_returns)


def number_of_letters(name: Name) -> int:
    return len(name.letters)


def names_that_return(pattern: str | re.Pattern[str], text: str, near: int) -> list[Name]:
    """What the pattern finds twice: its group, or all of a match where it has no group."""
    starts: dict[str, list[int]] = {}  # of each name
    for match in re.finditer(pattern, text):
        if match.start() > 0:  # nothing comes before the first character, so nothing predicts it
            letters = match[match.re.groups]  # of these patterns, none has more than one
            starts.setdefault(letters, []).append(match.start())
    names = []
    for letters, positions in starts.items():
        if len(positions) > 1:
            first, again, *_ = positions
            if len(letters) <= again - first <= near:  # they don't overlap
                names.append(Name(letters, first, again))
    return names


def passage(text: str, length: int, start: int | None = None) -> slice:
    """Where a passage of the text is: at most `length` characters, if possible in whole lines.

    It begins at `start`, or at a blank line near the 1,000th character.
    """
    if start is None:
        start = min(1_000, len(text) // 4)
        blank_line = text.find("\n\n", start, 2 * start)
        if blank_line != -1:
            start = blank_line + 2
    stop = min(start + length, len(text))
    shortest = length // 2  # whole lines, unless they would leave less than that
    line_break = text.rfind("\n", start + shortest, stop)
    if line_break != -1:
        stop = line_break + 1
    return slice(start, stop)


# --- surprise ---


def bits_of_name(log_p: Tensor, ids: Tensor, start: int, stop: int) -> Tensor:
    """The surprise at ids[start:stop] together, in bits.

    Row t of log_p (characters - 1, vocab_size) predicts ids[t + 1]: nothing predicts the first.
    """
    letters = ids[start:stop].long()  # (letters,)
    rows = log_p[start - 1 : stop - 1]  # (letters, vocab_size)
    log_p_of_letters = rows.gather(1, letters[:, None])  # (letters, 1)
    return -log_p_of_letters.sum() / math.log(2)


# --- gates and cell states ---


def own_cell(lstm: Any) -> LSTMCell:
    """A cell with the weights of a layer."""
    cell = LSTMCell(lstm.input_size, lstm.hidden_size).to(lstm.weight_ih_l0.dtype)
    weights = torch.cat([lstm.weight_ih_l0, lstm.weight_hh_l0], dim=1)  # (4 H, I + H)
    biases = lstm.bias_ih_l0 + lstm.bias_hh_l0  # (4 H,)
    linears = (cell.input, cell.forget, cell.candidate, cell.output)
    for linear, weight, bias in zip(linears, weights.chunk(4), biases.chunk(4), strict=True):
        linear.weight.data.copy_(weight)
        linear.bias.data.copy_(bias)
    return cell


Gates = dict[str, Tensor]  # i, f, g, o, c and h at each step, (texts, time, hidden_size) each


@torch.no_grad()
def gates_of(layer: nn.LSTM, x: Tensor, before: Gates | None = None) -> Gates:
    """The gates and states i, f, g, o, c and h while a layer reads x (texts, time, input_size).

    PyTorch returns h at each step, but of c only the last, and no gate. So we compute them from
    the layer's weights. `before` is what this function returned for the text before x.
    """
    if before is None:
        h_start = x.new_zeros(len(x), layer.hidden_size)
        c = x.new_zeros(len(x), layer.hidden_size)
    else:
        h_start = before["h"][:, -1]  # (texts, hidden_size)
        c = before["c"][:, -1]
    start = (h_start.unsqueeze(0), c.unsqueeze(0))  # each (1, texts, hidden_size)
    h, _ = layer(x, start)  # (texts, time, hidden_size), after each step
    h_before_step = torch.cat([h_start.unsqueeze(1), h[:, :-1]], dim=1)  # what each step read

    weights = dict(layer.named_parameters())
    z_x = F.linear(x, weights["weight_ih_l0"], weights["bias_ih_l0"])
    z_h = F.linear(h_before_step, weights["weight_hh_l0"], weights["bias_hh_l0"])
    z = z_x + z_h  # (texts, time, 4 hidden_size)
    z_i, z_f, z_g, z_o = z.chunk(4, dim=2)  # (texts, time, hidden_size) each, in PyTorch's order
    i = torch.sigmoid(z_i)
    f = torch.sigmoid(z_f)
    g = torch.tanh(z_g)
    o = torch.sigmoid(z_o)

    written = i * g
    cell_states = []
    for t in range(x.shape[1]):
        c = f[:, t] * c + written[:, t]  # (texts, hidden_size)
        cell_states.append(c)
    return {"i": i, "f": f, "g": g, "o": o, "c": torch.stack(cell_states, dim=1), "h": h}


@torch.no_grad()
def gates_of_layers(network: Any, ids: Tensor, before: list[Gates] | None = None) -> list[Gates]:
    """The gates and states of each layer while the network reads ids (texts, time).

    `before` is what this function returned for the text before ids. The network is a CharLSTM, a
    NormDropoutLSTM or a CopyLSTM, whose layers read what the layer below puts out. Those of the
    networks in `shakespeare.beyond.peers` read something else.
    """
    network.eval()
    x = network.embedding(ids.long().to(network.device))  # (texts, time, embedding_size)
    of_layers = []
    for k, layer in enumerate(network.layers):
        gates_before = None
        if before is not None:
            gates_before = before[k]
        gates = gates_of(layer, x, gates_before)
        of_layers.append(gates)
        x = gates["h"]  # (texts, time, hidden_size)
        if isinstance(network, NormDropoutLSTM):
            x = network.norms[k](x)
    return of_layers


def cell_states(network: Any, ids: Tensor, chunk: int = 1024) -> Tensor:
    """tanh(c) of the cells of all layers, (texts, time, cells), after each of ids (texts, time).

    The texts are read in chunks, which only bounds the memory that it takes.
    """
    states = []
    gates = None
    for part in ids.split(chunk, dim=1):  # (texts, chunk)
        gates = gates_of_layers(network, part, gates)
        of_layers = [layer["c"].tanh() for layer in gates]  # (texts, chunk, hidden_size) each
        states.append(torch.cat(of_layers, dim=2).cpu())
    return torch.cat(states, dim=1)


def half_lives_of(network: Any, ids: Tensor, farthest: int) -> list[Tensor]:
    """The half-life of each cell, (hidden_size,) for each layer, while it reads ids (1, time).

    Suppose that a number is written into a cell at some step: the forget gates of the k steps after
    it leave their product of it. The half-life is the number of steps for which more than half is
    left, `farthest` at most, as a mean over the steps at which the number may be written.
    """
    of_layers = []
    for gates in gates_of_layers(network, ids):
        f = gates["f"][0].double().cpu()  # (time, hidden_size)
        # The log of a product is a sum of logs: here log(f_1 ... f_t) for each t.
        log_products = f.clamp(min=1e-30).log().cumsum(0)  # (time, hidden_size)
        notes = len(log_products) - farthest  # one is made at each of these steps
        log_at_note = log_products[:notes]  # (notes, hidden_size)
        survived = torch.zeros_like(log_at_note)  # steps for which more than half is left
        for k in range(1, farthest + 1):
            log_k_later = log_products[k : k + notes]  # (notes, hidden_size)
            left = (log_k_later - log_at_note).exp()  # the product of the k gates in between
            survived += left > 0.5
            if left.max() <= 0.5:
                break  # later still, even less is left
        of_layers.append(survived.mean(0))
    return of_layers


# --- the search for cells that follow the layout of the text ---


def since(mark: str, text: str) -> Tensor:
    """For each character, how many characters ago the mark last ended, (characters,).

    `mark` is a regular expression. Before the first mark we count from the first character.
    """
    last_characters = {match.end() - 1 for match in re.finditer(mark, text)}
    counts = []
    count = 0
    for position in range(len(text)):
        if position in last_characters:
            count = 0
        counts.append(count)
        count += 1
    return torch.tensor(counts)


def inside(pattern: str | re.Pattern[str], text: str) -> Tensor:
    """For each character, whether it is part of a match of the pattern, (characters,)."""
    is_inside = torch.zeros(len(text), dtype=torch.bool)
    for match in re.finditer(pattern, text):
        is_inside[match.start() : match.end()] = True
    return is_inside


def targets(text: str) -> dict[str, Tensor]:
    """What a cell could follow, by name: a value for each character, (characters,)."""
    return {
        "characters since the line break": since(r"\n", text),
        "inside a speaker heading": inside(HEADING, text),
        "characters since the blank line": since(r"\n\n", text),
        "characters since the sentence ended": since(r"[.!?]", text),
        "inside a word": inside(WORD, text),
        "inside quotation marks": inside(r"[\"“„«].+?[\"“”»]", text),
    }


def varies(target: Tensor) -> bool:
    """Whether a target is zero for enough characters, and not zero for enough."""
    not_zero = int((target > 0).sum())
    zero = len(target) - not_zero
    return not_zero >= VARIES and zero >= VARIES


def correlations(values: Tensor, target: Tensor) -> Tensor:
    """Pearson's correlation of target (characters,) with each column of values, (columns,).

    `values` are (characters, columns). For a column or target that is constant it is 0.
    """
    target = target.to(values)
    x = values - values.mean(0)  # (characters, columns)
    y = target - target.mean()  # (characters,)
    products = y @ x  # (columns,): sums over the characters
    return products / (x.norm(dim=0) * y.norm()).clamp_min(1e-12)


Scores = dict[str, tuple[Tensor, Tensor]]  # by target, of each cell: (cells,) in both halves


def cell_scores(network: Any, split: Split, characters: int = 20_000) -> Scores:
    """For each target, its correlation with tanh(c) of each cell, counted through all layers.

    It is (cells,), first in the validation half and then in the test half. We read the first
    `characters` of each half. A target that hardly varies in one of the two is left out.
    """
    length = min(characters, len(split.validation.ids))
    validation = split.validation.ids[:length]
    test = split.test.ids[:length]
    validation_targets = targets(split.validation.decode(validation))
    test_targets = targets(split.test.decode(test))
    states = cell_states(network, torch.stack([validation, test]))  # (2, characters, cells)
    validation_cells, test_cells = states

    scores = {}
    for name, target in validation_targets.items():
        if varies(target) and varies(test_targets[name]):
            on_validation = correlations(validation_cells, target)  # (cells,)
            on_test = correlations(test_cells, test_targets[name])  # (cells,)
            scores[name] = (on_validation, on_test)
    return scores


def choose_cells(scores: Scores) -> dict[str, dict[str, Any]]:
    """The cell that follows each target best: {target: {"cell", "chosen", "score"}}.

    "chosen" is the absolute correlation by which the cell was chosen, in the validation half;
    "score" is the correlation of the same cell in the test half, with the sign that it had before.
    """
    best = {}
    for name, (on_validation, on_test) in scores.items():
        cell = int(on_validation.abs().argmax())
        chosen = float(on_validation[cell].abs())
        score = float(on_test[cell] * on_validation[cell].sign())
        best[name] = {"cell": cell, "chosen": chosen, "score": score}
    return best


def best_cells(network: Any, split: Split, characters: int = 20_000) -> dict[str, dict[str, Any]]:
    """The cell that follows each target best, as `choose_cells` returns them."""
    return choose_cells(cell_scores(network, split, characters))


def hold_at_zero(network: Any, cells: Iterable[int]) -> Any:
    """A copy of the network in which these cells, counted through all layers, stay at zero.

    A cell starts at zero, and stays there if its candidate is zero: then nothing is written.
    """
    changed = copy.deepcopy(network)
    size = changed.hidden_size
    with torch.no_grad():
        for cell in cells:
            layer = changed.layers[cell // size]
            for weight in layer.parameters():  # two matrices and two biases
                # Views of the weight, hidden_size rows each, of i, f, g, o.
                _, _, candidate, _ = weight.chunk(4)
                candidate[cell % size] = 0
    return changed


# --- copies ---


def keys_for(network: CopyLSTM, h: Tensor) -> Tensor:
    """The key of each character, from the top layer's states h (texts, time, hidden_size) after it.

    A character's key is the state before it; before the first one, that is zero.
    """
    zeros = torch.zeros_like(h[:, :1])  # (texts, 1, hidden_size)
    before = torch.cat([zeros, h[:, :-1]], dim=1)  # (texts, time, hidden_size)
    return network.copy_head.key(before)  # (texts, time, copy_size)


@torch.no_grad()
def attention(network: Any, ids: Tensor) -> Tensor:
    """Weights (texts, time, 1 + time) after each of ids (texts, time): to write, or to copy each.

    One pass from an empty state. A network without a copy head always writes.
    """
    if not isinstance(network, CopyLSTM):
        texts, time = ids.shape
        write = torch.ones(texts, time, 1)
        copy = torch.zeros(texts, time, time)
        return torch.cat([write, copy], dim=2)
    network.eval()
    h, _ = network.hidden(ids.long().to(network.device))  # (texts, time, hidden_size)
    return network.copy_head.attention(h, keys_for(network, h), network.memory).cpu()


def copies_before(network: Any, ids: Tensor) -> Tensor:
    """For each of ids (texts, time), the weight of copying it from each, (texts, time, time).

    The attention after a character is for predicting the next one; nothing predicts the first.
    """
    after = attention(network, ids)[:, :, 1:]  # (texts, time, time), without the weight of writing
    nothing = torch.zeros_like(after[:, :1])  # (texts, 1, time)
    return torch.cat([nothing, after[:, :-1]], dim=1)


def copy_scores(network: Any, ids: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """What the copy head compares after reading ids (read,), to predict the next character.

    Returns the query (copy_size,), the keys (near, copy_size) of the characters within reach, these
    characters (near,), and the score for writing (1,). Without a copy head, that is huge.
    """
    if not isinstance(network, CopyLSTM):
        return torch.zeros(1), torch.zeros(len(ids), 1), ids, torch.tensor([1e9])
    network.eval()
    ids = ids.long()
    head = network.copy_head
    with torch.no_grad():
        h, _ = network.hidden(ids[None].to(network.device))  # (1, read, hidden_size)
        keys = keys_for(network, h)[0]  # (read, copy_size)
        query = head.query(h[0, -1])
        write = head.write(h[0, -1])
    near = slice(-network.memory, None)
    return query.cpu(), keys[near].cpu(), ids[near], write.cpu()


def copy_probabilities(
    query: Tensor, keys: Tensor, ids: Tensor, write: Tensor, vocab_size: int
) -> Tensor:
    """The probability of copying each character, (vocab_size,), from what `copy_scores` returns."""
    scores = keys @ query / len(query) ** 0.5  # (near,)
    shares = torch.cat([write, scores]).softmax(0)  # (1 + near,): for writing, for each copy
    return torch.zeros(vocab_size).index_add(0, ids, shares[1:])


def copies_by_kind(
    network: Any, part: Corpus, size: int = 1024, windows: int = 8
) -> dict[str, dict[str, float]]:
    """How much the head copies at each kind of character, and how much of that is right.

    We cut the beginning of `part` into windows. The first half of each is only there to be copied
    from. In the second half, "copied" is the mean weight of copying, and "copied_right" the share
    of it that is on the character that really follows.
    """
    size = min(size, len(part.ids))
    windows = min(windows, len(part.ids) // size)
    ids = part.ids[: windows * size].long().view(windows, size)
    would_be_right = ids.unsqueeze(2) == ids.unsqueeze(1)  # (windows, size, size)
    copies = copies_before(network, ids)  # (windows, size, size)
    copied = copies.sum(2)  # (windows, size)
    copied_right = (copies * would_be_right).sum(2)  # (windows, size)

    kind_of = np.array(kinds(part.text())[: ids.numel()]).reshape(windows, size)
    second_half = np.arange(size) > size // 2
    by_kind = {}
    for kind in np.unique(kind_of[:, second_half]).tolist():
        chosen = torch.from_numpy((kind_of == kind) & second_half)  # (windows, size)
        weight = copied[chosen].sum().clamp(min=1e-9)  # never 0, so that we can divide by it
        by_kind[kind] = {
            "copied": copied[chosen].mean().item(),
            "copied_right": (copied_right[chosen].sum() / weight).item(),
        }
    return by_kind


class CopiedPassage(NamedTuple):
    """`length` characters from `start` on, copied from as many from `source` on."""

    start: int
    source: int
    length: int


def copied_passages(copies: Tensor, least: float = 0.25, shortest: int = 3) -> list[CopiedPassage]:
    """At least `shortest` characters that were copied in the order of an earlier passage.

    `copies` (characters, characters) has a row for each character, with the weight that the head
    gave to copying it from each character; each weight of a passage is at least `least`.
    """
    pairs = {(start, source) for start, source in (copies >= least).nonzero().tolist()}
    passages = []
    for start, source in sorted(pairs):
        length = 1
        while (start + length, source + length) in pairs:
            length += 1
        is_beginning = (start - 1, source - 1) not in pairs
        if is_beginning and length >= shortest:
            passages.append(CopiedPassage(start, source, length))
    return passages


def ways_back(network: Any, ids: Tensor, start: int) -> tuple[Tensor, Tensor]:
    """How strongly the loss of ids[start:] depends on each character before it.

    It is the norm of the loss's gradient by the embedding of each of them, (start,): first in the
    whole network, then without copies, where only the layers lead back. The network reads ids
    (characters,) from an empty state. In single precision, what the layers carry back would soon be
    rounded to 0, so we compute in double.
    """
    network = copy.deepcopy(network).double().eval()
    ids = ids.long().to(network.device)
    x = network.embedding(ids[None, :-1]).detach()  # (1, characters - 1, embedding_size)
    x.requires_grad_()
    network.embedding = nn.Identity()  # so that it takes the vectors x instead of indices
    # On a GPU, cuDNN's LSTM has gradients only in training mode, where dropout would act.
    with torch.backends.cudnn.flags(enabled=False):
        h, _ = network.hidden(x)  # (1, characters - 1, hidden_size)
    norms = []
    for logits in logits_from(network, h, ids[None, :-1], count=len(ids) - 1):
        # Those of a copy head are log-probabilities already: they stay as they are.
        loss = F.cross_entropy(logits[0, start - 1 :], ids[start:], reduction="sum")
        (gradient,) = torch.autograd.grad(loss, x, retain_graph=True)
        norms.append(gradient[0, :start].norm(dim=1).cpu())  # (start,)
    with_copies, layers_alone = norms
    return with_copies, layers_alone


def logits_from(network: Any, h: Tensor, ids: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """Logits after each of the last `count` of ids (texts, time), with and without copies.

    Both are (texts, count, vocab_size); h (texts, time, hidden_size) are the top layer's states.
    `network.forward` would copy at every position, which takes much longer.
    """
    last_h = h[:, -count:]  # (texts, count, hidden_size)
    written = network.linear(last_h)  # (texts, count, vocab_size)
    if not isinstance(network, CopyLSTM):
        return written, written
    logits = network.copy_head(last_h, keys_for(network, h), ids, written, network.memory)
    return logits, written


@torch.no_grad()
def last_logits(network: Any, ids: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """As `logits_from`, in one pass from an empty state."""
    network.eval()
    h, _ = network.hidden(ids)  # (texts, time, hidden_size)
    return logits_from(network, h, ids, count)


def bits_by_context(
    network: Any, ids: Tensor, start: int, lengths: Iterable[int]
) -> tuple[list[float], list[float]]:
    """The surprise at ids[start:] together, in bits, after contexts of several lengths before it.

    The second list is without copies. A state is empty where a context begins.
    """
    count = len(ids) - start
    bits = []
    bits_without_copies = []
    for length in lengths:
        window = ids[start - length :].long().to(network.device)  # (length + count,)
        logits, written = last_logits(network, window[None, :-1], count)
        true = window[None, -count:]  # (1, count)
        bits.append(float(losses_for(logits, true).sum()) / math.log(2))
        bits_without_copies.append(float(losses_for(written, true).sum()) / math.log(2))
    return bits, bits_without_copies


def losses_by_context(
    network: Any, part: Corpus, lengths: Iterable[int], positions: Tensor
) -> tuple[Tensor, Tensor]:
    """Losses in nats of characters of `part`, each read after contexts of several lengths.

    `positions` (blocks, block) are those of the characters, each row a run of neighbours; every
    one needs the longest context before it. Returns the network's losses and its losses without
    copies, (lengths, positions) each. A state is empty where a context begins.

    To save time, `count` neighbours share a window, so a context may be up to an eighth longer.
    With a length of 16, two of them do:

        first - 16   first - 15   ...   first - 1   first   first + 1
        [      a context of 16 characters       ]   predicted
        [          a context of 17 characters          ]    predicted
    """
    ids = ids_for(network, part)  # (characters,)
    block = positions.shape[1]
    losses = []
    losses_without_copies = []
    for length in lengths:
        count = predictions_in_window(length, block)
        # The first that each window predicts: every `count`-th of a block.
        first = positions[:, ::count].flatten()  # (windows,)
        from_first = torch.arange(-length, count)  # (length + count,)
        windows = ids[first[:, None] + from_first]  # (windows, length + count)
        rows = max(1, 32_768 // (length + count))  # bounds the memory
        for some in windows.split(rows):
            logits, written = last_logits(network, some[:, :-1], count)
            true = some[:, -count:]  # (rows, count)
            losses.append(losses_for(logits, true))
            losses_without_copies.append(losses_for(written, true))
    shape = (-1, positions.numel())
    return torch.cat(losses).view(shape), torch.cat(losses_without_copies).view(shape)


def spread(part: Corpus, longest: int, blocks: int, block: int = 32) -> Tensor:
    """Positions (blocks, block) of neighbours all over `part`, with `longest` characters before.

    There are fewer blocks where more would overlap.
    """
    last_start = len(part.ids) - block
    most = (last_start - longest) // block + 1
    starts = torch.linspace(longest, last_start, min(blocks, most)).long()  # (blocks,)
    return starts[:, None] + torch.arange(block)


def losses_for(logits: Tensor, true: Tensor) -> Tensor:
    """Loss of each character of `true` (rows, count), from logits (rows, count, vocab_size)."""
    scores = logits.mT  # (rows, vocab_size, count), as PyTorch wants them
    return F.cross_entropy(scores, true, reduction="none").flatten().cpu()  # (rows x count,)


def predictions_in_window(length: int, block: int) -> int:
    """The largest power of two up to an eighth of the context's length that divides `block`.

    With more predictions in a window it is faster, but the later ones have a longer context.
    """
    count = 1
    while 2 * count <= length // 8 and block % (2 * count) == 0:
        count *= 2
    return count
