"""The capstone of notebook 04: try the reader's own program, my_lstm.py, and load its network."""

import contextlib
import importlib.util
import inspect
import io
import json
import shutil
import sys
import tempfile
import traceback
from collections.abc import Iterable
from itertools import count
from pathlib import Path
from types import ModuleType
from typing import Any

import safetensors.torch
import torch
from torch import Tensor

from shakespeare.files import InputError
from shakespeare.model import CharLSTM
from shakespeare.pretrained import NETWORKS, from_pretrained

from . import Verdict, Wrong, compare, generation, training, verdict
from .solutions import PROGRAM, unwritten

NEEDED = ("SIZES", "MyLSTM", "split", "main")
# As large as each other, because a reader may tie the weights of the first and the last layer.
SMALL = {"embedding_size": 6, "hidden_size": 6, "num_layers": 2}
# From notebooks 03 and 04, with their usual mistakes. One of these may be an improvement here.
CHECKED_BEFORE = {"train_on": training.TRAIN_ON, "write": generation.WRITE}
ALLOWED = (training.CARRIES_STATE,)
WRITTEN = ("__init__", "forward", "split", "random_batches", "cross_entropy", "train_on", "write")
WEIGHTS = "model.safetensors"
LINE = "The quality of mercy is not strained. It drops as gentle rain.\n"


def check_program(file: str | Path) -> bool:
    """Print [PASS], [TODO] or [FAIL] as `check` does, and return whether it passes."""
    found = program_verdict(file)
    print(found)
    return found.mark == "PASS"


def program_verdict(file: str | Path) -> Verdict:
    """What `check_program` prints. Raises nothing, whatever the program does."""
    name = Path(file).name
    try:
        todo = [each.name for each in unwritten(Path(file).read_bytes()) if each.name in WRITTEN]
        if todo:
            return Verdict("TODO", name, f"still to be written: {', '.join(todo)}.")
        return Verdict("PASS", name, try_program(read_program(file)))
    except Wrong as mistake:
        words = str(mistake)
    except (Exception, SystemExit, KeyboardInterrupt) as error:
        words = f"it stops with {type(error).__name__}: {error}"
        frames = traceback.extract_tb(error.__traceback__)
        lines = [each for each in frames if Path(each.filename).name == name]
        if lines:
            words += f"\n  in line {lines[-1].lineno}: {lines[-1].line}"
        if "main" in [each.name for each in lines]:
            words += "\n  (The check calls main with 10 steps.)"
    return Verdict("FAIL", name, words)


def keep(file: str | Path, folder: str | Path) -> None:
    """Keep copies of a program and of its network, because the next cells may overwrite them."""
    file = Path(file)
    folder = Path(folder)
    programs = file.parent.glob(f"{file.stem}-*.py")
    if is_new(file, programs):
        shutil.copy(file, unused(file))
    weights = folder.parent.glob(f"{folder.name}-*/{WEIGHTS}")
    if is_new(folder / WEIGHTS, weights):
        shutil.copytree(folder, unused(folder))


def is_new(file: Path, copies: Iterable[Path]) -> bool:
    """Whether a file is there, and none of the copies is the same."""
    return file.exists() and file.read_bytes() not in [copy.read_bytes() for copy in copies]


def unused(path: Path) -> Path:
    """The first numbered name, such as my_lstm-1.py, that isn't taken; says that it is used."""
    for number in count(1):
        copy = path.with_name(f"{path.stem}-{number}{path.suffix}")
        if not copy.exists():
            break
    print(f"{path.name}, as it is now, is kept as {copy.name}.")
    return copy


def read_program(file: str | Path) -> ModuleType:
    """The program as a module, without running its `main`."""
    spec: Any = importlib.util.spec_from_file_location("my_lstm", Path(file).resolve())
    program = importlib.util.module_from_spec(spec)
    sys.modules["my_lstm"] = program  # dataclasses look their module up
    spec.loader.exec_module(program)
    return program


def load(folder: str | Path) -> Any:
    """The network that my_lstm.py, which is beside the folder, has saved there; None without one.

    Raises InputError where the program has changed since, or a file is damaged. (The copy of the
    program in the folder is only compared: the folder may be somebody else's.)
    """
    folder = Path(folder)
    if not (folder / WEIGHTS).exists():
        return None
    program = folder.with_name(PROGRAM)
    try:
        copy = folder / PROGRAM
        if copy.exists() and copy.read_bytes() != program.read_bytes():
            raise ValueError("the program has changed")
        return network_of(read_program(program), folder)
    except Exception:  # the program may raise anything
        raise InputError(
            f"{PROGRAM} has changed since it saved {folder}, or a file is damaged: run it again."
        ) from None


