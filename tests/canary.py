"""Shows that the code trains the same networks as that of another commit, to the byte.

    python tests/canary.py COMMIT

trains ten small networks in this folder and in a worktree of the commit, which must have this
script, and compares their files. What is equal here is equal at full size: so the published weights
stay what this code trains.
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
    """The recipes of the ten networks, by name."""
    from course.peers import AttentionLSTM, ResidualLSTM, Transformer
    from shakespeare.settings import load_recipe

    single = {"training.precision": "32-true"}  # on any processor

    def baseline(**changes):
        of_training = {f"training.{name}": value for name, value in changes.items()}
        return load_recipe("smoke", "baseline", single | of_training)

    def final(changes=None):
        return load_recipe("smoke", "final", single | (changes or {}))

    def peer(of_class, **arguments):
        data = "RandomWindows" if "context" in arguments else "Streams"
        recipe = final({"training.data": data})
        return recipe._replace(network={"class": of_class, **arguments})

    sizes = {"embedding_size": 16, "hidden_size": 48, "num_layers": 2}
    attention = {"heads": 4, "context": 16}
    return {
        "baseline": baseline(),
        "final": final(),
        "dropout": final({"network.dropout": 0.3}),
        "streams": peer("NormDropoutLSTM", layer_norm=True, **sizes),
        "one cycle": baseline(schedule="one_cycle"),
        "bfloat16": final({"training.precision": "bf16-mixed"}),
        "stopped early": baseline(),
        "residual": peer(ResidualLSTM, layer_norm=True, **sizes),
        "attention": peer(AttentionLSTM, layer_norm=True, **sizes, **attention),
        "Transformer": peer(Transformer, hidden_size=48, num_layers=2, **attention),
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


def files_of(folder):
    """What `files` returns with the code in a folder."""
    code = "import json, canary; print('\\n' + json.dumps(canary.files()))"
    path = os.pathsep.join([str(folder), str(folder / "notebooks"), str(folder / "tests")])
    command = [sys.executable, "-c", code]
    environment = os.environ | {"PYTHONPATH": path}
    done = subprocess.run(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True, check=True
    )
    return json.loads(done.stdout.splitlines()[-1])


def main(commit):
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "tree"
        subprocess.run(["git", "worktree", "add", "-q", "--detach", tree, commit], check=True)
        try:
            before = files_of(tree)
        finally:
            subprocess.run(["git", "worktree", "remove", "--force", tree], check=True)
    now = files_of(ROOT)
    for name, expected in before.items():
        other = [file for file in expected if now[name][file] != expected[file]]
        print(f"{name}: {', '.join(other) + ' differ' if other else 'equal'}")
    sys.exit(now != before)


if __name__ == "__main__":
    main(*sys.argv[1:])
