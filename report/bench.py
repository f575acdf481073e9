"""Measure speed as ratios, side by side in one run: `make bench` prints a table and writes build/bench.json."""

from __future__ import annotations

import json
import os
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ["CUDA_VISIBLE_DEVICES"] = ""  # all of this is about the processor

import lightning as L
import torch
from torch.nn import functional as F
from torch.utils.data import DataLoader, Dataset

from shakespeare.course import settings
from shakespeare.data import ShakespeareData, ShakespeareDataset
from shakespeare.files import write
from shakespeare.model import CharLSTM
from shakespeare.sampling import generate
from shakespeare.training import fit, precision

ROOT = Path(__file__).resolve().parents[1]
ROUNDS = 3
PLAIN: dict[str, Any] = {"embedding_size": 128, "hidden_size": 512, "num_layers": 2}


def seconds(work: Callable[[], Any]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def rate(work: Callable[[int], Any], count: int) -> float:
    """How often a second, the median of some rounds after one to warm up."""
    work(max(1, count // 4))
    return statistics.median(count / seconds(lambda: work(count)) for _ in range(ROUNDS))


def matmul_peak(dtype: torch.dtype) -> float:
    """Operations a second of a large matrix product."""
    a, b = torch.randn(2, 2048, 2048, dtype=dtype)
    return max(2 * 2048**3 * rate(lambda n: [a @ b for _ in range(n)], 4) for _ in range(2))


SKIP = 2  # batches to warm up


class Timed(CharLSTM):
    """Takes the time of the batches after the first few, with everything that Lightning does between them."""

    def on_train_batch_start(self, batch: Any, batch_idx: int) -> None:
        if batch_idx == SKIP:
            self.start = time.perf_counter()

    def on_train_batch_end(self, outputs: Any, batch: Any, batch_idx: int) -> None:
        if batch_idx > SKIP:
            self.seconds_a_batch = (time.perf_counter() - self.start) / (batch_idx + 1 - SKIP)


def through_lightning(model: Timed, data: ShakespeareData, batches: int) -> float:
    """Seconds a batch as notebook 03 trains: logger, checkpoints, monitor and progress with it."""
    with tempfile.TemporaryDirectory() as folder:
        fit(model, data, Path(folder), max_epochs=1, limit_train_batches=batches, limit_val_batches=1)
    return model.seconds_a_batch


def bare_loop(model: CharLSTM, batches: list[Any]) -> float:
    """Seconds a batch of the same work in a loop of plain PyTorch."""
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, weight_decay=1e-6)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 1e-3, total_steps=len(batches), cycle_momentum=False)
    model.train()
    state, start = None, 0.0
    for k, batch in enumerate(batches):
        if k == SKIP:
            start = time.perf_counter()
        with torch.autocast("cpu", torch.bfloat16, enabled=precision() == "bf16-mixed"):
            loss, state = model.loss(batch, state)
        state = state.map(torch.Tensor.detach)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
    return (time.perf_counter() - start) / (len(batches) - SKIP)


def training(text: ShakespeareDataset, peak: float) -> list[list[Any]]:
    p, count = settings("full"), 12
    rows = []
    for label, extra in [("two layers of 512", {}), ("the same with copy head", {"copy_size": p.copy_size})]:
        options = PLAIN | extra | {"dropout": p.dropout, "memory": p.memory, "one_cycle": True, "carry_state": True}
        data = ShakespeareData(text.split(), p.batch_size, p.seq_len, renamed=p.renamed)
        streams = iter(data.train_dataloader())
        batches = [next(streams) for _ in range(count)]
        pairs = [
            (
                through_lightning(Timed(text.chars, **options), data, count),
                bare_loop(CharLSTM(text.chars, **options), batches),
            )
            for _ in range(ROUNDS)
        ]
        ratio = statistics.median(bare / ours for ours, bare in pairs)
        rows.append(
            [f"training, {label}, by Lightning and our data path: times as fast as a bare PyTorch loop", ratio, 0.97]
        )
        if not extra:
            model = CharLSTM(text.chars, **options)
            weights = sum(w.numel() for w in [*model.layers.parameters(), *model.linear.parameters()] if w.dim() > 1)
            work = 6 * weights * p.batch_size * p.seq_len  # a product and a sum, forward and twice backward
            fastest = min(ours for ours, _ in pairs)
            rows.append(
                [f"training, {label}: share of the matrix-multiply peak ({precision()})", work / fastest / peak, 0.7]
            )
    return rows


class OneByOne(Dataset):
    """The same windows without `__getitems__`: the loader asks for each and stacks the pairs."""

    def __init__(self, windows: ShakespeareDataset) -> None:
        self.windows = windows

    def __len__(self) -> int:
        return len(self.windows)

    def __getitem__(self, index: int) -> Any:
        return self.windows[index]


def loading(text: ShakespeareDataset) -> list[list[Any]]:
    def seconds_a_batch(windows: Dataset, batches: int) -> float:
        loader = iter(DataLoader(windows, batch_size=256, shuffle=True))
        next(loader)  # the permutation is made here
        return seconds(lambda: [next(loader) for _ in range(batches)]) / batches

    windows = text.cut(64)
    pairs = [(seconds_a_batch(OneByOne(windows), 10), seconds_a_batch(windows, 100)) for _ in range(ROUNDS)]
    ratio = statistics.median(items for items, _ in pairs) / statistics.median(ours for _, ours in pairs)
    return [["DataLoader over shuffled windows, whole batches: times as fast as item by item", ratio, 20]]


@torch.inference_mode()
def sampling(text: ShakespeareDataset, peak: float) -> list[list[Any]]:
    model = CharLSTM(text.chars, **PLAIN).eval()
    prompt = text.decode(text.data[:256])

    def again(count: int) -> None:
        ids = text.encode(prompt).long()[None]  # (1, 256)
        for _ in range(count):
            logits, _ = model(ids[:, -256:])  # (1, 256, vocab_size)
            ids = torch.cat([ids, torch.multinomial(logits[:, -1].softmax(-1), 1)], dim=1)

    def library(count: int) -> None:
        logits, state = model(text.encode(prompt).long()[None])
        for _ in range(count):
            logits, state = model(torch.multinomial(logits[:, -1].softmax(-1), 1), state)

    matrices = [torch.randn(4 * 512, 512), torch.randn(4 * 512, 2 * 512), torch.randn(text.vocab_size, 512)]
    vectors = [torch.randn(1, 512), torch.randn(1, 2 * 512), torch.randn(1, 512)]

    def limit(count: int) -> None:
        for _ in range(count):
            for matrix, vector in zip(matrices, vectors, strict=True):
                F.linear(vector, matrix)

    one = rate(lambda n: generate(model, prompt[:2], n), 600)
    many = 64 * rate(lambda n: generate(model, prompt[:2], n, num_samples=64), 100)
    copying = CharLSTM(text.chars, **PLAIN, copy_size=64).eval()
    with_copies = rate(lambda n: generate(copying, prompt[:2], n), 600)
    work = 2 * 512 * (4 * 512 + 2 * 4 * 512 + text.vocab_size)  # operations a character
    return [
        [
            "sampling one text, state carried: times as fast as reading 256 characters again",
            one / rate(again, 12),
            50,
        ],
        [
            "sampling one text by `Stepper`: times as fast as `torch.nn.LSTM` for each character",
            one / rate(library, 150),
            7,
        ],
        [
            "sampling one text by `Stepper`: times as fast as bare matrix-vector products",
            one / rate(limit, 600),
            0.75,
        ],
        ["sampling one text with copy head: times as fast as without", with_copies / one, None],
        ["sampling 64 texts at once: share of the matrix-multiply peak (32-true)", many * work / peak, 0.75],
    ]


def bfloat16(text: ShakespeareDataset) -> list[list[Any]]:
    """What bfloat16 brings, where the processor knows it; training takes it only where it brings something."""
    if not torch.cpu._is_avx512_bf16_supported():
        return []  # oneDNN's LSTM refuses bfloat16 on a processor without it
    x, y = torch.randint(text.vocab_size, (2, 32, 100))
    model = CharLSTM(text.chars, **PLAIN)

    def step(enabled: bool) -> None:
        with torch.autocast("cpu", torch.bfloat16, enabled=enabled):
            loss, _ = model.loss((x, y))
        loss.backward()

    def write(model: CharLSTM) -> None:
        generate(model, text.decode(text.data[:2]), 100, num_samples=64)

    half = CharLSTM(text.chars, **PLAIN).bfloat16()
    pairs: list[tuple[str, Callable[[], Any], Callable[[], Any]]] = [
        ("a training step", lambda: step(False), lambda: step(True)),
        ("sampling 64 texts at once", lambda: write(model), lambda: write(half)),
    ]
    rows = []
    for name, plain, halved in pairs:
        plain(), halved()
        ratio = statistics.median(seconds(plain) / seconds(halved) for _ in range(ROUNDS))
        rows.append([f"{name} in bfloat16: times as fast as in float32", ratio, None])
    return rows


def peak_memory() -> int:
    """The most bytes that this process has had in memory; unlike ru_maxrss, nothing is inherited from its parent."""
    return 1024 * int(re.findall(r"VmHWM:\s*(\d+)", Path("/proc/self/status").read_text())[0])


def corpus(times: int) -> None:
    """In a process of its own: load a corpus `times` as long and read one epoch of it; prints what it took."""
    source = (ROOT / "input.txt").read_text(encoding="utf-8")
    speeches, rng = source.split("\n\n"), random.Random(0)
    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as file:
        for _ in range(times):
            rng.shuffle(speeches)
            file.write("\n\n".join(speeches) + "\n\n")
        file.flush()
        before = peak_memory()
        start = time.perf_counter()
        text = ShakespeareDataset(file.name, seq_len=100)
        loaded = time.perf_counter() - start
        data = ShakespeareData(text.split(), batch_size=32, seq_len=100, renamed=0.75)
        for _ in data.train_dataloader():
            pass
        spent = time.perf_counter() - start
    grown = peak_memory() - before
    print(json.dumps({"characters": len(text.data), "bytes": grown, "load": loaded, "seconds": spent}))


def scaling() -> list[list[Any]]:
    runs = {}
    for times in (1, 10, 100):
        command = [sys.executable, "report/bench.py", "corpus", str(times)]
        runs[times] = json.loads(subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout)
        print(f"corpus x {times}: {runs[times]}", flush=True)
    small, large = runs[1], runs[100]
    per_character = (large["bytes"] - small["bytes"]) / (large["characters"] - small["characters"])
    pace = large["seconds"] / large["characters"] / (small["seconds"] / small["characters"])
    return [
        ["corpus 100 times as long: bytes of memory for each character more (goal: at most)", per_character, 2],
        ["corpus 100 times as long: time a character, times that of the short one", pace, None],
    ]


def main() -> None:
    L.seed_everything(0, verbose=False)
    text = ShakespeareDataset(ROOT / "input.txt", seq_len=100)
    trained_in = torch.bfloat16 if precision() == "bf16-mixed" else torch.float32
    peak, plain = matmul_peak(trained_in), matmul_peak(torch.float32)  # sampling is done in float32
    print(f"matrix-multiply peak: {peak / 1e9:.0f} GFLOP/s ({precision()}, {torch.get_num_threads()} threads)")
    rows = []
    for part in (lambda: training(text, peak), lambda: loading(text), lambda: sampling(text, plain)):
        rows += part()
    rows += bfloat16(text) + scaling()
    width = max(len(row[0]) for row in rows)
    for name, value, goal in rows:
        print(f"{name:<{width}}  {value:8.2f}  {'' if goal is None else goal:>5}")
    result = {"peak": peak, "precision": precision(), "threads": torch.get_num_threads(), "rows": rows}
    write(ROOT / "build" / "bench.json", (json.dumps(result, indent=1) + "\n").encode())


if __name__ == "__main__":
    corpus(int(sys.argv[2])) if sys.argv[1:2] == ["corpus"] else main()
