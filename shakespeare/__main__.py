"""Write text with a trained model: python -m shakespeare BUILD PROMPT, as `make sample` does."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from .data import InputError
from .model import CharLSTM
from .sampling import stream


def main(build: str, prompt: str, length: int = 500, temperature: float = 0.8) -> None:
    """Stream `length` characters after `prompt` to the terminal, from the model that notebook 03 left in `build`."""
    metrics = Path(build) / "metrics.json"
    training = json.loads(metrics.read_text(encoding="utf-8")).get("training") if metrics.exists() else None
    if not training or not (Path(build) / training["checkpoint"]).exists():
        raise InputError(f"There is no trained model in {build}: run `make report` first, with the same PROFILE.")
    model = CharLSTM.load_from_checkpoint(Path(build) / training["checkpoint"], weights_only=True, map_location="cpu")
    # Training streams run on from text to text: a model that starts cold expects a break, as before each speech.
    prompt = prompt.replace("\\n", "\n")  # the shell hands over a backslash and an n
    opening = "\n\n" if "\n" in model.chars and prompt else ""
    steps = stream(model, opening + prompt, length, temperature=temperature)
    first = next(steps)  # a bad prompt is refused before anything is printed
    print(prompt, *first, sep="", end="", flush=True)
    for (character,) in steps:
        print(character, end="", flush=True)
    print()


if __name__ == "__main__":
    try:
        main(sys.argv[1], sys.argv[2])
    except InputError as error:
        sys.exit(f"{error}")
    except (KeyboardInterrupt, BrokenPipeError):
        sys.exit(130)