def network_of(program: Any, folder: Path) -> Any:
    """The network that a program has saved in a folder, with what measures of losses expect."""
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    chars = config.pop("chars")
    del config["architecture"]
    network = program.MyLSTM(len(chars), **config)
    network.load_state_dict(safetensors.torch.load_file(folder / WEIGHTS))
    network.chars = chars
    network.device = torch.device("cpu")
    return network.eval()


# --- the check ---


def try_program(program: Any) -> str:
    """What to say about a program that is right; raises Wrong."""
    for name in NEEDED:
        if not hasattr(program, name):
            raise Wrong(f"it has no {name}.")
    for name, mistakes in CHECKED_BEFORE.items():
        if hasattr(program, name):
            found = verdict(getattr(program, name))
            # An improved function may be unlike the exercise in ways that aren't mistakes.
            if found.words in mistakes and found.words not in ALLOWED:
                raise Wrong(f"{name}: {found.words}")
    if hasattr(program, "cross_entropy"):
        try_loss(program.cross_entropy)
    torch.manual_seed(1)
    sizes = small_sizes(program)
    network = program.MyLSTM(7, **sizes).eval()
    try_network(network)
    try_copy(network, program.MyLSTM(7, **sizes).eval())
    try_split(program.split(torch.arange(1_000)))
    if hasattr(program, "random_batches"):
        try_batches(program)
    return try_main(program)


def small_sizes(program: Any) -> dict[str, Any]:
    """The settings of a small network, or those of the program where they can't be small."""
    sizes = {name: SMALL.get(name, value) for name, value in program.SIZES.items()}
    try:
        program.MyLSTM(7, **sizes)(torch.zeros(1, 2, dtype=torch.long))
    except Exception:  # if there is a mistake, it shows again
        return program.SIZES
    return sizes


def try_loss(cross_entropy: Any) -> None:
    """It may call PyTorch's function here, but it should be the same."""
    logits = torch.linspace(-2, 2, 30).view(2, 3, 5)  # (batch, time, vocab_size)
    y = torch.tensor([[0, 3, 1], [4, 2, 2]])
    try:
        compare(cross_entropy, training.cross_entropy, training.CROSS_ENTROPY, [(logits, y)])
    except Wrong as mistake:
        raise Wrong(f"cross_entropy: {mistake}") from None


@torch.no_grad()
def try_network(network: Any) -> None:
    ids = torch.randint(7, (2, 12))  # (batch, time)
    logits = logits_of(network, ids)
    if not is_same(logits, logits_of(network, ids)):
        raise Wrong(
            "the same text gives other logits each time: use nn.Dropout, which is off after eval()."
        )
    if logits.shape != (2, 12, 7):
        shape = tuple(logits.shape)
        raise Wrong(
            f"the logits have the shape {shape}, not (batch, time, vocab_size) = (2, 12, 7)."
        )
    if (logits >= 0).all() and is_same(logits.sum(2), torch.ones(2, 12)):
        raise Wrong("these are probabilities: return the logits, without a softmax.")
    changed = ids.clone()
    changed[:, -1] = (ids[:, -1] + 1) % 7
    after_change = logits_of(network, changed)
    if not is_same(after_change[:, :-1], logits[:, :-1]):
        raise Wrong(
            "what it predicts depends on characters that come later. Read from left to right, and "
            "let no layer begin with the last state of another."
        )
    if is_same(after_change[:, -1], logits[:, -1]):
        raise Wrong("what it predicts doesn't depend on the character that it has just read.")
    if not is_same(logits_of(network, ids[1:]), logits[1:]):
        raise Wrong("the texts of a batch mix: nn.LSTM needs batch_first=True.")
    first, state = network(ids[:, :5])
    second, _ = network(ids[:, 5:], state)
    if not is_same(torch.cat([first, second], dim=1), logits):
        raise Wrong(
            "a text in two chunks gives other logits than in one: give each layer its state from "
            "the chunk before, and return the new ones of all layers."
        )


def logits_of(network: Any, ids: Tensor) -> Tensor:
    answer = network(ids)
    if not isinstance(answer, tuple) or len(answer) != 2:
        raise Wrong("forward should return two things: the logits and the new state.")
    return answer[0]


@torch.no_grad()
def try_copy(network: Any, copy: Any) -> None:
    """Whether all that the network has learned is in its weights."""
    copy.load_state_dict(network.state_dict())
    ids = torch.arange(7)[None]
    if not is_same(logits_of(network, ids), logits_of(copy, ids)):
        raise Wrong(
            "some layers aren't among network.parameters(), so they are neither trained nor saved: "
            "put them into an nn.ModuleList instead of a list."
        )


