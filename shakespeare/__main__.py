"""The command line: shakespeare sample "ROMEO:" --temperature 0.9 --model small."""

import argparse
import sys

from .files import InputError, escape_control_chars


def main() -> None:
    parser = argparse.ArgumentParser("shakespeare", description="Write with a trained network.")
    sample = parser.add_subparsers(required=True).add_parser("sample", help="write after a prompt")
    sample.add_argument("prompt", help="what the text begins with; \\n is a new line")
    sample.add_argument("--model", default="full", help="full, small, or the folder of a model")
    sample.add_argument("--length", type=int, default=500, help="characters to write")
    sample.add_argument("--temperature", type=float, default=0.8, help="0 takes the likeliest")
    sample.add_argument("--top-k", type=int, help="draw among this many likeliest characters")
    sample.add_argument("--top-p", type=float, help="draw among the likeliest up to this share")
    sample.add_argument("--seed", type=int, help="write the same text each time")
    try:
        write(**vars(parser.parse_args()))
    except InputError as error:
        sys.exit(str(error))
    except (KeyboardInterrupt, BrokenPipeError):
        sys.exit(130)


def write(prompt: str, model: str, length: int, **options: float | None) -> None:
    """Print the prompt and what the model writes after it, character by character."""
    from .model import CharLSTM  # here, because torch takes seconds to import
    from .sampling import stream

    network, prompt = CharLSTM.from_pretrained(model), prompt.replace("\\n", "\n")
    print(f"The model {model} writes:", file=sys.stderr)
    opening = "\n\n" if prompt and "\n" in network.chars else ""  # as before each speech
    for k, (character,) in enumerate(stream(network, opening + prompt, length, **options)):
        print(escape_control_chars(character if k else prompt + character), end="", flush=True)
    print()


if __name__ == "__main__":
    main()
