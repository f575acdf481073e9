"""A run trains, is found again, resumes with the same bits, and stops with a sentence."""

import ast
import math
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from conftest import ROOT
from torch.utils.data import DataLoader, RandomSampler

from shakespeare.data import ShakespeareDataset
from shakespeare.model import CharLSTM, CopyLSTM
from shakespeare.settings import Settings, load_settings
from shakespeare.training import fit, read_curves, run_folder, train

MODULE = sorted((ROOT / "shakespeare").glob("*.py"))
BATCHES = 42  # of 8 streams of 16 in the training part's 5,400 characters


def small(**changes) -> Settings:
    """The settings of notebook 03 for a tiny copying network: three epochs of 42 batches."""
    sizes = {"embedding_size": 16, "hidden_size": 32, "copy_size": 4, "memory": 40, "epochs": 3}
    others = {"batch_size": 8, "seq_len": 16, "learning_rate": 2e-2, "limit_batches": None}
    return load_settings("smoke", sizes | others | changes)


@pytest.fixture(scope="module")
def trained(tmp_path_factory, text):
    """A network, the folder of its run, and the folder of all runs."""
    build = tmp_path_factory.mktemp("build")
    return *train(small(), text, build), build


@pytest.fixture
def count(monkeypatch):
    """The batches trained on; after `count.stop(n, error)` the n-th one raises."""

    class Count(list):
        last, error = math.inf, None

        def stop(self, last: float, error: BaseException | None = None) -> None:
            self.clear()
            self.last, self.error = last, error

    seen, step = Count(), CharLSTM.training_step

    def training_step(model, batch, batch_idx):
        seen.append(batch_idx)
        if len(seen) == seen.last:
            raise seen.error
        return step(model, batch, batch_idx)

    monkeypatch.setattr(CharLSTM, "training_step", training_step)
    return seen


def same(model, other) -> bool:
    weights = other.state_dict()
    return all(torch.equal(weight, weights[name]) for name, weight in model.state_dict().items())


def curves(run):
    """What was logged, except for the wall time."""
    return {name: curve for name, curve in read_curves(run).items() if name != "seconds"}


def stored(path):
    return torch.load(path, weights_only=True)


def test_training_lowers_the_loss(trained, text):
    losses = read_curves(trained[1])["val_loss"][1]
    counts = torch.bincount(text.split().train.data.long()).double()
    by_frequency = torch.distributions.Categorical(counts).entropy()
    assert len(losses) == 3 and sorted(losses, reverse=True) == losses
    assert losses[-1] < by_frequency < math.log(text.vocab_size)


def test_the_learning_rate_climbs_falls_to_zero_and_is_logged(trained):
    steps, rates = read_curves(trained[1])["lr-Adam"]
    top = rates.index(max(rates))
    assert rates[top] == pytest.approx(2e-2, rel=0.05) and 0 < steps[top] < 3 * BATCHES / 5
    assert rates[: top + 1] == sorted(rates[: top + 1])
    assert rates[top:] == sorted(rates[top:], reverse=True)
    assert rates[-1] < rates[top] / 10  # one in ten steps is logged


def test_curves_have_a_value_for_each_epoch(trained):
    logged, ends = read_curves(trained[1]), [BATCHES * k - 1 for k in (1, 2, 3)]
    assert {"train_loss", "val_loss", "seconds", "lr-Adam"} <= logged.keys()
    for name in ("train_loss", "val_loss", "seconds"):
        assert logged[name][0] == ends


def test_the_network_has_the_settings_and_is_ready_to_use(trained, text):
    model, _, _ = trained
    assert type(model) is CopyLSTM and not model.training and model.chars == text.chars
    facts = small().model_dump()
    assert all(facts[name] == value for name, value in model.hparams.items() if name != "chars")


def test_a_finished_run_is_found_again_and_not_trained_again(trained, text, count):
    model, run, build = trained
    again, folder = train(small(), text, build)
    assert folder == run and same(again, model) and not count


