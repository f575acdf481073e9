"""The command line: shakespeare sample "ROMEO:", or shakespeare recipe quick final."""

import argparse
import io
import sys
from typing import Any

from .files import InputError, escape_control_chars, read_pieces


def main() -> None:
    if isinstance(sys.stdout, io.TextIOWrapper):
        # What a terminal or a pipe cannot show, such as Greek in cp1252, becomes a question mark.
        sys.stdout.reconfigure(errors="replace")
    arguments = vars(make_parser().parse_args())
    command = arguments.pop("command")
    # Options that are not given keep the defaults of the functions.
    given = {name: value for name, value in arguments.items() if value is not None}
    try:
        if command == "sample":
            write_sample(**given)
        else:
            print_recipe(**given)
    except InputError as error:
        sys.exit(str(error))
    except (KeyboardInterrupt, BrokenPipeError):  # Ctrl-C, or `| head` has read enough
        sys.exit(130)
    except OSError as error:
        sys.exit(f"The text cannot be written: {error.strerror}.")


def make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("shakespeare", description="Write with a trained network.")
    commands = parser.add_subparsers(dest="command", required=True)

    sample = commands.add_parser("sample", help="write after a prompt")
    sample.add_argument("prompt", help="what the text begins with; \\n is a new line")
    sample.add_argument("--model", default="full", help="full, small, or a network's folder")
    sample.add_argument("--ngrams", metavar="TEXT", help="mix with n-grams of this training text")
    sample.add_argument("--length", type=int, default=500, help="characters to write")
    sample.add_argument("--temperature", type=float, help="lower is safer; 0 takes the likeliest")
    sample.add_argument("--top-k", type=int, help="draw among this many likeliest characters")
    sample.add_argument("--top-p", type=float, help="draw among the likeliest up to this share")
    sample.add_argument("--min-p", type=float, help="drop those below this share of the likeliest")
    sample.add_argument("--seed", type=int, help="the same number gives the same text")

    recipe = commands.add_parser("recipe", help="print what a recipe of a profile trains")
    recipe.add_argument("profile", help="smoke, quick or full")
    recipe.add_argument("recipe", help="baseline, rungs, final or page")
    return parser


def write_sample(prompt: str, model: str, length: int, ngrams: str = "", **options: Any) -> None:
    """Print the prompt and what the network writes after it, character by character."""
    from .model import CharLSTM  # here, because PyTorch takes seconds to import
    from .sampling import generate_steps

    writer: Any = CharLSTM.from_pretrained(model)
    if ngrams:
        writer = with_ngrams(writer, ngrams)
    prompt = prompt.replace("\\n", "\n")
    # A blank line before the prompt, as before each speech; it is read but not shown. An empty
    # prompt stays empty, and is refused.
    opening = "\n\n" if prompt and "\n" in writer.chars else ""
    drawn = generate_steps(writer, opening + prompt, length, **options)
    print(f"The network {escape_control_chars(model)} writes:", file=sys.stderr)
    print(escape_control_chars(prompt), end="", flush=True)
    for _, ids in drawn:  # (1,): one text
        print(escape_control_chars(writer.chars[int(ids)]), end="", flush=True)
    print()


def with_ngrams(network: Any, path: str) -> Any:
    """The network mixed with n-grams of the training part of the text at `path`."""
    from .beyond.mixture import Mixture
    from .beyond.ngrams import MAX_ORDER, WittenBell
    from .data import Corpus, encode

    try:
        ids = encode(read_pieces(path), network.chars)
    except InputError as error:
        raise InputError(f"{path} doesn't fit the network. {error}") from None
    split = Corpus(ids, network.chars, path).split()
    if len(split.train.ids) <= MAX_ORDER:
        raise InputError(f"{path} is too short for n-grams: give more text.")
    return Mixture(network, WittenBell(split.train.ids, len(network.chars)))


def print_recipe(profile: str, recipe: str) -> None:
    """Print what a recipe of a profile trains: each setting and its meaning on a line."""
    from .beyond.settings import BeyondSettings
    from .settings import Settings, load_checked

    settings_class = Settings if recipe == "baseline" else BeyondSettings
    settings = load_checked(settings_class, profile, recipe)
    for name, field in settings_class.model_fields.items():
        value = f"{name} = {getattr(settings, name)}"
        print(f"{value:<26}{field.description}")


if __name__ == "__main__":
    main()
