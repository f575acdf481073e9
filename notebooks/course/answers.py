"""What a notebook hands over to the report of a run: its question and this run's answer."""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from IPython.display import Markdown, display

from .results import count_parameters, training_seconds


def answer(
    question: str,
    sentence: str,
    numbers: Mapping[str, str],
    figures: Sequence[str],
    trained: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """Show this run's answer, and return it as `Results.save` writes it.

    Question, sentence and numbers are Markdown, as captions are; the keys of `numbers` say what
    they are. `figures` are labels such as "fig-orders", in the order in which the report shows
    them; it leaves out those that no cell has shown. `trained` are from `trained_network`.
    """
    display(Markdown(f"**This run.** {sentence}"))
    return {
        "question": question,
        "sentence": sentence,
        "numbers": [list(pair) for pair in numbers.items()],  # the file would sort keys
        "figures": list(figures),
        "trained": list(trained),
    }


def trained_network(name: str, network: Any, folder: Path, loss: float) -> dict[str, Any]:
    """A network's row in the table of the report: `folder` is that of its training."""
    trained_at = (folder / "model.safetensors").stat().st_mtime
    return {
        "name": name,
        "date": date.fromtimestamp(trained_at).isoformat(),
        "size": f"{network.num_layers} × {network.hidden_size}",
        "parameters": count_parameters(network),
        "seconds": training_seconds(folder),
        "loss": loss,
    }
