"""Any model's loss on the last tenth of Tiny Shakespeare, beside the published ones.

The first character has no loss; each of the others is predicted from those before it. Models are
compared within a protocol, character by character.
"""

import math
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from ..data import WINDOW, Corpus
from ..evaluation import PROTOCOLS, interval_over_blocks, losses_of
from ..files import TINY_SHAKESPEARE, InputError

FOLDER = Path(__file__).resolve().parent
# The vocabulary of the whole text: the last tenth lacks four of these.
CHARS = list("\n !$&',-.3:;?ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
RULES = {
    "cold": f"windows of {WINDOW} characters without overlap, each read from nothing",
    "carried": "one pass, the weights as they are; what comes before may have been read",
    "learning": "one pass, each character scored before the model learns from it",
}
UNVERIFIED = "look-ahead and training text not verified"
INTERVAL = "95 % t interval over ten blocks of this text; neighbouring blocks are alike, so it is"
INTERVAL += " somewhat too narrow"
KEYS = ("name", "protocol", "text_sha256", "chars", "log_p")  # of a file of predictions
TOLERANCE = 4e-3  # of the sum of a row of probabilities: half precision rounds log p
LONGEST_NAME = 100  # characters
SAME = 5e-5  # nats: a smaller difference may be rounding


class Scored(NamedTuple):
    """The loss of each character in nats, (characters,), from the second on.

    `remark` says what isn't verified.
    """

    name: str
    protocol: str
    losses: Tensor
    remark: str

    def nats(self) -> float:
        return self.losses.mean().item()

    def line(self) -> str:
        """A line to quote. The name is in quotes, so that it can't pass for numbers of the line."""
        count = f"n={len(self.losses)}"
        sha = f"sha:{TINY_SHAKESPEARE[:8]}"
        how = "|".join(["tiny-shakespeare", "last-tenth", self.protocol, count, sha, "v2"])
        return f'"{self.name}": {self.nats():.4f} nats {how} ({self.remark})'


def one_line(name: str) -> str:
    """A name as one short line, without double quotes and characters that can't be seen."""
    words = " ".join(name.split())
    shown = [character for character in words if character.isprintable() and character != '"']
    return "".join(shown)[:LONGEST_NAME]


@cache
def last_tenth() -> Corpus:
    """The 111,540 characters."""
    held_out = Corpus.read("tiny-shakespeare").split().held_out
    return Corpus(held_out.ids, held_out.chars, "the last tenth of Tiny Shakespeare")


def predicted(protocol: str) -> int:
    """How many characters are predicted in a protocol."""
    after_the_first = len(last_tenth().ids) - 1
    if protocol == "cold":
        return after_the_first // WINDOW * WINDOW  # what is left after the last window isn't
    return after_the_first


@cache
def published() -> list[Scored]:
    """The published losses, which are in losses.npz under NAME|PROTOCOL."""
    found = []
    with np.load(FOLDER / "losses.npz", allow_pickle=False) as file:
        for key in file.files:
            name, protocol = key.split("|")
            losses = torch.from_numpy(file[key]).double()
            found.append(Scored(name, protocol, losses, UNVERIFIED))
    return found


# --- what can be scored ---


def of_model(model: str, protocol: str | None = None) -> Scored:
    """The losses of a file of predictions, a network's folder, or a shipped network.

    A file says its protocol itself; a network is read carried, unless "cold" is given.
    """
    if Path(model).suffix == ".npz":
        found = of_file(model)
        if protocol not in (None, found.protocol):
            raise InputError(f"{model} has the protocol {found.protocol}, not {protocol}.")
        return found
    if Path(model).is_file():
        raise InputError(f"{model} is no folder of a network, and no .npz by its name.")
    from ..pretrained import from_pretrained

    protocol = protocol or "carried"
    if protocol not in PROTOCOLS:
        raise InputError(f"A network is read cold or carried, not {protocol}.")
    predictions = shown_predictions(protocol, from_pretrained(model), last_tenth())
    losses = losses_of(predictions, last_tenth()).double()
    name = one_line(model)
    return Scored(name, protocol, plausible(name, protocol, losses), "training text not verified")


def shown_predictions(protocol: str, network: Any, corpus: Corpus) -> Tensor:
    """A network's predictions of a text; stderr shows how much of it has been read."""
    size = len(corpus.ids)
    with tqdm(desc=protocol, total=size, unit=" characters", mininterval=1, leave=False) as bar:

        def count(network: Any, given: Any, made: Any) -> None:
            bar.update(given[0].numel())  # ids (batch, time)

        hook = network.register_forward_hook(count)
        predictions = PROTOCOLS[protocol](network, corpus)
        hook.remove()
    return predictions


def of_file(path: str) -> Scored:
    """The losses of a file of predictions: NumPy's .npz with the arrays of KEYS.

    log_p (characters, 65) are log-probabilities, with a column for each of `chars`. Raises
    InputError for what can't be used. Runs no code from the file.
    """
    given = read_arrays(path)
    missing = [key for key in KEYS if key not in given]
    if missing:
        raise InputError(f"{path} lacks {', '.join(missing)}.")
    # A list of characters will do, too.
    words = {key: "".join(map(str, np.ravel(given[key]))) for key in KEYS if key != "log_p"}
    name = one_line(words["name"]) or one_line(path)
    protocol = one_line(words["protocol"])
    if protocol not in RULES:
        raise InputError(f"{path} has the protocol {protocol}: choose {', '.join(RULES)}.")
    if not words["text_sha256"].lower().startswith(TINY_SHAKESPEARE):
        raise InputError(f"{path} is about another text: the SHA-256 of input.txt differs.")
    rows = in_our_order(path, np.asarray(given["log_p"]), words["chars"])
    needed = predicted(protocol)
    if len(rows) != needed:
        about = f"{protocol} ({RULES[protocol]}) needs {needed:,}"
        raise InputError(
            f"{name} has {len(rows):,} rows: {about}, the first for the last tenth's second "
            "character."
        )
    losses = losses_of(normalised(name, rows), last_tenth())
    return Scored(name, protocol, plausible(name, protocol, losses), UNVERIFIED)


def read_arrays(path: str) -> dict[str, np.ndarray]:
    """The arrays of a file that are used. Raises InputError where it is no such file."""
    try:
        with np.load(path, allow_pickle=False) as file:
            return {key: file[key] for key in KEYS if key in file}
    except FileNotFoundError:
        raise InputError(f"There is no file {path}: give the path of a .npz file.") from None
    except Exception:  # of zip, of NumPy's header, of a pickle
        raise InputError(f"{path} is no .npz of plain arrays: write it with np.savez.") from None


def in_our_order(path: str, log_p: np.ndarray, chars: str) -> Tensor:
    """Log-probabilities (characters, 65) with a column for each of CHARS, in this order."""
    if sorted(chars) != sorted(CHARS):
        raise InputError(f"{path} has other `chars`: give the text's 65 characters, as strings.")
    if log_p.ndim != 2 or log_p.shape[1] != len(CHARS) or log_p.dtype.kind != "f":
        shape = f"log_p has the shape {log_p.shape} and the type {log_p.dtype}"
        raise InputError(f"{path}: {shape}, but should be (characters, 65), of floating point.")
    columns = [chars.index(character) for character in CHARS]
    return torch.from_numpy(log_p[:, columns].astype(float))


def normalised(name: str, log_p: Tensor) -> Tensor:
    """Log-probabilities (characters, 65) whose rows sum to 1, from those that nearly do."""
    if log_p.isnan().any():
        raise InputError(f"{name} predicts NaN in row {int(log_p.isnan().any(1).nonzero()[0])}.")
    logarithms = log_p.logsumexp(1)
    sums = logarithms.exp()
    worst = int((sums - 1).abs().argmax())
    if not abs(sums[worst] - 1) <= TOLERANCE:
        row = f"the probabilities of row {worst} sum to {sums[worst]:.4g}, not to 1"
        raise InputError(f"{name}: {row}: {advice(log_p[worst])}.")
    return log_p - logarithms[:, None]


def advice(row: Tensor) -> str:
    """What a row may be that holds no natural logarithms of probabilities."""
    if abs(row.sum() - 1) < TOLERANCE:
        return "these are probabilities, so take their logarithm"
    if abs(row.exp2().sum() - 1) < TOLERANCE:
        return "these are bits, so multiply them by log 2"
    return "give log-probabilities in nats, such as log_softmax of the logits in single precision"


def plausible(name: str, protocol: str, losses: Tensor) -> Tensor:
    """The losses; raises InputError where they can't be right."""
    if losses.isinf().any():
        row = f"row {int(losses.isinf().nonzero()[0])} gives the true character probability 0"
        raise InputError(f"{name}: {row}, so mix in a little of a uniform guess.")
    mean = losses.mean().item()
    if mean > math.log(len(CHARS)) + 1:
        uniform = f"{mean:.3g} nats, far more than a uniform guess"
        raise InputError(f"{name} has {uniform}: check what it predicts, and in which order.")
    # With a single character of context, counting has 2.5.
    if protocol == "cold" and losses[::WINDOW].mean() < 2:
        first = f"the first character of its windows costs {losses[::WINDOW].mean():.2f} nats"
        raise InputError(f"{name} isn't cold: {first}, too little for one character of context.")
    return losses


# --- comparisons ---


def difference(ours: Scored, other: Scored) -> dict[str, Any]:
    """How much higher our loss is, with its interval."""
    each = ours.losses - other.losses  # paired: both predict the same characters
    return {
        "against": other.name,
        "nats": other.nats(),
        "difference": each.mean().item(),
        "interval": list(interval_over_blocks(each)),
    }


def rivals(ours: Scored, name: str | None = None) -> list[Scored]:
    """What a model is compared with: those published in its protocol, or the one named."""
    known = [each for each in published() if each.protocol == ours.protocol]
    known.sort(key=Scored.nats, reverse=True)
    if name is None:
        return known
    named = [each for each in known if each.name == name]
    if named:
        return named
    try:
        other = of_model(name, ours.protocol)
    except InputError as error:
        names = "; ".join(each.name for each in known)
        raise InputError(f"{error} Published, {ours.protocol}: {names}.") from None
    return [other]


def summary(ours: Scored, others: Sequence[Scored]) -> dict[str, Any]:
    """All that `shakespeare score` says, as numbers."""
    nats = ours.nats()
    known = [each.nats() for each in rivals(ours)]
    return {
        "name": ours.name,
        "protocol": ours.protocol,
        "rule": RULES[ours.protocol],
        "characters": len(ours.losses),
        "nats": nats,
        "bits": nats / math.log(2),
        "perplexity": math.exp(nats),
        "remark": ours.remark,
        "below_all_published": bool(known) and nats < min(known) - SAME,
        "against": [difference(ours, other) for other in others],
        "interval": INTERVAL,
        "line": ours.line(),
    }


def in_units(nats: float) -> str:
    """A loss in nats, in bits, and as a perplexity."""
    perplexity = torch.tensor(nats).exp()  # infinite where math.exp would raise an error
    return f"{nats:.4f} nats, {nats / math.log(2):.4f} bits, perplexity {perplexity:.3f}"


def report(ours: Scored, others: Sequence[Scored]) -> str:
    """What the command prints: the loss, the differences from others, and a line to quote."""
    found = summary(ours, others)
    lines = [
        f'"{ours.name}", {ours.protocol}: {found["rule"]}',
        f"{in_units(found['nats'])} per character, {found['characters']:,} characters",
    ]
    if found["against"]:
        lines += ["", f"{'beside':32} {'its loss':>8}  yours minus its loss (+: yours is worse)"]
    for other in found["against"]:
        low, high = other["interval"]
        gap = f"{other['difference']:+.4f} ({low:+.4f} to {high:+.4f})"
        lines.append(f"{other['against']:32} {other['nats']:8.4f}  {gap}")
    if found["against"]:
        lines.append(f"In parentheses: {INTERVAL}.")
    if found["below_all_published"]:
        lines += ["", "Lower than all that `score` has in this protocol: look for a leak first."]
    return "\n".join([*lines, "", f"To quote: {found['line']}"])
