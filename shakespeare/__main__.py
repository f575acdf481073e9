"""The command line: shakespeare sample "ROMEO:" --temperature 0.9 --model small."""

import argparse
import sys

from .files import InputError, escape_control_chars, read_pieces


def main() -> None:
    parser = argparse.ArgumentParser("shakespeare", description="Write with a trained network.")
    sample = parser.add_subparsers(required=True).add_parser("sample", help="write after a prompt")
    sample.add_argument("prompt", help="what the text begins with; \\n is a new line")
    sample.add_argument("--model", default="full", help="full, small, or the folder of a model")
    sample.add_argument("--ngrams", metavar="TEXT", help="mix with n-grams of this text")
    sample.add_argument("--length", type=int, default=500, help="characters to write")
    sample.add_argument("--temperature", type=float, help="0 takes the likeliest")
    sample.add_argument("--top-k", type=int, help="draw among this many likeliest characters")
    sample.add_argument("--top-p", type=float, help="draw among the likeliest up to this share")
    sample.add_argument("--min-p", type=float, help="drop what has less than this share of the top")
    sample.add_argument("--seed", type=int, help="write the same text each time")
    given = {name: value for name, value in vars(parser.parse_args()).items() if value is not None}
    try:
        write(**given)
    except InputError as error:
        sys.exit(str(error))
    except (KeyboardInterrupt, BrokenPipeError):
        sys.exit(130)


def write(prompt: str, model: str, length: int, ngrams: str = "", **options) -> None:
    """Print the prompt and what the model writes after it, character by character."""
    from .model import CharLSTM  # here, because torch takes seconds to import
    from .sampling import count_ngrams, steps

    network, prompt = CharLSTM.from_pretrained(model), prompt.replace("\\n", "\n")
    counts = count_ngrams(network, read_pieces(ngrams)) if ngrams else None
    print(f"The model {model} writes:", file=sys.stderr)
    opening = "\n\n" if prompt and "\n" in network.chars else ""  # as before each speech
    for _, ids in steps(network, opening + prompt, length, ngrams=counts, **options):
        print(escape_control_chars(prompt + network.chars[int(ids)]), end="", flush=True)
        prompt = ""
    print()


if __name__ == "__main__":
    main()
