"""Measure speed as ratios, in one run: a table, and build/bench.json to publish.

Each row is here because a decision depends on it, and says which.
"""

import os

os.environ["CUDA_VISIBLE_DEVICES"] = ""  # all of this is about the processor

import json
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import lightning as L
import torch

from report.explorer.build import MODEL
from report.explorer.node import in_node, learn_in_node
from shakespeare.beyond.parallel import side_by_side
from shakespeare.beyond.peers import TRANSFORMER, TRANSFORMER_TRAINING, Transformer
from shakespeare.beyond.recipes import make_data, make_network
from shakespeare.beyond.settings import BeyondSettings, load_beyond
from shakespeare.data import Corpus, ShakespeareData
from shakespeare.evaluation import cold_predictions, losses_of
from shakespeare.files import write
from shakespeare.model import CharLSTM
from shakespeare.settings import Settings, load_settings
from shakespeare.training import GRADIENT_CLIP, precision, silence_lightning, train

ROOT = Path(__file__).resolve().parents[1]
ROUNDS = 3  # repetitions of a measurement
BATCHES = 12  # of a training that is measured
WARM_UP = 2  # batches at its beginning that don't count

# The loss, in nats in cold windows, to which two networks race. nanoGPT's setting for a processor
# reaches this number too, but in random crops of 64 characters, where it is harder to reach than
# in our windows of 256.
GOAL = 1.88


class Row(NamedTuple):
    what: str
    value: float
    goal: float | None
    decides: str
    at_most: bool = False  # the goal is a maximum; else it is a minimum

    def goal_in_words(self) -> str:
        if self.goal is None:
            return ""
        return f"at most {self.goal}" if self.at_most else str(self.goal)


def main() -> None:
    silence_lightning()
    L.seed_everything(0, verbose=False)
    corpus = Corpus.read(ROOT / "input.txt")
    peak = matmul_peak(torch.bfloat16 if has_fast_bfloat16() else torch.float32)
    rows: list[Row] = []
    rows.extend(training(corpus, peak))
    # Enough batches that it matters little which process starts first.
    rows.append(trainings_at_once(corpus, "quick", batches=300, goal=1.2))
    rows.append(trainings_at_once(corpus, "full", batches=30, goal=0.95))
    rows.append(race(corpus))
    if shutil.which("node"):
        rows.append(writing_page(corpus))
        rows.extend(learning_page())
    for row in rows:
        print(f"{row.what:<80}  {row.value:8.2f}  {row.goal_in_words():>11}")
    result = {
        "peak": peak,
        "precision": precision(),
        "threads": torch.get_num_threads(),
        "rows": rows,
    }
    write(ROOT / "build" / "bench.json", (json.dumps(result, indent=1) + "\n").encode())


def has_fast_bfloat16() -> bool:
    return precision() == "bf16-mixed"


# Clocks


def rate(work: Callable[[int], Any], count: int) -> float:
    """How often `work(count)` does its work in a second: the median of some rounds."""
    work(max(1, count // 4))  # to warm up
    rates = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        work(count)
        rates.append(count / (time.perf_counter() - start))
    return statistics.median(rates)


def matmul_peak(dtype: torch.dtype) -> float:
    """Operations a second of a large matrix product."""
    size = 2048
    a = torch.randn(size, size, dtype=dtype)
    b = torch.randn(size, size, dtype=dtype)

    def multiply(count: int) -> None:
        for _ in range(count):
            a @ b

    return 2 * size**3 * rate(multiply, 8)


def seconds_a_batch(starts: list[float]) -> float:
    """From the times at which batches started, without the first ones."""
    starts = starts[WARM_UP:]
    return (starts[-1] - starts[0]) / (len(starts) - 1)


# Training


def training(corpus: Corpus, peak: float) -> Iterator[Row]:
    """The student's recipe at its full size, by Lightning and by a loop of plain PyTorch."""
    changes = {"epochs": 1, "limit_batches": BATCHES}
    settings = load_settings("full", "baseline", changes)
    data = ShakespeareData(corpus.split(), settings)
    by_lightning = []
    by_bare_loop = []
    for _ in range(ROUNDS):
        by_lightning.append(through_lightning(make_network(corpus.chars, settings), data, settings))
        by_bare_loop.append(bare_loop(make_network(corpus.chars, settings), data, settings))
    yield Row(
        "training by Lightning: times as fast as a bare PyTorch loop",
        statistics.median(by_bare_loop) / statistics.median(by_lightning),
        0.97,
        "whether Lightning's trainer costs too much",
    )
    weights = matrix_weights(make_network(corpus.chars, settings))
    # A product and a sum for each weight and character: forwards once, backwards twice.
    operations = 6 * weights * settings.batch_size * settings.seq_len
    yield Row(
        f"training: share of the matrix-multiply peak ({precision()})",
        operations / min(by_lightning) / peak,
        0.7,
        "whether to look for a faster LSTM than PyTorch's",
    )


def matrix_weights(network: CharLSTM) -> int:
    """How many weights each character is multiplied with."""
    weights = [*network.layers.parameters(), *network.linear.parameters()]
    return sum(weight.numel() for weight in weights if weight.dim() == 2)


class BatchClock(L.Callback):
    """Notes when each batch starts."""

    def __init__(self) -> None:
        self.starts: list[float] = []

    def on_train_batch_start(self, *_: Any) -> None:
        self.starts.append(time.perf_counter())


def through_lightning(network: CharLSTM, data: ShakespeareData, settings: Settings) -> float:
    """Seconds a batch as notebook 03 trains: with log, checkpoints and callbacks."""
    clock = BatchClock()
    with tempfile.TemporaryDirectory() as run:
        train(network, data, settings, run, [clock], limit_val_batches=1)
    return seconds_a_batch(clock.starts)


def bare_loop(network: CharLSTM, data: ShakespeareData, settings: Settings) -> float:
    """Seconds a batch of the same work in a loop of plain PyTorch."""
    optimizer = network.configure_optimizers()
    network.train()
    starts: list[float] = []
    for batch in data.train_dataloader():
        starts.append(time.perf_counter())
        if len(starts) == settings.limit_batches:
            break
        with torch.autocast("cpu", torch.bfloat16, enabled=has_fast_bfloat16()):
            loss, _ = network.loss(batch)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), GRADIENT_CLIP)
        optimizer.step()
    return seconds_a_batch(starts)


