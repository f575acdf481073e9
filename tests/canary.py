"""Shows that the code trains the same networks as that of another commit, to the byte.

    python tests/canary.py COMMIT

trains nine small networks in this folder, and in a worktree of the commit those that its own copy
of this script names. It compares the files of the networks that both have, and says which are only
there or only here. What is equal here is equal at full size: so the published weights stay what
this code trains.

Where PyTorch can't run an LSTM in bfloat16 on this processor, the network `bfloat16` is left out.
"""

import csv
import hashlib
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def recipes():
    """The recipes of the nine networks, by name."""
    from shakespeare.settings import load_recipe
    from study.mingru import MinGRU
    from study.transformer import CopyTransformer

    single = {"training.precision": "32-true"}  # on any processor

    def baseline(**changes):
        of_training = {f"training.{name}": value for name, value in changes.items()}
        return load_recipe("smoke", "baseline", single | of_training)

    def final(changes=None):
        return load_recipe("smoke", "final", single | (changes or {}))

    def other(of_class, data, **arguments):
        sizes = {"hidden_size": 48, "num_layers": 2}
        recipe = final({"training.data": data})
        return recipe._replace(network={"class": of_class, **sizes, **arguments})

    reach = {"heads": 4, "context": 16, "copy_size": 16, "memory": 16}
    return {
        "baseline": baseline(),
        "final": final(),
        "dropout": final({"network.dropout": 0.3}),
        "streams": other("NormDropoutLSTM", "Streams", embedding_size=16, layer_norm=True),
        "one cycle": baseline(schedule="one_cycle"),
        "bfloat16": final({"training.precision": "bf16-mixed"}),
        "stopped early": baseline(),
        "minGRU": other(MinGRU, "Streams", inner_size=48),
        "copying Transformer": other(CopyTransformer, "RandomWindows", **reach),
    }


def files():
    """The hashes of the files of each training, by its name."""
    import torch
    from lightning.pytorch.callbacks import EarlyStopping

    from shakespeare.data import Corpus
    from shakespeare.training import make_data, make_network, train

    torch.set_num_threads(1)  # with more, sums may have another order
    split = Corpus.read(ROOT / "input.txt").split()
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, recipe in recipes().items():
            network = make_network(recipe, split.train.chars)
            stopping = EarlyStopping("val_loss", stopping_threshold=100.0)
            callbacks = [stopping] if name == "stopped early" else []
            run = Path(folder) / name
            train(network, make_data(recipe, split), run, callbacks)
            found[name] = hashes(run)
    return found


def hashes(run):
    with (run / "curves.csv").open(newline="") as file:
        rows = [{**row, "seconds": None} for row in csv.DictReader(file)]
    contents = {
        "config.json": (run / "config.json").read_bytes(),
        "model.safetensors": (run / "model.safetensors").read_bytes(),
        "curves.csv": json.dumps(rows).encode(),
    }
    return {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()}


def runs_bfloat16():
    """Whether PyTorch can run an LSTM in bfloat16 on this processor."""
    import torch

    lstm = torch.nn.LSTM(1, 1)
    try:
        with torch.autocast("cpu", torch.bfloat16):
            lstm(torch.zeros(1, 1))
    except RuntimeError:
        return False
    return True


# Run beside a folder's own copy of this script, which may be older.
CODE = """
import json

import canary

recipes = canary.recipes()
for name in {left_out}:
    recipes.pop(name, None)
canary.recipes = lambda: recipes
print("\\n" + json.dumps(canary.files()))
"""


def files_of(folder, left_out):
    """What `files` returns with the code in a folder, without the networks that are left out."""
    code = CODE.format(left_out=left_out)
    path = os.pathsep.join([str(folder), str(folder / "notebooks"), str(folder / "tests")])
    command = [sys.executable, "-c", code]
    environment = os.environ | {"PYTHONPATH": path}
    done = subprocess.run(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True, check=True
    )
    return json.loads(done.stdout.splitlines()[-1])


def compare(before, now):
    """For each network of two answers of `files`, what is said of it."""
    said = {}
    for name in [*before, *(name for name in now if name not in before)]:
        if name not in now:
            said[name] = "only there"
        elif name not in before:
            said[name] = "only here"
        else:
            other = [file for file in before[name] if now[name][file] != before[name][file]]
            said[name] = f"{', '.join(other)} differ" if other else "equal"
    return said


def main(commit):
    left_out = [] if runs_bfloat16() else ["bfloat16"]
    for name in left_out:
        print(f"{name}: left out, because PyTorch can't run an LSTM in it here", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "tree"
        subprocess.run(["git", "worktree", "add", "-q", "--detach", tree, commit], check=True)
        try:
            before = files_of(tree, left_out)
        finally:
            subprocess.run(["git", "worktree", "remove", "--force", tree], check=True)
    said = compare(before, files_of(ROOT, left_out))
    for name, words in said.items():
        print(f"{name}: {words}")
    sys.exit(any(words.endswith("differ") for words in said.values()))


if __name__ == "__main__":
    main(*sys.argv[1:])