def test_other_settings_and_texts_have_other_folders(tmp_path, write):
    def folder(content="to be or not to be", name="a.txt", run="run", **facts):
        text = ShakespeareDataset(write(content, name), seq_len=4)
        return run_folder(tmp_path, run, text, {"epochs": 2} | facts)

    assert folder() == folder(name="b.txt")
    assert folder(seed=1, hidden_size=8) == folder(hidden_size=8, seed=1)
    others = [folder(), folder(epochs=3), folder(seed=1), folder(run="other")]
    others += [folder("to be or not to bo"), folder("so be or not so be")]
    others += [folder("ab" * 9), folder("cd" * 9)]  # the same indices of other characters
    assert len(set(others)) == len(others)


def test_what_notebook_04_does_changes_no_run(text, tmp_path, monkeypatch):
    folders, kinds = [], []

    def fit(network, _batches, run, *_, **__):
        kinds.append(type(network))
        folders.append(run)

    monkeypatch.setattr("shakespeare.training.fit", fit)
    for changes in ({}, {"sample_length": 7}, {"memory": 41}, {"epochs": 4}, {"copy_size": 0}):
        train(small(**changes), text, tmp_path)
    assert folders[0] == folders[1] and len(set(folders)) == 4
    assert kinds == [CopyLSTM] * 4 + [CharLSTM]


@pytest.mark.parametrize("stops", [[1, BATCHES, BATCHES + 5], [BATCHES + 1, BATCHES, 1]])
def test_a_run_that_was_stopped_resumes_with_the_same_bits(trained, text, tmp_path, count, stops):
    model, run, _ = trained
    for stop in stops:
        count.stop(stop, RuntimeError("power cut"))
        with pytest.raises(RuntimeError, match="power cut"):
            train(small(), text, tmp_path)
    finished = stored(*tmp_path.glob("runs/*/last.ckpt"))["epoch"] + 1
    count.stop(math.inf)
    resumed, folder = train(small(), text, tmp_path)
    assert len(count) == (3 - finished) * BATCHES and finished > 0
    assert same(resumed, model) and curves(folder) == curves(run)
    for name in ("best", "last"):
        ours, theirs = (stored(each / f"{name}.ckpt") for each in (folder, run))
        assert ours["global_step"] == theirs["global_step"]
        assert all(torch.equal(w, theirs["state_dict"][k]) for k, w in ours["state_dict"].items())


def test_shuffled_windows_resume_with_the_same_bits(text, tmp_path, count):
    def train_on_windows(run) -> CharLSTM:
        torch.manual_seed(3)
        model = CharLSTM(text.chars, 8, 12, 1, dropout=0.2, learning_rate=1e-2)
        windows = text.slice(0, 720, "first")
        # A loader draws a seed: from a separate generator, so that the sampler draws the same.
        options = {"sampler": RandomSampler(windows), "generator": torch.Generator()}
        windows = DataLoader(windows, batch_size=32, **options)
        parts = [text.slice(k, k + 720, "later").with_windows(64) for k in (720, 1440)]
        checks = [DataLoader(part, batch_size=64) for part in parts]
        return fit(model, windows, run, 3, checks, max_epochs=3)

    whole = train_on_windows(tmp_path / "whole")
    count.stop(30, RuntimeError("power cut"))  # 22 batches an epoch
    with pytest.raises(RuntimeError, match="power cut"):
        train_on_windows(tmp_path / "stopped")
    count.stop(math.inf)
    assert same(train_on_windows(tmp_path / "stopped"), whole)
    assert curves(tmp_path / "stopped") == curves(tmp_path / "whole")
    assert "held_out_loss" in curves(tmp_path / "whole")


KILLED = """
import os, signal, sys
sys.path[:0] = [{root!r}, {tests!r}]
from conftest import ShakespeareDataset
from shakespeare.model import CharLSTM
from shakespeare.training import train
from test_training import small

step, left = CharLSTM.training_step, iter(range(60))

def training_step(model, batch, batch_idx):
    if next(left, None) is None:
        os.kill(os.getpid(), signal.SIGKILL)
    return step(model, batch, batch_idx)

CharLSTM.training_step = training_step
train(small(), ShakespeareDataset(sys.argv[1], seq_len=16), sys.argv[2])
"""


