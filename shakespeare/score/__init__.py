"""Any model's loss on the last tenth of Tiny Shakespeare, beside the published ones.

The first character has no loss; each of the others is predicted from those before it. Models are
compared within a protocol, character by character.
"""

import math
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from ..data import WINDOW, Corpus, encode
from ..evaluation import PROTOCOLS, interval_over_blocks, losses_of
from ..files import TINY_SHAKESPEARE, InputError, read_text

FOLDER = Path(__file__).resolve().parent
# The vocabulary of the whole text: the last tenth lacks four of these.
CHARS = list("\n !$&',-.3:;?ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
RULES = {
    "cold": f"windows of {WINDOW} characters without overlap, each read from nothing",
    "carried": "one pass, the weights as they are; what comes before may have been read",
    "learning": "one pass, each character scored before the model learns from it",
}
UNVERIFIED = "normalisation, look-ahead and training text not verified"  # of losses alone
REMARKS = {  # by the unit of losses
    "characters": UNVERIFIED,
    "tokens": f"losses of tokens, on their first characters; {UNVERIFIED}",
}
INTERVAL = "95 % t interval over ten blocks of this text; neighbouring blocks are alike, so it is"
INTERVAL += " somewhat too narrow"
TOLERANCE = 4e-3  # of the sum of a row of probabilities: half precision rounds log p
MOST_BYTES = 100_000_000  # of an array: log_p in double precision has 58 million
LONGEST_NAME = 100  # characters
SAME = 5e-5  # nats: a smaller difference may be rounding
WORDS = ("name", "protocol", "text_sha256", "chars", "unit")  # of a file; the rest are numbers


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
    """The 111,540 characters, in the vocabulary of the whole text."""
    text = read_text(FOLDER / "text.txt")
    return Corpus(encode(text, CHARS), CHARS, "the last tenth of Tiny Shakespeare")


def predicted(protocol: str) -> int:
    """How many characters are predicted in a protocol."""
    after_the_first = len(last_tenth().ids) - 1
    if protocol == "cold":
        return after_the_first // WINDOW * WINDOW  # what is left after the last window isn't
    return after_the_first


@cache
def published() -> list[Scored]:
    """All whose losses of each character are in this folder."""
    return [each for path in sorted(FOLDER.glob("*.npz")) for each in losses_in(path)]


def losses_in(path: Path) -> list[Scored]:
    """The published losses in a file, under NAME|PROTOCOL."""
    found = []
    with np.load(path, allow_pickle=False) as file:
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
    network = from_pretrained(model)
    predictions = PROTOCOLS[protocol](network, last_tenth())
    losses = losses_of(predictions, last_tenth()).double()
    name = one_line(model)
    return Scored(name, protocol, plausible(name, protocol, losses), "training text not verified")


def of_stream(name: str, model: Callable[[str], Any], protocol: str) -> Scored:
    """The losses of a model that is told one character at a time.

    Such a model can't look ahead by accident, only by looking the answers up elsewhere. model("a")
    reads an "a" and returns the 65 log-probabilities of what comes next, in the order of `CHARS`.
    `protocol` is "carried", or "learning" if the model learns from what it is told.
    """
    if protocol not in ("carried", "learning"):
        raise InputError(f"A stream is carried or learning, not {protocol}.")
    name = one_line(name)
    rows = torch.empty(predicted(protocol), len(CHARS), dtype=torch.double)
    for k, character in enumerate(last_tenth().text()[:-1]):
        row = torch.as_tensor(model(character)).detach()
        if row.shape != (len(CHARS),):
            shape = f"{name} returns the shape {tuple(row.shape)}"
            raise InputError(f"{shape}: return 65 log-probabilities.")
        rows[k] = row
        if k == 0:  # what is wrong in every row is said before a slow model has read all
            log_sums(name, rows[:1])
    remark = "told one character at a time; training text not verified"
    return scored(name, protocol, rows, remark)


def of_file(path: str) -> Scored:
    """The losses of a file: NumPy's .npz with a name, a protocol, text_sha256, and either chars and
    log_p (characters, 65) or only the `losses` (characters,).

    Losses of tokens are on their first characters, with zeros elsewhere, and the file says
    unit="tokens". Raises InputError for what can't be used.
    """
    given = read_arrays(path)
    rest = ["losses"] if "losses" in given else ["chars", "log_p"]
    missing = [key for key in ("name", "protocol", "text_sha256", *rest) if key not in given]
    if missing:
        raise InputError(f"{path} lacks {', '.join(missing)}.")
    # A list of characters will do, too.
    words = {key: "".join(map(str, given[key].ravel())) for key in WORDS if key in given}
    name = one_line(words["name"]) or one_line(path)
    protocol = one_line(words["protocol"])
    if protocol not in RULES:
        raise InputError(f"{path} has the protocol {protocol}: choose {', '.join(RULES)}.")
    if not words["text_sha256"].lower().startswith(TINY_SHAKESPEARE):
        raise InputError(f"{path} is about another text: the SHA-256 of input.txt differs.")
    if "losses" in given:
        unit = one_line(words.get("unit", "characters"))
        return of_losses(name, protocol, given["losses"], unit)
    rows = in_our_order(path, given["log_p"], words["chars"])
    return scored(name, protocol, rows, "look-ahead and training text not verified")


def read_arrays(path: str) -> dict[str, np.ndarray]:
    """The arrays of a file that are used. Raises InputError for what can't be used.

    The size of each is looked up before it is unpacked, because a small file may hold gigabytes.
    """
    found = {}
    try:
        with np.load(path, allow_pickle=False) as file:
            sizes = {info.filename: info.file_size for info in file.zip.infolist()}
            for key in (*WORDS, "log_p", "losses"):
                member = f"{key}.npy"  # in full: for a key, NumPy takes one without the ending, too
                if member in sizes:
                    if sizes[member] > MOST_BYTES:
                        raise InputError(f"{path} has too large a {key}: check its shape.")
                    found[key] = file[member]
                    if not isinstance(found[key], np.ndarray):
                        raise ValueError("NumPy returns the bytes of what is no array")
    except FileNotFoundError:
        raise InputError(f"There is no file {path}: give the path of a .npz file.") from None
    except InputError:
        raise
    except Exception:  # of zip, of NumPy's header, of a pickle
        raise InputError(f"{path} is no .npz of plain arrays: write it with np.savez.") from None
    return found


def in_our_order(path: str, log_p: np.ndarray, chars: str) -> Tensor:
    """Log-probabilities (characters, 65) with a column for each of CHARS, in this order."""
    if sorted(chars) != sorted(CHARS):
        raise InputError(f"{path} has other `chars`: give the text's 65 characters, as strings.")
    if log_p.ndim != 2 or log_p.shape[1] != len(CHARS) or log_p.dtype.kind != "f":
        shape = f"log_p has the shape {log_p.shape} and the type {log_p.dtype}"
        raise InputError(f"{path}: {shape}, but should be (characters, 65), of floating point.")
    columns = [chars.index(character) for character in CHARS]
    return torch.from_numpy(log_p[:, columns].astype(float))


def scored(name: str, protocol: str, log_p: Tensor, remark: str) -> Scored:
    """The losses of log-probabilities (characters, 65), whose rows are normalised."""
    must_fit(name, protocol, len(log_p))
    shifts = log_sums(name, log_p)
    losses = losses_of(log_p - shifts[:, None], last_tenth())
    shift = shifts.mean().item()
    if abs(shift) >= SAME:
        remark += f"; normalised: {shift:+.4f}"
    return Scored(name, protocol, plausible(name, protocol, losses), remark)


def log_sums(name: str, log_p: Tensor) -> Tensor:
    """The logarithm of each row's sum, (rows,): near 0, as the rows are probabilities."""
    if log_p.isnan().any():
        raise InputError(f"{name} predicts NaN in row {int(log_p.isnan().any(1).nonzero()[0])}.")
    logarithms = log_p.logsumexp(1)
    sums = logarithms.exp()
    worst = int((sums - 1).abs().argmax())
    if not abs(sums[worst] - 1) <= TOLERANCE:
        row = f"the probabilities of row {worst} sum to {sums[worst]:.4g}, not to 1"
        raise InputError(f"{name}: {row}: {advice(log_p[worst])}.")
    return logarithms


def advice(row: Tensor) -> str:
    """What a row may be that holds no natural logarithms of probabilities."""
    if abs(row.sum() - 1) < TOLERANCE:
        return "these are probabilities, so take their logarithm"
    if abs(row.exp2().sum() - 1) < TOLERANCE:
        return "these are bits, so multiply them by log 2"
    return "give log-probabilities in nats, such as log_softmax of the logits in single precision"


def of_losses(name: str, protocol: str, losses: np.ndarray, unit: str) -> Scored:
    """Losses (characters,) that somebody else has computed, of "characters" or of "tokens"."""
    if unit not in REMARKS:
        raise InputError(f"{name} has the unit {unit}: choose {', '.join(REMARKS)}.")
    if losses.ndim != 1 or losses.dtype.kind != "f":
        raise InputError(f"{name}: losses should be (characters,), of floating point.")
    must_fit(name, protocol, len(losses))
    each = torch.from_numpy(losses.astype(float))
    if (each < 0).any():
        raise InputError(f"{name} has a negative loss: a probability can't be above 1.")
    return Scored(name, protocol, plausible(name, protocol, each, unit), REMARKS[unit])


def must_fit(name: str, protocol: str, rows: int) -> None:
    needed = predicted(protocol)
    if rows != needed:
        about = f"{protocol} ({RULES[protocol]}) needs {needed:,}"
        raise InputError(
            f"{name} has {rows:,} rows: {about}, the first for the last tenth's second character."
        )


def plausible(name: str, protocol: str, losses: Tensor, unit: str = "characters") -> Tensor:
    """The losses; raises InputError where they can't be right."""
    if losses.isnan().any():
        raise InputError(f"{name} has the loss NaN in row {int(losses.isnan().nonzero()[0])}.")
    if losses.isinf().any():
        row = f"row {int(losses.isinf().nonzero()[0])} gives the true character probability 0"
        raise InputError(f"{name}: {row}, so mix in a little of a uniform guess.")
    mean = losses.mean().item()
    if mean > math.log(len(CHARS)) + 1:
        uniform = f"{mean:.3g} nats, far more than a uniform guess"
        raise InputError(f"{name} has {uniform}: check what it predicts, and in which order.")
    # With a single character of context, counting has 2.5. (A token may begin before the window.)
    of_characters = unit == "characters"
    if protocol == "cold" and of_characters and losses[::WINDOW].mean() < 2:
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
    """What a model is compared with: the others published in its protocol, or the one named."""
    known = [each for each in published() if each.protocol == ours.protocol]
    known = [each for each in known if each.name != ours.name]  # a published one, scored again
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
    if other.protocol != ours.protocol:
        raise InputError(f"{name} is {other.protocol}, and {ours.name} {ours.protocol}.")
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
