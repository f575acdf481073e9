"""A run trains, is found again, resumes with the same bits, and stops with a sentence."""

import math
import shutil
import signal
import time
from threading import Event, Thread
from typing import Any

import lightning as L
import pytest
import torch
from conftest import curves, same, small_ladder
from filelock import FileLock
from lightning.pytorch.callbacks import EarlyStopping

from course.baseline import RandomSplitData, Snapshots
from shakespeare.beyond.recipes import make_network, make_training
from shakespeare.beyond.refinements import StrongLSTM
from shakespeare.data import Corpus, ShakespeareData
from shakespeare.digests import digest
from shakespeare.model import CharLSTM
from shakespeare.settings import Settings, load_settings
from shakespeare.training import (
    FINISHED,
    is_finished,
    lock_file,
    network_parts,
    read_curves,
    run_folder,
    train,
)

BATCHES = 22  # of 16 windows of 16 in the training part's 5,400 characters


def small(**changes) -> Settings:
    """The settings of a tiny network: three epochs of 22 batches."""
    sizes = {"embedding_size": 16, "hidden_size": 32, "epochs": 3, "limit_batches": None}
    batches = {"batch_size": 16, "seq_len": 16, "learning_rate": 2e-2}
    return load_settings("smoke", changes=sizes | batches | changes)


def train_small(corpus: Corpus, build, settings: Settings | None = None, **options: Any):
    """(network, run folder)."""
    network, data, settings, _ = make_training(settings or small(), corpus.split())
    return network, train(network, data, settings, build, **options)


class Batches(list):
    """The batches that were trained on; after `stop(n, error)` the n-th one raises."""

    last: float = math.inf
    error: BaseException | None = None

    def stop(self, last: float, error: BaseException | None = None) -> None:
        self.clear()
        self.last = last
        self.error = error


@pytest.fixture
def batches(monkeypatch) -> Batches:
    seen = Batches()

    def count(kind: type[CharLSTM]) -> None:
        step = kind.training_step

        def training_step(network, batch, batch_idx):
            seen.append(batch_idx)
            if len(seen) == seen.last:
                raise seen.error
            return step(network, batch, batch_idx)

        monkeypatch.setattr(kind, "training_step", training_step)

    count(CharLSTM)
    count(StrongLSTM)
    return seen


def stored(path):
    return torch.load(path, weights_only=True)


# A run and its curves


