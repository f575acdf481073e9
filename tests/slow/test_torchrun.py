"""USING's script under `torchrun`, on CPUs: two processes train as one does, and resume."""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from conftest import ROOT

from shakespeare.pretrained import from_pretrained
from shakespeare.training_folder import read_curves

PAGE = (ROOT / "USING.md").read_text(encoding="utf-8")


def start(build: Path, processes: int) -> subprocess.Popen:
    """Run USING's script in `build`, small and without dropout."""
    (script,) = re.findall(r"(?s)```python\n([^`]*num_nodes.*?)```", PAGE)
    replaced = {
        '"full", "final"': '"smoke", "final", {"network.dropout": 0.0}',
        "my-network": str(build / "my-network"),
        "devices=4, num_nodes=2": f"devices={processes}",
    }
    if processes == 1:
        replaced[', strategy="ddp"'] = ""
    for named, tried in replaced.items():
        assert named in script
        script = script.replace(named, tried)
    build.mkdir(exist_ok=True)
    (build / "train.py").write_text(script)
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


def finish(process: subprocess.Popen) -> str:
    """What it printed."""
    said, wrong = process.communicate(timeout=300)
    assert process.returncode == 0, wrong[-3000:]
    return said


def losses(build: Path) -> dict[str, list[float]]:
    curves = read_curves(build / "my-network")
    return {name: curves[name] for name in ("train_loss", "val_loss")}


def test_two_processes_reach_the_loss_of_one_and_resume_after_a_kill(tmp_path):
    one = tmp_path / "one"
    finish(start(one, 1))

    two = tmp_path / "two"
    process = start(two, 2)
    end = time.monotonic() + 300
    while not (two / "my-network" / "last.ckpt").exists():
        assert process.poll() is None and time.monotonic() < end
        time.sleep(0.02)
    psutil.Process(process.pid).children()[-1].kill()
    process.communicate(timeout=300)
    assert process.returncode != 0  # torchrun stopped the other one
    said = finish(start(two, 2))
    assert "epoch 1/2:" not in said and said.count("epoch 2/2:") == 1
    for name, values in losses(one).items():
        assert losses(two)[name] == pytest.approx(values, abs=0.002), name
    assert from_pretrained(two / "my-network").hidden_size == 48
    assert {path.name for path in two.rglob("*.ckpt*")} == {"best.ckpt", "last.ckpt"}
