"""Shows that the code trains the same networks as that of another commit, to the byte.

    python tests/canary.py COMMIT

trains ten small networks in this folder and in a worktree of the commit, and compares their files.
What is equal here is equal at full size: so the published weights stay what this code trains.
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


def trainings():
    """By name."""
    from lightning.pytorch.callbacks import EarlyStopping

    from shakespeare.data import Corpus
    from shakespeare.runs import Training
    from shakespeare.settings import load_settings

    split = Corpus.read(ROOT / "input.txt").split()

    def training(recipe, callbacks=(), **changes):
        settings = load_settings("smoke", recipe, {"precision": "32-true"} | changes)
        return Training(settings, split, callbacks=callbacks)

    plain = {"copy_size": 0, "memory": 0, "rename_share": 0.0}
    attention = plain | {"heads": 4, "context": 16, "carry_state": False}
    stopping = EarlyStopping("val_loss", stopping_threshold=100.0)
    return {
        "baseline": training("baseline"),
        "final": training("final"),
        "dropout": training("final", dropout=0.3),
        "streams": training("final", network="NormDropoutLSTM", **plain),
        "one cycle": training("baseline", one_cycle=True),
        "bfloat16": training("final", precision="bf16-mixed"),
        "stopped early": training("baseline", (stopping,)),
        "residual": training("final", network="ResidualLSTM", **plain),
        "attention": training("final", network="AttentionLSTM", **attention),
        "Transformer": training(
            "final", network="Transformer", **attention | {"layer_norm": False}
        ),
    }


def files():
    """The hashes of the files of each training, by its name."""
    import torch

    from shakespeare.runs import train

    torch.set_num_threads(1)  # with more, sums may have another order
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, training in trainings().items():
            _, run = train(training, folder, name)
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
    """The same, by the code in a folder."""
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
