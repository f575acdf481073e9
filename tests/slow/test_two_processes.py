"""Two processes train as one does: disjoint streams, the same loss, one checkpoint, and on after a kill."""

import json
import os
import re
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
import torch
from test_pipeline import ROOT, clone

from shakespeare.course import settings
from shakespeare.training import load, read_curves

README = (ROOT / "README.md").read_text(encoding="utf-8")
PROGRAM = """
import sys
from pathlib import Path
import torch
from shakespeare.data import ShakespeareData, ShakespeareDataset
from shakespeare.model import CharLSTM
from shakespeare.training import fit

torch.manual_seed(0)
text = ShakespeareDataset("input.txt", seq_len=32)
model = CharLSTM(text.chars, 16, 32, 1, learning_rate=1e-2, one_cycle=True, carry_state=True)
seen = []
forward = model.training_step
model.training_step = lambda batch, batch_idx: (seen.append(batch[0].clone()), forward(batch, batch_idx))[1]
data = ShakespeareData(text.split(), batch_size=32, seq_len=32, seed=1)
options = {"devices": 2, "strategy": "ddp"} if sys.argv[2] == "2" else {}
fit(model, data, Path(sys.argv[1]), max_epochs=3, limit_train_batches=200, **options)
torch.save(seen[0] if seen else None, f"{sys.argv[1]}/rows-{model.global_rank}.pt")
"""


def start(folder: Path, processes: int) -> subprocess.Popen:
    program = folder.parent / "program.py"
    program.write_text(PROGRAM)
    command = [sys.executable]
    if processes > 1:
        command += ["-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={processes}"]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        [*command, program, folder, str(processes)],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def losses(folder: Path) -> dict[str, list[float]]:
    curves = read_curves(folder)
    return {name: curves[name][1] for name in ("train_loss", "val_loss")}


@pytest.fixture(scope="module")
def runs(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("runs")
    for processes in (1, 2):
        process = start(folder / str(processes), processes)
        _, said = process.communicate(timeout=300)
        assert process.returncode == 0, said[-3000:]
    return folder


def test_two_processes_have_disjoint_rows_and_the_loss_of_one(runs):
    one = torch.load(runs / "1/rows-0.pt")
    first, second = (torch.load(runs / f"2/rows-{rank}.pt") for rank in (0, 1))
    assert torch.equal(torch.stack([first, second], dim=1).flatten(0, 1), one)  # even rows here, odd ones there
    for name, values in losses(runs / "1").items():
        assert losses(runs / "2")[name] == pytest.approx(values, abs=0.01), name
    assert {path.name for path in (runs / "2").glob("*.ckpt")} == {"best.ckpt", "last.ckpt", "before.ckpt"}


def test_after_a_kill_two_processes_go_on_from_the_checkpoint(runs, tmp_path):
    process = start(tmp_path / "run", 2)
    end = time.monotonic() + 300
    while not (tmp_path / "run/last.ckpt").exists():
        time.sleep(0.05)
        assert process.poll() is None and time.monotonic() < end
    psutil.Process(process.pid).children()[-1].kill()
    process.communicate(timeout=300)
    assert process.returncode != 0  # torchrun has stopped the other one
    process = start(tmp_path / "run", 2)
    _, said = process.communicate(timeout=300)
    assert process.returncode == 0, said[-3000:]
    logs = sorted((tmp_path / "run/logs").iterdir())
    assert len(logs) == 2  # and the second part does not begin with the first epoch
    assert "\n0," not in (logs[1] / "metrics.csv").read_text()
    assert losses(tmp_path / "run") == losses(runs / "2")


def finished(program: list, folder: Path, **more: str) -> str:
    """What a program says that runs in this copy of the repository and must succeed."""
    environment = os.environ | {"PYTHONPATH": str(folder)} | more
    done = subprocess.run(
        [sys.executable, *program],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def test_the_training_notebook_with_two_devices(tmp_path):
    folder = clone(tmp_path / "course")
    asked = {"01-preprocessing": [], "03-training": ["DEVICES=2", "STRATEGY=ddp_notebook"]}
    for name, parameters in asked.items():
        paths = f"notebooks/{name}.ipynb", f"build/smoke/{name}.ipynb"
        program = ["report/execute.py", *paths, "PROFILE=smoke", *parameters]
        # Two threads, as on four cores: a fork that counts on them would hang.
        finished(program, folder, OMP_NUM_THREADS="2", TMPDIR=str(tmp_path))
    numbers = json.loads((folder / "build/smoke/metrics.json").read_text())["training"]
    best, p = folder / "build/smoke" / numbers["checkpoint"], settings("smoke")
    assert load(best).chars
    _, rows = torch.load(best, weights_only=True)["running"]["losses"]
    assert rows == p.limit_batches * p.batch_size / 2  # in the last epoch, by the process that writes
    assert not list(tmp_path.rglob(".temp.ckpt"))


def test_the_script_of_the_readme(tmp_path):
    (script,) = [code for code in re.findall(r"```python\n(.*?)```", README, re.DOTALL) if "num_nodes" in code]
    for named, tried in (
        ('"full"', '"smoke"'),
        ("build/full", str(tmp_path)),
        ("devices=4, num_nodes=2", "devices=2"),
    ):
        assert named in script
        script = script.replace(named, tried)
    (tmp_path / "train.py").write_text(script)
    (torchrun,) = re.findall(r"`torchrun (--nnodes=2 --nproc-per-node=4 .*) train.py`", README)
    with socket.socket() as free:
        free.bind(("localhost", 0))
        place = f"localhost:{free.getsockname()[1]}"
    for named, tried in (("nodes=2", "nodes=1"), ("node=4", "node=2"), ("FIRST_MACHINE:29500", place)):
        assert named in torchrun
        torchrun = torchrun.replace(named, tried)
    said = finished(
        ["-m", "torch.distributed.run", *torchrun.split(), tmp_path / "train.py"], ROOT, OMP_NUM_THREADS="1"
    )
    (best,) = tmp_path.glob("runs/*/best.ckpt")
    assert str(best) in said and load(best).chars
