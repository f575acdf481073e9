"""What the notebooks share; the names that most of them use can be imported from here."""

from importlib import import_module
from typing import Any

FROM_RESULTS = ("Results",)


def __getattr__(name: str) -> Any:
    """Import a name when it is asked for: `make` needs only folders.py, which is fast."""
    if name not in FROM_RESULTS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(".results", __name__), name)
