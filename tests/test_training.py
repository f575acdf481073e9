"""A run trains, is found by what it depends on, resumes, and stops with a sentence."""

import importlib
import math
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
from conftest import ROOT, curves, same, small_baseline, small_ladder
from lightning.pytorch.callbacks import EarlyStopping

from shakespeare.beyond.copying import CopyLSTM
from shakespeare.data import Corpus, RandomWindows
from shakespeare.evaluation import cold_predictions, losses_of
from shakespeare.model import CharLSTM
from shakespeare.runs import Training, is_finished, read_curves, run_folder, train
from shakespeare.training import Learner

BATCHES = 22  # of 16 windows of 16 in the training part's 5,400 characters


class PowerCut(BaseException):
    pass


class Batches(list):
    """The batches that were trained on; after `stop(n, error)` the n-th one raises.

    `seeds` are those of PyTorch's random numbers, such as dropout's, while they were.
    """

    last: float = math.inf
    error: BaseException | None = None

    def __init__(self) -> None:
        super().__init__()
        self.seeds: set[int] = set()

    def stop(self, last: float, error: BaseException | None = None) -> None:
        self.clear()
        self.last = last
        self.error = error


@pytest.fixture
def batches(monkeypatch) -> Batches:
    seen = Batches()
    step = Learner.training_step

    def training_step(learner, batch, batch_idx):
        seen.append(batch_idx)
        seen.seeds.add(torch.initial_seed())
        if len(seen) == seen.last:
            raise seen.error
        return step(learner, batch, batch_idx)

    monkeypatch.setattr(Learner, "training_step", training_step)
    return seen


def stored(path: Path) -> dict[str, Any]:
    return torch.load(path, weights_only=True)


# Learning


@pytest.mark.parametrize("carry_state", [True, False])
def test_training_carries_the_state_only_where_asked(make_network, excerpt, carry_state):
    network = make_network(CopyLSTM)
    learner = Learner(network, small_baseline(carry_state=carry_state))
    learner.log = lambda *_, **__: None  # no trainer is there
    windows = excerpt.ids[:82].view(2, 41).long()
    x, y = windows[:, :-1], windows[:, 1:]  # (2, 40) each
    first = (x[:, :20], y[:, :20])
    second = (x[:, 20:], y[:, 20:])
    learner.training_step(first, 0)
    _, state = network.loss(first)
    expected, _ = network.loss(second, state if carry_state else None)
    assert learner.training_step(second, 1) == expected
    learner.on_train_epoch_start()  # an epoch starts elsewhere in the text
    expected, _ = network.loss(first)
    assert learner.training_step(first, 0) == expected


class Trainer:
    """As much of Lightning's trainer as the schedule looks at."""

    estimated_stepping_batches = 100


def test_the_learning_rate_climbs_in_the_first_tenth_and_falls_to_zero(make_network):
    learner = Learner(make_network(), small_baseline(one_cycle=True, weight_decay=1e-3))
    learner.trainer = Trainer()
    configured = learner.configure_optimizers()
    optimizer = configured["optimizer"]
    assert optimizer.param_groups[0]["weight_decay"] == 1e-3
    rates = []
    for _ in range(100):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        configured["lr_scheduler"]["scheduler"].step()
    top = rates.index(max(rates))
    assert top == pytest.approx(10, abs=1)
    assert rates[top] == pytest.approx(0.02)
    assert rates == sorted(rates[:top]) + sorted(rates[top:], reverse=True)
    assert rates[-1] < 1e-5
    assert configured["lr_scheduler"]["interval"] == "step"


# Found by what it depends on


def test_a_finished_run_is_found_under_any_label_and_not_repeated(excerpt, tmp_path, batches):
    training = Training(small_baseline(), excerpt.split())
    network, run = train(training, tmp_path, "one")
    assert run.parent == tmp_path / "runs"
    assert run.name.startswith("one-")
    assert len(batches) == 3 * BATCHES
    of_run = curves(run)
    assert of_run["epoch"] == [1, 2, 3]
    assert of_run["step"] == [BATCHES, 2 * BATCHES, 3 * BATCHES]
    validation = training.split.validation
    losses = losses_of(cold_predictions(network, validation), validation)
    assert min(of_run["val_loss"]) == pytest.approx(losses.mean().item(), abs=0.01)

    again, found = train(Training(small_baseline(), excerpt.split()), tmp_path, "other")
    assert found == run
    assert same(again, network)
    assert not again.training
    assert len(batches) == 3 * BATCHES


