"""What the notebooks share; the names that most of them use can be imported from here."""

from importlib import import_module
from typing import Any

HOMES = {
    "Results": "results",
    "count_parameters": "results",
    "training_seconds": "results",
    "versions": "results",
    "check": "checks",
    "own_or": "checks",
    "escape_markdown": "display",
    "full_size": "display",
    "is_interactive": "display",
    "percent": "display",
    "show_figure": "display",
    "show_full_size": "display",
    "show_source": "display",
    "show_table": "display",
    "signed": "display",
    "visible": "display",
}


def __getattr__(name: str) -> Any:
    """Import a name when it is asked for: `make` needs only folders.py, which is fast."""
    if name not in HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{HOMES[name]}", __name__), name)
