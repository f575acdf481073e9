"""However a training is stopped, the same command resumes and ends as if it hadn't been."""

import os
import random
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import torch
from conftest import ENVIRONMENT, ROOT, curves, heed_ctrl_c

from shakespeare.training_folder import is_finished


def start_training(text: Path, folder: Path) -> subprocess.Popen:
    """Eight epochs, each of a second or less."""
    command = [sys.executable, "-m", "shakespeare", "train", text, folder, "--profile", "smoke"]
    for change in ("training.epochs=8", "training.limit_batches=40", "network.dropout=0.2"):
        command += ["--set", change]
    return subprocess.Popen(
        command,
        env=ENVIRONMENT | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=heed_ctrl_c,
    )


def test_a_training_that_is_killed_at_any_moment_ends_as_if_it_had_not_been(tmp_path):
    text = tmp_path / "text.txt"
    text.write_text((ROOT / "input.txt").read_text(encoding="utf-8")[:200_000], encoding="utf-8")
    whole = tmp_path / "whole"
    process = start_training(text, whole)
    said, wrong = process.communicate(timeout=600)
    assert process.returncode == 0, wrong
    assert said.count("epoch ") == 8

    stopped = tmp_path / "stopped"
    moments = random.Random(1)
    finished = 0
    stops = 0
    while not is_finished(stopped):
        process = start_training(text, stopped)
        said = process.stdout.readline() + process.stdout.readline()  # until an epoch has ended
        first = re.search(r"epoch (\d)/8:", said)
        if finished < 8:
            assert int(first[1]) == finished + 1
            time.sleep(moments.uniform(0, 1.5))  # till somewhere in the next one, or after it
            stops += 1
            os.killpg(process.pid, moments.choice([signal.SIGKILL, signal.SIGINT]))
        _, wrong = process.communicate(timeout=600)
        assert "Traceback" not in wrong
        if process.returncode == 1:
            assert wrong.startswith("Training was stopped: the same command")
        if (stopped / "last.ckpt").exists():
            finished = torch.load(stopped / "last.ckpt", weights_only=True)["epoch"] + 1
    assert stops >= 3
    assert curves(stopped) == curves(whole)
    for name in ("config.json", "model.safetensors"):
        assert (stopped / name).read_bytes() == (whole / name).read_bytes()