def test_curves_of_an_interrupted_run_are_joined(tmp_path):
    logs = {  # what is computed twice counts once, as computed last
        "version_0": "epoch,step,train_loss,val_loss\n0,0,4.0,\n0,1,3.0,3.5\n1,2,9.0,\n1,3,1",
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


# Found again, and never mixed up


def test_a_run_that_a_callback_stopped_is_finished(excerpt, tmp_path, batches):
    def stopping():
        return [EarlyStopping("val_loss", stopping_threshold=100.0)]  # passed in the first epoch

    network, run = train_small(excerpt, tmp_path, callbacks=stopping())
    assert is_finished(run)
    (run / FINISHED).unlink()  # as after a kill before it was written
    again, _ = train_small(excerpt, tmp_path, callbacks=stopping())
    assert is_finished(run)
    assert same(again, network)
    assert len(batches) == BATCHES


def test_equal_runs_have_one_folder_and_all_others_have_their_own(tmp_path, write):
    def folder(
        text="to be or not to be",
        name="a.txt",
        callbacks=(),
        validation=None,
        at_random=False,
        options=None,
        weights_seed=1,
        **changes,
    ):
        corpus = Corpus.read(write(text * 500, name))
        split = corpus.split()
        if validation:
            split = split._replace(validation=split.validation.slice(*validation, "other"))
        settings = small(**changes)
        L.seed_everything(weights_seed, verbose=False)
        network = make_network(corpus.chars, settings)
        data = (RandomSplitData if at_random else ShakespeareData)(split, settings)
        return run_folder(tmp_path, network, data, settings, callbacks, options)

    def stop_below(loss):
        return [EarlyStopping("val_loss", stopping_threshold=loss)]

    assert folder() == folder(name="b.txt")
    assert folder(callbacks=stop_below(1.22)) == folder(callbacks=stop_below(1.22))
    assert folder(options={"devices": 2, "strategy": "ddp"}) == folder()
    others = [
        folder(),
        folder(epochs=4),
        folder("to be or not to bo"),
        folder("so be or not so be"),
        folder(validation=(0, 300)),
        folder("ab" * 9),
        folder("cd" * 9),  # the same indices of other characters
        folder(at_random=True),
        folder(options={"gradient_clip_val": 0.5}),
        folder(weights_seed=2),
        folder(callbacks=stop_below(1.22)),
        folder(callbacks=stop_below(1.23)),
        folder(callbacks=[Snapshots([0, 5])]),
        folder(callbacks=[Snapshots([0, 5, 6])]),
    ]
    assert len(set(others)) == len(others)


# Interrupted


def test_a_run_that_was_stopped_resumes_with_the_same_bits(excerpt, tmp_path, batches):
    """With all that is random or carried: dropout, streams, names and the schedule."""
    settings = small_ladder(dropout=0.3, limit_batches=BATCHES)
    network, run = train_small(excerpt, tmp_path / "whole", settings)
    assert len(batches) == 3 * BATCHES
    for stop in (5, BATCHES + 5, BATCHES):
        batches.stop(stop, RuntimeError("power cut"))
        with pytest.raises(RuntimeError, match="power cut"):
            train_small(excerpt, tmp_path / "stopped", settings)
    [last] = tmp_path.glob("stopped/runs/*/last.ckpt")
    assert not is_finished(last.parent)
    finished = stored(last)["epoch"] + 1
    batches.stop(math.inf)
    resumed, folder = train_small(excerpt, tmp_path / "stopped", settings)
    assert finished > 0
    assert len(batches) == (3 - finished) * BATCHES
    assert same(resumed, network)
    assert curves(folder) == curves(run)


def test_a_damaged_checkpoint_is_named(excerpt, tmp_path, refuses):
    _, run = train_small(excerpt, tmp_path)
    best = (run / "best.ckpt").read_bytes()
    for name in ("best.ckpt", "last.ckpt"):
        if name == "last.ckpt":  # which only a run that resumes reads
            (run / FINISHED).unlink()
        (run / name).write_bytes(best[:-100])
        with refuses(name, "damaged", "delete"):
            train_small(excerpt, tmp_path)
        (run / name).write_bytes(best)


def test_the_epoch_with_the_lowest_validation_loss_is_kept(excerpt, tmp_path, batches, monkeypatch):
    losses = [3.0, 1.0, 2.0]
    weights = []

    def validation_step(network, batch, batch_idx):
        network.log("val_loss", losses[network.trainer.current_epoch], batch_size=1)
        weights.append({name: weight.clone() for name, weight in network.state_dict().items()})

    monkeypatch.setattr(CharLSTM, "validation_step", validation_step)
    batches.stop(2 * BATCHES + 1, RuntimeError("power cut"))  # the best is found before, and kept
    with pytest.raises(RuntimeError, match="power cut"):
        train_small(excerpt, tmp_path / "old")
    (tmp_path / "old").rename(tmp_path / "new")  # a moved folder loses nothing
    batches.stop(math.inf)
    network, run = train_small(excerpt, tmp_path / "new")
    assert not network.training
    assert read_curves(run)["val_loss"][1] == losses
    assert stored(run / "best.ckpt")["epoch"] == 1
    assert stored(run / "last.ckpt")["epoch"] == 2
    assert all(torch.equal(w, weights[1][name]) for name, w in network.state_dict().items())
    assert not torch.equal(weights[1]["linear.bias"], weights[2]["linear.bias"])
    batches.stop(math.inf)
    again, _ = train_small(excerpt, tmp_path / "new")
    assert same(again, network)
    assert not batches  # the run is finished, though its last epoch is not its best


def test_a_network_that_was_trained_before_is_another_start(excerpt, tmp_path):
    settings = small(epochs=1, limit_batches=2)
    waiting = [EarlyStopping("val_loss")]  # notes the loss
    network, first = train_small(excerpt, tmp_path, settings, callbacks=waiting)
    data = ShakespeareData(excerpt.split(), settings)
    # The same call finds it again.
    assert train(network, data, settings, tmp_path, waiting) == first
    other = small(epochs=1, limit_batches=3)
    further = train(network, ShakespeareData(excerpt.split(), other), other, tmp_path)
    _, from_scratch = train_small(excerpt, tmp_path, other)
    assert further != from_scratch


def test_after_an_interruption_the_same_call_resumes(excerpt, tmp_path, batches):
    """With the same objects, as where a cell of a notebook runs again."""
    settings = small_ladder(dropout=0.3, limit_batches=BATCHES)
    whole, _ = train_small(excerpt, tmp_path / "whole", settings)
    waiting = [EarlyStopping("val_loss", patience=3)]
    network, data, _, _ = make_training(settings, excerpt.split())
    for last in (5, BATCHES + 5):  # in the first epoch, and in the second
        batches.stop(last, RuntimeError("power cut"))
        with pytest.raises(RuntimeError, match="power cut"):
            train(network, data, settings, tmp_path, waiting)
    batches.stop(math.inf)
    train(network, data, settings, tmp_path, waiting)
    assert len(batches) == 2 * BATCHES
    assert same(network, whole)


def test_a_deleted_run_is_not_replaced_by_what_it_left(excerpt, tmp_path, capsys):
    network, first = train_small(excerpt, tmp_path)
    shutil.rmtree(first)
    settings = small()
    data = ShakespeareData(excerpt.split(), settings)
    assert train(network, data, settings, tmp_path) != first
    assert "trained before" in capsys.readouterr().out


def test_options_that_cut_epochs_are_refused(excerpt, tmp_path, refuses):
    with refuses("max_steps", "limit_batches"):
        train_small(excerpt, tmp_path, max_steps=3)


class Own(L.Callback):
    pass


def test_with_code_of_ones_own_each_call_is_a_run(excerpt, tmp_path):
    _, first = train_small(excerpt, tmp_path, callbacks=[Own()])
    _, second = train_small(excerpt, tmp_path, callbacks=[Own()])
    assert first != second


def test_another_process_in_the_same_run_is_waited_for(excerpt, tmp_path, capsys):
    network, data, settings, _ = make_training(small(), excerpt.split())
    run = run_folder(tmp_path, network, data, settings)
    is_held = Event()

    def hold():
        with FileLock(lock_file(run)):
            is_held.set()
            time.sleep(0.5)

    Thread(target=hold).start()
    is_held.wait()
    train(network, data, settings, tmp_path)
    assert "waiting" in capsys.readouterr().out


def test_a_network_with_other_characters_than_the_text_is_refused(excerpt, tmp_path, refuses):
    settings = small()
    other = make_network(excerpt.chars[:-1], settings)
    with refuses("other characters"):
        train(other, ShakespeareData(excerpt.split(), settings), settings, tmp_path)


def test_a_network_or_data_of_other_settings_are_refused(excerpt, tmp_path, refuses):
    network, data, _, _ = make_training(small(), excerpt.split())
    with refuses("network", "learning_rate = 0.02", "0.05"):
        train(network, data, small(learning_rate=0.05), tmp_path)
    with refuses("data", "batch_size = 16", "8"):
        train(network, data, small(batch_size=8), tmp_path)


def test_functions_that_somebody_put_into_a_network_count(excerpt):
    first, second = (make_training(small(), excerpt.split()).network for _ in range(2))
    assert digest(network_parts(first)) == digest(network_parts(second))
    second.forward = first.forward
    third = make_training(small(), excerpt.split()).network
    third.register_forward_pre_hook(lambda module, inputs: None)
    for changed in (second, third):
        assert digest(network_parts(changed)) != digest(network_parts(first))


def test_a_loss_that_is_not_finite_stops_and_the_best_epoch_is_kept(
    excerpt, tmp_path, monkeypatch, refuses
):
    step = CharLSTM.training_step
    seen = []

    def training_step(network, batch, batch_idx):
        seen.append(batch_idx)
        is_broken = len(seen) > BATCHES + 5
        return step(network, batch, batch_idx) * (math.inf if is_broken else 1)

    monkeypatch.setattr(CharLSTM, "training_step", training_step)
    with refuses("finite", "epoch 2", "learning_rate"):
        train_small(excerpt, tmp_path)
    [run] = tmp_path.glob("runs/*")
    for name in ("best.ckpt", "last.ckpt"):
        kept = stored(run / name)
        assert kept["epoch"] == 0
        assert all(weight.isfinite().all() for weight in kept["state_dict"].values())


def test_who_interrupts_training_is_told_how_to_resume(excerpt, tmp_path, batches, refuses):
    handler = signal.getsignal(signal.SIGINT)
    batches.stop(5, KeyboardInterrupt())  # the stop button of JupyterLab
    try:
        with refuses("stopped", "resume"):
            train_small(excerpt, tmp_path)
    finally:
        signal.signal(signal.SIGINT, handler)  # Lightning ignores it from then on