def test_a_run_that_a_callback_stopped_is_finished(excerpt, tmp_path, batches):
    stopping = EarlyStopping("val_loss", stopping_threshold=100.0)  # passed in the first epoch
    training = Training(small_baseline(), excerpt.split(), callbacks=[stopping])
    network, run = train(training, tmp_path)
    assert is_finished(run)
    again, _ = train(training, tmp_path)
    assert same(again, network)
    assert len(batches) == BATCHES


class OwnLSTM(CharLSTM):
    pass


class OwnData(RandomWindows):
    pass


def test_what_a_training_depends_on_has_its_own_run_and_nothing_else(tmp_path, write, monkeypatch):
    def folder(text="to be or not to be", name="a.txt", begin="", **of_training):
        settings = small_baseline(**of_training.pop("changes", {}))
        whole = begin + (text * 500)[len(begin) :]
        split = Corpus.read(write(whole, name)).split()
        return run_folder(Training(settings, split, **of_training), tmp_path, "label")

    def start(seed: int) -> CharLSTM:
        torch.manual_seed(seed)
        return CharLSTM(sorted(set("to be or not to be")), 16, 32, 2)

    assert folder() == folder(name="b.txt")
    assert folder(init_from=start(1)) == folder(init_from=start(1))
    begun = Training(
        small_baseline(), Corpus.read(write("to be or not to be")).split(), init_from=start(2)
    )
    assert same(begun.make_network(), start(2))
    others = [
        folder(),
        folder(changes={"epochs": 4}),
        folder(changes={"seed": 2}),
        folder("to be or not to bo"),
        folder(begin="ot"),  # another training part, and the same held-out text
        folder("ab" * 9),
        folder("cd" * 9),  # the same indices of other characters
        folder(network=OwnLSTM),
        folder(data=OwnData),
        folder(init_from=start(1)),
        folder(init_from=start(2)),
        folder(callbacks=[EarlyStopping("val_loss")]),
        folder(adds={"patience": 3}),
        folder(adds={"patience": 4}),
    ]
    by_precision = {folder(changes={"precision": name}) for name in ("32-true", "bf16-mixed")}
    assert len(by_precision) == 2 and others[0] in by_precision  # the best is the default
    assert len(set(others)) == len(others)

    notebook = ModuleType("notebook")  # it has no file
    monkeypatch.setitem(sys.modules, "notebook", notebook)
    monkeypatch.setattr(OwnLSTM, "__module__", "notebook")
    assert folder(network=OwnLSTM) != folder(network=OwnLSTM)


@pytest.fixture
def folders_of(tmp_path, monkeypatch, write, excerpt):
    """The folders of two trainings by a copy of the package, imported as by another Python."""
    ours = shutil.copytree(
        ROOT / "shakespeare",
        tmp_path / "copied",
        ignore=shutil.ignore_patterns("weights", "__pycache__"),
    )
    text = write(excerpt.text())
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)

    def folders_of(edited: str | None = None) -> list[Path]:
        if edited is not None:
            with (ours / edited).open("a") as file:
                file.write("# another comment\n")
        for name in list(sys.modules):
            if name.partition(".")[0] == "copied":
                del sys.modules[name]
        runs, data, settings = (
            importlib.import_module(f"copied.{name}") for name in ("runs", "data", "settings")
        )
        split = data.Corpus.read(text).split()
        folders = []
        for recipe in ("baseline", "final"):
            training = runs.Training(settings.load_settings("smoke", recipe), split)
            folders.append(runs.run_folder(training, tmp_path, "label"))
        return folders

    yield folders_of
    for name in list(sys.modules):
        if name.partition(".")[0] == "copied":
            del sys.modules[name]


def test_other_code_that_trains_has_another_run(folders_of):
    """The baseline is code of the core; the final network is also code of `beyond`."""
    baseline, final = folders_of()
    assert folders_of() == [baseline, final]
    assert folders_of("sampling.py") == [baseline, final]
    for name in ("copying", "norm_dropout", "streams", "renaming"):
        same_baseline, other_final = folders_of(f"beyond/{name}.py")
        assert same_baseline == baseline, name
        assert other_final != final, name
        final = other_final
    for name in ("data", "model", "networks", "training", "runs", "settings"):
        other_baseline, other_final = folders_of(f"{name}.py")
        assert other_baseline != baseline and other_final != final, name
        baseline, final = other_baseline, other_final


# Interrupted


