"""The snapshots of notebook 03, and what a training has in common with a plain Trainer."""

import lightning as L
import pytest
import torch
from conftest import same, small_baseline
from lightning.pytorch.callbacks import LearningRateMonitor, ModelCheckpoint
from lightning.pytorch.loggers import CSVLogger

from course.snapshots import Snapshots
from shakespeare.pretrained import from_pretrained
from shakespeare.runs import Training, train, train_many
from shakespeare.training import GRADIENT_CLIP, Learner, best_precision


@pytest.mark.parametrize("processes", [1, 2])
def test_a_snapshot_is_the_network_before_its_step_and_changes_none(excerpt, tmp_path, processes):
    split = excerpt.split()
    snapshots = {"callbacks": (Snapshots([0, 5, 100]),), "adds": {"snapshots": [0, 5, 100]}}
    trainings = {
        "with snapshots": Training(small_baseline(epochs=1), split, **snapshots),
        "without": Training(small_baseline(epochs=1), split),
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


def test_train_does_what_a_plain_trainer_does(excerpt, tmp_path):
    start = Training(small_baseline(epochs=1), excerpt.split()).make_network()
    torch.nn.init.normal_(start.linear.weight)  # so large that gradients are clipped
    training = Training(small_baseline(epochs=2), excerpt.split(), init_from=start)
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
