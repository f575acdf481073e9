"""What notebook 03 adds to a training: snapshots, and the split at random."""

import pickle
from pathlib import Path

import lightning as L
import pytest
import torch
from lightning.pytorch.callbacks import LearningRateMonitor, ModelCheckpoint
from lightning.pytorch.loggers import CSVLogger

from course.baseline import RandomSplitData, Snapshots
from shakespeare.beyond.recipes import make_training, train_many
from shakespeare.settings import Settings, load_settings
from shakespeare.training import GRADIENT_CLIP, load_weights, precision, train

SEQ_LEN = 16


def small() -> Settings:
    """The settings of a tiny network: an epoch of 22 batches."""
    sizes = {"embedding_size": 16, "hidden_size": 32, "epochs": 1, "limit_batches": None}
    batches = {"batch_size": 16, "seq_len": SEQ_LEN, "learning_rate": 2e-2}
    return load_settings("smoke", changes=sizes | batches)


def untrained(corpus, settings):
    return make_training(settings, corpus.split()).network


def weights(network) -> torch.Tensor:
    return torch.cat([weight.detach().flatten() for weight in network.parameters()])


def random_split(corpus) -> RandomSplitData:
    return RandomSplitData(corpus.split(), small())


def windows_in(loader) -> set[tuple[int, ...]]:
    """The windows of all batches, each as its characters and the one that follows them."""
    windows = set()
    for x, y in loader:  # (batch, time) each
        for window in torch.cat([x, y[:, -1:]], dim=1).tolist():
            windows.add(tuple(window))
    return windows


def windows_from(corpus, starts) -> set[tuple[int, ...]]:
    return {tuple(corpus.ids[start : start + SEQ_LEN + 1].tolist()) for start in starts}


def test_a_snapshot_has_the_weights_before_its_step_and_changes_none(excerpt, tmp_path):
    settings = small()
    split = excerpt.split()
    trainings = {
        "with": make_training(settings, split, callbacks=(Snapshots([0, 5, 100]),)),
        "without": make_training(settings, split),
    }
    trained = train_many(trainings, tmp_path)
    network, run = trained["with"]
    assert torch.equal(weights(network), weights(trained["without"][0]))
    saved = {path.stem for path in run.glob("step-*.ckpt")}
    assert saved == {"step-0", "step-5"}  # the run ends before step 100
    snapshot = untrained(excerpt, settings)
    before = weights(snapshot)
    load_weights(snapshot, run / "step-0.ckpt")
    assert torch.equal(weights(snapshot), before)
    load_weights(snapshot, run / "step-5.ckpt")
    assert not torch.equal(weights(snapshot), before)
    assert not torch.equal(weights(snapshot), weights(network))


def test_train_does_what_the_plain_lines_of_the_notebook_do(excerpt, tmp_path):
    settings = small().model_copy(update={"epochs": 2})
    network, data, _, _ = make_training(settings, excerpt.split())
    train(network, data, settings, tmp_path)

    plain, data, _, _ = make_training(settings, excerpt.split())
    checkpoint = ModelCheckpoint(monitor="val_loss")
    trainer = L.Trainer(
        max_epochs=settings.epochs,
        callbacks=[checkpoint, LearningRateMonitor()],
        logger=CSVLogger(tmp_path, name="plain"),
        accelerator="cpu",
        precision=precision(),
        gradient_clip_val=GRADIENT_CLIP,
        reload_dataloaders_every_n_epochs=1,
        enable_progress_bar=False,
    )
    trainer.fit(plain, data)
    load_weights(plain, Path(checkpoint.best_model_path))
    assert torch.equal(weights(plain), weights(network))


def test_the_random_split_holds_out_a_tenth_of_the_windows_of_the_whole_text(excerpt):
    data = random_split(excerpt)
    all_windows = len(excerpt.ids) - SEQ_LEN
    training = data.train_windows.indices
    held_out = data.random_tenth.indices
    assert sorted([*training, *held_out]) == list(range(all_windows))
    assert len(held_out) == pytest.approx(all_windows / 10, abs=1)
    held_out_text = len(excerpt.split().train.ids)
    assert any(start > held_out_text for start in training)
    assert any(start < held_out_text for start in held_out)


def test_the_random_split_validates_on_its_held_out_windows_in_each_process(excerpt):
    data = random_split(excerpt)
    there = pickle.loads(pickle.dumps(data))
    for each in (data, there):
        expected = windows_from(excerpt, data.random_tenth.indices)
        assert windows_in(each.val_dataloader()) == expected
    assert windows_in(there.train_dataloader()) == windows_in(data.train_dataloader())


def test_what_was_trained_on_are_the_targets_of_the_windows_so_far(excerpt):
    data = random_split(excerpt)
    trained = data.trained_on(epochs=2)
    assert trained.shape == (2, len(excerpt.ids))
    assert (trained[1] >= trained[0]).all() and trained[1].sum() > trained[0].sum()
    in_first_epoch = torch.zeros(len(excerpt.ids), dtype=torch.bool)
    for k in data.train_dataloader().sampler:
        start = data.train_windows.indices[k]
        in_first_epoch[start + 1 : start + SEQ_LEN + 1] = True
    assert torch.equal(trained[0], in_first_epoch)
    first = data.random_tenth.indices[0]
    assert data.held_out_targets()[first + 1 : first + SEQ_LEN + 1].all()