@pytest.fixture
def cut(monkeypatch) -> Callable[[float], None]:
    """Cut the power when the n-th file from now on is half written."""
    whole = Path.write_bytes
    left = math.inf

    def write_bytes(path: Path, content: bytes) -> int:
        nonlocal left
        left -= 1
        if left == 0:
            whole(path, content[: len(content) // 2])
            raise PowerCut
        return whole(path, content)

    def cut(n: float) -> None:
        nonlocal left
        left = n

    monkeypatch.setattr(Path, "write_bytes", write_bytes)
    return cut


def test_a_training_that_was_stopped_ends_as_if_it_had_not_been(excerpt, tmp_path, batches):
    """With all that is random or carried: dropout, streams, names and the schedule."""
    training = Training(small_ladder(dropout=0.3, limit_batches=6), excerpt.split())
    network, run = train(training, tmp_path / "whole")
    assert len(batches) == 3 * 6
    assert len(batches.seeds) == 3  # each epoch drops other features

    build = tmp_path / "in a batch"
    for last in (3, 6 + 3, 6):  # the last one is the last batch of an epoch
        batches.stop(last, PowerCut())
        with pytest.raises(PowerCut):
            train(training, build)
    [folder] = build.glob("runs/*")
    assert not is_finished(folder)
    finished = stored(folder / "last.ckpt")["epoch"] + 1
    assert finished == 1
    batches.stop(math.inf)
    resumed, _ = train(training, build)
    assert len(batches) == (3 - finished) * 6
    assert same(resumed, network)
    assert curves(folder) == curves(run)
    seconds = read_curves(folder)["seconds"]
    assert seconds == sorted(seconds)  # of the starts together


def test_a_training_that_was_stopped_in_a_file_ends_as_if_it_had_not_been(excerpt, tmp_path, cut):
    """Of each epoch, curves and checkpoints are written; of the run, settings and network."""
    training = Training(small_ladder(dropout=0.3, limit_batches=4, epochs=2), excerpt.split())
    network, run = train(training, tmp_path / "whole")
    is_stopped = True
    files = 0
    while is_stopped:
        files += 1
        build = tmp_path / f"in file {files}"
        cut(files)
        try:
            train(training, build)
            is_stopped = False
        except PowerCut:
            [folder] = build.glob("runs/*")
            assert not is_finished(folder)
        cut(math.inf)
        resumed, folder = train(training, build)
        assert is_finished(folder)
        assert same(resumed, network), files
        assert curves(folder) == curves(run), files
    assert files == 10  # nine were cut


def test_the_epoch_with_the_lowest_validation_loss_is_kept(excerpt, tmp_path, batches, monkeypatch):
    losses = [3.0, 1.0, 2.0]
    weights = []

    def validation_step(learner, batch, batch_idx):
        learner.log("val_loss", losses[learner.trainer.current_epoch], batch_size=1)
        of_now = learner.network.state_dict()
        weights.append({name: weight.clone() for name, weight in of_now.items()})

    monkeypatch.setattr(Learner, "validation_step", validation_step)
    training = Training(small_baseline(), excerpt.split())
    batches.stop(2 * BATCHES + 1, PowerCut())  # the best is found before, and kept
    with pytest.raises(PowerCut):
        train(training, tmp_path / "old")
    (tmp_path / "old").rename(tmp_path / "new")  # a moved folder loses nothing
    batches.stop(math.inf)
    network, run = train(training, tmp_path / "new")
    assert not network.training
    assert curves(run)["val_loss"] == losses
    assert stored(run / "best.ckpt")["epoch"] == 1
    assert stored(run / "last.ckpt")["epoch"] == 2
    assert all(torch.equal(w, weights[1][name]) for name, w in network.state_dict().items())
    assert not torch.equal(weights[1]["linear.bias"], weights[2]["linear.bias"])


def test_a_loss_that_is_not_finite_stops_and_the_best_epoch_is_kept(
    excerpt, tmp_path, monkeypatch, refuses
):
    step = Learner.training_step
    seen = []

    def training_step(learner, batch, batch_idx):
        seen.append(batch_idx)
        is_broken = len(seen) > BATCHES + 5
        return step(learner, batch, batch_idx) * (math.inf if is_broken else 1)

    monkeypatch.setattr(Learner, "training_step", training_step)
    with refuses("finite", "epoch 2", "learning_rate"):
        train(Training(small_baseline(), excerpt.split()), tmp_path)
    [run] = tmp_path.glob("runs/*")
    assert not is_finished(run)
    for name in ("best.ckpt", "last.ckpt"):
        kept = stored(run / name)
        assert kept["epoch"] == 0
        assert all(weight.isfinite().all() for weight in kept["state_dict"].values())


def test_who_interrupts_training_is_told_how_to_resume(excerpt, tmp_path, batches, refuses):
    handler = signal.getsignal(signal.SIGINT)
    batches.stop(5, KeyboardInterrupt())  # the stop button of JupyterLab
    try:
        with refuses("stopped", "resume"):
            train(Training(small_baseline(), excerpt.split()), tmp_path)
    finally:
        signal.signal(signal.SIGINT, handler)  # Lightning ignores it from then on
