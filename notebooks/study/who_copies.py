"""Who copies a name? LSTM, minGRU and Transformer, with and without a copy head (notebook 07)."""

import re
from pathlib import Path
from typing import Any

import safetensors.torch

from shakespeare.beyond.copying import CopyLSTM
from shakespeare.beyond.norm_dropout import NormDropoutLSTM

from .mingru import CopyMinGRU, MinGRU
from .transformer import CopyTransformer, Transformer

FOLDER = Path(__file__).resolve().parent / "networks"
BITS = 10.0  # a network copies if reversed copies cost so much more, in the median of names
REACH = 256  # characters that each network can look back at, and of a past with its name

LSTM = {"embedding_size": 32, "hidden_size": 192, "num_layers": 2, "layer_norm": True}
MIN_GRU = {"hidden_size": 128, "num_layers": 3, "inner_size": 256}
TRANSFORMER = {"hidden_size": 128, "num_layers": 4, "heads": 4, "context": REACH}
HEAD = {"copy_size": 64, "memory": REACH}

# Half a million parameters each: 0.49 to 0.56. By name, as the table `network` of a recipe.
NETWORKS: dict[str, dict[str, Any]] = {
    "LSTM": {"class": NormDropoutLSTM, **LSTM},
    "minGRU": {"class": MinGRU, **MIN_GRU},
    "Transformer": {"class": Transformer, **TRANSFORMER},
    "LSTM with copy head": {"class": CopyLSTM, **LSTM, **HEAD},
    "minGRU with copy head": {"class": CopyMinGRU, **MIN_GRU, **HEAD},
    "Transformer with copy head": {"class": CopyTransformer, **TRANSFORMER, **HEAD},
}


def load(name: str, chars: list[str]) -> Any:
    """A network of NETWORKS as it was after its last step, with the first seed.

    "Transformer, longer" has read five times as much, "Transformer, longer, after repetition" after
    random characters that repeat.
    """
    design, _, _ = name.partition(",")
    arguments = dict(NETWORKS[design])
    of_class = arguments.pop("class")
    network = of_class(chars, **arguments)
    safetensors.torch.load_model(network, path_of(name))
    return network.eval()


def path_of(name: str) -> Path:
    """The file of its weights, in half precision."""
    return FOLDER / f"{re.sub(r'[^a-z0-9]+', '-', name.lower())}.safetensors"
