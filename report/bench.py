"""Measure speed, in one run: a table, and build/bench.json to publish.

Each row is here because a decision depends on it, and says which.
"""

import os

os.environ["CUDA_VISIBLE_DEVICES"] = ""  # all of this is about the processor

import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

import lightning as L
import torch
from torch.utils.benchmark import Timer

from shakespeare.data import Corpus
from shakespeare.files import write
from shakespeare.pretrained import SHIPPED, from_pretrained
from shakespeare.sampling import generate
from shakespeare.settings import Recipe, load_recipe
from shakespeare.training import Learner, best_precision, make_data, make_network, train
from study.trained import count_parameters

ROOT = Path(__file__).resolve().parents[1]
ROUNDS = 3  # of a measurement; what counts is the median
WARM_UP = 2  # batches at the beginning of a training that don't count
FAST_BFLOAT16 = best_precision() == "bf16-mixed"


class Row(NamedTuple):
    what: str
    value: float
    goal: float | None  # the least value that is good enough
    decides: str


def main() -> None:
    corpus = Corpus.read(ROOT / "input.txt")
    peak = matmul_peak()
    rows = training(corpus, peak)
    rows.append(beside_a_busy_process())
    if shutil.which("node"):
        rows += explorer(corpus)
    for row in rows:
        print(f"{row.what:<80}  {row.value:8.2f}  {row.goal or '':>6}")
    result = {
        "peak": peak,
        "precision": best_precision(),
        "threads": torch.get_num_threads(),
        "rows": [row._asdict() for row in rows],
    }
    write(ROOT / "build" / "bench.json", (json.dumps(result, indent=1) + "\n").encode())


def matmul_peak(size: int = 2048) -> float:
    """Operations a second of a large matrix product."""
    a = torch.randn(size, size, dtype=torch.bfloat16 if FAST_BFLOAT16 else torch.float32)
    timer = Timer("a @ a", globals={"a": a}, num_threads=torch.get_num_threads())
    return 2 * size**3 / timer.blocked_autorange(min_run_time=1).median


# Training


def training(corpus: Corpus, peak: float, batches: int = 12) -> list[Row]:
    """The student's recipe at its full size, by Lightning and by a loop of plain PyTorch."""
    recipe = short("full", batches)
    by_lightning = []
    by_bare_loop = []
    for _ in range(ROUNDS):
        by_lightning.append(through_lightning(corpus, recipe))
        by_bare_loop.append(bare_loop(corpus, recipe))
    seconds = statistics.median(by_lightning)
    # A product and a sum for each weight and character: forwards once, backwards twice.
    network = make_network(recipe, corpus.chars)
    weights = count_parameters(network) - network.embedding.weight.numel()  # only looked up
    operations = 6 * weights * recipe.training.batch_size * recipe.training.seq_len
    return [
        Row(
            "training by Lightning: times as fast as a bare PyTorch loop",
            statistics.median(by_bare_loop) / seconds,
            0.97,
            "whether Lightning's trainer costs too much",
        ),
        Row(
            f"training: share of the matrix-multiply peak ({best_precision()})",
            operations / seconds / peak,
            0.7,
            "whether to look for a faster LSTM than PyTorch's",
        ),
    ]


def short(profile: str, batches: int) -> Recipe:
    """The student's recipe, for some batches."""
    changes = {"training.epochs": 1, "training.limit_batches": batches}
    return load_recipe(profile, "baseline", changes)


class BatchClock(L.Callback):
    """Notes when each batch starts."""

    def __init__(self) -> None:
        self.starts: list[float] = []

    def on_train_batch_start(self, *_: Any) -> None:
        self.starts.append(time.perf_counter())


def seconds_a_batch(starts: list[float]) -> float:
    counted = starts[WARM_UP:]
    return (counted[-1] - counted[0]) / (len(counted) - 1)


def through_lightning(corpus: Corpus, recipe: Recipe) -> float:
    """Seconds a batch as `train` works: with curves, checkpoints and callbacks."""
    clock = BatchClock()
    split = corpus.split()
    network = make_network(recipe, corpus.chars)
    data = make_data(recipe, split)
    with tempfile.TemporaryDirectory() as folder:
        train(network, data, folder, [clock], limit_val_batches=1)
    return seconds_a_batch(clock.starts)


