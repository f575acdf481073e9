"""Measure speed as ratios, side by side in one run: a table, and build/bench.json to publish."""

import os

os.environ["CUDA_VISIBLE_DEVICES"] = ""  # all of this is about the processor

import json
import random
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import lightning as L
import torch
from torch.nn import functional as F
from torch.utils.data import ConcatDataset, DataLoader, Dataset

from course import peers
from report.explorer import build
from shakespeare.data import ShakespeareData, ShakespeareDataset
from shakespeare.evaluation import cold_predictions, losses_of
from shakespeare.files import write
from shakespeare.model import CharLSTM, CopyLSTM
from shakespeare.sampling import generate
from shakespeare.settings import load_settings
from shakespeare.training import fit, precision

ROOT = Path(__file__).resolve().parents[1]
ROUNDS, SKIP = 3, 2  # rounds of a measurement, batches to warm up
PLAIN: dict[str, Any] = {"embedding_size": 128, "hidden_size": 512, "num_layers": 2}
Row = tuple[str, float, float | None]  # what, the ratio, the goal


def seconds(work: Callable[[], Any]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def rate(work: Callable[[int], Any], count: int) -> float:
    """How often a second: the median of some rounds after one to warm up."""
    work(max(1, count // 4))
    return statistics.median(count / seconds(lambda: work(count)) for _ in range(ROUNDS))


def matmul_peak(dtype: torch.dtype) -> float:
    """Operations a second of a large matrix product."""
    a, b = torch.randn(2, 2048, 2048, dtype=dtype)
    return max(2 * 2048**3 * rate(lambda n: [a @ b for _ in range(n)], 4) for _ in range(2))


def through_lightning(model: CharLSTM, data: ShakespeareData, batches: int) -> float:
    """Seconds a batch as notebook 05 trains: with logger, checkpoints and monitor."""
    limits = {"max_epochs": 1, "limit_train_batches": batches, "limit_val_batches": 1}
    starts, step = [], model.training_step

    def training_step(*given: Any) -> Any:
        starts.append(time.perf_counter())
        return step(*given)

    model.training_step = training_step  # type: ignore[method-assign]
    with tempfile.TemporaryDirectory() as folder:
        fit(model, data, Path(folder), seed=1, **limits)
    return (starts[-1] - starts[SKIP]) / (len(starts) - 1 - SKIP)


def bare_steps(model: CharLSTM, batches: list[Any], learning_rate: float) -> Iterator[None]:
    """Train in a loop of plain PyTorch and yield after each step."""
    optimizer = torch.optim.Adam(model.parameters(), lr=learning_rate, weight_decay=1e-6)
    options = {"pct_start": 0.1, "cycle_momentum": False}
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, learning_rate, len(batches), **options
    )
    model.train()
    state = None
    for batch in batches:
        with torch.autocast("cpu", torch.bfloat16, enabled=precision() == "bf16-mixed"):
            loss, state = model.loss(batch, state if model.hparams["carry_state"] else None)
        state = state.map(torch.Tensor.detach)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        yield


def bare_loop(model: CharLSTM, batches: list[Any]) -> float:
    """Seconds a batch of the same work in a loop of plain PyTorch."""
    times = [time.perf_counter() for _ in bare_steps(model, batches, 1e-3)]
    return (times[-1] - times[SKIP - 1]) / (len(times) - SKIP)


def race(text: ShakespeareDataset, goal: float = 1.886) -> Iterator[Row]:
    """Seconds of training until the cold loss on the validation half is at most `goal` nats."""
    quick, validation = load_settings("quick"), text.split().validation
    names = {*PLAIN, "copy_size", "memory", "dropout", "carry_state", "layer_norm"}
    sizes, short = quick.model_dump(include=names), {"dropout": 0.0, "carry_state": False}
    transformer = peers.Transformer(text.chars, **peers.TRANSFORMER, **short)
    for what, p, model in (
        ("quick", quick, CopyLSTM(text.chars, **sizes)),
        ("Transformer", quick.model_copy(update=peers.TRANSFORMER_TRAINING), transformer),
    ):
        data = ShakespeareData(text.split(), p)
        batches = [batch for _ in range(p.epochs) for batch in data.train_dataloader()]
        spent, start = 0.0, time.perf_counter()
        for k, _ in enumerate(bare_steps(model, batches, p.learning_rate)):
            if k % 50 == 49:  # the clock stops while the loss is measured
                spent += time.perf_counter() - start
                if losses_of(cold_predictions(model, validation), validation).mean() <= goal:
                    break
                model.train()
                start = time.perf_counter()
        yield f"{what}: seconds of training to a cold loss of {goal}", spent, None


def busy(text: ShakespeareDataset) -> Iterator[Row]:
    """What one other busy process does to a training step, by the number of threads."""
    batch, model = torch.randint(text.vocab_size, (2, 32, 64)), CharLSTM(text.chars, **PLAIN)
    threads = torch.get_num_threads()

    def step(count: int) -> None:
        for _ in range(count):
            model.loss(batch)[0].backward()

    alone = rate(step, 4)
    other = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    for number in (threads, 1):
        torch.set_num_threads(number)
        what = f"a training step beside a busy process, {number} threads: times as long as alone"
        yield what, alone / rate(step, 4), None
    torch.set_num_threads(threads)
    other.kill()
    other.wait()


def training(text: ShakespeareDataset, peak: float) -> Iterator[Row]:
    p = load_settings("full")
    data = ShakespeareData(text.split(), p)
    batches = [batch for batch, _ in zip(data.train_dataloader(), range(12), strict=False)]
    options = PLAIN | {"dropout": p.dropout, "one_cycle": True, "carry_state": True}
    copying = options | {"copy_size": p.copy_size, "memory": p.memory}
    for what, kind, given in (
        ("training, two layers of 512", CharLSTM, options),
        ("training, the same with copy head", CopyLSTM, copying),
    ):
        ours, bare = [], []
        for _ in range(ROUNDS):
            ours.append(through_lightning(kind(text.chars, **given), data, len(batches)))
            bare.append(bare_loop(kind(text.chars, **given), batches))
        ratio = statistics.median(b / a for a, b in zip(ours, bare, strict=True))
        yield f"{what}, by Lightning: times as fast as a bare PyTorch loop", ratio, 0.97
        if kind is CharLSTM:
            model = kind(text.chars, **given)
            used = [*model.layers.parameters(), *model.linear.parameters()]
            weights = sum(w.numel() for w in used if w.dim() > 1)
            work = 6 * weights * p.batch_size * p.seq_len  # a product and a sum, three times
            share = work / min(ours) / peak
            yield f"{what}: share of the matrix-multiply peak ({precision()})", share, 0.7


def loading(text: ShakespeareDataset) -> Iterator[Row]:
    def seconds_a_batch(windows: Dataset, batches: int) -> float:
        loader = iter(DataLoader(windows, batch_size=256, shuffle=True))
        next(loader)  # the permutation is made here
        return seconds(lambda: [next(loader) for _ in range(batches)]) / batches

    windows = text.with_windows(64)
    one_by_one = ConcatDataset([windows])  # has no __getitems__: the loader asks for each window
    items = statistics.median(seconds_a_batch(one_by_one, 10) for _ in range(ROUNDS))
    whole = statistics.median(seconds_a_batch(windows, 100) for _ in range(ROUNDS))
    what = "DataLoader over shuffled windows, whole batches: times as fast as item by item"
    yield what, items / whole, 20


@torch.inference_mode()
def sampling(text: ShakespeareDataset, peak: float) -> Iterator[Row]:
    model, prompt = CharLSTM(text.chars, **PLAIN).eval(), text.decode(text.data[:256])

    def again(count: int) -> None:
        ids = text.encode(prompt).long()[None]  # (1, 256)
        for _ in range(count):
            logits, _ = model(ids[:, -256:])  # (1, 256, vocab_size)
            ids = torch.cat([ids, torch.multinomial(logits[:, -1].softmax(-1), 1)], dim=1)

    def library(count: int) -> None:
        logits, state = model(text.encode(prompt).long()[None])
        for _ in range(count):
            logits, state = model(torch.multinomial(logits[:, -1].softmax(-1), 1), state)

    shapes = (4 * 512, 512), (4 * 512, 2 * 512), (text.vocab_size, 512)
    products = [(torch.randn(1, shape[1]), torch.randn(*shape)) for shape in shapes]

    def bare_products(count: int) -> None:
        for _ in range(count):
            for vector, matrix in products:
                F.linear(vector, matrix)

    one = rate(lambda n: generate(model, prompt[:2], n), 600)
    what = "sampling one text"
    again_ratio = one / rate(again, 12)
    yield f"{what}, carried: times as fast as reading 256 characters again", again_ratio, 50
    library_ratio = one / rate(library, 150)
    yield f"{what} by `Stepper`: times as fast as by `torch.nn.LSTM`", library_ratio, 7
    products_ratio = one / rate(bare_products, 600)
    yield f"{what} by `Stepper`: times as fast as bare matrix-vector products", products_ratio, 0.75
    copying = CopyLSTM(text.chars, 64, 256, **PLAIN).eval()
    copies = rate(lambda n: generate(copying, prompt[:2], n), 600)
    yield f"{what} with copy head: times as fast as without", copies / one, None
    many = 64 * rate(lambda n: generate(model, prompt[:2], n, num_samples=64), 100)
    share = many * 2 * sum(rows * columns for rows, columns in shapes) / peak
    yield "sampling 64 texts at once: share of the matrix-multiply peak (32-true)", share, 0.75


def bfloat16(text: ShakespeareDataset) -> Iterator[Row]:
    """What bfloat16 gains where the processor has instructions for it."""
    if precision() == "32-true":
        return
    batch, model = torch.randint(text.vocab_size, (2, 32, 100)), CharLSTM(text.chars, **PLAIN)

    def steps(enabled: bool) -> float:
        def work(count: int) -> None:
            for _ in range(count):
                with torch.autocast("cpu", torch.bfloat16, enabled=enabled):
                    loss, _ = model.loss(batch)
                loss.backward()

        return rate(work, 2)

    gain = steps(True) / steps(False)
    yield "a training step in bfloat16: times as fast as in float32", gain, None


def explorer(text: ShakespeareDataset) -> Iterator[Row]:
    """How fast the explorer's network reads in Node, where there is one: on one core."""
    read = """
      const [text] = texts, state = network.start(), start = performance.now();
      for (const character of text) network.step(config.chars.indexOf(character), state);
      console.log((1000 * text.length) / (performance.now() - start));"""
    if shutil.which("node"):
        part = text.decode(text.split().held_out.data[:3000])
        pace = float(build.in_node(read, build.MODEL, part))
        yield "the explorer, in Node: characters a second", pace, 500


def peak_memory() -> int:
    """The most bytes that this process has had; ru_maxrss would include its parent's."""
    return 1024 * int(re.findall(r"VmHWM:\s*(\d+)", Path("/proc/self/status").read_text())[0])


def corpus(times: int) -> None:
    """In its own process: load a corpus `times` as long, read one epoch, print what it took."""
    source = (ROOT / "input.txt").read_text(encoding="utf-8")
    speeches, rng = source.split("\n\n"), random.Random(0)
    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as file:
        for _ in range(times):
            rng.shuffle(speeches)
            file.write("\n\n".join(speeches) + "\n\n")
        file.flush()
        before, start = peak_memory(), time.perf_counter()
        text = ShakespeareDataset(file.name, seq_len=100)
        data = ShakespeareData(text.split(), load_settings("small"))
        for _ in data.train_dataloader():
            pass
    print(json.dumps([len(text.data), peak_memory() - before, time.perf_counter() - start]))


def scaling() -> Iterator[Row]:
    found = []
    for times in ("1", "100"):
        command = [sys.executable, "-m", "report.bench", times]
        done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
        found.append(json.loads(done.stdout))
    (small, small_bytes, small_time), (large, large_bytes, large_time) = found
    grown = (large_bytes - small_bytes) / (large - small)
    pace, what = large_time / large / (small_time / small), "corpus 100 times as long"
    yield f"{what}: bytes of memory for each character more (goal: at most)", grown, 2
    yield f"{what}: time a character, times that of the short one", pace, None


def main() -> None:
    L.seed_everything(0, verbose=False)
    text = ShakespeareDataset(ROOT / "input.txt", seq_len=100)
    trained_in = torch.bfloat16 if precision() == "bf16-mixed" else torch.float32
    peak, plain = matmul_peak(trained_in), matmul_peak(torch.float32)  # float32 is for sampling
    result = {"peak": peak, "precision": precision(), "threads": torch.get_num_threads()}
    print(", ".join(f"{name} {value}" for name, value in result.items()))
    parts = training(text, peak), loading(text), sampling(text, plain), bfloat16(text), scaling()
    result["rows"] = [
        row for part in (*parts, race(text), busy(text), explorer(text)) for row in part
    ]
    for name, value, goal in result["rows"]:
        print(f"{name:<90}  {value:8.2f}  {'' if goal is None else goal:>5}")
    write(ROOT / "build" / "bench.json", (json.dumps(result, indent=1) + "\n").encode())


if __name__ == "__main__":
    corpus(int(sys.argv[1])) if sys.argv[1:] else main()
