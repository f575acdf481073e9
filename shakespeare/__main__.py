"""Train a network on a text, let it write, measure it."""

import argparse
import csv
import math
import shlex
import sys
import tomllib
from pathlib import Path
from typing import Any

from . import __version__
from .files import InputError, escape_control_chars, is_tiny_shakespeare, read_text

PUBLISHED = Path(__file__).resolve().with_name("published.csv")
PROMPT = "ROMEO:"  # by default, where the network's vocabulary has it

# Functions import PyTorch, Lightning and pydantic themselves, because that takes seconds: until
# `main` begins, Ctrl-C would show a traceback.


def main() -> None:
    output: Any = sys.stdout
    output.reconfigure(errors="backslashreplace")  # for what the terminal can't show
    try:
        arguments = vars(make_parser().parse_args(sys.argv[1:] or ["--help"]))
        command = arguments.pop("function")
        command(**arguments)
    except InputError as error:
        sys.exit(str(error))
    except (KeyboardInterrupt, BrokenPipeError):  # Ctrl-C, or `| head` has read enough
        sys.exit(130)
    except OSError as error:  # of the terminal, a pipe, a disk
        sys.exit(f"Nothing more can be read or written: {error.strerror}.")


def make_parser() -> argparse.ArgumentParser:
    from .settings import PROFILES, RECIPES

    more = "shakespeare COMMAND --help says more of a command and has an example."
    parser = argparse.ArgumentParser("shakespeare", description=__doc__, epilog=more)
    parser.add_argument("--version", action="version", version=f"shakespeare {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add_command(function: Any, name: str, does: str, example: str) -> Any:
        example = f"example: shakespeare {name} {example}"
        command = commands.add_parser(name, help=does, description=does, epilog=example)
        command.set_defaults(function=function)
        return command

    text = "a UTF-8 text file, or tiny-shakespeare"
    network = "a network's folder, final, small, or baseline"

    train = add_command(
        train_network,
        "train",
        "Train a network on a text, or resume.",
        "my.txt my-network --set training.epochs=12",
    )
    train.add_argument("text", nargs="?", help=text)
    train.add_argument("folder", nargs="?", help="where the network is written")
    profiles = f"its size: {', '.join(PROFILES)} (default: %(default)s)"
    train.add_argument("--profile", default="quick", help=profiles)
    recipes = f"{', '.join(RECIPES)} (default: %(default)s)"
    train.add_argument("--recipe", default="final", help=recipes)
    train.add_argument(
        "--set",
        dest="changes",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="change a setting, such as network.hidden_size=256; can be given again",
    )
    train.add_argument("--show", action="store_true", help="only print the settings")

    sample = add_command(
        write_sample, "sample", "Write after a prompt.", '"ROMEO:" --length 300 --seed 1'
    )
    prompt = f"what the text begins with; \\n is a new line (default: {PROMPT})"
    sample.add_argument("prompt", nargs="?", help=prompt)
    sample.add_argument("--model", default="final", help=f"{network} (default: %(default)s)")
    length = "characters to write (default: %(default)s)"
    sample.add_argument("--length", type=int, default=500, help=length)
    sample.add_argument("--seed", type=int, help="the same number gives the same text")
    drawing = sample.add_argument_group(
        "how to draw",
        "The defaults were chosen for the network.",
        argument_default=argparse.SUPPRESS,
    )
    drawing.add_argument("--temperature", type=float, help="lower is safer; 0 is greedy")
    drawing.add_argument("--top-k", type=int, help="draw among so many likeliest")
    drawing.add_argument("--top-p", type=float, help="the likeliest up to this share")
    drawing.add_argument("--min-p", type=float, help="drop those far less likely")

    evaluate = add_command(
        print_losses,
        "evaluate",
        "Measure a network's loss, beside that of counting.",
        "my-network my.txt",
    )
    evaluate.add_argument("model", help=network)
    part = "its last 10 %% are read (default: tiny-shakespeare)"
    evaluate.add_argument("text", nargs="?", default="tiny-shakespeare", help=f"{text}; {part}")
    evaluate.add_argument("--all", action="store_true", help="read all of the text")
    return parser


# --- train ---


def train_network(
    text: str | None, folder: str | None, profile: str, recipe: str, changes: list[str], show: bool
) -> None:
    """Train a network in a folder, or resume there."""
    from .settings import load_recipe

    chosen = load_recipe(profile, recipe, dict(map(changed_setting, changes)))
    if show:
        print_recipe(chosen)
        return
    if text is None or folder is None:
        raise InputError("Give a text and a folder, such as my.txt my-network.")
    read_text(text)  # refuses an unreadable one before the imports

    from .data import Corpus
    from .training import make_data, make_network, train
    from .training_folder import is_finished

    split = Corpus.read(text).split()
    network = make_network(chosen, split.train.chars)
    data = make_data(chosen, split)
    was_finished = is_finished(Path(folder).expanduser())
    print(f"Training on {text} in {folder}. Ctrl-C stops it; the same command resumes.", flush=True)
    train(network, data, folder)
    if was_finished:
        print("This network was trained already.")
    print(f'Now try: shakespeare sample --model {shlex.quote(folder)} "the first words"')


def changed_setting(pair: str) -> tuple[str, Any]:
    """The name and the value of NAME=VALUE, where VALUE is a number, true, false or a word."""
    name, equals, value = pair.partition("=")
    if not equals:
        raise InputError(f"--set {pair} has no value: write NAME=VALUE, such as training.epochs=2.")
    try:
        return name, tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        return name, value


def print_recipe(recipe: Any) -> None:
    """Print each setting on a line, those of the training with their meanings."""
    from .pretrained import DATA, class_of
    from .settings import Settings
    from .training import make_network

    # This line and the next refuse what couldn't be trained.
    make_network(recipe, list("ab"))
    class_of(recipe.training.data, DATA)
    for name, value in recipe.network.items():
        print(f"network.{name} = {value}")
    for name, field in Settings.model_fields.items():
        value = f"training.{name} = {getattr(recipe.training, name)}"
        print(f"{value:<36}{field.description}")


# --- sample ---


def write_sample(
    prompt: str | None,
    model: str,
    length: int,
    seed: int | None,
    **options: Any,
) -> None:
    """Print the prompt and what the network writes after it, character by character."""
    from .pretrained import from_pretrained
    from .sampling import generate_steps

    writer = from_pretrained(model)
    if prompt is None:
        prompt = PROMPT if set(PROMPT) <= set(writer.chars) else writer.chars[0]
    prompt = prompt.replace("\\n", "\n")
    # A blank line before the prompt, as before each speech; it is read but not shown. An empty
    # prompt stays empty, and is refused.
    opening = "\n\n" if prompt and "\n" in writer.chars else ""
    drawn = generate_steps(writer, opening + prompt, length, seed=seed, **options)
    print(f"The network {escape_control_chars(model)} writes:", file=sys.stderr)
    print(escape_control_chars(prompt), end="", flush=True)
    for _, ids in drawn:  # (1,): one text
        print(escape_control_chars(writer.chars[int(ids)]), end="", flush=True)
    print()


def corpus_for(network: Any, path: str) -> Any:
    """The text at `path` in the network's vocabulary."""
    from .data import Corpus, encode

    text = read_text(path)
    try:
        return Corpus(encode(text, network.chars), network.chars, path)
    except InputError as error:
        reason = str(error).replace("The", "the", 1)
        raise InputError(f"{path} doesn't fit the network: {reason}") from None


# --- evaluate ---


def print_losses(model: str, text: str, all: bool) -> None:
    """Print a network's cold and carried loss on a text, and counting's beside them."""
    from .data import WINDOW
    from .evaluation import PROTOCOLS, losses_of
    from .pretrained import from_pretrained

    network = from_pretrained(model)
    whole = corpus_for(network, text)
    part = whole if all else whole.split().held_out
    title = text if all else f"the last 10 % of {text}"
    if len(part.ids) <= WINDOW:
        advice = "give more text" if all else "give more text, or --all"
        raise InputError(f"{title} is too short to measure a loss: {advice}.")
    print(f"{title}: loss per character")
    for protocol in PROTOCOLS:
        losses = losses_of(shown_predictions(protocol, network, part), part)
        print(f"{protocol:9}{in_units(losses.mean().item())}", flush=True)
    if all:
        return  # all of it is measured, so nothing is left to count in
    print(f"counting {in_units(loss_of_counting(whole.split()))}")
    if is_tiny_shakespeare(whole.text()):
        print_published()


def shown_predictions(protocol: str, network: Any, corpus: Any) -> Any:
    """A network's predictions of a text; stderr shows how much of it has been read."""
    from tqdm import tqdm

    from .evaluation import PROTOCOLS

    size = len(corpus.ids)
    with tqdm(desc=protocol, total=size, unit=" characters", mininterval=1, leave=False) as bar:

        def count(network: Any, given: Any, made: Any) -> None:
            bar.update(given[0].numel())  # ids (batch, time)

        hook = network.register_forward_hook(count)
        predictions = PROTOCOLS[protocol](network, corpus)
        hook.remove()
    return predictions


def in_units(nats: float) -> str:
    """A loss in nats, in bits, and as a perplexity."""
    bits = nats / math.log(2)
    perplexity = 2.0**bits if bits < 1000 else math.inf
    return f"{nats:.4f} nats, {bits:.4f} bits, perplexity {perplexity:.3f}"


def loss_of_counting(split: Any) -> float:
    """The loss of Kneser-Ney on the held-out text, at the best order on the validation half."""
    from .beyond.ngrams import kneser_ney_losses

    train = split.train
    losses = kneser_ney_losses(train.ids, split.held_out.ids, train.vocab_size)  # of each order
    order = losses[:, : len(split.validation.ids)].mean(1).argmin()
    return losses[order, 1:].mean().item()  # networks don't predict the first character


def print_published() -> None:
    """Print the losses on Tiny Shakespeare of the shipped networks, and of others."""
    from .evaluation import PROTOCOLS

    with PUBLISHED.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    print("\nThe networks that come with it, in nats, to compare within a protocol:")
    for row in rows:
        if row["protocol"] in PROTOCOLS:
            print(f"  {row['loss']:7} {row['protocol']:8} {row['model']}")
    print("\nPublished by others, each measured in another way, so no ranking:")
    for row in rows:
        if row["protocol"] not in PROTOCOLS:
            print(f"  {row['loss']:7} {row['model']}: {row['protocol']}")


if __name__ == "__main__":
    main()
