"""Write text with a trained model: python -m shakespeare BUILD PROMPT, as `make sample` does."""

from __future__ import annotations

import sys

from .course import trained_model
from .files import InputError, harmless
from .sampling import stream


def main(build: str, prompt: str, length: int = 500, temperature: float = 0.8) -> None:
    """Stream `length` characters after `prompt` to the terminal, from the model that notebook 03 left in `build`."""
    model = trained_model(build)
    # Training streams run on from text to text: a model that starts cold expects a break, as before each speech.
    prompt = prompt.replace("\\n", "\n")  # the shell hands over a backslash and an n
    opening = "\n\n" if "\n" in model.chars and prompt else ""
    steps = stream(model, opening + prompt, length, temperature=temperature)
    first = next(steps)  # a bad prompt is refused before anything is printed
    print(harmless(prompt + first[0]), end="", flush=True)
    for (character,) in steps:
        print(harmless(character), end="", flush=True)
    print()


if __name__ == "__main__":
    try:
        main(sys.argv[1], sys.argv[2])
    except InputError as error:
        sys.exit(f"{error}")
    except (KeyboardInterrupt, BrokenPipeError):
        sys.exit(130)
