"""Shakespeare, one character at a time: a character-level LSTM.

It rebuilds the system of a student's report, which claims a validation loss of 1.22. In this
package "the student's" always means that report.

    from shakespeare import Corpus, CharLSTM, from_pretrained, generate, train

The core is data.py, model.py, training.py, evaluation.py and sampling.py, to be read in this order.
It shows the student's recipe, *baseline*. But the command's default is the recipe *final*, whose
classes, in files of beyond, take the places of those in parentheses. An arrow is what is passed on:

    quick.toml -> load_recipe -> recipe
    my.txt -> Corpus.read -> corpus -> split -> training part, validation half, test half
    recipe, the text's characters -> make_network -> CopyLSTM (CharLSTM)
    recipe, split -> make_data -> RenamedStreams (RandomWindows), with the settings
    network, data -> train: Learner and Lightning's Trainer -> the folder my-network
        an epoch: training batches -> loss -> Adam; validation half in cold windows -> val_loss
        in the end: the weights of the epoch with the lowest val_loss
    my-network -> from_pretrained -> network
    network, prompt -> generate_steps: logits -> probabilities -> draw -> the next character
    network, the last 10 % -> cold_predictions, carried_predictions -> losses_of (`evaluate`)

A CopyLSTM is a NormDropoutLSTM with a copy head: norm_dropout.py, copying.py. RenamedStreams are
Streams with invented names: streams.py, renaming.py.
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
