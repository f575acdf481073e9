"""Shakespeare, one character at a time: a character-level LSTM."""

from importlib import import_module

HOMES = {"ShakespeareDataset": "data", "CharLSTM": "model", "generate": "sampling"}
__all__ = list(HOMES)


def __getattr__(name: str) -> object:  # torch and Lightning take seconds: import on demand
    if name in HOMES:
        return getattr(import_module(f".{HOMES[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
