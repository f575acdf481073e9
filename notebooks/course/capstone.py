"""The capstone of notebook 04: try the reader's own program, my_lstm.py, and load its network."""

import contextlib
import importlib.util
import io
import json
import tempfile
import traceback
from pathlib import Path
from types import ModuleType
from typing import Any

import safetensors.torch
import torch
from torch import Tensor

from shakespeare.files import InputError
from shakespeare.model import CharLSTM
from shakespeare.pretrained import from_pretrained

from .checks import Verdict, Wrong, verdict
from .solutions import unwritten

CHECKED_BEFORE = ("cross_entropy", "train_on", "write")  # in notebooks 03 and 04
TRAINS = "it trains, writes, and learns nothing from the last tenth."
TEXT = "The quality of mercy is not strained. It drops as gentle rain.\n" * 40


def check_program(file: str | Path) -> bool:
    """Print [PASS], [TODO] or [FAIL] as `check` does, and return whether it passes."""
    found = program_verdict(file)
    print(f"[{found.mark}] {found.name}: {found.words}")
    return found.mark == "PASS"


def program_verdict(file: str | Path) -> Verdict:
    """What `check_program` prints. Raises nothing, whatever the program does."""
    name = Path(file).name
    try:
        todo = [each.name for each in unwritten(Path(file).read_text(encoding="utf-8"))]
        if todo:
            return Verdict("TODO", name, f"still to be written: {', '.join(todo)}.")
        return Verdict("PASS", name, try_program(read_program(file)))
    except Wrong as mistake:
        words = str(mistake)
    except (Exception, SystemExit) as error:
        words = f"it stops with {type(error).__name__}: {error}"
        frames = traceback.extract_tb(error.__traceback__)
        lines = [frame for frame in frames if frame.filename == str(file)]
        if lines:
            words += f"\n  in line {lines[-1].lineno}: {lines[-1].line}"
    return Verdict("FAIL", name, words)


def keep(file: str | Path) -> None:
    """Keep a copy of a program under another name, because the next cell may overwrite it."""
    file = Path(file)
    copies = sorted(file.parent.glob(f"{file.stem}-*.py"))
    if file.exists() and file.read_bytes() not in [copy.read_bytes() for copy in copies]:
        copy = file.with_name(f"{file.stem}-{len(copies) + 1}.py")
        copy.write_bytes(file.read_bytes())
        print(f"{file.name}, as it is now, is kept as {copy.name}.")


def read_program(file: str | Path) -> ModuleType:
    """The program as a module, without running its `main`."""
    spec: Any = importlib.util.spec_from_file_location("my_lstm", file)
    program = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(program)
    return program


def try_program(program: Any) -> str:
    """What to say about a program that is right; raises Wrong."""
    for name in CHECKED_BEFORE:
        found = verdict(getattr(program, name))
        if found.mark != "PASS":
            raise Wrong(f"{name}: {found.words}")
    torch.manual_seed(1)
    sizes = {"embedding_size": 4, "hidden_size": 6, "num_layers": 2}
    network = program.MyLSTM(7, **sizes).eval()
    try_network(network)
    try_copy(network, program.MyLSTM(7, **sizes).eval())
    try_split(*program.split(torch.arange(1_000)))
    shape = (program.BATCH_SIZE, program.SEQ_LEN + 1)
    try_batches(program.random_batches(torch.arange(1_000), 3), shape)
    return try_main(program)


@torch.no_grad()
def try_network(network: Any) -> None:
    ids = torch.randint(7, (2, 12))  # (batch, time)
    logits, state = network(ids)
    if logits.shape != (2, 12, 7):
        shape = tuple(logits.shape)
        raise Wrong(
            f"the logits have the shape {shape}, not (batch, time, vocab_size) = (2, 12, 7)."
        )
    if (logits >= 0).all() and is_same(logits.sum(2), torch.ones(2, 12)):
        raise Wrong("these are probabilities: return the logits, without a softmax.")
    changed = ids.clone()
    changed[:, -1] = (ids[:, -1] + 1) % 7
    after_change, _ = network(changed)
    if not is_same(after_change[:, :-1], logits[:, :-1]):
        raise Wrong(
            "what it predicts depends on characters that come later. Read from left to right, and "
            "let no layer begin with the last state of another."
        )
    if is_same(after_change[:, -1], logits[:, -1]):
        raise Wrong("what it predicts doesn't depend on the character that it has just read.")
    if not is_same(network(ids[1:])[0], logits[1:]):
        raise Wrong("the texts of a batch mix: nn.LSTM needs batch_first=True.")
    first, state = network(ids[:, :5])
    second, _ = network(ids[:, 5:], state)
    if not is_same(torch.cat([first, second], dim=1), logits):
        raise Wrong(
            "a text in two chunks gives other logits than in one: give each layer its state from "
            "the chunk before, and return the new ones of all layers."
        )