def trainings_at_once(corpus: Corpus, profile: str, batches: int, goal: float) -> Row:
    """The student's recipe with all threads, and in as many processes with a thread each."""
    threads = torch.get_num_threads()
    changes = {"epochs": 1, "limit_batches": batches}
    settings = load_settings(profile, "baseline", changes)
    data = ShakespeareData(corpus.split(), settings)
    ratios = []
    for _ in range(ROUNDS):
        alone = through_lightning(make_network(corpus.chars, settings), data, settings)
        jobs = {}
        for number in range(threads):
            network = make_network(corpus.chars, settings)
            jobs[number] = partial(through_lightning, network, data, settings)
        at_once = side_by_side(jobs, threads)  # seconds a batch of each
        ratios.append(sum(alone / seconds for seconds in at_once.values()))
    return Row(
        f"{threads} trainings at the size of {profile} side by side, a thread each: "
        f"characters a second, times those of one training with {threads} threads",
        statistics.median(ratios),
        goal,
        "whether independent trainings run side by side",
    )


# The explorer


def writing_page(corpus: Corpus) -> Row:
    """How fast the explorer's network reads in Node, on one core."""
    read = """
      const [text] = texts;
      const state = network.start();
      const start = performance.now();
      for (const character of text) network.step(network.idOf(character), state);
      return (1000 * text.length) / (performance.now() - start);"""
    text = corpus.split().held_out.text()[:3000]
    return Row(
        "the explorer, in Node: characters a second",
        in_node(read, MODEL, text),
        500,
        "whether plain JavaScript is fast enough for the page",
    )


def learning_page() -> Iterator[Row]:
    """How fast a network learns in Node, on one core, and what it has learned after a minute."""
    learn = """
      const text = require("fs").readFileSync(texts[0], "utf8");
      const learner = new Learner(text, { hidden_size: 64 });
      const start = performance.now();
      const seconds = () => (performance.now() - start) / 1000;
      while (seconds() < 60) learner.step();
      const speed = learner.charactersRead / seconds();
      return { speed, loss: learner.heldOutLoss(Infinity) };"""
    found = learn_in_node(learn, str(ROOT / "input.txt"))
    yield Row(
        "an LSTM of 64 cells that learns in the explorer, in Node: characters a second",
        found["speed"],
        6_000,
        "whether plain JavaScript is fast enough to learn in the page",
    )
    yield Row(
        "the same network: carried loss on the held-out text after a minute, in nats",
        found["loss"],
        2.1,
        "with which settings it learns",
        at_most=True,
    )


# Our LSTM and a Transformer


def race(corpus: Corpus) -> Row:
    """Seconds of training until the cold loss on the validation half is at most GOAL."""
    ours = load_beyond("quick", "final")
    other = load_beyond("quick", "final", TRANSFORMER_TRAINING)
    lstm = make_network(corpus.chars, ours)
    transformer = make_network(corpus.chars, other, Transformer, TRANSFORMER)
    seconds = seconds_to_loss(lstm, ours, corpus, GOAL)
    seconds_of_transformer = seconds_to_loss(transformer, other, corpus, GOAL)
    return Row(
        f"a Transformer: times as long in training to a cold loss of {GOAL} as quick's final "
        f"network, which took {seconds:.1f} seconds",
        seconds_of_transformer / seconds,
        None,
        "LSTM or Transformer, for minutes of training on two cores",
    )


class StopAtLoss(L.Callback):
    """Stops when the cold loss on `part` is at most `goal`; measuring it isn't training time."""

    def __init__(self, part: Corpus, goal: float, every: int) -> None:
        self.part = part
        self.goal = goal
        self.every = every  # batches between two measurements
        self.training_seconds = 0.0
        self.reached = False
        self.start = 0.0

    def on_train_start(self, *_: Any) -> None:
        self.start = time.perf_counter()

    def on_train_batch_end(self, trainer: L.Trainer, pl_module: Any, *_: Any) -> None:
        if trainer.global_step % self.every != 0:
            return
        self.training_seconds += time.perf_counter() - self.start
        loss = losses_of(cold_predictions(pl_module, self.part), self.part).mean()
        if loss <= self.goal:
            self.reached = True
            trainer.should_stop = True
        pl_module.train()
        self.start = time.perf_counter()


def seconds_to_loss(
    network: Any, settings: BeyondSettings, corpus: Corpus, goal: float, every: int = 50
) -> float:
    """How long `train` takes to the loss. Raises RuntimeError if it doesn't get there."""
    split = corpus.split()
    watch = StopAtLoss(split.validation, goal, every)
    with tempfile.TemporaryDirectory() as run:
        train(network, make_data(split, settings), settings, run, [watch])
    if not watch.reached:
        raise RuntimeError(f"{type(network).__name__} did not reach a loss of {goal}.")
    return watch.training_seconds


if __name__ == "__main__":
    main()