def bare_loop(corpus: Corpus, recipe: Recipe) -> float:
    """Seconds a batch of the same work in a loop of plain PyTorch."""
    settings = recipe.training
    network = make_network(recipe, corpus.chars)
    optimizer = Learner(network, settings).configure_optimizers()
    batches = make_data(recipe, corpus.split()).batches(epoch=0)
    starts: list[float] = []
    for k in range(settings.limit_batches or len(batches)):
        batch = batches[k]
        starts.append(time.perf_counter())
        with torch.autocast("cpu", torch.bfloat16, enabled=FAST_BFLOAT16):
            loss, _ = network.loss(batch)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), settings.gradient_clip)
        optimizer.step()
    return seconds_a_batch(starts)


# A machine on which something else runs

BUSY = """
import sys, torch
torch.set_num_threads(int(sys.argv[1]))
a = torch.randn(1500, 1500)
print("busy", flush=True)
while True:
    a @ a
"""


def beside_a_busy_process(characters: int = 500, batches: int = 60) -> Row:
    """Writing and training, alone and beside a process that multiplies matrices on all cores."""
    threads = torch.get_num_threads()
    ratios = []
    for _ in range(ROUNDS):
        alone = seconds_in_a_process(characters, batches)
        command = [sys.executable, "-c", BUSY, str(threads)]
        with subprocess.Popen(command, env=new_shell(), stdout=subprocess.PIPE) as busy:
            assert busy.stdout is not None
            busy.stdout.readline()  # it has begun
            try:
                beside = seconds_in_a_process(characters, batches)
            finally:
                busy.kill()
        ratios.append(alone / beside)
    return Row(
        f"writing {characters} characters and training for {batches} batches, beside a process "
        f"that keeps {threads} threads busy: times as fast as alone",
        statistics.median(ratios),
        0.5,  # a fair share of the cores
        "whether threads that wait for each other may spin",
    )


def seconds_in_a_process(characters: int, batches: int) -> float:
    """What `write_and_train` returns in a process of its own."""
    code = f"from report import bench; print(bench.write_and_train({characters}, {batches}))"
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env=new_shell(), stdout=subprocess.PIPE, text=True, check=True)
    return float(done.stdout.split()[-1])  # after the training's own lines


def new_shell() -> dict[str, str]:
    """The environment without GOMP_SPINCOUNT, which this process has from `import shakespeare`."""
    return {name: value for name, value in os.environ.items() if name != "GOMP_SPINCOUNT"}


def write_and_train(characters: int, batches: int) -> float:
    """Seconds of writing with the shipped network, then of training at the size of quick."""
    network = from_pretrained()
    start = time.perf_counter()
    generate(network, "ROMEO:", characters, seed=1)
    writing = time.perf_counter() - start
    corpus = Corpus.read(ROOT / "input.txt")
    return writing + batches * through_lightning(corpus, short("quick", batches))


# The page: its JavaScript in Node, on one core.


def explorer(corpus: Corpus, characters: int = 3_000, steps: int = 500) -> list[Row]:
    """How fast the page's network reads, and how fast one learns there."""
    from report.page.node import in_node, learn_in_node

    read = """
      const [text] = texts;
      const state = network.start();
      const start = performance.now();
      for (const character of text) network.step(network.idOf(character), state);
      return (1000 * text.length) / (performance.now() - start);"""
    learn = """
      const [path, steps] = texts;
      const text = require("fs").readFileSync(path, "utf8");
      const learner = new Learner(text, { hidden_size: 64 });
      const start = performance.now();
      for (let step = 0; step < steps; step++) learner.step();
      return (1000 * learner.charactersRead) / (performance.now() - start);"""
    text = corpus.split().held_out.text()[:characters]
    return [
        Row(
            "the explorer, in Node: characters a second",
            in_node(read, SHIPPED / "small", text),
            500,
            "whether plain JavaScript is fast enough for the page",
        ),
        Row(
            "an LSTM of 64 cells that learns in the explorer, in Node: characters a second",
            learn_in_node(learn, str(ROOT / "input.txt"), str(steps)),
            6_000,
            "whether plain JavaScript is fast enough to learn in the page",
        ),
    ]


if __name__ == "__main__":
    main()
