"""Shakespeare, one character at a time: a character-level LSTM.

It rebuilds the system of a student's report, which claims a validation loss of 1.22; "the
student's" means that everywhere. README tells more.
"""

from importlib import import_module

MODULE_OF = {"ShakespeareDataset": "data", "CharLSTM": "model", "generate": "sampling"}
__all__ = list(MODULE_OF)


def __getattr__(name: str) -> object:
    """Import a module only when it is used, because PyTorch and Lightning take seconds."""
    if name in MODULE_OF:
        return getattr(import_module(f".{MODULE_OF[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