@torch.no_grad()
def try_copy(network: Any, copy: Any) -> None:
    """Whether all that the network has learned is in its weights."""
    copy.load_state_dict(network.state_dict())
    ids = torch.arange(7)[None]
    if not is_same(network(ids)[0], copy(ids)[0]):
        raise Wrong(
            "some layers aren't among network.parameters(), so they are neither trained nor saved: "
            "put them into an nn.ModuleList instead of a list."
        )


def try_split(training: Tensor, held_out: Tensor) -> None:
    ids = torch.arange(1_000)
    if torch.equal(training, ids[900:]):
        raise Wrong("split: the parts are exchanged, so return the training text first.")
    if not torch.equal(training, ids[:900]) or not torch.equal(held_out, ids[900:]):
        raise Wrong(
            "split: cut the text first: nine tenths are for training, the last is held out."
        )


def try_batches(batches: Any, shape: tuple[int, int]) -> None:
    batches = list(batches)
    if len(batches) != 3:
        raise Wrong(f"random_batches: it should make 3 batches, but makes {len(batches)}.")
    for batch in batches:
        if batch.shape != shape:
            words = f"a batch has the shape {tuple(batch.shape)}, not (BATCH_SIZE, SEQ_LEN + 1)"
            raise Wrong(f"random_batches: {words} = {shape}.")
        if not (batch.diff(dim=1) == 1).all():
            raise Wrong("random_batches: a window is a run of neighbouring characters.")
    if torch.equal(batches[0], batches[1]):
        raise Wrong("random_batches: all batches are the same, so draw new windows for each.")


def try_main(program: Any) -> str:
    """Run the program on a short text."""
    cut = int(0.9 * len(TEXT))
    with tempfile.TemporaryDirectory() as folder:
        first = weights_after(program, TEXT, folder)
        if first != weights_after(program, TEXT, folder):
            raise Wrong(
                "two runs give different networks: seed the random numbers in main, and let "
                "nothing depend on the clock."
            )
        if first != weights_after(program, TEXT[:cut] + TEXT[cut:][::-1], folder):
            raise Wrong(
                "the network depends on the last tenth: train on the training text alone, and "
                "choose nothing by the rest."
            )
        ours = load(Path(folder, "net"), program)
        names = weights_of_char_lstm(ours, program.SIZES)
        if names != ours.state_dict().keys():
            differ = ", ".join(sorted(names ^ ours.state_dict().keys()))
            return (
                f"{TRAINS} But `shakespeare` can't open what isn't a CharLSTM. Compare: {differ}."
            )
        theirs = from_pretrained(Path(folder, "net"))
        ids = torch.arange(len(ours.chars))[None]
        with torch.no_grad():
            same = is_same(ours(ids)[0], theirs(ids)[0])
        if not same:
            raise Wrong(
                "as a CharLSTM, its weights predict something else: keep its order of layers."
            )
    return TRAINS


def weights_of_char_lstm(network: Any, sizes: dict[str, int]) -> set[str]:
    """The names of the weights that a CharLSTM of the same size has."""
    return set(CharLSTM(network.chars, **sizes).state_dict())


def weights_after(program: Any, text: str, folder: str) -> bytes:
    """What the program saves after ten steps on a text."""
    file = Path(folder, "text.txt")
    file.write_text(text, encoding="utf-8")
    with contextlib.redirect_stdout(io.StringIO()):
        program.main(str(file), str(Path(folder, "net")), 10)
    return Path(folder, "net", "model.safetensors").read_bytes()


def load(folder: str | Path, program: Any = None) -> Any:
    """The network that my_lstm.py, which is beside the folder, has saved there, or None.

    Raises InputError where the program has changed since, so that the weights don't fit.
    """
    folder = Path(folder)
    if not (folder / "model.safetensors").exists():
        return None
    program = program or read_program(folder.parent / "my_lstm.py")
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    chars = config.pop("chars")
    del config["architecture"]
    network = program.MyLSTM(len(chars), **config)
    try:
        network.load_state_dict(safetensors.torch.load_file(folder / "model.safetensors"))
    except RuntimeError:
        raise InputError(f"{folder} is of another version of my_lstm.py: run that again.") from None
    network.chars = chars  # as what measures losses expects
    network.device = torch.device("cpu")
    return network.eval()


def is_same(a: Tensor, b: Tensor) -> bool:
    return torch.allclose(a, b, atol=1e-5)
