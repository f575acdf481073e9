"""What the notebooks share and a reader may skip: settings, metrics, figures."""

from __future__ import annotations

import hashlib
import io
import json
import logging
import os
import platform
import re
import sys
import warnings
from collections.abc import Callable, Mapping, Sequence
from importlib import metadata
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch
from IPython import get_ipython
from IPython.display import Markdown, display
from matplotlib import pyplot as plt
from safetensors import SafetensorError
from safetensors.torch import load, save

from . import data, model, weights
from .files import InputError, number, text_path, unwritable, whole, write
from .training import code_of
from .training import load as load_model
from .weights import suspected, within

# The one place that holds each profile's settings. `quick` is the default; the others say what differs.
QUICK: dict[str, Any] = {
    "seed": 1,
    # the model and its training
    "embedding_size": 32,
    "hidden_size": 224,
    "num_layers": 2,
    "dropout": 0.1,
    "copy_size": 64,  # of the copy head's keys; 0 for a plain LSTM
    "memory": 256,  # characters from which it copies
    "renamed": 0.75,  # share of the training text that gets made-up names
    "learning_rate": 6e-3,
    "weight_decay": 1e-6,
    "batch_size": 32,
    "seq_len": 64,
    "carry_state": True,  # from batch to batch
    "epochs": 3,
    "limit_batches": None,  # training batches an epoch; None for all
    # notebook 03: what is chosen on the validation half
    "memories": [256, 512, 1024, 2048],  # characters from which the carried network copies
    "dynamic_rates": [3e-4],  # step sizes of dynamic evaluation
    # notebook 02: the small model whose gates are drawn
    "small_hidden_size": 64,
    "small_steps": 600,
    # and what its forget bias does: symbols between a first one and its recall, training steps, seeds
    "recall_distances": [10, 20],
    "recall_steps": 250,
    "early_steps": 80,  # on the text
    "bias_seeds": 5,
    # notebook 03: windows split at random; from so many characters of the training part
    "leak_characters": 150_000,
    "leak_hidden_size": 384,
    "leak_learning_rate": 3e-3,
    "leak_batch_size": 32,
    "leak_seq_len": 128,
    "leak_steps": 750,
    "leak_checks": 15,
    # notebook 04: how much is written
    "sample_length": 600,
    "study_samples": 16,
    "study_length": 1_000,
    "speed_length": 400,
    # notebook 04: what the network does
    "cell_characters": 20_000,  # of each half of the held-out text, in which its cells are watched
    "context_blocks": 128,  # of 32 characters, predicted after contexts of several lengths
}
PROFILES: dict[str, dict[str, Any]] = {
    "smoke": QUICK
    | {
        "embedding_size": 16,
        "hidden_size": 48,
        "memories": [256, 1024],
        "dynamic_rates": [1e-3],
        "epochs": 2,
        "limit_batches": 60,
        "small_steps": 40,
        "recall_steps": 20,
        "early_steps": 10,
        "bias_seeds": 2,
        "leak_characters": 40_000,
        "leak_hidden_size": 48,
        "leak_steps": 60,
        "leak_checks": 3,
        "sample_length": 200,
        "study_samples": 4,
        "study_length": 200,
        "speed_length": 50,
        "cell_characters": 2_000,
        "context_blocks": 8,
    },
    "quick": QUICK,
    "small": QUICK | {"hidden_size": 248, "dropout": 0.2, "learning_rate": 5e-3, "seq_len": 100, "epochs": 10},
    "full": QUICK
    | {
        "embedding_size": 128,
        "hidden_size": 512,
        "dropout": 0.4,
        "learning_rate": 3e-3,
        "seq_len": 128,
        "epochs": 8,
        "dynamic_rates": [1e-4, 2e-4, 4e-4],
        "study_samples": 64,
        "study_length": 2_000,
    },
}


# The type of a setting is that of its value in QUICK. Whole numbers begin at 1, others at 0, but for these:
LIMITS: dict[str, Any] = {name: (1, most) for name, most in weights.LIMITS.items()}
LIMITS |= {"copy_size": (0, weights.LIMITS["copy_size"]), "memories": LIMITS["memory"]}
LIMITS |= {"seed": (0, 2**32 - 1), "dropout": (0, 0.99), "renamed": (0, 1)}