def try_split(parts: tuple[Tensor, Tensor]) -> None:
    training_ids, held_out_ids = parts
    ids = torch.arange(1_000)
    if torch.equal(training_ids, ids[900:]):
        raise Wrong("split: the parts are exchanged: return the training text first.")
    if not torch.equal(training_ids, ids[:900]) or not torch.equal(held_out_ids, ids[900:]):
        raise Wrong(
            "split: cut the text first: nine tenths are for training, the last is held out."
        )


def try_batches(program: Any) -> None:
    shape = (program.BATCH_SIZE, program.SEQ_LEN + 1)
    batches = list(program.random_batches(torch.arange(4 * shape[0] * shape[1]), 3))
    if len(batches) != 3:
        raise Wrong(f"random_batches: it should make 3 batches, but makes {len(batches)}.")
    for batch in batches:
        if batch.shape != shape:
            words = f"a batch has the shape {tuple(batch.shape)}, not (BATCH_SIZE, SEQ_LEN + 1)"
            raise Wrong(f"random_batches: {words} = {shape}.")
        if not (batch.diff(dim=1) == 1).all():
            raise Wrong("random_batches: a window is a run of neighbouring characters.")
    if torch.equal(batches[0], batches[1]):
        raise Wrong("random_batches: all batches are the same: draw new windows for each.")


def try_main(program: Any) -> str:
    """Run the program on short texts: what to say if it does what it should."""
    try:
        inspect.signature(program.main).bind("text.txt", "folder", 10)
    except TypeError:
        raise Wrong("main should take text_file, folder and steps.") from None
    length = 3 * getattr(program, "BATCH_SIZE", 32) * (getattr(program, "SEQ_LEN", 64) + 1)
    text = LINE * (length // len(LINE))
    cut = int(0.9 * len(text))
    with tempfile.TemporaryDirectory() as folder:
        net = Path(folder, "net")
        first = weights_after(program, text, net)
        if first != weights_after(program, text, net):
            raise Wrong(
                "two runs give different networks: seed the random numbers in main, and let "
                "nothing depend on the clock."
            )
        if first != weights_after(program, text[:cut] + text[cut:][::-1], net):
            raise Wrong(
                "the network depends on the last tenth: train on the training text alone, and "
                "choose nothing by the rest."
            )
        if first == weights_after(program, text, net, steps=20):
            raise Wrong("after 20 steps the weights are those after 10: it doesn't learn.")
        network = network_of(program, net)
        if network.chars != sorted(network.chars):
            raise Wrong("sort the characters: the order of a set changes from run to run.")
        config = json.loads((net / "config.json").read_text(encoding="utf-8"))
        trains = "it trains, writes, and learns nothing from the last tenth."
        if config["architecture"] not in NETWORKS:
            return f"{trains} `shakespeare` can't open its network, which isn't a CharLSTM."
        if not is_char_lstm(network, net):
            raise Wrong(
                "it trains and writes, but `shakespeare` would take the network for a CharLSTM, "
                f"which it isn't. Write another architecture in save.{unlike(network)}"
            )
        return trains


def unlike(network: Any) -> str:
    """Which weights a CharLSTM has that the network hasn't."""
    missing = CharLSTM(["a"], 1, 1, 1).state_dict().keys() - network.state_dict().keys()
    return f" (A CharLSTM has {', '.join(sorted(missing))}.)" if missing else ""


def weights_after(program: Any, text: str, folder: Path, steps: int = 10) -> bytes:
    """What the program saves in a folder after some steps on a text."""
    file = folder.with_name("text.txt")
    file.write_text(text, encoding="utf-8")
    # What it writes elsewhere by mistake goes, too.
    with contextlib.redirect_stdout(io.StringIO()), contextlib.chdir(folder.parent):
        program.main(str(file), str(folder), steps)
    weights = folder / WEIGHTS
    if not weights.exists():
        raise Wrong("main should save the network in the folder that it is given.")
    return weights.read_bytes()


@torch.no_grad()
def is_char_lstm(network: Any, folder: Path) -> bool:
    """Whether the module's network with the saved weights predicts the same."""
    try:
        other = from_pretrained(folder)
    except InputError:
        return False
    ids = torch.arange(len(network.chars))[None]
    return is_same(logits_of(network, ids), logits_of(other, ids))


def is_same(a: Tensor, b: Tensor) -> bool:
    return torch.allclose(a, b, atol=1e-5)
