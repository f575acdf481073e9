"""What notebook 03 adds to a training: snapshots, and the split at random."""

import lightning as L
import pytest
import torch
from conftest import same
from lightning.pytorch.callbacks import LearningRateMonitor, ModelCheckpoint
from lightning.pytorch.loggers import CSVLogger

from course.baseline import RandomSplitData, Snapshots
from shakespeare.data import Batches
from shakespeare.pretrained import from_pretrained
from shakespeare.runs import Training, train, train_many
from shakespeare.settings import Settings, load_settings
from shakespeare.training import GRADIENT_CLIP, Learner, best_precision

SEQ_LEN = 16


def small(epochs: int = 1) -> Settings:
    """The settings of a tiny network: an epoch of 22 batches."""
    sizes = {"embedding_size": 16, "hidden_size": 32, "epochs": epochs, "limit_batches": None}
    batches = {"batch_size": 16, "seq_len": SEQ_LEN, "learning_rate": 2e-2}
    return load_settings("smoke", changes=sizes | batches)


def random_split(corpus) -> RandomSplitData:
    return RandomSplitData(corpus.split(), small())


def windows_in(batches: Batches) -> set[tuple[int, ...]]:
    """The windows of all batches, each as its characters and the one that follows them."""
    windows = set()
    for x, y in batches:  # (batch, time) each
        for window in torch.cat([x, y[:, -1:]], dim=1).tolist():
            windows.add(tuple(window))
    return windows


def windows_from(corpus, starts) -> set[tuple[int, ...]]:
    return {tuple(corpus.ids[start : start + SEQ_LEN + 1].tolist()) for start in starts}


@pytest.mark.parametrize("processes", [1, 2])
def test_a_snapshot_is_the_network_before_its_step_and_changes_none(excerpt, tmp_path, processes):
    split = excerpt.split()
    snapshots = {"callbacks": (Snapshots([0, 5, 100]),), "adds": {"snapshots": [0, 5, 100]}}
    trainings = {
        "with snapshots": Training(small(), split, **snapshots),
        "without": Training(small(), split),
    }
    trained = train_many(trainings, tmp_path, processes)
    network, run = trained["with snapshots"]
    assert same(network, trained["without"][0])
    saved = {path.name for path in run.glob("step-*")}
    assert saved == {"step-0", "step-5"}  # the run ends before step 100
    untrained = trainings["without"].make_network()
    assert same(from_pretrained(run / "step-0"), untrained)
    for other in (untrained, network):
        assert not same(from_pretrained(run / "step-5"), other)


def test_train_does_what_the_plain_lines_of_the_notebook_do(excerpt, tmp_path):
    start = Training(small(), excerpt.split()).make_network()
    torch.nn.init.normal_(start.linear.weight)  # so large that gradients are clipped
    training = Training(small(epochs=2), excerpt.split(), init_from=start)
    network, _ = train(training, tmp_path)

    learner = Learner(training.make_network(), training.settings, training.make_data())
    checkpoint = ModelCheckpoint(monitor="val_loss")
    trainer = L.Trainer(
        max_epochs=2,
        callbacks=[checkpoint, LearningRateMonitor()],
        logger=CSVLogger(tmp_path, name="plain"),
        accelerator="cpu",
        precision=best_precision(),
        gradient_clip_val=GRADIENT_CLIP,
        reload_dataloaders_every_n_epochs=1,
        enable_progress_bar=False,
    )
    trainer.fit(learner)
    best = torch.load(checkpoint.best_model_path, weights_only=True)
    learner.load_state_dict(best["state_dict"])
    assert same(learner.network, network)


def test_the_random_split_holds_out_a_tenth_of_the_windows_of_the_whole_text(excerpt):
    data = random_split(excerpt)
    all_windows = len(excerpt.ids) - SEQ_LEN
    training = data.starts.tolist()
    held_out = data.random_tenth.tolist()
    assert sorted([*training, *held_out]) == list(range(all_windows))
    assert len(held_out) == pytest.approx(all_windows / 10, abs=1)
    held_out_text = len(excerpt.split().train.ids)
    assert any(start > held_out_text for start in training)
    assert any(start < held_out_text for start in held_out)


def test_the_random_split_validates_on_its_held_out_windows_and_trains_on_others(excerpt):
    data = random_split(excerpt)
    assert windows_in(data.validation()) == windows_from(excerpt, data.random_tenth.tolist())
    first = data.batches(epoch=0)
    assert windows_in(first) == windows_from(excerpt, data.starts_of_epoch(0).tolist())
    assert windows_in(first) <= windows_from(excerpt, data.starts.tolist())
    assert windows_in(first) == windows_in(random_split(excerpt).batches(epoch=0))
    assert windows_in(first) != windows_in(data.batches(epoch=1))


def test_processes_share_the_batches_of_the_random_split(excerpt):
    data = random_split(excerpt)
    one, other = (data.batches(0, process, processes=2) for process in (0, 1))
    assert windows_in(one) != windows_in(other)
    x, _ = one[0]
    assert len(x) == 8  # of the 16 rows of a batch
    assert len(one) == len(other)


def test_what_was_trained_on_are_the_targets_of_the_windows_so_far(excerpt):
    data = random_split(excerpt)
    trained = data.trained_on(epochs=2)
    assert trained.shape == (2, len(excerpt.ids))
    assert (trained[1] >= trained[0]).all() and trained[1].sum() > trained[0].sum()
    in_first_epoch = torch.zeros(len(excerpt.ids), dtype=torch.bool)
    for start in data.starts_of_epoch(0).tolist():
        in_first_epoch[start + 1 : start + SEQ_LEN + 1] = True
    assert torch.equal(trained[0], in_first_epoch)
    first = data.held_out_starts()[0]
    assert data.held_out_targets()[first + 1 : first + SEQ_LEN + 1].all()