def settings(profile: str, changes: Any = None, **more: Any) -> SimpleNamespace:
    """The settings of a profile, some of them changed, by a dictionary or by name.

    Raises InputError for an unknown profile, for an unknown setting or parameter, and for a value of the wrong kind.
    """
    refuse_unknown_parameters()
    if profile not in list(PROFILES):
        raise InputError(f"There is no profile {profile!r}: choose one of {', '.join(PROFILES)}.")
    if not isinstance(changes, dict | None):
        raise InputError(f'CHANGES must be a dictionary of settings such as {{"epochs": 6}}, not {changes!r}.')
    changes = (changes or {}) | more
    for name, value in changes.items():
        if name not in QUICK:
            raise InputError(f"There is no setting {name!r}: the settings are {', '.join(QUICK)}.")
        check_setting(name, value, QUICK[name], *LIMITS.get(name, ()))
    p = SimpleNamespace(**PROFILES[profile] | changes)
    whole("leak_steps, which is checked leak_checks times,", p.leak_steps, p.leak_checks)
    return p


def check_setting(name: str, value: Any, like: Any, *limits: Any) -> None:
    """Raise InputError for a value that is not of the kind of `like`, or beyond the limits."""
    if isinstance(like, list):
        if not isinstance(value, list) or not value:
            raise InputError(f"{name} must be a list of at least one number such as {like}, not {value!r}.")
        for each in value:
            check_setting(f"Each of {name}", each, like[0], *limits)
    elif isinstance(like, bool):
        if not isinstance(value, bool):
            raise InputError(f"{name} must be True or False, not {value!r}.")
    elif isinstance(like, float):
        number(name, value, *limits)
    elif like is not None:
        whole(name, value, *limits)
    elif value is not None:
        whole(f"{name}, where it is not None,", value)


def refuse_unknown_parameters() -> None:
    """Raise InputError for a parameter that papermill set and the notebook does not have; papermill only warns."""
    cells = getattr(get_ipython(), "user_ns", {}).get("In", [])
    for own, injected in pairwise(cells):
        known, given = (re.findall(r"(?m)^(\w+) = ", cell) for cell in (own, injected))
        if injected.startswith("# Parameters\n") and known:  # papermill's cell comes after the one with the defaults
            for name in given:
                if name not in known:
                    raise InputError(f"This notebook has no parameter {name}: it has {', '.join(known)}.")


def results_folder(profile: str, text: str | Path) -> Path:
    """The folder for what the notebooks make, one for each profile and text; also sets the plots' style."""
    settings(profile)  # refuses a profile that does not exist before it gets a folder
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", module="lightning")
    warnings.filterwarnings("ignore", message="Glyph")  # a script that the plots' font lacks shows as boxes
    plt.style.use(STYLE)
    path = os.path.abspath(text_path(text)).removeprefix(os.path.abspath("..") + "/")
    own = "" if path == "input.txt" else "-" + path.replace("+", "++").replace("/", "+")  # as in the Makefile
    folder = Path("../build") / f"{profile}{own}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise unwritable(folder, error) from None
    return folder


def versions() -> str:
    """What a result depends on besides the code: Python, packages, processor threads."""
    names = ("torch", "lightning", "numpy", "matplotlib")
    packages = ", ".join(f"{name} {metadata.version(name).partition('+')[0]}" for name in names)
    return f"Python {platform.python_version()}, {packages}, {torch.get_num_threads()} threads"


# --- metrics: every number that the report shows ---------------------------------------------------------


def load_metrics(build: str | Path) -> dict[str, Any]:
    """All that the notebooks have saved so far, one entry a notebook; InputError if the file is not theirs."""
    path = Path(build) / "metrics.json"
    if not path.exists():
        return {}
    with suspected(path, ANEW, 1 << 26):
        metrics = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(metrics, dict) or not all(isinstance(of, dict) for of in metrics.values()):
            raise ValueError("it does not have an entry for each notebook")
        return metrics


ANEW = "delete it and the notebooks beside it, then run `make report` again with the same PROFILE"  # models are kept


def numbers_of(notebook: str, build: str | Path) -> dict[str, Any]:
    """What a notebook such as "01-preprocessing" has saved; an InputError if it has not."""
    metrics = load_metrics(build)
    if (name := notebook.partition("-")[2]) not in metrics:
        raise InputError(
            f"{Path(build) / 'metrics.json'} has nothing of notebook {notebook}: run that first, or delete "
            f"{Path(build) / notebook}.ipynb, if it is there, and run `make notebooks`."
        )
    return metrics[name]


def save_metrics(build: str | Path, notebook: str, values: Mapping[str, Any], changes: Any = None) -> None:
    """Put one notebook's numbers in the metrics file, in place of what it had saved before.

    With `changes` to the profile's settings they are not the profile's numbers: the report does not take them.
    """
    metrics = load_metrics(build) | {notebook: {**values, "changes": changes} if changes else values}
    text = json.dumps(metrics, indent=1, sort_keys=True, allow_nan=False) + "\n"
    write(Path(build) / "metrics.json", text.encode())


# --- trained models: found again, not computed again ------------------------------------------------------


