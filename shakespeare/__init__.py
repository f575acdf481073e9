"""Shakespeare, one character at a time: a character-level LSTM.

It rebuilds the system of a student's report, which claims a validation loss of 1.22. In this
package "the student's" always means that report. The core is data.py, model.py, training.py,
evaluation.py and sampling.py, to be read in this order. With settings.py, files.py, pretrained.py
and training_folder.py, it trains a network by the student's recipe (`shakespeare train --recipe
baseline`), measures it, and writes with it. The recipe *final*, the command's default, adds four
files of beyond: streams.py, renaming.py, norm_dropout.py and copying.py.

    from shakespeare import Corpus, CharLSTM, from_pretrained, generate, train
"""

import os
from importlib import import_module
from typing import Any

# Before PyTorch is imported: its threads wait for each other by spinning, which makes training
# a hundred times as slow as soon as another program needs their cores. So they spin only briefly.
os.environ.setdefault("GOMP_SPINCOUNT", "1000")  # GNU's OpenMP, with which pip installs PyTorch
os.environ.setdefault("KMP_BLOCKTIME", "0")  # Intel's and LLVM's, as from conda

__version__ = "0.2.0"
HOMES = {
    "Corpus": "data",
    "CharLSTM": "model",
    "train": "training",
    "generate": "sampling",
    "from_pretrained": "pretrained",
}


def __getattr__(name: str) -> Any:
    """Import a name when it is asked for: PyTorch takes a second, Lightning two."""
    if name not in HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{HOMES[name]}", __name__), name)