def test_a_run_that_was_killed_resumes_with_the_same_bits(trained, text, tmp_path, write):
    program = write(KILLED.format(root=str(ROOT), tests=str(ROOT / "tests")), "killed.py")
    excerpt = write(text.decode(text.data))
    command = [sys.executable, program, excerpt, tmp_path]
    killed = subprocess.run(command, capture_output=True, text=True, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    model, folder = train(small(), text, tmp_path)
    assert same(model, trained[0]) and curves(folder) == curves(trained[1])
    assert not list(folder.glob("*.partial"))


def test_the_epoch_with_the_lowest_validation_loss_is_kept(text, tmp_path, count, monkeypatch):
    losses, weights = [3.0, 1.0, 2.0], []

    def validation_step(model, batch, batch_idx):
        model.log("val_loss", losses[model.trainer.current_epoch], batch_size=1)
        weights.append({name: w.clone() for name, w in model.state_dict().items()})

    monkeypatch.setattr(CharLSTM, "validation_step", validation_step)
    model, run = train(small(), text, tmp_path)
    assert read_curves(run)["val_loss"][1] == losses and stored(run / "best.ckpt")["epoch"] == 1
    assert all(torch.equal(w, weights[1][name]) for name, w in model.state_dict().items())
    assert not torch.equal(weights[1]["linear.bias"], weights[2]["linear.bias"])
    count.stop(math.inf)
    again, _ = train(small(), text, tmp_path)
    assert same(again, model) and not count  # the run is finished, though its last is not its best


def test_a_loss_that_is_not_finite_stops_and_the_best_epoch_is_kept(
    text, tmp_path, monkeypatch, refuses
):
    step, seen = CharLSTM.training_step, []

    def training_step(model, batch, batch_idx):
        seen.append(batch_idx)
        return step(model, batch, batch_idx) * (math.nan if len(seen) > BATCHES + 5 else 1)

    monkeypatch.setattr(CharLSTM, "training_step", training_step)
    with refuses("finite", "epoch 2", "learning_rate"):
        train(small(), text, tmp_path)
    [run] = tmp_path.glob("runs/*")
    for name in ("best", "last"):
        kept = stored(run / f"{name}.ckpt")
        assert kept["epoch"] == 0 and all(w.isfinite().all() for w in kept["state_dict"].values())


def test_a_learning_rate_that_is_far_too_high_is_one_sentence(text, tmp_path, refuses):
    settings = small(one_cycle=False).model_copy(update={"learning_rate": 1e30})
    with refuses("finite", "learning_rate"):
        train(settings, text, tmp_path)


def test_who_interrupts_training_is_told_how_to_resume(text, tmp_path, count, refuses):
    handler = signal.getsignal(signal.SIGINT)
    count.stop(5, KeyboardInterrupt())  # the stop button of JupyterLab
    try:
        with refuses("stopped", "resume"):
            train(small(), text, tmp_path)
    finally:
        signal.signal(signal.SIGINT, handler)  # Lightning ignores it from then on


def test_curves_of_an_interrupted_run_are_joined(tmp_path):
    logs = {  # what is computed twice counts once, as computed last
        "version_0": "epoch,step,train_loss,val_loss\n0,0,4.0,\n0,1,3.0,3.5\n1,2,9.0,\n",
        "version_1": "epoch,seconds,step,val_loss,train_loss\n1,7.5,2,,2.0\n1,,3,2.5,1.0\n",
    }
    for name, content in logs.items():
        (tmp_path / "logs" / name).mkdir(parents=True)
        (tmp_path / "logs" / name / "metrics.csv").write_text(content)
    assert read_curves(tmp_path) == {
        "train_loss": ([0, 1, 2, 3], [4.0, 3.0, 2.0, 1.0]),
        "val_loss": ([1, 3], [3.5, 2.5]),
        "seconds": ([2], [7.5]),
    }


def test_import_shakespeare_waits_with_torch_until_it_is_used():
    program = "import sys, shakespeare; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False).returncode == 0


@pytest.mark.parametrize("path", MODULE, ids=lambda path: path.stem)
def test_the_module_draws_nothing_unpickles_nothing_and_knows_no_notebooks(path: Path):
    imported = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            imported |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            imported.add(node.module.partition(".")[0])
        elif isinstance(node, ast.Call) and ast.unparse(node.func) == "torch.load":
            assert "weights_only=True" in ast.unparse(node)
    assert not imported & {"matplotlib", "IPython", "pickle", "course", "report"}