def kept(
    run: Path, compute: Callable[..., torch.Tensor], network: Any, part: data.ShakespeareDataset, **options: Any
) -> torch.Tensor:
    """`compute(network, part, **options)`, found in the run's folder if the same was computed there before.

    The same: with the same code, weights, characters and options.
    """
    facts = [part.name, network.copy_head and network.copy_head.memory, options]
    digest = hashlib.sha256(json.dumps(facts, sort_keys=True).encode() + part.data.numpy().tobytes())
    for weight in network.parameters():
        digest.update(weight.detach().cpu().numpy().tobytes())
    digest.update(code_of(sys.modules[compute.__module__], model.State, model.CopyHead, model.CharLSTM))
    path = Path(run) / f"{compute.__name__}-{digest.hexdigest()[:12]}.safetensors"
    try:
        return load(path.read_bytes())["result"]
    except (FileNotFoundError, SafetensorError, KeyError):  # there is none, or a damaged one
        write(path, save({"result": compute(network, part, **options)}))
    return load(path.read_bytes())["result"]


def trained_model(build: str | Path) -> model.CharLSTM:
    """The model that notebook 03 left in `build`, copying from as many characters as it chose; InputError if none."""
    training = load_metrics(build).get("training")
    if not training:
        raise InputError(f"There is no trained model in {build}: run `make report` first, with the same PROFILE.")
    with suspected(Path(build) / "metrics.json", ANEW):
        found = Path(training["checkpoint"])
        if found.is_absolute() or ".." in found.parts:
            raise ValueError(f"the checkpoint {found} is not in its folder")
        memory = within("memory", training["memory"] or 1)  # 0 where there is no copy head
    if not (Path(build) / found).exists():
        raise InputError(
            f"There is no trained model at {Path(build) / found}: run notebook 03 again, or delete "
            f"{Path(build) / '03-training.ipynb'} and run `make report` with the same PROFILE."
        )
    trained = load_model(Path(build) / found)
    if trained.copy_head:
        trained.copy_head.memory = memory
    return trained


# --- figures and tables: shown in JupyterLab, and set by report/render.py --------------------------------

# Okabe and Ito's palette: tells apart for every kind of colour vision.
COLOURS = {
    "forget": "#D55E00",
    "input": "#009E73",
    "output": "#0072B2",
    "candidate": "#E69F00",
    "cell": "#CC79A7",
    "hidden": "#56B4E9",
    "text": "#222222",
    "quiet": "#999999",
}
STYLE: dict[str, Any] = {
    "figure.figsize": (6.3, 2.8),  # inches: the width of the report's text
    "figure.constrained_layout.use": True,
    "font.size": 8.5,
    "axes.titlesize": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.prop_cycle": plt.cycler(color=["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9"]),
    "legend.frameon": False,
    "svg.fonttype": "path",  # looks the same everywhere, whatever fonts there are
    "svg.hashsalt": "shakespeare",  # the same picture is the same bytes
}


def show_figure(figure: Any, label: str, caption: str, alt: str) -> None:
    """Display a matplotlib figure with its caption; `alt` says in words what it shows, `label` is for links."""
    svg = io.StringIO()
    figure.savefig(svg, format="svg", metadata={"Date": None, "Title": alt})
    plt.close(figure)
    about = {"label": f"fig-{label}", "caption": caption, "alt": alt}
    picture = re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]", "\ufffd", svg.getvalue())  # no XML has these
    bundle = {"image/svg+xml": picture, "text/plain": alt}
    display(bundle, raw=True, metadata={"image/svg+xml": about})
    _caption("Figure", caption)


def show_table(header: Sequence[str], rows: Sequence[Sequence[Any]], label: str, caption: str) -> None:
    """Display a table with its caption; numbers are aligned to the right."""
    right = [all(not isinstance(row[k], str) or _is_number(row[k]) for row in rows) for k in range(len(header))]
    lines = [header, ["--:" if r else ":--" for r in right], *rows]
    cells = [
        [re.sub(r"(?<!\\)((?:\\\\)*)\|", r"\1\|", str(cell)).replace("\n", " ") for cell in line] for line in lines
    ]
    table = "\n".join(f"| {' | '.join(line)} |" for line in cells)
    about = {"label": f"tbl-{label}", "caption": caption}
    display({"text/markdown": table, "text/plain": table}, raw=True, metadata={"text/markdown": about})
    _caption("Table", caption)


def _is_number(cell: str) -> bool:
    return cell.strip("–-+±%×,. ").replace(",", "").replace(".", "").replace(" ", "").isdigit() or cell in ("", "–")


def _caption(kind: str, caption: str) -> None:
    # The renderer numbers captions itself and leaves this line out.
    display(Markdown(f"**{kind}.** {caption}"), metadata={"text/markdown": {"role": "caption"}})
