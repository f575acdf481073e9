"""CONTRIBUTING's script under `torchrun`, on CPUs: two processes train as one does, and resume."""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
import torch
from conftest import ROOT

from shakespeare.training import read_curves

PAGE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
RECORD = """
import os
import torch
from shakespeare.beyond.refinements import StrongLSTM

step = StrongLSTM.training_step

def record(self, batch, *rest):
    path = f"{BUILD}/rows-{os.environ.get('RANK', 0)}.pt"
    if not os.path.exists(path):
        torch.save(batch[0], path)
    return step(self, batch, *rest)

StrongLSTM.training_step = record
"""  # the rows of each process's first batch


def start(build: Path, processes: int) -> subprocess.Popen:
    """Run CONTRIBUTING's script in `build`, small and without dropout, and record rows."""
    (script,) = re.findall(r"(?s)```python\n([^`]*num_nodes.*?)```", PAGE)
    replaced = {
        '"full", "final"': '"smoke", "final", {"dropout": 0.0}',
        "build/full": str(build),
        "devices=4, num_nodes=2": f"devices={processes}",
    }
    if processes == 1:
        replaced[', strategy="ddp"'] = ""
    for named, tried in replaced.items():
        assert named in script
        script = script.replace(named, tried)
    build.mkdir(exist_ok=True)
    (build / "train.py").write_text(f"BUILD = {str(build)!r}\n{RECORD}\n{script}")
    command = [sys.executable]
    if processes > 1:
        command += ["-m", "torch.distributed.run", "--standalone"]
        command.append(f"--nproc-per-node={processes}")
    return subprocess.Popen(
        [*command, build / "train.py"],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT), "CUDA_VISIBLE_DEVICES": ""},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process: subprocess.Popen) -> None:
    _, wrong = process.communicate(timeout=300)
    assert process.returncode == 0, wrong[-3000:]


def losses(build: Path) -> dict[str, list[float]]:
    (run,) = build.glob("runs/*")
    curves = read_curves(run)
    return {name: curves[name][1] for name in ("train_loss", "val_loss")}


@pytest.fixture(scope="module")
def builds(tmp_path_factory) -> dict[int, Path]:
    """What one process and two have made."""
    folder = tmp_path_factory.mktemp("builds")
    builds = {1: folder / "1", 2: folder / "2"}
    for processes, build in builds.items():
        finish(start(build, processes))
        assert list(build.glob("runs/*/best.ckpt"))
    return builds


def test_two_processes_read_disjoint_rows_and_reach_the_loss_of_one(builds):
    one = torch.load(builds[1] / "rows-0.pt")
    first = torch.load(builds[2] / "rows-0.pt")
    second = torch.load(builds[2] / "rows-1.pt")
    in_turn = torch.stack([first, second], dim=1).flatten(0, 1)
    assert torch.equal(in_turn, one)
    for name, values in losses(builds[1]).items():
        assert losses(builds[2])[name] == pytest.approx(values, abs=0.002), name
    checkpoints = {path.name for path in builds[2].rglob("*.ckpt*")}
    assert checkpoints == {"best.ckpt", "last.ckpt"}


def test_after_a_kill_two_processes_resume_at_the_last_finished_epoch(builds, tmp_path):
    build = tmp_path / "build"
    process = start(build, 2)
    end = time.monotonic() + 300
    while not list(build.glob("runs/*/last.ckpt")):
        assert process.poll() is None and time.monotonic() < end
        time.sleep(0.02)
    psutil.Process(process.pid).children()[-1].kill()
    process.communicate(timeout=300)
    assert process.returncode != 0  # torchrun stopped the other one
    finish(start(build, 2))
    first, second = sorted(build.glob("runs/*/logs/version_*/metrics.csv"))
    line_of_epoch_0 = r"(?m)^0,"
    assert re.search(line_of_epoch_0, first.read_text())
    assert not re.search(line_of_epoch_0, second.read_text())
    assert losses(build) == losses(builds[2])
